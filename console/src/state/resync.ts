import { effect, signal } from '@preact/signals';
import type { Level } from '../lib/ladder.ts';
import { current, currentName, gap, type MarketSymbol, onPublic, selected } from './market.ts';
import { connection, credentials, rest } from './session.ts';

/** A depth may be behind for this long: two ticks of the tier, and time for a slow moment. */
const GRACE_MS = { signedIn: 1_000, anonymous: 2_000 };
const LOOK_EVERY_MS = 250;
/** How often the book is read over REST: as a check of the live one, and for the levels below its best ten. */
const CHECK_EVERY_MS = 5_000;
const DEEP_EVERY_MS = 1_000;
export const LIVE_LEVELS = 10;
export const DEEP_LEVELS = 50;

interface Book {
  symbol: string;
  sequence: number;
  timestamp: number;
  bids: Level[];
  asks: Level[];
}

/** Whether more levels than the live ten are wanted. */
export const deepWanted = signal(false);
/** The book as last read over REST, in integers of the instrument. */
export const deepBook = signal<Book | undefined>(undefined);
/** How often the market was read anew: after a reconnect, and when messages went missing. The chart follows it. */
export const resyncs = signal(0);

/** From now on the live depth is checked against event numbers, and the deep book read while it is wanted. */
export function watchForGaps(): void {
  setInterval(() => {
    const grace = credentials.value === undefined ? GRACE_MS.anonymous : GRACE_MS.signedIn;
    if (connection.value === 'open' && gap.behindMs(performance.now()) > grace) resync().catch(() => {});
  }, LOOK_EVERY_MS);
  effect(() => {
    const every = deepWanted.value ? DEEP_EVERY_MS : CHECK_EVERY_MS;
    if (currentName.value === undefined) return undefined;
    const check = () => {
      if (connection.peek() === 'open' && !document.hidden) checkBook().catch(() => {});
    };
    if (deepWanted.value) check();
    const timer = setInterval(check, every);
    return () => clearInterval(timer);
  });
}

/** Reads what the socket may have missed of the shown symbol: book, tape, and (through `resyncs`) the newest bars. */
export async function resync(): Promise<void> {
  const item = current.peek();
  if (item === undefined) return;
  gap.reset();
  resyncs.value += 1;
  const [book, { trades }] = await Promise.all([
    readBook(item),
    rest.peek().request('GET /trades', { query: { symbol: item.symbol, limit: 50 } }),
  ]);
  if (selected.peek() !== item.symbol) return;
  const { symbol, sequence, timestamp, bids, asks } = book;
  const best = (levels: Level[]) => levels.slice(0, LIVE_LEVELS).map(([p, q]): [number, number] => [p, q]);
  onPublic({ e: 'd', s: symbol, t: timestamp, b: best(bids), a: best(asks), u: sequence });
  for (const { trade_id, price, quantity, taker_side, timestamp: t } of trades) {
    const p = units(price, item.price_decimals);
    onPublic({
      e: 'trade',
      s: symbol,
      t,
      p,
      q: units(quantity, item.quantity_decimals),
      side: taker_side,
      id: trade_id,
    });
  }
}

/** The reading's event number is one that the live depth must catch up with. */
async function checkBook(): Promise<void> {
  const item = current.peek();
  if (item === undefined) return;
  const book = await readBook(item);
  if (selected.peek() !== item.symbol) return;
  deepBook.value = book;
  gap.event(book.sequence, performance.now());
}

async function readBook(item: MarketSymbol): Promise<Book> {
  const levels = deepWanted.peek() ? DEEP_LEVELS : LIVE_LEVELS;
  const { symbol } = item;
  const asked = rest.peek().request('GET /depth', { query: { symbol, levels } });
  const { sequence, timestamp, bids, asks } = await asked;
  const side = (rows: { price: number; quantity: number }[]) =>
    rows.map(
      ({ price, quantity }): Level => [units(price, item.price_decimals), units(quantity, item.quantity_decimals)],
    );
  return { symbol, sequence, timestamp, bids: side(bids), asks: side(asks) };
}

function units(value: number, decimals: number): number {
  return Math.round(value * 10 ** decimals);
}
