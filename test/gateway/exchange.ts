import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { FolderArchive } from '../../src/adapters/archive/folder/folder-archive.ts';
import { InProcessCache } from '../../src/adapters/cache/in-process/in-process-cache.ts';
import { SqliteCandleStore } from '../../src/adapters/candle-store/sqlite/sqlite-candle-store.ts';
import { SystemChance, SystemClock } from '../../src/adapters/clock/system.ts';
import { PrometheusMetrics } from '../../src/adapters/metrics/prometheus.ts';
import { MemoryStore } from '../../src/adapters/store/memory/store.ts';
import { EmbeddedStream } from '../../src/adapters/stream/embedded/stream.ts';
import type { EngineEvent } from '../../src/domain/events.ts';
import { MarketTime } from '../../src/domain/market-time.ts';
import { DEFAULT_TOPICS, PARTITIONS, type Topics } from '../../src/domain/topics.ts';
import { EngineShard } from '../../src/matching/engine/shard.ts';
import { NaiveBook } from '../../src/matching/naive-book.ts';
import { BUY, SELL } from '../../src/matching/order-book.ts';
import { type Log, silentLog } from '../../src/ports/log.ts';
import { silentMetrics } from '../../src/ports/metrics.ts';
import type { LedgerResult } from '../../src/ports/store.ts';
import type { StreamRecord } from '../../src/ports/stream.ts';
import { createAdmin } from '../../src/services/admin/admin.ts';
import { createAuthenticator } from '../../src/services/auth/authenticator.ts';
import type { AuthSettings } from '../../src/services/auth/types.ts';
import type { GatewayDeps, GatewaySettings } from '../../src/services/gateway/deps.ts';
import { createGateway } from '../../src/services/gateway/gateway.ts';
import { LocalCounters } from '../../src/services/gateway/limits/counters.ts';
import { createLimits, type LimitSettings } from '../../src/services/gateway/limits/limits.ts';
import { InstrumentRegistry } from '../../src/services/instruments/registry.ts';
import { MarketDataReader } from '../../src/services/market-data/reader.ts';
import { TradesBackup } from '../../src/services/market-data/trades-backup.ts';
import { MarketDataWriter } from '../../src/services/market-data/writer.ts';
import type { EngineTap } from '../../src/services/matching-engine/tap.ts';
import { Notifier } from '../../src/services/notifier/notifier.ts';
import { BatchingOrderRouter } from '../../src/services/order-router/router.ts';

export interface TestOptions {
  auth?: Partial<AuthSettings>;
  limits?: Partial<LimitSettings>;
  settings?: Partial<GatewaySettings>;
  overrides?: Partial<GatewayDeps>;
  log?: Log;
}

export interface TestExchange {
  app: FastifyInstance;
  store: MemoryStore;
  stream: EmbeddedStream;
  close(): Promise<void>;
}

const NO_LIMITS: LimitSettings = { keyRps: 0, keyBurst: 0, keyMonth: 0, ipRpm: 0 };

/**
 * A whole small exchange behind the gateway, made of the real parts: embedded stream on disk, router, engine, memory store,
 * cache, market data, notifier. What a test sees through HTTP is what a client would see.
 */
export async function startExchange(options: TestOptions = {}): Promise<TestExchange> {
  const folder = await mkdtemp(join(tmpdir(), 'supernoba-gateway-'));
  const clock = new SystemClock();
  const chance = new SystemChance(clock);
  const log = options.log ?? silentLog;
  const metrics = new PrometheusMetrics();
  const stream = await EmbeddedStream.open({ folder: join(folder, 'log'), clock, chance });
  for (const role of Object.keys(DEFAULT_TOPICS) as (keyof Topics)[]) {
    await stream.ensureTopic(DEFAULT_TOPICS[role], { partitions: PARTITIONS[role] });
  }
  const store = new MemoryStore();
  const cache = new InProcessCache(clock);
  const candles = new SqliteCandleStore(':memory:');
  const time = new MarketTime();
  const instruments = new InstrumentRegistry();
  await instruments.load(store);
  const archive = await FolderArchive.open(join(folder, 'archive'));
  const notifier = await Notifier.open({
    stream,
    topics: DEFAULT_TOPICS,
    archive,
    push: { toUser: () => false },
    clock,
    log: silentLog,
    metrics: silentMetrics,
  });
  const writer = new MarketDataWriter({
    cache,
    clock,
    time,
    log: silentLog,
    metrics: silentMetrics,
    recover: async () => undefined,
  });
  await writer.start();
  const market = new MarketDataReader({ cache, candles, time, history: store });
  const backup = new TradesBackup({
    ...{ stream, cache, candles, clock, time, log: silentLog, metrics: silentMetrics },
    topic: DEFAULT_TOPICS.fills,
    archive,
  });

  const matching = await matchOrders(stream, store, [instruments, writer, notifier]);
  const ledger = await applyLedger(stream, store);
  const router = new BatchingOrderRouter({
    store,
    stream,
    instruments,
    async marketPrices(symbol) {
      const [depth, ticker] = await Promise.all([market.depth(symbol, 1), market.ticker(symbol)]);
      return { bestBid: depth?.b[0]?.[0], bestAsk: depth?.a[0]?.[0], last: ticker?.p };
    },
    overloaded: () => false,
    clock,
    chance,
    log,
    metrics: silentMetrics,
    ordersTopic: DEFAULT_TOPICS.orders,
  });
  const admin = createAdmin({
    stream,
    topics: DEFAULT_TOPICS,
    store,
    cache,
    instruments,
    ledger: ledger.feed,
    engines: {
      engines: async () => [
        { engine_id: 'engine-1', status: 'RUNNING', shards: [{ partition: 0, offset: 0, lag: 0 }], symbols: ['TEST'] },
      ],
      snapshots: async () => [],
      createSnapshots: async () => [{ key: 'snapshots/0', partition: 0, offset: 0 }],
    },
    lags: async () => [{ group: 'matching-engine', topic: DEFAULT_TOPICS.orders, lag: 0 }],
    clock,
    chance,
  });
  await admin.start();
  const app = await createGateway({
    router,
    store,
    market,
    instruments,
    privateEvents: notifier,
    auth: createAuthenticator({ allowTestMode: true, ...options.auth }, { clock, log }),
    limits: createLimits({ ...NO_LIMITS, ...options.limits }, { counters: new LocalCounters(clock), clock, log }),
    admin,
    backUpTrades: () => backup.run(),
    clock,
    log,
    metrics,
    metricsText: () => metrics.text(),
    readiness: async () => ({ ready: true, checks: { stream: 'ok', store: 'ok' } }),
    settings: {
      version: '0.1.0',
      corsOrigins: [],
      trustedProxies: [],
      apiKeys: [],
      marketTimeZone: 'Asia/Seoul',
      ...options.settings,
    },
    ...options.overrides,
  });
  return {
    app,
    store,
    stream,
    async close() {
      await app.close();
      await router.close();
      await matching.close();
      await ledger.close();
      await notifier.close();
      await writer.close();
      await stream.close();
      await cache.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The engine and settlement in one consumer: what matters here is what the gateway shows of them. */
async function matchOrders(stream: EmbeddedStream, store: MemoryStore, taps: readonly EngineTap[]) {
  const shard = new EngineShard({ createBook: () => new NaiveBook() });
  const subscription = await stream.consume({
    topic: DEFAULT_TOPICS.orders,
    group: 'matching-engine',
    position: async () => 0,
    async onBatch(partition, records) {
      const events: EngineEvent[] = [];
      for (const { value } of records) shard.applyBytes(value, (event) => events.push(event));
      const batch = { topic: DEFAULT_TOPICS.fills, partition, next_offset: nextOffset(records), items: events };
      await store.applyEvents(batch);
      await store.saveHistory(batch);
      const symbols = [...new Set(events.map(({ symbol }) => symbol))].map((symbol) => {
        const engine = shard.symbol(symbol)!;
        return {
          symbol,
          instrument: engine.instrument!,
          events: events.filter((event) => event.symbol === symbol),
          seq: engine.seq,
          bids: engine.book.depth(BUY, 10),
          asks: engine.book.depth(SELL, 10),
          timestamp: engine.state.lastTimestamp,
        };
      });
      for (const tap of taps) tap.onBatch(symbols);
    },
  });
  return subscription;
}

async function applyLedger(stream: EmbeddedStream, store: MemoryStore) {
  const listeners = new Set<(result: LedgerResult) => void>();
  const subscription = await stream.consume({
    topic: DEFAULT_TOPICS.ledger,
    group: 'account-processor',
    position: async () => 0,
    async onBatch(partition, records: readonly StreamRecord[]) {
      const results = await store.applyLedger({
        topic: DEFAULT_TOPICS.ledger,
        partition,
        next_offset: nextOffset(records),
        items: records.map(({ value }) => JSON.parse(new TextDecoder().decode(value))),
      });
      for (const result of results) for (const listener of listeners) listener(result);
    },
  });
  return {
    close: () => subscription.close(),
    feed: {
      onResult(listener: (result: LedgerResult) => void) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  };
}

function nextOffset(records: readonly StreamRecord[]): number {
  return (records.at(-1)?.offset ?? 0) + 1;
}
