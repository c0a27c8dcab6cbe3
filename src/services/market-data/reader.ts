import type { Bar, Interval } from '../../domain/candle.ts';
import { marketKeys } from '../../domain/market-keys.ts';
import type { MarketTime } from '../../domain/market-time.ts';
import type { DepthMessage, TickerMessage, TradeMessage } from '../../domain/messages.ts';
import type { Cache } from '../../ports/cache.ts';
import type { CandleStore } from '../../ports/candle-store.ts';
import type { Store, StoredTrade } from '../../ports/store.ts';
import { readChart } from './chart.ts';

/** `ohlc:S` and `prev:S`: the running day and the one before. `change` is in per cent, `t` the last trade (epoch ms). */
export interface DayPrices {
  o: number;
  h: number;
  l: number;
  c: number;
  v: number;
  change: number;
  t: number;
}

export interface BookDepth {
  bids: readonly (readonly [price: number, quantity: number])[];
  asks: readonly (readonly [price: number, quantity: number])[];
  /** The symbol's seq at this depth, and the time of its last record (epoch ms). */
  seq: number;
  timestamp: number;
}

export interface MarketDataReaderOptions {
  cache: Cache;
  candles: CandleStore;
  time: MarketTime;
  /** The engine's own book, for more levels than the cache keeps. */
  book?: (symbol: string, levels: number) => BookDepth | undefined | Promise<BookDepth | undefined>;
  /** Trades older than the cache keeps. */
  history?: Pick<Store, 'trades'>;
}

/** Levels a side in `depth:S`. */
export const CACHED_LEVELS = 10;

/** Answers the public questions of market data; everything in integers, symbols are the caller's to check. */
export class MarketDataReader {
  readonly #options: MarketDataReaderOptions;

  constructor(options: MarketDataReaderOptions) {
    this.#options = options;
  }

  /** Best `levels` a side; undefined for a symbol that never had an order. */
  async depth(symbol: string, levels = CACHED_LEVELS): Promise<DepthMessage | undefined> {
    const { cache, book } = this.#options;
    if (levels > CACHED_LEVELS && book) {
      const deep = await book(symbol, levels);
      if (deep) return depthMessage(symbol, deep);
    }
    const depth = read<DepthMessage>(await cache.get(marketKeys.depth(symbol)));
    return depth && { ...depth, b: depth.b.slice(0, levels), a: depth.a.slice(0, levels) };
  }

  async ticker(symbol: string): Promise<TickerMessage | undefined> {
    return read<TickerMessage>(await this.#options.cache.get(marketKeys.ticker(symbol)));
  }

  async tickers(symbols: readonly string[]): Promise<(TickerMessage | undefined)[]> {
    const texts = await this.#options.cache.getMany(symbols.map(marketKeys.ticker));
    return texts.map((text) => read<TickerMessage>(text));
  }

  /** The running day; undefined before its first trade. */
  async today(symbol: string): Promise<DayPrices | undefined> {
    return read<DayPrices>(await this.#options.cache.get(marketKeys.ohlc(symbol)));
  }

  /** The newest trades, newest first. */
  async trades(symbol: string, limit: number): Promise<StoredTrade[]> {
    const { cache, history } = this.#options;
    const texts = await cache.listRange(marketKeys.trades(symbol), 0, limit - 1);
    const newest = texts.map((text) => storedTrade(JSON.parse(text) as TradeMessage));
    if (newest.length >= limit || history === undefined) return newest;
    const known = new Set(newest.map((trade) => trade.trade_id));
    const older = (await history.trades(symbol, limit)).filter((trade) => !known.has(trade.trade_id));
    return [...newest, ...older].slice(0, limit);
  }

  /** The newest `limit` bars that start before `end` (epoch seconds, default: now), ascending, the active one included. */
  async chart(symbol: string, interval: Interval, options: { limit: number; end?: number }): Promise<Bar[]> {
    return readChart(this.#options, symbol, interval, options);
  }
}

export function depthMessage(symbol: string, depth: BookDepth): DepthMessage {
  return {
    e: 'd',
    s: symbol,
    t: depth.timestamp,
    b: depth.bids.map(([price, quantity]) => [price, quantity]),
    a: depth.asks.map(([price, quantity]) => [price, quantity]),
    u: depth.seq,
  };
}

function storedTrade(trade: TradeMessage): StoredTrade {
  return { trade_id: trade.id, price: trade.p, quantity: trade.q, taker_side: trade.side, timestamp: trade.t };
}

/** The keys read here are written by nobody but market data, in exactly these shapes. */
function read<T>(text: string | undefined): T | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as T);
}
