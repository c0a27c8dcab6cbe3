import { ExchangeError } from '../../../domain/errors.ts';
import { type Instrument, priceLimits, tickBandsAt } from '../../../domain/instrument.ts';
import { formatDecimal, MAX_PRICE } from '../../../domain/money.ts';
import { FlowGenerator } from '../../../flow/generator.ts';
import type { BookRow, InboundRow } from '../../../flow/rows.ts';
import type { OrderBook } from '../../../matching/order-book.ts';
import type { Chance, Clock, Timer } from '../../../ports/clock.ts';
import type { Log } from '../../../ports/log.ts';
import type { Store } from '../../../ports/store.ts';
import type { OrderRouter, PlaceRequest } from '../../../services/order-router/types.ts';
import type { DemoSymbol } from './markets.ts';

export interface SymbolFlowDeps {
  router: Pick<OrderRouter, 'place' | 'cancel' | 'replace'>;
  store: Pick<Store, 'orders'>;
  createBook: () => OrderBook;
  clock: Clock;
  chance: Chance;
  log: Log;
}

/** Orders a side that the demo's book opens with: they mostly lie on more prices than the ten that depth shows. */
const OPENING_ORDERS = 80;
/** Behind its own time by more than this (a machine that slept), the flow goes on from now instead of catching up. */
const MAX_LATE_MS = 1_000;
const TIDY_EVERY_MS = 30_000;
/** Orders younger than this may not have reached the store's answer yet. */
const TIDY_AGE_MS = 5_000;

/** The live order flow of one demo market: a generated flow whose orders go through the router, like a client's. */
export class SymbolFlow {
  readonly #deps: SymbolFlowDeps;
  readonly #instrument: Instrument;
  readonly #accounts: readonly string[];
  readonly #generator: FlowGenerator;
  /** The exchange's ids of the flow's own orders. */
  readonly #orders = new Map<string, { orderId: string; account: string }>();
  #startMs: number;
  #timer: Timer | undefined;
  #tidying: Timer | undefined;
  #stopped = false;

  /** @param price where the market opens, in integers of the instrument */
  constructor(
    deps: SymbolFlowDeps,
    instrument: Instrument,
    accounts: readonly string[],
    price: number,
    { typical_lots, orders_per_second }: Pick<DemoSymbol, 'typical_lots' | 'orders_per_second'>,
  ) {
    this.#deps = deps;
    this.#instrument = instrument;
    this.#accounts = accounts;
    this.#startMs = deps.clock.now();
    const limits = priceLimits(instrument, this.#startMs);
    const shape = {
      symbol: instrument.symbol,
      seed: Math.floor(deps.chance.random() * 2 ** 32),
      price,
      tick_bands: tickBandsAt(instrument, this.#startMs),
      lot: instrument.lot_size,
      typical_lots,
      opening_orders: OPENING_ORDERS,
      orders_per_second,
      start_ns: 0n,
      lowest: limits?.lower ?? Math.ceil(price / 4),
      highest: limits?.upper ?? Math.min(MAX_PRICE, price * 4),
    };
    this.#generator = new FlowGenerator(shape, deps.createBook());
  }

  /** Places the opening book, then lets the flow run until `stop`. */
  async start(): Promise<void> {
    await Promise.all(this.#generator.opening().map((row) => this.#place(row, 'GTC')));
    this.#startMs = this.#deps.clock.now();
    this.#next();
    this.#tidying = this.#deps.clock.setInterval(() => void this.#tidy(), TIDY_EVERY_MS);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#tidying?.cancel();
  }

  #next(): void {
    if (this.#stopped) return;
    const { row } = this.#generator.next();
    const due = this.#startMs + Number(row.ts_ns / 1_000_000n);
    const wait = due - this.#deps.clock.now();
    if (wait < -MAX_LATE_MS) this.#startMs -= wait;
    this.#timer = this.#deps.clock.setTimeout(
      () => {
        void this.#send(row);
        this.#next();
      },
      Math.max(0, wait),
    );
  }

  async #send(row: InboundRow): Promise<void> {
    if (row.action === 'new') return this.#place(row, row.tif === 'IOC' ? 'IOC' : 'GTC');
    const order = this.#orders.get(row.order_id);
    if (order === undefined) return undefined;
    const change = { price: this.#human(row.price), remaining: this.#quantity(row.quantity) };
    return this.#try(async () => {
      if (row.action === 'replace') await this.#deps.router.replace(order.account, order.orderId, change);
      else await this.#deps.router.cancel(order.account, order.orderId);
    });
  }

  async #place(row: BookRow | InboundRow, tif: 'GTC' | 'IOC'): Promise<void> {
    const account = this.#accounts[Math.floor(this.#deps.chance.random() * this.#accounts.length)] ?? '';
    const order: PlaceRequest = {
      symbol: this.#instrument.symbol,
      side: row.side,
      price: this.#human(row.price),
      quantity: this.#quantity(row.quantity),
      time_in_force: tif,
    };
    await this.#try(async () => {
      const { order_id } = await this.#deps.router.place(account, order);
      this.#orders.set(row.order_id, { orderId: order_id, account });
    });
  }

  /**
   * The market is shared with its visitors, so the flow's picture of it drifts: an order it believes traded may still rest.
   * Now and then such orders are cancelled and ids of orders that are gone forgotten.
   */
  async #tidy(): Promise<void> {
    for (const id of this.#orders.keys()) if (!this.#generator.rests(id)) this.#orders.delete(id);
    const live = new Set([...this.#orders.values()].map(({ orderId }) => orderId));
    const oldest = this.#deps.clock.now() - TIDY_AGE_MS;
    for (const account of this.#accounts) {
      await this.#try(async () => {
        const { orders } = await this.#deps.store.orders({
          user_id: account,
          symbol: this.#instrument.symbol,
          status: ['ACCEPTED', 'PARTIALLY_FILLED'],
          limit: 500,
        });
        const strays = orders.filter(({ order_id, created_at }) => created_at < oldest && !live.has(order_id));
        for (const { order_id } of strays) await this.#try(() => this.#deps.router.cancel(account, order_id));
      });
    }
  }

  /** A refusal is part of a market's life (the order is gone, the market halted, the exchange stops); the flow goes on. */
  async #try(work: () => Promise<unknown>): Promise<void> {
    if (this.#stopped) return;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ExchangeError)) throw error;
      this.#deps.log.debug({ symbol: this.#instrument.symbol, code: error.code }, 'demo order refused');
    }
  }

  #human(price: number): string {
    return formatDecimal(price, this.#instrument.price_decimals);
  }

  #quantity(quantity: number): string {
    return formatDecimal(quantity, this.#instrument.quantity_decimals);
  }
}
