import type { Bar, Interval } from '../domain/candle.ts';
import type { MarketState } from '../domain/market-state.ts';

/**
 * The cold candle store (`candle_history`): the bars of every interval for good, and how far the fills stream has been
 * folded into it. The newest bar of a symbol and interval may still grow.
 *
 * Promises (test/conformance/candle-store): a put replaces by key (symbol, interval, time), so the same put twice is one, and
 * never by a bar of less volume, so that a fuller bar is not lost to one made from a part of its trades;
 * what resolved survives the process; after a power loss a later write is never there without an earlier one. A writer puts
 * bars first, states next and the position last, so whatever it dies between, doing it again gives the same rows.
 */
export interface CandleStore {
  putBars(rows: readonly BarRows[]): Promise<void>;
  /** The newest `limit` bars with `from` <= time < `end` (epoch seconds; either may be missing), ascending in time. */
  bars(symbol: string, interval: Interval, range: { limit: number; from?: number; end?: number }): Promise<Bar[]>;
  putStates(states: readonly { symbol: string; state: MarketState }[]): Promise<void>;
  states(): Promise<{ symbol: string; state: MarketState }[]>;
  state(symbol: string): Promise<MarketState | undefined>;
  /** The offset of a partition of the fills stream up to which (exclusive) all is stored; 0 at first. */
  position(topic: string, partition: number): Promise<number>;
  setPosition(topic: string, partition: number, offset: number): Promise<void>;
  close(): Promise<void>;
}

export interface BarRows {
  symbol: string;
  interval: Interval;
  bars: readonly Bar[];
}
