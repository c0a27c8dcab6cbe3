import type { EngineEvent, FillEvent } from '../domain/events.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { LedgerRecord, OrderRecord, SetInstrumentRecord } from '../domain/records.ts';
import { EXCHANGE_ACCOUNT, type StoredTrade } from '../ports/store.ts';
import { Accounts } from './accounts.ts';
import { fee, scalesOf } from './arithmetic.ts';
import { EventTrail } from './event-trail.ts';
import type { Findings } from './findings.ts';
import { OrderTrail } from './order-trail.ts';

/** What was asked of an order that never was is refused under its name, and the same request again is a duplicate. */
const MAY_NAME_ANYTHING = new Set<string>(['CANCEL_REJECTED', 'REPLACE_REJECTED', 'DUPLICATE']);

/** How far a consumer of the events has come, by symbol. */
export type Applied = ReadonlyMap<string, number>;

export type ExpectedTrade = StoredTrade & {
  symbol: string;
  seq: number;
  amount: number;
  buyer_order_id: string;
  seller_order_id: string;
};

/** Everything the store should hold, recomputed from the streams alone. Feed it orders, then events, then the ledger. */
export class LogView {
  readonly orders = new Map<string, OrderTrail>();
  readonly trails = new Map<string, EventTrail>();
  readonly accounts = new Accounts();
  readonly trades = new Map<string, ExpectedTrade>();
  readonly instruments = new Map<string, Instrument>();
  readonly requests = new Set<string>();
  /** Fills the log holds, settled or not. */
  fills = 0;
  /** Events that settlement had not applied yet. */
  unsettled = 0;
  readonly #clientIds = new Map<string, { order_id: string; timestamp: number }>();
  readonly #findings: Findings;
  readonly #settled: Applied;
  readonly #saved: Applied;

  /** @param settled how far settlement has come @param saved how far history has come */
  constructor(findings: Findings, settled: Applied, saved: Applied) {
    this.#findings = findings;
    this.#settled = settled;
    this.#saved = saved;
  }

  order(record: OrderRecord): void {
    if (record.action === 'SET_INSTRUMENT') this.#define(record);
    if (record.action === 'REPLACE') {
      this.requests.add(record.request_id);
      this.orders.get(record.order_id)?.ask(record);
    }
    if (record.action !== 'ADD' || this.orders.has(record.order_id)) return;
    const instrument = this.instruments.get(record.symbol);
    if (instrument === undefined) {
      this.#findings.add(`order ${record.order_id} is for ${record.symbol}, an instrument the log does not know`);
      return;
    }
    this.orders.set(record.order_id, new OrderTrail(record, scalesOf(instrument)));
    this.#oneEffect(record);
  }

  /** The first decides what amounts are: one with other units is poison to the engine. */
  #define({ symbol, instrument }: SetInstrumentRecord): void {
    if (!this.instruments.has(symbol)) this.instruments.set(symbol, instrument);
  }

  event(event: EngineEvent, bytes: Uint8Array): void {
    let trail = this.trails.get(event.symbol);
    if (trail === undefined) {
      trail = new EventTrail(event.symbol);
      this.trails.set(event.symbol, trail);
    }
    if (!trail.follow(event.seq, bytes, this.#findings)) return;
    if (event.event === 'FILL') {
      this.fills += 1;
      if (event.seq <= (this.#saved.get(event.symbol) ?? 0)) this.#expectTrade(event);
    }
    if (event.seq <= (this.#settled.get(event.symbol) ?? 0)) this.#settle(event);
    else this.unsettled += 1;
  }

  ledger(record: LedgerRecord): void {
    this.accounts.transfer(record);
  }

  /** Locks what the orders of the log need. Call once, after everything was fed. */
  lockOrders(): void {
    for (const order of this.orders.values()) {
      if (order.locked > 0n) this.accounts.lock(order.record.user_id, order.lockedAsset, order.locked);
    }
  }

  #settle(event: EngineEvent): void {
    if (event.event === 'INSTRUMENT_SET' || event.event === 'STATUS_SET' || event.event === 'DAY_CLOSED') return;
    if (event.event === 'FILL') {
      this.#settleFill(event);
      return;
    }
    const order = this.orders.get(event.order_id);
    if (order !== undefined) order.follow(event, this.#findings);
    else if (!MAY_NAME_ANYTHING.has(event.event))
      this.#findings.add(`${event.symbol} seq ${event.seq}: order ${event.order_id} is not in the log`);
  }

  #settleFill(event: FillEvent): void {
    const name = `${event.symbol} seq ${event.seq} (FILL)`;
    const buy = this.orders.get(event.buyer.order_id);
    const sell = this.orders.get(event.seller.order_id);
    if (buy === undefined || sell === undefined || !buy.record.is_buy || sell.record.is_buy) {
      this.#findings.add(`${name}: buyer or seller is not an order of its side in the log`);
      return;
    }
    const { scales } = buy;
    const amount = BigInt(event.price) * BigInt(event.quantity) * scales.amount;
    const taken = event.taker_side === 'BUY';
    const buyFee = fee(amount, taken ? buy.record.taker_fee_bps : buy.record.maker_fee_bps);
    const sellFee = fee(amount, taken ? sell.record.maker_fee_bps : sell.record.taker_fee_bps);
    this.#findings.expect(`${name}: trade_id`, event.trade_id, `${event.symbol}-${event.seq}`);
    this.#findings.expect(`${name}: amount`, BigInt(event.amount), amount);
    this.#findings.expect(`${name}: price against the resting order's`, event.price, (taken ? sell : buy).price);
    buy.fill(event, event.buyer, buyFee, this.#findings);
    sell.fill(event, event.seller, sellFee, this.#findings);
    const goods = BigInt(event.quantity) * scales.base_units;
    const [buyer, seller] = [buy.record.user_id, sell.record.user_id];
    this.accounts.move(buyer, scales.quote, -(amount + buyFee));
    this.accounts.move(buyer, scales.base, goods);
    this.accounts.move(seller, scales.base, -goods);
    this.accounts.move(seller, scales.quote, amount - sellFee);
    this.accounts.move(EXCHANGE_ACCOUNT, scales.quote, buyFee + sellFee);
  }

  #expectTrade(event: FillEvent): void {
    const { trade_id, symbol, seq, price, quantity, amount, taker_side, timestamp } = event;
    const parties = { buyer_order_id: event.buyer.order_id, seller_order_id: event.seller.order_id };
    this.trades.set(trade_id, { trade_id, symbol, seq, price, quantity, amount, taker_side, timestamp, ...parties });
  }

  /** A client order id names one order; it may be used again a day after, so only near ones are a finding. */
  #oneEffect(record: { user_id: string; client_order_id?: string; order_id: string; timestamp: number }): void {
    if (record.client_order_id === undefined) return;
    const key = `${record.user_id.length} ${record.user_id}${record.client_order_id}`;
    const before = this.#clientIds.get(key);
    this.#clientIds.set(key, record);
    if (before !== undefined && Math.abs(record.timestamp - before.timestamp) < 24 * 3600 * 1000) {
      const { user_id, client_order_id, order_id } = record;
      this.#findings.add(`${client_order_id} of ${user_id} became two orders: ${before.order_id} and ${order_id}`);
    }
  }
}
