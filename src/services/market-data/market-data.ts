import { marketKeys } from '../../domain/market-keys.ts';
import type { MarketTime } from '../../domain/market-time.ts';
import type { Archive } from '../../ports/archive.ts';
import type { Cache } from '../../ports/cache.ts';
import type { CandleStore } from '../../ports/candle-store.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { Stream } from '../../ports/stream.ts';
import { restoreCandles } from './archived-candles.ts';
import { MarketDataReader, type MarketDataReaderOptions } from './reader.ts';
import { TradesBackup, type TradesBackupOptions } from './trades-backup.ts';
import { MarketDataWriter, type MarketDataWriterOptions } from './writer.ts';

export interface MarketDataOptions
  extends Pick<MarketDataReaderOptions, 'book' | 'history'>,
    Pick<MarketDataWriterOptions, 'onWritten'>,
    Pick<TradesBackupOptions, 'stretchRecords'> {
  cache: Cache;
  candles: CandleStore;
  archive: Archive;
  stream: Stream;
  /** Name of the fills stream. */
  fillsTopic: string;
  clock: Clock;
  time: MarketTime;
  log: Log;
  metrics: Metrics;
}

/** Market data as one part of an exchange: the engine's tap, the readers' answers, the backup behind them. */
export class MarketData {
  readonly writer: MarketDataWriter;
  readonly reader: MarketDataReader;
  readonly backup: TradesBackup;
  readonly #options: MarketDataOptions;

  constructor(options: MarketDataOptions) {
    this.#options = options;
    this.reader = new MarketDataReader(options);
    this.backup = new TradesBackup({ ...options, topic: options.fillsTopic });
    this.writer = new MarketDataWriter({ ...options, recover: (symbol) => this.backup.latest(symbol) });
  }

  /**
   * To be called after the fills topic is there and before the engine starts: folds in what an earlier process left in the
   * stream and gives the cache what it lost. The engine then tells again what came after its snapshot, and what the cache
   * holds of that is skipped by seq; so nothing is missing and nothing counted twice.
   */
  async start(): Promise<void> {
    const { cache, candles, archive, time, log } = this.#options;
    if ((await candles.states()).length === 0) {
      const minutes = await restoreCandles(archive, candles, time);
      if (minutes > 0)
        log.warn({ minutes }, 'market data: the candle store was empty and is restored from the archive');
    }
    await this.backup.run();
    await this.#dropStrangers();
    for await (const group of this.backup.stored()) {
      for (const { symbol, recovered } of group) {
        await cache.restoreMarket(symbol, recovered.state, recovered.trades);
      }
    }
    await this.writer.start();
    this.backup.start();
  }

  /**
   * A cache on a server outlives a data folder that was deleted. What it holds of symbols of which this log tells nothing goes: beside
   * it everything that comes would look old.
   */
  async #dropStrangers(): Promise<void> {
    const { cache, candles, log } = this.#options;
    const known = new Set((await candles.states()).map(({ symbol }) => symbol));
    const held = (await cache.keys(marketKeys.state('*'))).map((key) => key.slice(marketKeys.state('').length));
    const strangers = held.filter((symbol) => !known.has(symbol));
    if (strangers.length === 0) return;
    log.warn({ symbols: strangers.length }, 'market data: the cache holds symbols of another log, which are dropped');
    for (const symbol of strangers) await cache.delete(...marketKeys.all(symbol));
  }

  /** To be called when the engine has stopped: writes what is waiting and stores what is in the stream. */
  async close(): Promise<void> {
    await this.writer.close();
    await this.backup.close();
    await this.backup.run();
  }
}
