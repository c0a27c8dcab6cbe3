import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SystemChance, SystemClock } from '../../adapters/clock/system.ts';
import { PrometheusMetrics } from '../../adapters/metrics/prometheus.ts';
import { ThreadPress } from '../../adapters/snapshot-press/thread-press.ts';
import { MarketTime } from '../../domain/market-time.ts';
import { BookHost } from '../../matching/book-host.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { AccountProcessor } from '../../services/account-processor/account-processor.ts';
import { type AdminService, createAdmin, DEFAULT_AUDIT_TOPIC } from '../../services/admin/admin.ts';
import { createAuthenticator } from '../../services/auth/authenticator.ts';
import { jwksUrlOf } from '../../services/auth/tokens.ts';
import type { AuthSettings } from '../../services/auth/types.ts';
import { FillProcessor } from '../../services/fill-processor/fill-processor.ts';
import { addressReader } from '../../services/gateway/client-address.ts';
import { createGateway } from '../../services/gateway/gateway.ts';
import { CacheCounters } from '../../services/gateway/limits/counters.ts';
import { KeptCounters } from '../../services/gateway/limits/kept-counters.ts';
import { createLimits } from '../../services/gateway/limits/limits.ts';
import { Hub } from '../../services/gateway/websocket/hub.ts';
import { HistorySaver } from '../../services/history-saver/history-saver.ts';
import { InstrumentRegistry } from '../../services/instruments/registry.ts';
import { MarketData } from '../../services/market-data/market-data.ts';
import { LocalEngineOffice } from '../../services/matching-engine/office.ts';
import { MatchingEngineService } from '../../services/matching-engine/service.ts';
import { startFillsFeeder } from '../../services/notifier/fills-feeder.ts';
import { Notifier } from '../../services/notifier/notifier.ts';
import { BatchingOrderRouter } from '../../services/order-router/router.ts';
import type { OrderRouter } from '../../services/order-router/types.ts';
import { SessionCalendar } from '../../services/session-calendar/session-calendar.ts';
import { Streamer } from '../../services/streamer/streamer.ts';
import { version } from './about.ts';
import { caughtUp, workedThrough } from './catch-up.ts';
import { keyPlans, topicsOf } from './config.ts';
import { scrapedMetrics } from './scraped.ts';
import type { Config } from './settings.ts';
import { openStorage, type Storage } from './storage.ts';

/** A whole exchange in this process: what `npm start` runs, and the replay and the tests. */
export interface Exchange {
  /** http://host:port */
  url: string;
  config: Config;
  storage: Storage;
  router: OrderRouter;
  engine: MatchingEngineService;
  instruments: InstrumentRegistry;
  admin: AdminService;
  /** Last trade price in integers of the instrument, if there was a trade. */
  lastPrice(symbol: string): Promise<number | undefined>;
  /** Resolves when everything accepted so far is matched, settled, kept and told. */
  quiesce(): Promise<void>;
  /** Takes nothing new, finishes what was taken, writes snapshots, closes. */
  stop(): Promise<void>;
}

/** The streams that all money, every order and every private number can be made again from. */
const ROOTS = ['orders', 'fills', 'ledger', 'private'] as const;

/** Events that settlement may be behind before order entry answers 503: a second or two of work. */
const LAG_MAX = 50_000;
/** Rows that the embedded store may be behind in writing down before order entry answers 503. */
const UNWRITTEN_MAX = 100_000;
const LAG_SAMPLE_MS = 200;
const SWEEP_EVERY_MS = 30_000;
const SWEEP_OLDER_MS = 60_000;
const QUIESCE_POLL_MS = 5;
/** A stop waits so long for something that does not move (a database that is away). */
const STOP_PATIENCE_MS = 5_000;

/**
 * Puts the parts together and starts them in the order of the data's flow, from behind: whoever reads is there before
 * whoever writes. Orders are taken last, when the books are back and the outbox is swept.
 * @param onLogFailure the log takes nothing any more; the process should end and start again
 */
export async function createExchange(
  config: Config,
  log: Log,
  onLogFailure: (error: Error) => void = () => {},
): Promise<Exchange> {
  const clock = new SystemClock();
  const chance = new SystemChance();
  const metrics = new PrometheusMetrics({ processMetrics: true });
  let engine: MatchingEngineService | undefined;
  const kept = new Set([...ROOTS.map((root) => topicsOf(config)[root]), DEFAULT_AUDIT_TOPIC]);
  const storage = await openStorage(config, {
    clock,
    chance,
    log,
    onLogFailure,
    // The store can always be made again from the beginning: what it comes from is kept whole, and so are the acts of admins.
    neededFrom: async (topic) => (kept.has(topic) ? 0 : undefined),
  });
  const { stream, store, cache, backupCache, archive, candles, topics } = storage;
  const common = { stream, topics, clock, log, metrics };

  const instruments = new InstrumentRegistry();
  await instruments.load(store);

  // The hub pushes what the notifier numbers, and asks the notifier for what a client missed.
  let hub: Hub | undefined;
  const notifier = await Notifier.open({
    ...common,
    archive,
    push: { toUser: (userId, messages, firstUseq) => hub?.toUser(userId, messages, firstUseq) ?? false },
  });
  const streamer = new Streamer({ cache, clock, log, metrics, source: 'signal' });
  const market = new MarketData({
    ...common,
    cache,
    candles,
    archive,
    fillsTopic: topics.fills,
    time: new MarketTime(config.marketTimeZone),
    book: (symbol, levels) => engine?.depth(symbol, levels),
    history: store,
    onWritten: (symbol) => streamer.changed(symbol),
  });

  const fills = new FillProcessor({ ...common, store });
  const history = new HistorySaver({ ...common, store });
  const accounts = new AccountProcessor({ ...common, store });
  const books = new BookHost();
  const press = new ThreadPress();
  engine = new MatchingEngineService({
    ...common,
    cache: backupCache,
    archive,
    press,
    createBook: () => books.open(),
    taps: [instruments, notifier, market.writer],
  });

  const consumers = { 'fill-processor': fills, 'history-saver': history, 'account-processor': accounts };
  const pressure = watchLag(() => fills.lag(), clock);
  const router = new BatchingOrderRouter({
    ...common,
    store,
    instruments,
    chance,
    ordersTopic: topics.orders,
    overloaded: () => pressure.lag > LAG_MAX || storage.writing.unwritten > UNWRITTEN_MAX,
    marketPrices: async (symbol) => {
      const [depth, ticker] = await Promise.all([market.reader.depth(symbol, 1), market.reader.ticker(symbol)]);
      return { last: ticker?.p, bestBid: depth?.b[0]?.[0], bestAsk: depth?.a[0]?.[0] };
    },
  });
  const office = engine;
  const auth = createAuthenticator(authSettings(config), { clock, log });
  const lags = async () => {
    const read = Object.entries(consumers).map(async ([group, consumer]) => ({
      group,
      topic: group === 'account-processor' ? topics.ledger : topics.fills,
      lag: await consumer.lag(),
    }));
    return [
      { group: 'matching-engine', topic: topics.orders, lag: await office.lag() },
      { group: 'store-writer', topic: topics.orders, lag: storage.writing.unwritten },
      { group: 'notifier', topic: topics.fills, lag: await feeder.lag() },
      ...(await Promise.all(read)),
    ];
  };
  const admin = createAdmin({
    stream,
    topics,
    store,
    cache,
    instruments,
    ledger: accounts,
    engines: new LocalEngineOffice(engine, archive, 'engine-1'),
    lags,
    clock,
    chance,
  });
  const ownCounters = config.cache === 'valkey' ? undefined : await KeptCounters.open({ archive, clock, log });
  const limits = createLimits(
    {
      keyRps: config.rateLimitKeyRps,
      keyBurst: config.rateLimitKeyBurst,
      keyMonth: config.rateLimitKeyMonth,
      ipRpm: config.rateLimitIpRpm,
      plans: new Map(config.usagePlans.map((plan) => [plan.name, plan])),
    },
    { counters: ownCounters ?? new CacheCounters(cache), clock, log },
  );
  hub = new Hub({
    ...(limits.perIp && { addressLimit: { take: limits.perIp, addressOf: addressReader(config.trustedProxies) } }),
    authenticator: auth,
    streamer,
    cache,
    router,
    privateTexts: (userId, from, limit) => notifier.eventTexts(userId, from, limit),
    lastUseq: (userId) => notifier.lastUseq(userId),
    knowsSymbol: (symbol) => instruments.get(symbol) !== undefined,
    clock,
    chance,
    log,
    metrics,
  });
  const sockets = hub;

  const readiness = async () => {
    const failed = office.failures.map(({ partition, error }) => `shard ${partition}: ${error.message}`);
    const lanes = Object.values(consumers).flatMap(({ stopped }) => [...stopped.keys()]);
    const checks = {
      engine: failed.length === 0 ? 'ok' : failed.join('; '),
      notifier: notifier.healthy ? 'ok' : 'the private stream refuses appends',
      settlement: pressure.lag <= LAG_MAX ? 'ok' : `${pressure.lag} events behind`,
      store: lanes.length === 0 ? 'ok' : `stopped until it is rebuilt: ${lanes.join(', ')}`,
      database: storage.writing.failedWrites < 3 ? 'ok' : `refuses writes, ${storage.writing.unwritten} rows wait`,
    };
    return { ready: Object.values(checks).every((check) => check === 'ok'), checks };
  };

  const gateway = await createGateway({
    router,
    store,
    market: market.reader,
    instruments,
    privateEvents: notifier,
    auth,
    limits,
    admin,
    backUpTrades: () => market.backup.run(),
    clock,
    log,
    metrics,
    metricsText: scrapedMetrics(metrics, { lags, readiness }),
    readiness,
    settings: {
      version: version(),
      corsOrigins: config.corsOrigins,
      trustedProxies: config.trustedProxies,
      ...keyPlans(config),
      consoleFolder: join(import.meta.dirname, '..', '..', '..', 'console', 'dist'),
      marketTimeZone: config.marketTimeZone,
      testMode: config.allowTestMode,
      ...(config.supabaseUrl === '' ? {} : { supabaseUrl: config.supabaseUrl }),
      ...(config.supabaseAnonKey === '' ? {} : { supabaseAnonKey: config.supabaseAnonKey }),
    },
  });
  sockets.attach(gateway.server);

  await market.start();
  for (const consumer of Object.values(consumers)) await consumer.start();
  await engine.start();
  const feeder = await startFillsFeeder({ stream, topic: topics.fills, notifier, log });

  const behind = async () => {
    const lags = [office.lag(), fills.lag(), history.lag(), accounts.lag()];
    return office.waitingEvents + (await Promise.all(lags)).reduce((sum, lag) => sum + lag, 0);
  };
  const quiesce = async () => {
    while ((await behind()) > 0) await clock.sleep(QUIESCE_POLL_MS);
    await notifier.settled();
  };
  await caughtUp(async () => (await behind()) + notifier.waiting, clock);
  await notifier.settled();
  const swept = await router.recover();
  if (swept > 0) log.warn({ orders: swept }, 'orders that a crash left unpublished were published again');
  const sweeper = clock.setInterval(() => {
    if (pressure.lag > 0) return;
    router.sweep(clock.now() - SWEEP_OLDER_MS).catch((error) => log.error({ err: error }, 'the outbox sweep failed'));
  }, SWEEP_EVERY_MS);
  await admin.start();
  const calendar = new SessionCalendar({
    ...{ clock, log, archive, instruments, time: new MarketTime(config.marketTimeZone) },
    close: (symbol) => admin.symbols.dayClose('session-calendar', symbol, undefined),
  });
  await calendar.start();
  streamer.start();
  await gateway.listen({ host: config.host, port: config.port });

  let stopping: Promise<void> | undefined;
  async function stop(): Promise<void> {
    sweeper.cancel();
    await calendar.stop();
    await router.close();
    await sockets.close();
    await gateway.close();
    await ownCounters?.close();
    streamer.close();
    const left = await workedThrough(async () => (await behind()) + notifier.waiting, clock, STOP_PATIENCE_MS);
    if (left > 0) log.error({ left }, 'not everything could be worked through; the log has it, the next start goes on');
    else await notifier.settled();
    await feeder.close();
    await office.stop();
    await press.close();
    for (const consumer of Object.values(consumers)) await consumer.stop();
    await notifier.close();
    await market.close();
    pressure.timer.cancel();
    await storage.close({ clean: left === 0 });
  }

  return {
    url: urlOf(gateway.server.address(), config.host),
    config,
    storage,
    router,
    engine: office,
    instruments,
    admin,
    lastPrice: async (symbol) => (await market.reader.ticker(symbol))?.p,
    quiesce,
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}

/** Samples a lag, so that order entry can look at it without asking. */
function watchLag(read: () => Promise<number>, clock: Clock): { lag: number; timer: Timer } {
  const watch = {
    lag: 0,
    timer: clock.setInterval(() => {
      read().then(
        (lag) => {
          watch.lag = lag;
        },
        () => {},
      );
    }, LAG_SAMPLE_MS),
  };
  return watch;
}

function authSettings(config: Config): AuthSettings {
  const jwksUrl = config.jwksUrl || (config.supabaseUrl === '' ? '' : jwksUrlOf(config.supabaseUrl));
  return {
    ...(config.supabaseJwtSecret === '' ? {} : { jwtSecret: config.supabaseJwtSecret }),
    ...(jwksUrl === '' ? {} : { jwksUrl }),
    ...(config.jwtAudience === '' ? {} : { audience: config.jwtAudience }),
    ...(config.jwtIssuer === '' ? {} : { issuer: config.jwtIssuer }),
    allowTestMode: config.allowTestMode,
  };
}

function urlOf(address: AddressInfo | string | null, host: string): string {
  const port = typeof address === 'object' ? address?.port : undefined;
  const name = host.includes(':') ? `[${host}]` : host === '0.0.0.0' ? '127.0.0.1' : host;
  return `http://${name}:${port}`;
}
