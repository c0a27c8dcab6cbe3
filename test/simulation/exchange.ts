import './synchronous-zlib.ts';
import { FolderArchive } from '../../src/adapters/archive/folder/folder-archive.ts';
import { InProcessCache } from '../../src/adapters/cache/in-process/in-process-cache.ts';
import type { SeededChance } from '../../src/adapters/clock/simulated.ts';
import { EmbeddedStore } from '../../src/adapters/store/embedded/embedded-store.ts';
import type { State } from '../../src/adapters/store/memory/state.ts';
import { EmbeddedStream } from '../../src/adapters/stream/embedded/stream.ts';
import { MarketTime } from '../../src/domain/market-time.ts';
import { DEFAULT_TOPICS, PARTITIONS, type Topics } from '../../src/domain/topics.ts';
import { BookHost } from '../../src/matching/book-host.ts';
import type { Archive } from '../../src/ports/archive.ts';
import type { Cache } from '../../src/ports/cache.ts';
import type { CandleStore } from '../../src/ports/candle-store.ts';
import { type Log, silentLog } from '../../src/ports/log.ts';
import { silentMetrics } from '../../src/ports/metrics.ts';
import type { RebuildStore } from '../../src/ports/store.ts';
import type { StreamSubscription } from '../../src/ports/stream.ts';
import { AccountProcessor } from '../../src/services/account-processor/account-processor.ts';
import { type AdminService, createAdmin } from '../../src/services/admin/admin.ts';
import { createAuthenticator } from '../../src/services/auth/authenticator.ts';
import { FillProcessor } from '../../src/services/fill-processor/fill-processor.ts';
import { Hub } from '../../src/services/gateway/websocket/hub.ts';
import { HistorySaver } from '../../src/services/history-saver/history-saver.ts';
import { InstrumentRegistry } from '../../src/services/instruments/registry.ts';
import { MarketData } from '../../src/services/market-data/market-data.ts';
import { MatchingEngineService } from '../../src/services/matching-engine/service.ts';
import { startFillsFeeder } from '../../src/services/notifier/fills-feeder.ts';
import { Notifier } from '../../src/services/notifier/notifier.ts';
import { BatchingOrderRouter } from '../../src/services/order-router/router.ts';
import { rebuild } from '../../src/services/recovery/rebuild.ts';
import { endsOf, replay } from '../../src/services/recovery/replay.ts';
import { Streamer } from '../../src/services/streamer/streamer.ts';
import { type CacheFate, cacheServer, candleFile } from './attached.ts';
import { EngineSeat } from './engine-seat.ts';
import { KeptTables } from './kept-tables.ts';
import type { Life } from './life.ts';
import { cutTables, damageArchive, type Machine, simulatedStore, simulatedStream } from './machine.ts';
import { SimulatedServer } from './sockets.ts';

export const LOG_FOLDER = '/data/log';
export const ARCHIVE_FOLDER = '/data/archive';
export const TOPICS = DEFAULT_TOPICS;
/** Shared: it looks every offset of the zone up once. */
const MARKET_TIME = new MarketTime();
const SWEEP_EVERY_MS = 3_000;
const SWEEP_OLDER_MS = 6_000;
/** Small, so that a backup has several stretches to die between. */
const STRETCH_RECORDS = 100;
/** Few, so that orders that have ended are looked up again. */
const RECENT_ORDERS = 20;

/** What outlives the process: a database, a file of candles, and perhaps the cache. */
export interface Surroundings {
  machine: Machine;
  chance: SeededChance;
  store: RebuildStore;
  /** A store with nothing in it. */
  newStore(): Promise<RebuildStore>;
  /** The tables of the store when an embedded store decides in memory and only keeps cuts there. */
  tables: State | undefined;
  candles: CandleStore;
  newCandles(): CandleStore;
  cache: Cache;
  cacheFate: CacheFate;
  onPush(userId: string, messages: readonly string[], firstUseq: number): void;
}

/** The services' own code, put together as src/entrypoints/node/exchange.ts does, for one life of the process. */
export interface SimulatedExchange {
  router: BatchingOrderRouter;
  seat: EngineSeat;
  instruments: InstrumentRegistry;
  notifier: Notifier;
  market: MarketData;
  admin: AdminService;
  stream: EmbeddedStream;
  archive: Archive;
  /** As the process sees it. */
  cache: Cache;
  /** Where WebSockets arrive. */
  server: SimulatedServer;
  /** Everything accepted so far is matched, settled, kept and told. */
  quiesce(): Promise<void>;
  stop(): Promise<void>;
  /** Broken invariants that the services themselves have noticed. */
  broken(): string[];
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

/** Records that a crash has kept from being told to whoever appended them are durable all the same. */
async function noteNewRecords(machine: Machine, stream: EmbeddedStream): Promise<void> {
  for (let partition = 0; partition < PARTITIONS.orders; partition++) {
    const { end } = await stream.bounds(TOPICS.orders, partition);
    for (let offset = machine.notedOrders[partition] ?? 0; offset < end; ) {
      const records = await stream.read(TOPICS.orders, partition, offset, end - offset);
      machine.noteOrders(records);
      offset += records.length;
    }
    machine.notedOrders[partition] = end;
  }
  await machine.durableMessages.noteNew(stream);
}

/** The store as a start finds it: after a loss of power it is made again, unless it is a database that survives one. */
async function openStore(
  around: Surroundings,
  life: Life,
  parts: { stream: EmbeddedStream; archive: Archive; log: Log },
) {
  const { machine } = around;
  if (machine.powerFailed && machine.plan.storeIsProjection) {
    const fresh = await around.newStore();
    await rebuild(fresh, { ...parts, topics: TOPICS });
    if (!life.alive) await life.died;
    await around.store.close();
    around.store = fresh;
    machine.rebuilds++;
    machine.trace.note('the store is made again');
  }
  if (machine.powerFailed && machine.chance(machine.plan.lostCandles)) {
    machine.trace.note('the candles are lost');
    await around.candles.close();
    around.candles = around.newCandles();
  }
  machine.powerFailed = false;
  if (around.tables === undefined)
    return { store: simulatedStore(machine, life, around.store), written: async () => {} };
  const store = await openOverTables(around, around.tables, life, parts.stream);
  return { store, written: () => store.written() };
}

/** The embedded store over what the last life has written down, brought to where the log ends. */
export async function openOverTables(
  { machine }: Surroundings,
  tables: State,
  life: Life,
  stream: EmbeddedStream,
): Promise<EmbeddedStore> {
  const kept = new KeptTables(
    tables,
    (apply) => cutTables(machine, life, apply),
    (fault) => machine.faults.add(fault),
  );
  const store = await EmbeddedStore.open(kept, {
    clock: life.clock,
    log: silentLog,
    orders: { topic: TOPICS.orders, ends: () => endsOf(stream, TOPICS.orders) },
    writeEveryMs: machine.plan.writeEveryMs,
    recentOrders: RECENT_ORDERS,
    clientIdLog2Bits: 10,
  });
  await store.catchUp(async (from) => void (await replay(store, stream, TOPICS, from)));
  return store;
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
  await noteNewRecords(machine, embedded);
  const stream = simulatedStream(machine, life, embedded);
  const archive = await FolderArchive.open(ARCHIVE_FOLDER, machine.disk.mount());
  await damageArchive(machine, archive, ARCHIVE_FOLDER, chance.fork());
  await around.cacheFate.beforeStart();
  const { store, written } = await openStore(around, life, { stream: embedded, archive, log });
  const cache = machine.plan.cacheSurvives ? cacheServer(machine, life, around.cache) : new InProcessCache(clock);
  const candles = candleFile(machine, life, around.candles);
  const common = { stream, topics: TOPICS, clock, log, metrics: silentMetrics };

  const instruments = new InstrumentRegistry();
  await instruments.load(store);
  let hub: Hub | undefined;
  const notifier = await Notifier.open({
    ...common,
    archive,
    push: {
      toUser(userId, messages, firstUseq) {
        if (!life.alive) return false;
        around.onPush(userId, messages, firstUseq);
        return hub?.toUser(userId, messages, firstUseq) ?? false;
      },
    },
  });
  const streamer = new Streamer({ cache, clock, log, metrics: silentMetrics, source: 'signal' });
  const books = new BookHost();
  const market = new MarketData({
    ...{ ...common, cache, candles, archive, time: MARKET_TIME, history: store },
    fillsTopic: TOPICS.fills,
    stretchRecords: STRETCH_RECORDS,
    book: (symbol, levels) => seat.engine.depth(symbol, levels),
    onWritten: (symbol) => streamer.changed(symbol),
  });
  const seat = new EngineSeat(
    () =>
      new MatchingEngineService({
        ...common,
        cache,
        archive,
        createBook: () => books.open(),
        taps: [instruments, notifier, market.writer],
        cacheSnapshotMs: machine.plan.cacheSnapshotMs,
        archiveSnapshotMs: machine.plan.archiveSnapshotMs,
      }),
  );
  const fills = new FillProcessor({ ...common, store });
  const history = new HistorySaver({ ...common, store });
  const accounts = new AccountProcessor({ ...common, store });
  const consumers = [fills, history, accounts];
  const router = new BatchingOrderRouter({
    ...common,
    store,
    instruments,
    chance,
    ordersTopic: TOPICS.orders,
    overloaded: () => false,
    marketPrices: async (symbol) => {
      const [depth, ticker] = await Promise.all([market.reader.depth(symbol, 1), market.reader.ticker(symbol)]);
      return { last: ticker?.p, bestBid: depth?.b[0]?.[0], bestAsk: depth?.a[0]?.[0] };
    },
  });
  const admin = createAdmin({
    ...{ stream, topics: TOPICS, store, cache, instruments, ledger: accounts, clock, chance },
    engines: { engines: async () => [], snapshots: async () => [], createSnapshots: async () => [] },
    lags: async () => [],
  });
  const server = new SimulatedServer();
  hub = new Hub({
    ...{ streamer, cache, router, clock, chance, log, metrics: silentMetrics },
    authenticator: createAuthenticator({ allowTestMode: true }, { clock, log }),
    privateTexts: (userId, from, limit) => notifier.eventTexts(userId, from, limit),
    lastUseq: (userId) => notifier.lastUseq(userId),
    knowsSymbol: (symbol) => instruments.get(symbol) !== undefined,
  });
  const sockets = hub;
  sockets.attach(server.asServer);

  await market.start();
  for (const consumer of consumers) await consumer.start();
  await seat.engine.start();
  const feeder = await startFillsFeeder({ stream, topic: TOPICS.fills, notifier, log });
  const lag = async () => {
    const lags = [seat.engine.lag(), feeder.lag(), ...consumers.map((consumer) => consumer.lag())];
    return seat.engine.waitingEvents + (await Promise.all(lags)).reduce((sum, one) => sum + one, 0);
  };
  const quiesce = async () => {
    await seat.still();
    while ((await lag()) > 0) await clock.sleep(1);
    await notifier.settled();
    await written();
  };
  await quiesce();
  await router.recover();
  await admin.start();
  const sweeper = clock.setInterval(() => void sweep(router, fills, life), SWEEP_EVERY_MS);
  streamer.start();
  return {
    ...{ router, seat, instruments, notifier, market, admin, stream: embedded, archive, cache, server, quiesce },
    broken: () => [
      ...seat.failures().map(({ partition, error }) => `engine of partition ${partition} stands still: ${error.stack}`),
      ...consumers.flatMap(({ stopped }) =>
        [...stopped].map(([lane, why]) => `settlement of ${lane} stands still: ${why}`),
      ),
    ],
    async stop() {
      sweeper.cancel();
      await router.close();
      await sockets.close();
      streamer.close();
      await quiesce();
      await stopAll(feeder, seat, consumers, notifier);
      await market.close();
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
  seat: EngineSeat,
  consumers: readonly { stop(): Promise<void> }[],
  notifier: Notifier,
): Promise<void> {
  await feeder.close();
  await seat.engine.stop();
  for (const consumer of consumers) await consumer.stop();
  await notifier.close();
}
