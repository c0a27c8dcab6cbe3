import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { FolderArchive } from '../../src/adapters/archive/folder/folder-archive.ts';
import { InProcessCache } from '../../src/adapters/cache/in-process/in-process-cache.ts';
import { SqliteCandleStore } from '../../src/adapters/candle-store/sqlite/sqlite-candle-store.ts';
import { SeededChance, SimulatedClock } from '../../src/adapters/clock/simulated.ts';
import { SystemClock } from '../../src/adapters/clock/system.ts';
import { EmbeddedStream } from '../../src/adapters/stream/embedded/stream.ts';
import { INTERVALS } from '../../src/domain/candle.ts';
import type { EngineEvent, FillEvent } from '../../src/domain/events.ts';
import { marketKeys, TRADES_TTL_SECONDS } from '../../src/domain/market-keys.ts';
import { MarketTime } from '../../src/domain/market-time.ts';
import type { TradeMessage } from '../../src/domain/messages.ts';
import type { Cache } from '../../src/ports/cache.ts';
import { silentLog } from '../../src/ports/log.ts';
import { silentMetrics } from '../../src/ports/metrics.ts';
import { TAPE_TRADES } from '../../src/services/market-data/archived-trades.ts';
import { MarketData } from '../../src/services/market-data/market-data.ts';
import { batchOf } from './events.ts';
import { straightBars } from './straight.ts';

/** A trade may be told a little later than its time, and expires later by as much. */
const TAPE_SLACK_MS = 120_000;

export const TOPIC = 'supernoba-fills';

/** Memory where the system has it: these tests are about crashes of the process, which lose no file. */
const TEMP = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/**
 * Market data on its real parts, with an engine whose events are given: it tells them to the tap and appends them to the stream,
 * and after a crash tells again what came after its last snapshot.
 */
export class World {
  readonly clock: SimulatedClock;
  readonly archive: FolderArchive;
  cache: Cache;
  market: MarketData;
  readonly #folder: string;
  readonly #stream: EmbeddedStream;
  candles: SqliteCandleStore;
  /** The storage as the living process sees it; a crash cuts it off. */
  #mortal: Mortal;
  #events: EngineEvent[] = [];
  #durable = 0;
  #snapshot = 0;

  readonly #openCache: () => Promise<Cache>;

  private constructor(init: {
    folder: string;
    stream: EmbeddedStream;
    archive: FolderArchive;
    clock: SimulatedClock;
    cache: Cache;
    openCache: () => Promise<Cache>;
  }) {
    const { folder, stream, archive } = init;
    this.#folder = folder;
    this.#stream = stream;
    this.archive = archive;
    this.candles = new SqliteCandleStore(join(folder, 'candles.sqlite'));
    this.clock = init.clock;
    this.cache = init.cache;
    this.#openCache = init.openCache;
    this.#mortal = new Mortal();
    this.market = this.#process();
  }

  /** `openCache` gives an empty cache; by default the one in the process. */
  static async open(startMs: number, openCache?: () => Promise<Cache>): Promise<World> {
    const clock = new SimulatedClock(startMs);
    const open = openCache ?? (async () => new InProcessCache(clock));
    const folder = mkdtempSync(join(TEMP, 'supernoba-market-'));
    const chance = new SeededChance(1);
    const stream = await EmbeddedStream.open({ folder: join(folder, 'log'), clock: new SystemClock(), chance });
    await stream.ensureTopic(TOPIC, { partitions: 2 });
    const archive = await FolderArchive.open(join(folder, 'archive'));
    const world = new World({ folder, stream, archive, clock, cache: await open(), openCache: open });
    await world.finish(world.market.start());
    return world;
  }

  async close(): Promise<void> {
    this.clock.clear();
    await this.cache.close();
    await this.#stream.close();
    await this.candles.close();
    rmSync(this.#folder, { recursive: true });
  }

  /** The engine says these, in batches of `size`; appended to the stream before or after it tells the tap. */
  async tell(events: readonly EngineEvent[], size: number, appendFirst: boolean): Promise<void> {
    for (let i = 0; i < events.length; i += size) {
      const batch = events.slice(i, i + size);
      this.#events.push(...batch);
      if (appendFirst) await this.#append();
      this.#tap(batch);
      await this.#append();
    }
    await this.finish(this.market.writer.drained());
  }

  snapshot(): void {
    this.#snapshot = this.#durable;
  }

  /** Loses the candle store; the next start finds none. */
  async loseCandles(): Promise<void> {
    await this.candles.close();
    rmSync(join(this.#folder, 'candles.sqlite'));
    this.candles = new SqliteCandleStore(join(this.#folder, 'candles.sqlite'));
  }

  /** Loses the cache while everything runs on. */
  async emptyCache(): Promise<void> {
    await this.cache.flush();
  }

  /** Storage fails at the n-th write from now on, and every one after it, until the restart. */
  failAfter(writes: number): void {
    this.#mortal.writesLeft = writes;
  }

  /** kill -9 and a start: nothing is closed or drained. The engine's last events may not have reached the stream. */
  async restart(options: { keepCache: boolean; untold: readonly EngineEvent[] }): Promise<void> {
    this.#events.push(...options.untold);
    this.#tap(options.untold);
    this.#mortal.writesLeft = 0;
    await this.#mortal.gone();
    this.clock.clear();
    if (!options.keepCache) {
      await this.cache.close();
      this.cache = await this.#openCache();
    }
    this.#mortal = new Mortal();
    this.market = this.#process();
    await this.finish(this.market.start());
    this.#tap(this.#events.slice(this.#snapshot));
    await this.#append();
    await this.finish(this.market.writer.drained());
  }

  /** Waits for what needs both real I/O and virtual timers. */
  async finish<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const finished = work.finally(() => {
      done = true;
    });
    finished.catch(() => undefined);
    for (let turns = 0; !done; turns += 1) await this.clock.advance(turns < 200 ? 0 : 1);
    return finished;
  }

  get archiveFolder(): string {
    return join(this.#folder, 'archive');
  }

  fills(symbol: string): FillEvent[] {
    return this.#events.filter((event) => event.event === 'FILL' && event.symbol === symbol) as FillEvent[];
  }

  /** Every timeframe equals the straight computation over all trades, whole and in pages. */
  async check(symbol: string): Promise<void> {
    for (const interval of INTERVALS) {
      const expected = straightBars(this.fills(symbol), interval);
      const chart = (limit: number, end?: number) => this.market.reader.chart(symbol, interval, { limit, end });
      assert.deepEqual(await chart(100_000), expected, `${symbol} ${interval}`);
      const middle = expected[expected.length >> 1]?.time;
      if (middle === undefined) continue;
      const page = expected.filter((bar) => bar.time < middle).slice(-3);
      assert.deepEqual(await chart(3, middle), page, `${symbol} ${interval} before ${middle}`);
    }
    await this.#checkTape(symbol);
  }

  /** `trades:S` ends with the newest trades, as many as a screen shows, without a hole in the 24 hours that it is kept. */
  async #checkTape(symbol: string): Promise<void> {
    const since = this.clock.now() - TRADES_TTL_SECONDS * 1000 + TAPE_SLACK_MS;
    const trades = this.fills(symbol);
    const first = trades.findIndex((trade) => trade.timestamp > since);
    const recent = first === -1 ? [] : trades.slice(first).slice(-TAPE_TRADES);
    const texts = await this.cache.listRange(marketKeys.trades(symbol), 0, -1);
    const seqs = texts.map((text) => Number((JSON.parse(text) as TradeMessage).id.slice(symbol.length + 1))).reverse();
    assert.deepEqual(
      seqs,
      [...new Set(seqs)].sort((a, b) => a - b),
      `tape of ${symbol} in order`,
    );
    const newest = recent.length === 0 ? [] : seqs.slice(-recent.length);
    assert.deepEqual(
      newest,
      recent.map((trade) => trade.seq),
      `tape of ${symbol}`,
    );
  }

  /** Every trade stands in the archive once, and every minute. */
  async checkArchive(symbol: string): Promise<void> {
    const trades = await this.#lines(`trades/symbol=${symbol}/`);
    const seqs = this.fills(symbol).map((fill) => fill.seq);
    assert.deepEqual(
      trades.map((trade) => Number(trade.seq)).sort((a, b) => a - b),
      seqs,
    );
    const minutes = straightBars(this.fills(symbol), '1m');
    assert.deepEqual(await this.#lines(`candles/symbol=${symbol}/`), minutes);
  }

  async #lines(prefix: string): Promise<Record<string, unknown>[]> {
    const lines: Record<string, unknown>[] = [];
    for (const key of await this.archive.list(prefix)) {
      const text = gunzipSync((await this.archive.get(key))!).toString();
      for (const line of text.trimEnd().split('\n')) lines.push(JSON.parse(line));
    }
    return lines;
  }

  #tap(events: readonly EngineEvent[]): void {
    const bySymbol = Map.groupBy(events, (event) => event.symbol);
    this.market.writer.onBatch([...bySymbol].map(([symbol, some]) => batchOf(symbol, some)));
  }

  async #append(): Promise<void> {
    const records = this.#events.slice(this.#durable).map((event) => ({
      key: event.symbol,
      value: Buffer.from(JSON.stringify(event)),
    }));
    if (records.length > 0) await this.#stream.append(TOPIC, records);
    this.#durable = this.#events.length;
  }

  #process(): MarketData {
    return new MarketData({
      cache: this.#mortal.guard(this.cache, ['applyMarket', 'closeMinute', 'trimClosed', 'restoreMarket', 'setMany']),
      candles: this.#mortal.guard(this.candles, ['putBars', 'putStates', 'setPosition']),
      archive: this.#mortal.guard(this.archive, ['put', 'delete']),
      stream: this.#stream,
      fillsTopic: TOPIC,
      clock: this.clock,
      time: new MarketTime(),
      log: silentLog,
      metrics: silentMetrics,
      stretchRecords: 17,
    });
  }
}

/** A process whose writes stop at some moment. */
class Mortal {
  writesLeft = Number.POSITIVE_INFINITY;
  readonly #writing = new Set<Promise<unknown>>();

  /** Resolves when what was on its way to the disk has got there: a dead process starts nothing more. */
  async gone(): Promise<void> {
    await Promise.allSettled(this.#writing);
  }

  guard<T extends object>(target: T, writes: readonly (keyof T)[]): T {
    return new Proxy(target, {
      get: (_, name) => {
        const value = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        if (!(writes as readonly PropertyKey[]).includes(name)) return value.bind(target);
        return async (...args: unknown[]) => {
          if (this.writesLeft <= 0) throw new Error('the process is dead');
          this.writesLeft -= 1;
          const write = Promise.resolve(value.apply(target, args));
          this.#writing.add(write);
          return write.finally(() => this.#writing.delete(write));
        };
      },
    });
  }
}
