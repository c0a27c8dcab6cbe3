import {
  CLOSED_MAX,
  CLOSED_TTL_SECONDS,
  candleFields,
  candleText,
  MINUTE_TTL_SECONDS,
  marketKeys,
  ohlcText,
  previousText,
  ROLLUP_TTL_SECONDS,
  TRADES_MAX,
  TRADES_TTL_SECONDS,
  tickerText,
  tradeText,
} from '../../../domain/market-keys.ts';
import {
  closeMinute,
  foldMarket,
  type MarketItem,
  type MarketState,
  type MinuteBar,
  type TapeTrade,
} from '../../../domain/market-state.ts';
import { marketStateText, parseMarketState } from '../../../domain/market-state-text.ts';
import type { MarketApplied } from '../../../ports/cache.ts';
import type { Keyspace } from './keyspace.ts';

/** The market data commands on a keyspace: what src/adapters/cache/valkey/market.lua does inside the server. */
export class MarketCommands {
  readonly #keys: Keyspace;

  constructor(keys: Keyspace) {
    this.#keys = keys;
  }

  apply(symbol: string, items: readonly MarketItem[], after: number): MarketApplied {
    const state = this.#state(symbol);
    if (state.seq < after) return { kind: 'GAP', seq: state.seq };
    const fold = foldMarket(state, items);
    if (fold.timestamp === undefined) return { kind: 'APPLIED', closed: [] };
    if (fold.reopened) this.#rewriteClosed(symbol, fold.reopened);
    const closed = fold.closed.map(candleText);
    this.#push(marketKeys.closed(symbol), closed, CLOSED_MAX, CLOSED_TTL_SECONDS);
    if (fold.trades.length > 0) {
      this.#pushTrades(symbol, fold.trades);
      this.#writeCandles(symbol, state);
    }
    if (fold.rolled) this.#put(marketKeys.previous(symbol), previousText(state));
    this.#put(marketKeys.ohlc(symbol), ohlcText(state));
    this.#put(marketKeys.ticker(symbol), tickerText(symbol, state, fold.timestamp));
    this.#keys.put(marketKeys.state(symbol), marketStateText(state));
    return { kind: 'APPLIED', closed };
  }

  closeMinute(symbol: string, nowSeconds: number): string | undefined {
    const state = this.#state(symbol);
    const bar = closeMinute(state, nowSeconds);
    if (bar === undefined) return undefined;
    const text = candleText(bar);
    this.#push(marketKeys.closed(symbol), [text], CLOSED_MAX, CLOSED_TTL_SECONDS);
    this.#keys.delete(marketKeys.minute(symbol));
    this.#keys.put(marketKeys.state(symbol), marketStateText(state));
    return text;
  }

  restore(symbol: string, state: MarketState, trades: readonly TapeTrade[]): boolean {
    if (this.#state(symbol).seq >= state.seq) return false;
    if (trades.length > 0) {
      this.#keys.delete(marketKeys.trades(symbol));
      this.#pushTrades(symbol, trades);
    }
    this.#keys.delete(marketKeys.closed(symbol));
    this.#keys.delete(marketKeys.minute(symbol));
    for (const key of marketKeys.rollups(symbol)) this.#keys.delete(key);
    if (state.bar) {
      if (state.closed) this.#push(marketKeys.closed(symbol), [candleText(state.bar)], CLOSED_MAX, CLOSED_TTL_SECONDS);
      this.#writeCandles(symbol, state);
    }
    const timestamp = state.session?.timestamp ?? state.previous?.timestamp ?? 0;
    this.#put(marketKeys.previous(symbol), previousText(state));
    this.#put(marketKeys.ohlc(symbol), ohlcText(state));
    this.#put(marketKeys.ticker(symbol), tickerText(symbol, state, timestamp));
    this.#keys.put(marketKeys.state(symbol), marketStateText(state));
    return true;
  }

  trimClosed(symbol: string, beforeSeconds: number): void {
    const list = this.#keys.list(marketKeys.closed(symbol));
    if (list === undefined) return;
    let saved = 0;
    while (saved < list.length - 1 && startOf(list[saved]!) < beforeSeconds) saved += 1;
    list.splice(0, saved);
  }

  #state(symbol: string): MarketState {
    return parseMarketState(this.#keys.string(marketKeys.state(symbol)));
  }

  #writeCandles(symbol: string, state: MarketState): void {
    if (state.bar && !state.closed) this.#hash(marketKeys.minute(symbol), state.bar, MINUTE_TTL_SECONDS);
    for (const [i, key] of marketKeys.rollups(symbol).entries()) {
      const rollup = state.rollups[i];
      if (rollup) this.#hash(key, rollup, ROLLUP_TTL_SECONDS[i]!);
    }
  }

  /** A late trade changed a bar that is in the list already, at its head unless the list has expired. */
  #rewriteClosed(symbol: string, bar: MinuteBar): void {
    const key = marketKeys.closed(symbol);
    const list = this.#keys.list(key);
    const head = list?.at(-1);
    if (list && head !== undefined && startOf(head) === bar.start) list[list.length - 1] = candleText(bar);
    else this.#push(key, [candleText(bar)], CLOSED_MAX, CLOSED_TTL_SECONDS);
  }

  #hash(key: string, bar: MinuteBar, ttlSeconds: number): void {
    this.#keys.keep(key, new Map(Object.entries(candleFields(bar))), ttlSeconds);
  }

  #pushTrades(symbol: string, trades: readonly TapeTrade[]): void {
    const texts = trades.slice(-TRADES_MAX).map((trade) => tradeText(symbol, trade));
    this.#push(marketKeys.trades(symbol), texts, TRADES_MAX, TRADES_TTL_SECONDS);
  }

  #push(key: string, values: readonly string[], max: number, ttlSeconds: number): void {
    if (values.length === 0) return;
    const list = this.#keys.list(key) ?? [];
    list.push(...values);
    if (list.length > max) list.splice(0, list.length - max);
    this.#keys.keep(key, list, ttlSeconds);
  }

  #put(key: string, value: string | undefined): void {
    if (value === undefined) this.#keys.delete(key);
    else this.#keys.put(key, value);
  }
}

/** Epoch seconds of an entry of the closed list. */
function startOf(candle: string): number {
  return Number(/"t_epoch":"(\d+)"/.exec(candle)?.[1]);
}
