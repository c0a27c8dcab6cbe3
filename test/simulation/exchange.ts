import { FolderArchive } from '../../src/adapters/archive/folder/folder-archive.ts';
import { InProcessCache } from '../../src/adapters/cache/in-process/in-process-cache.ts';
import type { SeededChance } from '../../src/adapters/clock/simulated.ts';
import type { MemoryStore } from '../../src/adapters/store/memory/store.ts';
import { EmbeddedStream } from '../../src/adapters/stream/embedded/stream.ts';
import { readLog } from '../../src/audit/read-log.ts';
import { DEFAULT_TOPICS, PARTITIONS, type Topics } from '../../src/domain/topics.ts';
import { BookHost } from '../../src/matching/book-host.ts';
import type { Cache } from '../../src/ports/cache.ts';
import { type Log, silentLog } from '../../src/ports/log.ts';
import { silentMetrics } from '../../src/ports/metrics.ts';
import type { StreamSubscription } from '../../src/ports/stream.ts';
import { AccountProcessor } from '../../src/services/account-processor/account-processor.ts';
import { type AdminService, createAdmin } from '../../src/services/admin/admin.ts';
import { FillProcessor } from '../../src/services/fill-processor/fill-processor.ts';
import { HistorySaver } from '../../src/services/history-saver/history-saver.ts';
import { InstrumentRegistry } from '../../src/services/instruments/registry.ts';
import { MatchingEngineService } from '../../src/services/matching-engine/service.ts';
import type { EngineTap, SymbolBatch } from '../../src/services/matching-engine/tap.ts';
import { startFillsFeeder } from '../../src/services/notifier/fills-feeder.ts';
import { Notifier } from '../../src/services/notifier/notifier.ts';
import { BatchingOrderRouter } from '../../src/services/order-router/router.ts';
import type { MarketPrices } from '../../src/services/order-router/validate.ts';
import type { Life } from './life.ts';
import { damageArchive, type Machine, simulatedStore, simulatedStream } from './machine.ts';

export const LOG_FOLDER = '/data/log';
export const ARCHIVE_FOLDER = '/data/archive';
export const TOPICS = DEFAULT_TOPICS;
const SWEEP_EVERY_MS = 3_000;
const SWEEP_OLDER_MS = 6_000;

/** What outlives the process: a database of its own, and perhaps the cache. */
export interface Surroundings {
  machine: Machine;
  chance: SeededChance;
  store: MemoryStore;
  cache: Cache;
  onPush(userId: string, messages: readonly string[], firstUseq: number): void;
}

/** The services' own code, put together as src/entrypoints/node/exchange.ts does, for one life of the process. */
export interface SimulatedExchange {
  router: BatchingOrderRouter;
  engine: MatchingEngineService;
  instruments: InstrumentRegistry;
  notifier: Notifier;
  admin: AdminService;
  stream: EmbeddedStream;
  /** Everything accepted so far is matched, settled, kept and told. */
  quiesce(): Promise<void>;
  stop(): Promise<void>;
  /** Broken invariants that the services themselves have noticed. */
  broken(): string[];
}

/** Best prices and the last trade, as the depth and ticker caches would tell them. */
class Quotes implements EngineTap {
  readonly #prices = new Map<string, MarketPrices>();

  of(symbol: string): MarketPrices {
    return this.#prices.get(symbol) ?? { last: undefined, bestBid: undefined, bestAsk: undefined };
  }

  onBatch(batch: readonly SymbolBatch[]): void {
    for (const { symbol, events, bids, asks } of batch) {
      const fills = events.filter((event) => event.event === 'FILL');
      const last = fills.at(-1)?.price ?? this.of(symbol).last;
      this.#prices.set(symbol, { last, bestBid: bids[0]?.[0], bestAsk: asks[0]?.[0] });
    }
  }
}

export async function openLog(machine: Machine, life: Life, chance: SeededChance, log: Log): Promise<EmbeddedStream> {
  const { segmentBytes, tailBytes } = machine.plan;
  const stream = await EmbeddedStream.open({
    folder: LOG_FOLDER,
    disk: machine.disk.mount(),
    clock: life.clock,
    chance,
    log,
    // Whoever watches the process starts it again.
    onFailure: () => life.clock.setTimeout(() => machine.crash(false), 100),
    segmentBytes,
    tailBytes,
    unsafeAcknowledgeBeforeSync: machine.acknowledgesBeforeSync,
  });
  for (const key of Object.keys(TOPICS) as (keyof Topics)[]) {
    await stream.ensureTopic(TOPICS[key], { partitions: PARTITIONS[key] });
  }
  return stream;
}

export async function startExchange(
  around: Surroundings,
  life: Life,
  log: Log = silentLog,
): Promise<SimulatedExchange> {
  const { machine } = around;
  const { clock } = life;
  const chance = around.chance.fork(clock);
  const embedded = await openLog(machine, life, chance.fork(clock), log);
  for await (const page of readLog(embedded, TOPICS.orders)) machine.noteOrders(page);
  const stream = simulatedStream(machine, life, embedded);
  const store = simulatedStore(machine, life, around.store);
  const cache = machine.plan.cacheSurvives ? around.cache : new InProcessCache(clock);
  const archive = await FolderArchive.open(ARCHIVE_FOLDER, machine.disk.mount());
  await damageArchive(machine, archive, ARCHIVE_FOLDER, chance.fork());
  const common = { stream, topics: TOPICS, clock, log, metrics: silentMetrics };

  const instruments = new InstrumentRegistry();
  await instruments.load(store);
  const notifier = await Notifier.open({
    ...common,
    archive,
    push: {
      toUser(userId, messages, firstUseq) {
        if (life.alive) around.onPush(userId, messages, firstUseq);
        return life.alive;
      },
    },
  });
  const fills = new FillProcessor({ ...common, store });
  const history = new HistorySaver({ ...common, store });
  const accounts = new AccountProcessor({ ...common, store });
  const consumers = [fills, history, accounts];
  const books = new BookHost();
  const quotes = new Quotes();
  const engine = new MatchingEngineService({
    ...common,
    cache,
    archive,
    createBook: () => books.open(),
    taps: [instruments, notifier, quotes],
    cacheSnapshotMs: machine.plan.cacheSnapshotMs,
    archiveSnapshotMs: machine.plan.archiveSnapshotMs,
  });
  const router = new BatchingOrderRouter({
    ...common,
    store,
    instruments,
    chance,
    ordersTopic: TOPICS.orders,
    overloaded: () => false,
    marketPrices: async (symbol) => quotes.of(symbol),
  });
  const admin = createAdmin({
    ...{ stream, topics: TOPICS, store, cache, instruments, ledger: accounts, clock, chance },
    engines: { engines: async () => [], snapshots: async () => [], createSnapshots: async () => [] },
    lags: async () => [],
  });

  for (const consumer of consumers) await consumer.start();
  await engine.start();
  const feeder = await startFillsFeeder({ stream, topic: TOPICS.fills, notifier, log });
  const lag = async () => {
    const lags = [engine.lag(), feeder.lag(), ...consumers.map((consumer) => consumer.lag())];
    return engine.waitingEvents + (await Promise.all(lags)).reduce((sum, one) => sum + one, 0);
  };
  const quiesce = async () => {
    while ((await lag()) > 0) await clock.sleep(1);
    await notifier.settled();
  };
  await quiesce();
  await router.recover();
  await admin.start();
  const sweeper = clock.setInterval(() => void sweep(router, fills, life), SWEEP_EVERY_MS);
  return {
    ...{ router, engine, instruments, notifier, admin, stream: embedded, quiesce },
    broken: () => [
      ...engine.failures.map(({ partition, error }) => `engine of partition ${partition} stands still: ${error.stack}`),
      ...consumers.flatMap(({ stopped }) =>
        [...stopped].map(([lane, why]) => `settlement of ${lane} stands still: ${why}`),
      ),
    ],
    async stop() {
      sweeper.cancel();
      await router.close();
      await quiesce();
      await stopAll(feeder, engine, consumers, notifier);
      await embedded.close();
    },
  };
}

async function sweep(router: BatchingOrderRouter, fills: FillProcessor, life: Life): Promise<void> {
  if ((await fills.lag()) > 0) return;
  // A refused append is the log's business: the next sweep tries again.
  await router.sweep(life.clock.now() - SWEEP_OLDER_MS).catch(() => {});
}

async function stopAll(
  feeder: StreamSubscription,
  engine: MatchingEngineService,
  consumers: readonly { stop(): Promise<void> }[],
  notifier: Notifier,
): Promise<void> {
  await feeder.close();
  await engine.stop();
  for (const consumer of consumers) await consumer.stop();
  await notifier.close();
}
