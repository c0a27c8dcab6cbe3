import { INTERVAL_SECONDS, ROLLUPS } from './candle.ts';
import type { MarketState, MinuteBar, Session, TapeTrade } from './market-state.ts';
import { changeBps } from './market-state.ts';
import type { TickerMessage, TradeMessage } from './messages.ts';

/**
 * Keys, limits and JSON of market data in the cache (contract, section 6), to the byte. All numbers are integers in the
 * instrument's units except percentages, which have two decimals. The Lua script writes the same texts.
 */
export const marketKeys = {
  depth: (symbol: string) => `depth:${symbol}`,
  ticker: (symbol: string) => `ticker:${symbol}`,
  ohlc: (symbol: string) => `ohlc:${symbol}`,
  previous: (symbol: string) => `prev:${symbol}`,
  trades: (symbol: string) => `trades:${symbol}`,
  minute: (symbol: string) => `candle:1m:${symbol}`,
  closed: (symbol: string) => `candle:closed:1m:${symbol}`,
  rollups: (symbol: string) => ROLLUPS.map((interval) => `candle:${interval}:${symbol}`),
  /** What the others are made from (MarketState): never expires, so that no expiry loses or doubles a trade. */
  state: (symbol: string) => `candle:state:${symbol}`,
  /** Everything about a symbol. */
  all: (symbol: string): string[] => {
    const { depth, ticker, ohlc, previous, trades, minute, closed, state, rollups } = marketKeys;
    const one = [depth, ticker, ohlc, previous, trades, minute, closed, state].map((key) => key(symbol));
    return [...one, ...rollups(symbol)];
  },
  activeSymbols: 'active:symbols',
} as const;

export const MINUTE_TTL_SECONDS = 300;
export const ROLLUP_TTL_SECONDS = ROLLUPS.map((interval) => INTERVAL_SECONDS[interval] + 300);
export const CLOSED_MAX = 1_000;
export const CLOSED_TTL_SECONDS = 3_600;
/** The newest trades; older ones are read from the store. */
export const TRADES_MAX = 1_000;
export const TRADES_TTL_SECONDS = 86_400;

/** Fields of `candle:1m:S`, and, as JSON, an entry of `candle:closed:1m:S`. */
export interface CandleFields {
  o: string;
  h: string;
  l: string;
  c: string;
  v: string;
  /** YYYYMMDDHHmm in market time. */
  t: string;
  /** Epoch seconds. */
  t_epoch: string;
}

export function candleFields(bar: MinuteBar): CandleFields {
  const { open, high, low, close, volume, label, start } = bar;
  return { o: `${open}`, h: `${high}`, l: `${low}`, c: `${close}`, v: `${volume}`, t: label, t_epoch: `${start}` };
}

export function candleText(bar: MinuteBar): string {
  return JSON.stringify(candleFields(bar));
}

export function tradeText(symbol: string, trade: TapeTrade): string {
  const { timestamp: t, price: p, quantity: q, side, id } = trade;
  return JSON.stringify({ e: 'trade', s: symbol, t, p, q, side, id } satisfies TradeMessage);
}

/** `ohlc:S`; undefined between the day's close and the first trade of the next day. */
export function ohlcText(state: MarketState): string | undefined {
  const { session, reference } = state;
  return session && dayText({ ...session, change: changeBps(session.close, reference) });
}

/** `prev:S`; undefined before the first day's close. */
export function previousText(state: MarketState): string | undefined {
  return state.previous && dayText(state.previous);
}

/** `ticker:S`: the last price, or before any trade the reference; undefined when there is neither. */
export function tickerText(symbol: string, state: MarketState, timestamp: number): string | undefined {
  const price = state.last > 0 ? state.last : state.reference;
  if (price === 0) return undefined;
  return JSON.stringify({
    e: 't',
    s: symbol,
    t: timestamp,
    p: price,
    c: changeBps(price, state.reference) / 100,
    yc: (state.previous?.change ?? 0) / 100,
  } satisfies TickerMessage);
}

function dayText(day: Session & { change: number }): string {
  const { open: o, high: h, low: l, close: c, volume: v, timestamp: t } = day;
  return JSON.stringify({ o, h, l, c, v, change: day.change / 100, t });
}
