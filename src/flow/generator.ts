import { roundDownToTick, roundUpToTick, type TickBand, tickAt } from '../domain/instrument.ts';
import type { Side } from '../domain/order.ts';
import { BUY, Flag, Kind, type OrderBook, REPORT_WORDS, Report, SELL, Stp } from '../matching/order-book.ts';
import { type LiveOrder, LiveOrders } from './live-orders.ts';
import { MarketWalk } from './market-walk.ts';
import { Random } from './random.ts';
import type { BookRow, FillRow, InboundRow } from './rows.ts';

/** What kind of market the generator plays. Prices and quantities in the instrument's integers. */
export interface FlowShape {
  symbol: string;
  seed: number;
  /** Price around which the market opens. */
  price: number;
  tick_bands: readonly TickBand[];
  lot: number;
  /** Typical order, in lots: most orders are this or a few times this. */
  typical_lots: number;
  /** Resting orders a side before the first inbound order. */
  opening_orders: number;
  /** Mean orders per second; they come in bursts. */
  orders_per_second: number;
  /** Epoch nanoseconds of the first order. */
  start_ns: bigint;
  /** Prices stay within these, e.g. the daily limits. */
  lowest: number;
  highest: number;
}

/** One step of the flow: what a client sends, and what a price-time market answers. */
export interface FlowStep {
  row: InboundRow;
  fills: FillRow[];
}

/** Shares of the actions, near those of a real future (CME, ESH4): half new, a quarter each cancel and replace. */
const CANCELS = 0.25;
const REPLACES = 0.24;
/** Share of new orders that come to trade at once; most are immediate-or-cancel. */
const TAKERS = 0.12;
const FIRST_ID = 700_000_000_000;

type Slice = Omit<LiveOrder, 'number' | 'remaining'>;

/**
 * Makes a market's order flow from a seed: a fair price that walks, arrivals in clusters, orders placed around the touch,
 * many cancels and replaces, immediate-or-cancel takers, and icebergs whose id comes back. It trades its own orders in a
 * book, so that it reacts to its market and knows the fills to expect. The same shape gives the same rows, always.
 */
export class FlowGenerator {
  readonly #shape: FlowShape;
  readonly #random: Random;
  readonly #book: OrderBook;
  readonly #walk: MarketWalk;
  readonly #live = new LiveOrders();
  /** Slices of icebergs that are due because the one before is gone. */
  readonly #reloads: Slice[] = [];
  #named = 0;
  #idx = 0;

  /** @param book an empty book, which the generator keeps to itself */
  constructor(shape: FlowShape, book: OrderBook) {
    this.#shape = shape;
    this.#random = new Random(shape.seed);
    this.#book = book;
    const { price, lowest, highest, start_ns: ns, orders_per_second: rate } = shape;
    this.#walk = new MarketWalk(this.#random, { price, lowest, highest, ns, rate });
  }

  /** The opening book, in priority order (bids best first, then asks). Call once, before `next`. */
  opening(): BookRow[] {
    const rows: BookRow[] = [];
    for (const side of ['BUY', 'SELL'] as const) {
      const prices = Array.from({ length: this.#shape.opening_orders }, () => this.#away(side, this.#distance()));
      prices.sort((a, b) => (side === 'BUY' ? b - a : a - b));
      for (const price of prices) {
        const id = this.#newId();
        const quantity = this.#size();
        this.#submit({ id, side, price, reloads: 0 }, quantity, 0, () => undefined);
        rows.push({ order_id: id, side, price, quantity });
      }
    }
    return rows;
  }

  next(): FlowStep {
    this.#walk.step(tickAt(this.#shape.tick_bands, this.#walk.fair));
    const reload = this.#reloads.shift();
    if (reload !== undefined) return this.#enter(reload, this.#size(), false);
    const choice = this.#random.next();
    const chosen = choice < CANCELS + REPLACES ? this.#live.pick(this.#random) : undefined;
    if (chosen === undefined || this.#live.size < this.#shape.opening_orders) return this.#new();
    const crowded = this.#live.size > 4 * this.#shape.opening_orders;
    return choice < CANCELS || crowded ? this.#cancel(chosen) : this.#replace(chosen);
  }

  /** Whether an order of the flow rests in the generator's own book (a market shared with others may differ). */
  rests(id: string): boolean {
    return this.#live.has(id);
  }

  #new(): FlowStep {
    const side = this.#random.chance(0.5 + this.#lean()) ? 'BUY' : 'SELL';
    const takes = this.#random.chance(TAKERS);
    const ioc = takes && this.#random.chance(0.8);
    const price = takes ? this.#through(side) : this.#away(side, this.#distance());
    const quantity = this.#size() * (takes && this.#random.chance(0.1) ? 5 : 1);
    const reloads = !takes && this.#random.chance(0.02) ? 1 + this.#random.int(5) : 0;
    return this.#enter({ id: this.#newId(), side, price, reloads }, quantity, ioc);
  }

  #enter(order: Slice, quantity: number, ioc: boolean): FlowStep {
    const row = this.#row('new', order, quantity, ioc ? 'IOC' : 'GTC');
    const fills: FillRow[] = [];
    this.#submit(order, quantity, ioc ? Flag.IOC : 0, (fill) =>
      fills.push({ ...fill, idx: row.idx, ts_ns: row.ts_ns }),
    );
    return { row, fills };
  }

  #cancel(order: LiveOrder): FlowStep {
    const row = this.#row('cancel', order, 0, '');
    this.#book.cancel(order.number);
    this.#live.remove(order);
    return { row, fills: [] };
  }

  /** A fifth only gives quantity up (and keeps its place); the others follow the price. */
  #replace(order: LiveOrder): FlowStep {
    const lots = Math.floor(order.remaining / this.#shape.lot);
    if (lots > 1 && this.#random.chance(0.2)) order.remaining = (1 + this.#random.int(lots - 1)) * this.#shape.lot;
    else order.price = this.#away(order.side, this.#distance());
    const row = this.#row('replace', order, order.remaining, 'GTC');
    const fills: FillRow[] = [];
    const count = this.#book.replace(order.number, order.price, order.remaining);
    this.#settle(order, count, (fill) => fills.push({ ...fill, idx: row.idx, ts_ns: row.ts_ns }));
    return { row, fills };
  }

  #submit(slice: Slice, quantity: number, flags: number, onFill: (fill: Omit<FillRow, 'idx' | 'ts_ns'>) => void): void {
    const order: LiveOrder = { ...slice, number: this.#live.freeNumber(), remaining: quantity };
    this.#live.add(order);
    const side = order.side === 'BUY' ? BUY : SELL;
    const count = this.#book.submit(order.number, side, order.price, quantity, flags, 0, Stp.NONE);
    this.#settle(order, count, onFill);
    if ((flags & Flag.IOC) !== 0 && order.remaining > 0) this.#live.remove(order);
  }

  /** Follows the live orders through the trades of the last command, which wrote `count` reports. */
  #settle(taker: LiveOrder, count: number, onFill: (fill: Omit<FillRow, 'idx' | 'ts_ns'>) => void): void {
    const words = this.#book.reports;
    for (let at = 0; at < count * REPORT_WORDS; at += REPORT_WORDS) {
      if (words[at + Report.KIND] !== Kind.TRADE) continue;
      const quantity = words[at + Report.QUANTITY] ?? 0;
      const maker = this.#live.get(words[at + Report.MAKER_ID] ?? -1);
      if (maker === undefined) throw new Error('The book traded an order that does not rest.');
      const ids = { aggressor_id: taker.id, resting_id: maker.id, aggressor_side: taker.side };
      onFill({ ...ids, price: words[at + Report.PRICE] ?? 0, quantity });
      this.#take(taker, quantity);
      this.#take(maker, quantity);
    }
  }

  #take(order: LiveOrder, quantity: number): void {
    order.remaining -= quantity;
    if (order.remaining > 0) return;
    this.#live.remove(order);
    const { id, side, price, reloads } = order;
    if (reloads > 0) this.#reloads.push({ id, side, price, reloads: reloads - 1 });
  }

  #row(action: InboundRow['action'], order: Slice, quantity: number, tif: InboundRow['tif']): InboundRow {
    const { id: order_id, side, price } = order;
    const { symbol } = this.#shape;
    return { idx: this.#idx++, ts_ns: this.#walk.ns, symbol, action, order_id, side, tif, price, quantity, note: '' };
  }

  #newId(): string {
    return String(FIRST_ID + this.#named++);
  }

  /** Ticks behind the touch: mostly near it, now and then far away. */
  #distance(): number {
    return this.#random.chance(0.08) ? Math.floor(this.#random.exponential(40)) : this.#random.geometric(0.22);
  }

  #size(): number {
    const round = this.#random.chance(0.1) ? this.#random.pick([5, 10, 20]) : 1 + this.#random.geometric(0.5);
    return round * this.#shape.typical_lots * this.#shape.lot;
  }

  /** The price `ticks` behind the fair touch of a side; no farther than the market's own bounds. */
  #away(side: Side, ticks: number): number {
    const { tick_bands: bands } = this.#shape;
    const { fair } = this.#walk;
    const distance = (ticks + 0.5) * tickAt(bands, fair);
    return this.#bounded(Math.round(side === 'BUY' ? fair - distance : fair + distance), side);
  }

  /** A price that trades at once if the other side is there: its best, or up to three ticks past it. */
  #through(side: Side): number {
    const best = side === 'BUY' ? this.#book.bestAsk() : this.#book.bestBid();
    if (best === 0) return this.#away(side, 0);
    const past = this.#random.geometric(0.7) * tickAt(this.#shape.tick_bands, best);
    return this.#bounded(side === 'BUY' ? best + past : best - past, side);
  }

  #bounded(price: number, side: Side): number {
    const { tick_bands: bands, lowest, highest } = this.#shape;
    const low = roundUpToTick(bands, lowest);
    const high = roundDownToTick(bands, highest);
    const onTick = side === 'BUY' ? roundDownToTick(bands, price) : roundUpToTick(bands, price);
    return Math.min(high, Math.max(low, onTick));
  }

  /** Buyers are a little keener below the fair price, sellers above it. */
  #lean(): number {
    const [bid, ask] = [this.#book.bestBid(), this.#book.bestAsk()];
    if (bid === 0 || ask === 0) return 0;
    const ticks = (this.#walk.fair - (bid + ask) / 2) / tickAt(this.#shape.tick_bands, bid);
    return Math.min(0.2, Math.max(-0.2, ticks / 20));
  }
}
