import type { Bar } from '../../domain/candle.ts';
import type { EngineEvent, FillEvent } from '../../domain/events.ts';
import { emptyMarketState, foldMarket, type MarketState, type MinuteBar } from '../../domain/market-state.ts';
import type { MarketTime } from '../../domain/market-time.ts';
import type { StreamRecord } from '../../ports/stream.ts';
import { marketItem } from './items.ts';

/** Events that market data needs; the others are told apart by their bytes, without reading them. */
const NEEDED = ['FILL', 'DAY_CLOSED', 'INSTRUMENT_SET'].map((event) => Buffer.from(`"event":"${event}"`));

export interface DayOfTrades {
  symbol: string;
  /** YYYY-MM-DD in market time. */
  date: string;
  /** Where the first of them stands in the stream. */
  offset: number;
  fills: FillEvent[];
}

/** A stretch of a partition of the fills stream, folded: what the backup has to store of it. */
export class Stretch {
  /** New minutes by symbol, ascending; the last of each may still grow. */
  readonly bars = new Map<string, Bar[]>();
  /** Trades by symbol and market day. */
  readonly trades = new Map<string, DayOfTrades>();
  /** States of the symbols that the stretch touched. */
  readonly states = new Map<string, MarketState>();
  readonly #time: MarketTime;
  readonly #stored: ReadonlyMap<string, MarketState>;

  constructor(time: MarketTime, stored: ReadonlyMap<string, MarketState>) {
    this.#time = time;
    this.#stored = stored;
  }

  /** @throws SyntaxError for a record that is no JSON */
  add(record: StreamRecord): void {
    const value = Buffer.from(record.value.buffer, record.value.byteOffset, record.value.byteLength);
    if (!NEEDED.some((needed) => value.includes(needed))) return;
    // The engine is the only writer of this stream, and writes exactly these.
    const event = JSON.parse(value.toString()) as EngineEvent;
    const item = marketItem(event, this.#time);
    if (item === undefined) return;
    if (event.event === 'FILL') this.#keep(event, record.offset);
    const state = this.#state(event.symbol);
    const { closed } = foldMarket(state, [item]);
    const bars = this.bars.get(event.symbol) ?? [];
    bars.push(...closed.map(barOf));
    if (item.kind === 'TRADE') this.bars.set(event.symbol, bars);
  }

  /** Adds the newest, still growing minute of every symbol that traded. */
  finish(): void {
    for (const [symbol, bars] of this.bars) {
      const { bar } = this.#state(symbol);
      if (bar) bars.push(barOf(bar));
    }
  }

  #keep(fill: FillEvent, offset: number): void {
    const date = this.#time.date(fill.timestamp);
    const key = `${fill.symbol}/${date}`;
    const day = this.trades.get(key) ?? { symbol: fill.symbol, date, offset, fills: [] };
    day.fills.push(fill);
    this.trades.set(key, day);
  }

  #state(symbol: string): MarketState {
    let state = this.states.get(symbol);
    if (state === undefined) {
      state = structuredClone(this.#stored.get(symbol)) ?? emptyMarketState();
      this.states.set(symbol, state);
    }
    return state;
  }
}

function barOf({ start: time, open, high, low, close, volume }: MinuteBar): Bar {
  return { time, open, high, low, close, volume };
}
