import { computed, effect, type Signal, signal } from '@preact/signals';
import type {
  CandleMessage,
  DepthMessage,
  Instrument,
  PublicMessage,
  TickerMessage,
  TradeMessage,
} from '@supernoba/client';
import { GapWatch } from '../lib/gap.ts';
import { unitsText } from '../lib/numbers.ts';
import { Sparkline } from '../lib/sparkline.ts';
import { TICKERS_MOST } from '../lib/watched.ts';
import { rest } from './session.ts';

/** What `GET /symbols` tells about an instrument, in human decimals. */
export type MarketSymbol = Instrument;

const RECENT_TRADES = 60;
const SPARK_POINTS = 40;
/** Of so many symbols the history is read for the sparklines; those of the others grow as prices come. */
const SPARKS_READ = 40;

/** All instruments, the delisted ones too: somebody may still hold or look at one. */
export const symbols = signal<MarketSymbol[]>([]);
/** False until the instruments have been read once. */
export const symbolsKnown = signal(false);
export const selected = signal<string>(symbolOfAddress());
export const depth = signal<DepthMessage | undefined>(undefined);
export const trades = signal<readonly TradeMessage[]>([]);
export const liveCandle = signal<CandleMessage | undefined>(undefined);
export const current = computed(() => symbols.value.find(({ symbol }) => symbol === selected.value));

/** The shown symbol's name: unlike `current` it stays the same when only the symbol's state or limits change. */
export const currentName = computed(() => current.value?.symbol);

/** What the board is searched for. */
export const search = signal('');

/** The rows of the board: what the search finds. */
export const board = computed(() => {
  const needle = search.value.trim().toUpperCase();
  return symbols.value.filter(
    (item) =>
      (item.symbol.includes(needle) || item.name.toUpperCase().includes(needle)) &&
      // Delisted ones are out of the way, but can be found by who looks for them.
      (item.status !== 'DELISTED' || item.symbol === selected.value || needle !== ''),
  );
});

/** More rows than the exchange sends prices for. */
export const boardTooLong = computed(() => board.value.length > TICKERS_MOST);

const tickers = new Map<string, Signal<TickerMessage | undefined>>();

/** A symbol's ticker: who reads it hears of this symbol alone. */
export function tickerOf(symbol: string): Signal<TickerMessage | undefined> {
  return kept(tickers, symbol, () => signal(undefined));
}

const sparks = new Map<string, Sparkline>();

/** The last minutes of each symbol, for the sparklines of the board; it moves with the symbol's ticker. */
export function sparkOf(symbol: string): Sparkline {
  return kept(sparks, symbol, () => new Sparkline(SPARK_POINTS));
}

function kept<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key) ?? make();
  map.set(key, known);
  return known;
}

/** Counts sparklines that got their history, to draw them before the next ticker comes. */
export const sparksRead = signal(0);

/** Whether depths of the shown symbol went missing. */
export const gap = new GapWatch();

/** What has not changed is not sent again: the client answers with the same object then. */
export async function loadSymbols(): Promise<void> {
  const answer = await rest.value.symbols();
  if (answer.symbols !== symbols.value) symbols.value = answer.symbols;
  symbolsKnown.value = true;
  const first = symbols.value.find(({ status }) => status !== 'DELISTED') ?? symbols.value[0];
  if (current.value === undefined && first !== undefined) select(first.symbol);
}

/** Reads the last minutes of every symbol, which the sparklines begin with. */
export async function loadSparks(): Promise<void> {
  const listed = symbols.peek().filter(({ status }) => status !== 'DELISTED');
  for (const { symbol, price_decimals } of listed.slice(0, SPARKS_READ)) {
    if (sparkOf(symbol).begun) continue;
    const { data } = await rest.peek().chart(symbol, '1m', SPARK_POINTS);
    const closes = data.map(({ time, close }) => ({ time, price: Math.round(close * 10 ** price_decimals) }));
    sparkOf(symbol).begin(closes);
    sparksRead.value += 1;
  }
}

export function select(symbol: string): void {
  if (symbol === selected.value && depth.value?.s === symbol) return;
  selected.value = symbol;
  history.replaceState(null, '', `#${encodeURIComponent(symbol)}`);
  depth.value = undefined;
  trades.value = [];
  liveCandle.value = undefined;
  gap.reset();
}

/** The symbol behind the # of the page's address, '' where that is none. */
function symbolOfAddress(): string {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return '';
  }
}

/** Another symbol in the page's address (typed, or a link) is shown. */
export function followAddress(): void {
  addEventListener('hashchange', () => {
    const wanted = symbolOfAddress();
    if (symbols.peek().some(({ symbol }) => symbol === wanted)) select(wanted);
  });
}

/** The window's title: what the shown market costs, for whoever has the page in a tab behind others. */
export function followTitle(): void {
  effect(() => {
    const item = current.value;
    const ticker = item === undefined ? undefined : tickerOf(item.symbol).value;
    const price = item === undefined || ticker === undefined ? '' : `${unitsText(ticker.p, item.price_decimals)} `;
    document.title = item === undefined ? 'Supernoba' : `${price}${item.symbol} · Supernoba`;
  });
}

/** What a frame's messages carry is applied together: one render a frame, however many messages there were. */
const pendingTickers = new Map<string, TickerMessage>();
let pendingTrades: TradeMessage[] = [];
let pendingDepth: DepthMessage | undefined;
/** By minute: the close of one and the start of the next may come in one frame. */
const pendingCandles = new Map<string, CandleMessage>();
let frame = 0;
/** The first depth of a connection counts whatever its `u`: the exchange may have begun anew. */
let anew = false;

export function onPublic(message: PublicMessage): void {
  if (message.e === 't') {
    pendingTickers.set(message.s, message);
    sparkOf(message.s).add(message.p, message.t);
  } else if (message.s !== selected.value) {
    return;
  } else if (message.e === 'd') {
    takeDepth(message);
  } else if (message.e === 'trade') {
    // A hidden page draws no frames: more than the tape shows is not kept for the next one.
    if (pendingTrades.push(message) > 4 * RECENT_TRADES) pendingTrades = pendingTrades.slice(-RECENT_TRADES);
    gap.event(sequenceOf(message.id), performance.now());
  } else {
    pendingCandles.set(message.t, message);
  }
  if (frame === 0) frame = requestAnimationFrame(apply);
}

/** A depth older than the one shown is dropped: `u` never goes back. */
function takeDepth(message: DepthMessage): void {
  const shown = pendingDepth ?? depth.value;
  if (!anew && shown?.s === message.s && message.u < shown.u) return;
  anew = false;
  pendingDepth = message;
  gap.depth(message.u, performance.now());
}

/** A connection has opened: what it sends is compared with nothing that came before. */
export function beginAnew(): void {
  anew = true;
  gap.reset();
}

function apply(): void {
  frame = 0;
  for (const message of pendingTickers.values()) tickerOf(message.s).value = message;
  if (pendingDepth !== undefined && pendingDepth.s === selected.value) depth.value = pendingDepth;
  for (const candle of pendingCandles.values()) if (candle.s === selected.value) liveCandle.value = candle;
  if (pendingTrades.length > 0) {
    const known = new Set(trades.value.map(({ id }) => id));
    const fresh = pendingTrades.filter(({ id, s }) => s === selected.value && !known.has(id));
    trades.value = [...fresh, ...trades.value]
      .sort((a, b) => b.t - a.t || sequenceOf(b.id) - sequenceOf(a.id))
      .slice(0, RECENT_TRADES);
  }
  pendingTickers.clear();
  pendingDepth = undefined;
  pendingCandles.clear();
  pendingTrades = [];
}

/** Trade ids end in the event number of their symbol, which orders the trades of one moment. */
function sequenceOf(id: string): number {
  return Number(id.slice(id.lastIndexOf('-') + 1)) || 0;
}
