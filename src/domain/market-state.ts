import type { MarketMinute } from './market-time.ts';
import type { Side } from './order.ts';

/**
 * What market data remembers of a symbol: a fold over the engine's events. `seq` is the last event folded in, so an event
 * that is told again changes nothing. The cache's script (Lua) and `foldMarket` below are twins, held equal by test.
 */
export interface MarketState {
  seq: number;
  /** The newest minute that had a trade; undefined before the first. */
  bar: MinuteBar | undefined;
  /** The minute is over: its bar stands in the closed list. A late trade of that minute still lands in it. */
  closed: boolean;
  /** The running candles of ROLLUPS, in that order; empty before the first trade. */
  rollups: MinuteBar[];
  /** Since the last day's close. */
  session: Session | undefined;
  /** The day before, for `prev:S`. */
  previous: (Session & { change: number }) | undefined;
  /** Last trade price ever; 0: none. */
  last: number;
  /** Reference price of the day; 0: none. */
  reference: number;
}

/** A candle as the cache tells it. */
export interface MinuteBar {
  start: number;
  label: string;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

export interface Session {
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  /** Time of its newest trade, epoch ms. */
  timestamp: number;
}

/** What concerns market data of the engine's events, with the calendar already looked up. */
export type MarketItem =
  | {
      kind: 'TRADE';
      seq: number;
      timestamp: number;
      minute: MarketMinute;
      price: number;
      quantity: number;
      side: Side;
      id: string;
    }
  | { kind: 'DAY'; seq: number; timestamp: number; close: number; reference: number }
  | { kind: 'REFERENCE'; seq: number; timestamp: number; reference: number };

export type MarketTrade = Extract<MarketItem, { kind: 'TRADE' }>;

/** A trade as the tape shows it. */
export type TapeTrade = Pick<MarketTrade, 'timestamp' | 'price' | 'quantity' | 'side' | 'id'>;

/** What folding a batch did, for whoever publishes it. */
export interface MarketFold {
  /** Bars whose minute ended with a trade of a later minute, oldest first. */
  closed: MinuteBar[];
  /** The bar that was closed already and that a late trade changed: it comes before those of `closed`. */
  reopened: MinuteBar | undefined;
  trades: MarketTrade[];
  /** A day ended: `previous` is new. */
  rolled: boolean;
  /** Time of the newest item folded in; undefined when every item was already known. */
  timestamp: number | undefined;
}

export function emptyMarketState(): MarketState {
  return {
    seq: 0,
    bar: undefined,
    closed: false,
    rollups: [],
    session: undefined,
    previous: undefined,
    last: 0,
    reference: 0,
  };
}

/** Folds items into the state, in order; those at or below `state.seq` are skipped. */
export function foldMarket(state: MarketState, items: readonly MarketItem[]): MarketFold {
  const fold: MarketFold = { closed: [], reopened: undefined, trades: [], rolled: false, timestamp: undefined };
  for (const item of items) {
    if (item.seq <= state.seq) continue;
    state.seq = item.seq;
    fold.timestamp = item.timestamp;
    if (item.kind === 'TRADE') foldTrade(state, item, fold);
    else {
      if (item.kind === 'DAY') foldDay(state, item.close, item.timestamp, fold);
      state.reference = item.reference;
    }
  }
  return fold;
}

/**
 * Market time never goes back: a trade whose timestamp lies in a minute before the newest one (two routers' clocks differ)
 * belongs to the newest, because the engine's sequence, not a clock, says what came after what.
 */
function foldTrade(state: MarketState, trade: MarketTrade, fold: MarketFold): void {
  const { price, quantity, minute } = trade;
  const { bar } = state;
  if (bar !== undefined && minute.start <= bar.start) {
    widen(bar, price, quantity);
    if (state.closed) fold.reopened = bar;
  } else {
    if (bar !== undefined && !state.closed) fold.closed.push(bar);
    state.bar = barOf(minute.start, minute.label, price, quantity);
    state.closed = false;
  }
  for (const [i, bucket] of minute.buckets.entries()) {
    const rollup = state.rollups[i];
    if (rollup !== undefined && bucket.start <= rollup.start) widen(rollup, price, quantity);
    else state.rollups[i] = barOf(bucket.start, bucket.label, price, quantity);
  }
  if (state.session === undefined) {
    state.session = {
      open: price,
      high: price,
      low: price,
      close: price,
      volume: quantity,
      timestamp: trade.timestamp,
    };
  } else {
    widen(state.session, price, quantity);
    state.session.timestamp = trade.timestamp;
  }
  state.last = price;
  fold.trades.push(trade);
}

/** A day without a trade leaves a flat one behind, at the close it carried over; without any close there is none. */
function foldDay(state: MarketState, close: number, timestamp: number, fold: MarketFold): void {
  const flat = { open: close, high: close, low: close, close, volume: 0, timestamp };
  const session = state.session ?? (close > 0 ? flat : undefined);
  if (session !== undefined) {
    state.previous = { ...session, change: changeBps(session.close, state.reference) };
    fold.rolled = true;
  }
  state.session = undefined;
}

/** Closes the newest minute if it is over at `nowSeconds`; the bar it closed, or undefined. */
export function closeMinute(state: MarketState, nowSeconds: number): MinuteBar | undefined {
  if (state.bar === undefined || state.closed || state.bar.start + 60 > nowSeconds) return undefined;
  state.closed = true;
  return state.bar;
}

/** Change against a reference in hundredths of a per cent, rounded half up; 0 when there is no reference. */
export function changeBps(price: number, reference: number): number {
  return reference > 0 ? Math.floor(((price - reference) * 10_000) / reference + 0.5) : 0;
}

function barOf(start: number, label: string, price: number, quantity: number): MinuteBar {
  return { start, label, open: price, high: price, low: price, close: price, volume: quantity };
}

function widen(bar: Omit<Session, 'timestamp'>, price: number, quantity: number): void {
  if (price > bar.high) bar.high = price;
  if (price < bar.low) bar.low = price;
  bar.close = price;
  bar.volume += quantity;
}
