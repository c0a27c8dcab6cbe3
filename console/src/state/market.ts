import { computed, signal } from '@preact/signals';
import type { CandleMessage, DepthMessage, PublicMessage, TickerMessage, TradeMessage } from '@supernoba/client';
import type { TickBand } from '../lib/numbers.ts';
import { rest } from './session.ts';

/** What `GET /symbols` tells about an instrument, in human decimals. */
export interface MarketSymbol {
  symbol: string;
  name: string;
  base: string;
  quote: string;
  base_decimals: number;
  quote_decimals: number;
  price_decimals: number;
  quantity_decimals: number;
  tick_table: TickBand[];
  lot_size: number;
  max_quantity: number;
  reference_price: number | null;
  lower_limit: number | null;
  upper_limit: number | null;
  status: 'ACTIVE' | 'HALTED' | 'CANCEL_ONLY' | 'DELISTED';
  maker_fee_bps: number;
  taker_fee_bps: number;
}

const RECENT_TRADES = 60;
const SPARK_POINTS = 40;

export const symbols = signal<MarketSymbol[]>([]);
export const selected = signal<string>(decodeURIComponent(location.hash.slice(1)));
export const tickers = signal<ReadonlyMap<string, TickerMessage>>(new Map());
/** The last prices of each symbol as they came, for the sparklines of the board. */
export const sparks = new Map<string, number[]>();
export const depth = signal<DepthMessage | undefined>(undefined);
export const trades = signal<readonly TradeMessage[]>([]);
export const liveCandle = signal<CandleMessage | undefined>(undefined);
export const current = computed(() => symbols.value.find(({ symbol }) => symbol === selected.value));

/** The shown symbol's name: unlike `current` it stays the same when only the symbol's state or limits change. */
export const currentName = computed(() => current.value?.symbol);

export async function loadSymbols(): Promise<void> {
  const answer = await rest.value.call<{ symbols: MarketSymbol[] }>('GET', '/symbols');
  const listed = answer.symbols.filter(({ status }) => status !== 'DELISTED');
  if (JSON.stringify(listed) !== JSON.stringify(symbols.value)) symbols.value = listed;
  if (current.value === undefined && symbols.value[0] !== undefined) select(symbols.value[0].symbol);
}

export function select(symbol: string): void {
  if (symbol === selected.value && depth.value?.s === symbol) return;
  selected.value = symbol;
  history.replaceState(null, '', `#${encodeURIComponent(symbol)}`);
  depth.value = undefined;
  trades.value = [];
  liveCandle.value = undefined;
}

/** Tickers and trades of one moment are applied together: one render a frame, however many messages a tick carries. */
let pendingTickers: Map<string, TickerMessage> | undefined;
let pendingTrades: TradeMessage[] = [];
let pendingDepth: DepthMessage | undefined;
let frame = 0;

export function onPublic(message: PublicMessage): void {
  if (message.e === 't') {
    pendingTickers ??= new Map(tickers.value);
    pendingTickers.set(message.s, message);
    remember(message);
  } else if (message.s !== selected.value) {
    return;
  } else if (message.e === 'd') {
    // A depth older than the one shown (a late answer of a connection that is gone) is dropped: `u` never goes back.
    const shown = pendingDepth ?? depth.value;
    if (shown?.s !== message.s || message.u >= shown.u) pendingDepth = message;
  } else if (message.e === 'trade') {
    pendingTrades.push(message);
  } else {
    liveCandle.value = message;
  }
  if (frame === 0) frame = requestAnimationFrame(apply);
}

function apply(): void {
  frame = 0;
  if (pendingTickers !== undefined) tickers.value = pendingTickers;
  if (pendingDepth !== undefined && pendingDepth.s === selected.value) depth.value = pendingDepth;
  if (pendingTrades.length > 0) {
    const known = new Set(trades.value.map(({ id }) => id));
    const fresh = pendingTrades.filter(({ id, s }) => s === selected.value && !known.has(id));
    trades.value = [...fresh, ...trades.value]
      .sort((a, b) => b.t - a.t || order(b.id) - order(a.id))
      .slice(0, RECENT_TRADES);
  }
  pendingTickers = undefined;
  pendingDepth = undefined;
  pendingTrades = [];
}

/** Trade ids end in the event number of their symbol, which orders the trades of one moment. */
function order(id: string): number {
  return Number(id.slice(id.lastIndexOf('-') + 1)) || 0;
}

function remember({ s, p }: TickerMessage): void {
  const points = sparks.get(s) ?? [];
  points.push(p);
  if (points.length > SPARK_POINTS) points.shift();
  sparks.set(s, points);
}
