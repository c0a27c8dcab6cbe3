import type { MarketItem, MarketState, TapeTrade } from '../domain/market-state.ts';

/**
 * The Valkey commands that the exchange uses; keys, types and JSON are those of contract section 6. Everything in a
 * cache can be made again from the streams and the archive.
 * Adapters: in-process and Valkey, held to one suite (test/conformance/cache).
 */
export interface Cache {
  get(key: string): Promise<string | undefined>;
  getMany(keys: readonly string[]): Promise<(string | undefined)[]>;
  set(key: string, value: string, options?: { ttlSeconds?: number }): Promise<void>;
  /** All of them in one round trip. */
  setMany(entries: readonly (readonly [key: string, value: string])[]): Promise<void>;
  delete(...keys: string[]): Promise<void>;
  /** A new time to live for keys that exist. */
  expire(keys: readonly string[], ttlSeconds: number): Promise<void>;
  hashGetAll(key: string): Promise<Record<string, string> | undefined>;
  hashSet(key: string, fields: Record<string, string>, options?: { ttlSeconds?: number }): Promise<void>;
  setAdd(key: string, ...members: string[]): Promise<void>;
  setRemove(key: string, ...members: string[]): Promise<void>;
  setMembers(key: string): Promise<string[]>;
  /** Newest first (LPUSH), trimmed to `max` entries, with a time to live. */
  listPush(key: string, values: readonly string[], options: { max: number; ttlSeconds: number }): Promise<void>;
  listRange(key: string, start: number, stop: number): Promise<string[]>;
  /** Adds to a counter and tells how long it still lives. One that is not there starts at 0 and lives `ttlSeconds` from now. */
  increment(key: string, by: number, ttlSeconds: number): Promise<{ value: number; msLeft: number }>;
  /**
   * Candles, trades, ticker and day of one symbol follow a batch of the engine's events, all keys in one atomic step
   * (src/domain/market-keys.ts). Items at or below the position held in `candle:state:S` are skipped, so a replay, by
   * whomever, changes nothing. `after`: the seq of the caller's item before these; a cache that stands before it has lost
   * something, changes nothing and answers GAP. No items: only asks.
   */
  applyMarket(symbol: string, items: readonly MarketItem[], after?: number): Promise<MarketApplied>;
  /** Moves the active minute to the closed list if it is over at `nowSeconds` (epoch); the candle's JSON if it did. */
  closeMinute(symbol: string, nowSeconds: number): Promise<string | undefined>;
  /**
   * Takes over a state that is newer than the one held (after the cache lost its own); false when it is not newer. `trades`:
   * the newest that the state has counted, oldest first; they replace those held. Without any, those held stay.
   */
  restoreMarket(symbol: string, state: MarketState, trades?: readonly TapeTrade[]): Promise<boolean>;
  /** Drops closed candles that start before `beforeSeconds`: they are safely stored elsewhere. The newest one stays. */
  trimClosed(symbol: string, beforeSeconds: number): Promise<void>;
  /** Keys matching a glob pattern, for sweeps; never on a hot path. */
  keys(pattern: string): Promise<string[]>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

export type MarketApplied =
  /** `closed`: the candles that this batch closed, as in `candle:closed:1m:S`, oldest first. */
  | { kind: 'APPLIED'; closed: string[] }
  /** The cache stands at `seq`, before what the caller has applied already. */
  | { kind: 'GAP'; seq: number };
