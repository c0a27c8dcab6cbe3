import type { Bar } from '../../domain/candle.ts';
import { CLOSED_TTL_SECONDS, marketKeys } from '../../domain/market-keys.ts';
import type { MarketState, TapeTrade } from '../../domain/market-state.ts';
import type { MarketTime } from '../../domain/market-time.ts';
import type { Archive } from '../../ports/archive.ts';
import type { Cache } from '../../ports/cache.ts';
import type { CandleStore } from '../../ports/candle-store.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Counter, Metrics } from '../../ports/metrics.ts';
import { RecordsLostError, type Stream, type StreamRecord } from '../../ports/stream.ts';
import { aggregateMinutes } from './aggregator.ts';
import { putMinutes, putTrades } from './archive-files.ts';
import { newestTrades } from './archived-trades.ts';
import { Stretch } from './stretch.ts';

export interface TradesBackupOptions {
  stream: Stream;
  /** Name of the fills stream. */
  topic: string;
  cache: Cache;
  candles: CandleStore;
  archive: Archive;
  clock: Clock;
  time: MarketTime;
  log: Log;
  metrics: Metrics;
  /** Records of the fills stream that are stored at once (default 50,000): bounds memory and the work lost in a crash. */
  stretchRecords?: number;
}

/** What a cache that has lost a symbol is given back. */
export interface RecoveredMarket {
  state: MarketState;
  /** The newest of those the state has counted, oldest first. */
  trades: TapeTrade[];
}

/** `trades-backup-10min`. */
const EVERY_MS = 600_000;
/** Under load the backup does not wait for its turn, so that a start never has much more than this to read first. */
const LOOK_EVERY_MS = 10_000;
const EARLY_RECORDS = 200_000;
/** Small enough that the engine and the sockets do not notice the work on one piece. */
const READ_RECORDS = 250;
/**
 * Rest after a piece when nobody waits for the run: an order passes several turns of the event loop, and would meet a piece in each.
 * A run that is far behind rests less, or it would never catch up with the busiest hours.
 */
const REST_MS = 20;
const HURRIED_REST_MS = 4;
const HURRIED_RECORDS = 3 * EARLY_RECORDS;
const GROUP_SYMBOLS = 4;
const GROUP_STATES = 50;

/**
 * Moves closed candles and trades to the archive and the cold candle store. Its source is the fills stream, not the cache: what
 * a cache loses is not lost here. Stored in this order: trades, minutes, wider bars, states, position; each is a
 * replacement by key, so whatever it dies between, the next run stores the same and nothing twice. Then the cache is
 * relieved of what is stored.
 */
export class TradesBackup {
  readonly #options: TradesBackupOptions;
  #states: Map<string, MarketState> | undefined;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #timers: Timer[] = [];
  /** Runs that somebody waits for. */
  #awaited = 0;
  /** Between pieces of work the engine and the sockets have their turn. */
  readonly #pause = () => this.#options.clock.sleep(this.#awaited > 0 ? 0 : this.#restMs);
  #restMs = REST_MS;
  readonly #stored: Counter;
  readonly #failed: Counter;

  constructor(options: TradesBackupOptions) {
    this.#options = options;
    this.#stored = options.metrics.counter('trades_backup_records_total', 'Records of the fills stream stored cold');
    this.#failed = options.metrics.counter('trades_backup_failures_total', 'Backup runs that failed');
  }

  /** Runs every 10 minutes from now on, earlier when much has come in. A failed run is logged and done again. */
  start(): void {
    const { clock } = this.#options;
    this.#timers = [
      clock.setInterval(() => this.#runLogged(), EVERY_MS),
      clock.setInterval(() => void this.#runIfMuch(), LOOK_EVERY_MS),
    ];
  }

  /** Finishes the run at hand and stops. */
  async close(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    this.#awaited += 1;
    await (this.#next ?? this.#running).catch(() => undefined);
  }

  /** Stores everything that was in the fills stream at the moment of the call, without rest. */
  async run(): Promise<void> {
    this.#awaited += 1;
    try {
      await this.#run();
    } finally {
      this.#awaited -= 1;
    }
  }

  /** Calls that wait share one run. */
  #run(): Promise<void> {
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        this.#running = this.#runAll();
        return this.#running;
      });
    return this.#next;
  }

  /** What the fills stream says of a symbol by now; undefined when it never said anything. */
  async latest(symbol: string): Promise<RecoveredMarket | undefined> {
    await this.run();
    const state = await this.#options.candles.state(symbol);
    return state && this.#withTrades(symbol, state);
  }

  /** Everything that is stored, a group of symbols at a time. */
  async *stored(): AsyncGenerator<{ symbol: string; recovered: RecoveredMarket }[]> {
    const states = await this.#options.candles.states();
    for (let i = 0; i < states.length; i += GROUP_STATES) {
      const group = states.slice(i, i + GROUP_STATES);
      yield Promise.all(
        group.map(async ({ symbol, state }) => ({ symbol, recovered: await this.#withTrades(symbol, state) })),
      );
    }
  }

  /** A tape that cannot be read is no reason to go without candles and a price. */
  async #withTrades(symbol: string, state: MarketState): Promise<RecoveredMarket> {
    const { archive, time, log } = this.#options;
    try {
      return { state, trades: await newestTrades(archive, time, symbol, state) };
    } catch (err) {
      log.warn({ err, symbol }, 'trades backup: the newest trades cannot be read from the archive');
      return { state, trades: [] };
    }
  }

  async #runAll(): Promise<void> {
    try {
      for (const partition of await this.#partitions()) await this.#runPartition(partition);
    } catch (error) {
      this.#failed.add(1);
      // What is stored is the truth, not what this process believed before it failed.
      this.#states = undefined;
      throw error;
    }
  }

  async #runPartition(partition: number): Promise<void> {
    const { stream, topic, candles, log } = this.#options;
    const { begin, end } = await stream.bounds(topic, partition);
    let offset = await candles.position(topic, partition);
    if (offset < begin) {
      if (offset > 0)
        log.error({ topic, partition, offset, begin }, 'trades backup: the stream was cut before it was stored');
      offset = begin;
    }
    if (offset > end) throw new RecordsLostError(topic, partition, offset, end);
    while (offset < end) {
      this.#restMs = end - offset > HURRIED_RECORDS ? HURRIED_REST_MS : REST_MS;
      offset = await this.#runStretch(partition, offset, end);
    }
  }

  /** @returns the offset to go on from */
  async #runStretch(partition: number, offset: number, end: number): Promise<number> {
    const { stream, topic, candles, archive, time, stretchRecords = 50_000 } = this.#options;
    const states = await this.#loadStates();
    const stretch = new Stretch(time, states);
    const stop = Math.min(end, offset + stretchRecords);
    let next = offset;
    while (next < stop) {
      const records = await stream.read(topic, partition, next, Math.min(READ_RECORDS, stop - next));
      if (records.length === 0) break;
      for (const record of records) this.#add(stretch, record);
      next = records.at(-1)!.offset + 1;
      await this.#pause();
    }
    if (next === offset) return end;
    stretch.finish();

    for (const day of stretch.trades.values()) {
      await putTrades(archive, { ...day, partition, next }, day.fills, this.#pause);
    }
    await this.#putBars([...stretch.bars]);
    await this.#putStates([...stretch.states].map(([symbol, state]) => ({ symbol, state })));
    await candles.setPosition(topic, partition, next);
    for (const [symbol, state] of stretch.states) states.set(symbol, state);
    this.#stored.add(next - offset);

    await this.#relieveCache(stretch);
    return next;
  }

  /** Minutes, what they add up to, and their days' files. */
  async #putBars(bars: [symbol: string, bars: Bar[]][]): Promise<void> {
    const { candles, time } = this.#options;
    for (let i = 0; i < bars.length; i += GROUP_SYMBOLS) {
      const group = bars.slice(i, i + GROUP_SYMBOLS);
      await candles.putBars(group.map(([symbol, minutes]) => ({ symbol, interval: '1m', bars: minutes })));
      await aggregateMinutes(candles, time, new Map(group.map(([symbol, minutes]) => [symbol, minutes[0]!.time])));
      for (const [symbol, minutes] of group) await this.#archiveDays(symbol, minutes);
      await this.#pause();
    }
  }

  async #putStates(states: readonly { symbol: string; state: MarketState }[]): Promise<void> {
    for (let i = 0; i < states.length; i += GROUP_STATES) {
      await this.#options.candles.putStates(states.slice(i, i + GROUP_STATES));
      await this.#pause();
    }
  }

  /** Only what is older than the newest stored minute is final and goes. */
  async #relieveCache(stretch: Stretch): Promise<void> {
    const { cache, log } = this.#options;
    let done = 0;
    for (const [symbol, { bar }] of stretch.states) {
      if (!bar || !stretch.bars.has(symbol)) continue;
      done += 1;
      if (done % GROUP_STATES === 0) await this.#pause();
      await cache.trimClosed(symbol, bar.start).catch((err) => {
        log.warn({ err, symbol }, 'trades backup: the cache keeps stored candles until the next run');
      });
    }
  }

  /** A record that nobody can read blocks nothing; the fill-processor takes it to the dead letters. */
  #add(stretch: Stretch, record: StreamRecord): void {
    try {
      stretch.add(record);
    } catch (err) {
      if (!(err instanceof SyntaxError)) throw err;
      const { partition, offset } = record;
      this.#options.log.error({ err, partition, offset }, 'trades backup: a record cannot be read and is left out');
    }
  }

  /** Writes each day that has new minutes again. A minute that goes on growing changes again, and so is written again. */
  async #archiveDays(symbol: string, bars: readonly Bar[]): Promise<void> {
    const { candles, archive, time } = this.#options;
    const days = new Set(bars.map((bar) => time.bucketStart('1d', bar.time)));
    for (const day of days) {
      const nextDay = time.bucketStart('1d', day + 1.5 * 86_400);
      const minutes = await candles.bars(symbol, '1m', { from: day, end: nextDay, limit: Number.MAX_SAFE_INTEGER });
      await putMinutes(archive, symbol, time.date(day * 1000), minutes, this.#pause);
    }
  }

  async #loadStates(): Promise<Map<string, MarketState>> {
    this.#states ??= new Map((await this.#options.candles.states()).map(({ symbol, state }) => [symbol, state]));
    return this.#states;
  }

  async #partitions(): Promise<number[]> {
    const { stream, topic } = this.#options;
    const found = (await stream.topics()).find((each) => each.topic === topic);
    return Array.from({ length: found?.partitions ?? 0 }, (_, partition) => partition);
  }

  #runLogged(): void {
    this.#run()
      .catch(async (err) => {
        const { cache, log } = this.#options;
        log.error({ err }, 'trades backup failed; the next run stores it');
        const unsaved = await cache.keys(marketKeys.closed('*'));
        await cache.expire(unsaved, CLOSED_TTL_SECONDS);
      })
      .catch((err) =>
        this.#options.log.error({ err }, 'trades backup: closed candles may expire before they are stored'),
      );
  }

  async #runIfMuch(): Promise<void> {
    const { stream, topic, candles, log } = this.#options;
    try {
      let behind = 0;
      for (const partition of await this.#partitions()) {
        behind += (await stream.bounds(topic, partition)).end - (await candles.position(topic, partition));
      }
      if (behind >= EARLY_RECORDS) this.#runLogged();
    } catch (err) {
      log.warn({ err }, 'trades backup: could not look how far behind it is');
    }
  }
}
