import {
  type AcceptedEvent,
  type EndedEvent,
  type EngineEvent,
  EVENT_VERSION,
  type FillParty,
  type OrderEventFields,
  type RejectedEvent,
  type ReplacedEvent,
  type RequestRejectedEvent,
} from '../../domain/events.ts';
import type { Instrument, InstrumentStatus } from '../../domain/instrument.ts';
import { feeOf } from '../../domain/money.ts';
import type { Side } from '../../domain/order.ts';
import type { AddRecord, CancelRecord, ReplaceRecord } from '../../domain/records.ts';
import type { KnownOrders } from './known-orders.ts';

export type Emit = (event: EngineEvent) => void;

const nowhere: Emit = () => {
  throw new Error('an event outside a record');
};

/** Makes the events of one symbol and numbers them: `seq` counts from 1 without a gap. */
export class EventWriter {
  readonly #symbol: string;
  readonly #orders: KnownOrders;
  #seq: number;
  #emit: Emit = nowhere;
  #timestamp = 0;

  constructor(symbol: string, orders: KnownOrders, seq: number) {
    this.#symbol = symbol;
    this.#orders = orders;
    this.#seq = seq;
  }

  get seq(): number {
    return this.#seq;
  }

  /** The events that follow are caused by a record of this time. */
  begin(emit: Emit, timestamp: number): void {
    this.#emit = emit;
    this.#timestamp = timestamp;
  }

  #next(): number {
    this.#seq += 1;
    return this.#seq;
  }

  /** Adds the client's own id, which most orders do without: a spread in each literal would cost more than the rest. */
  #say(event: EngineEvent & OrderEventFields, order: number): void {
    const clientOrderId = order < 0 ? undefined : this.#orders.slab.clientOrderId(order);
    if (clientOrderId !== undefined) event.client_order_id = clientOrderId;
    this.#emit(event);
  }

  accepted(order: number, record: AddRecord): void {
    const said: AcceptedEvent = {
      v: EVENT_VERSION,
      event: 'ACCEPTED',
      symbol: this.#symbol,
      seq: this.#next(),
      timestamp: this.#timestamp,
      order_id: this.#orders.slab.orderId(order),
      user_id: this.#orders.userId(order),
      side: this.#side(order),
      filled_qty: 0,
      remaining_qty: record.quantity,
      order_type: record.order_type,
      time_in_force: record.time_in_force,
      price: record.price,
      quantity: record.quantity,
    };
    this.#say(said, order);
  }

  rejected(order: number, reason: string): void {
    const said: RejectedEvent = {
      v: EVENT_VERSION,
      event: 'REJECTED',
      symbol: this.#symbol,
      seq: this.#next(),
      timestamp: this.#timestamp,
      order_id: this.#orders.slab.orderId(order),
      user_id: this.#orders.userId(order),
      side: this.#side(order),
      filled_qty: 0,
      remaining_qty: 0,
      reason,
    };
    this.#say(said, order);
  }

  ended(order: number, event: EndedEvent['event'], reason: string, requestId?: string): void {
    const said: EndedEvent = {
      v: EVENT_VERSION,
      event,
      symbol: this.#symbol,
      seq: this.#next(),
      timestamp: this.#timestamp,
      order_id: this.#orders.slab.orderId(order),
      user_id: this.#orders.userId(order),
      side: this.#side(order),
      filled_qty: this.#orders.slab.filled(order),
      remaining_qty: 0,
      reason,
    };
    if (requestId !== undefined) said.request_id = requestId;
    this.#say(said, order);
  }

  replaced(order: number, requestId: string, holdDelta: number): void {
    const said: ReplacedEvent = {
      v: EVENT_VERSION,
      event: 'REPLACED',
      symbol: this.#symbol,
      seq: this.#next(),
      timestamp: this.#timestamp,
      order_id: this.#orders.slab.orderId(order),
      user_id: this.#orders.userId(order),
      side: this.#side(order),
      filled_qty: this.#orders.slab.filled(order),
      remaining_qty: this.#orders.slab.open(order),
      request_id: requestId,
      price: this.#orders.slab.price(order),
      quantity: this.#orders.slab.filled(order) + this.#orders.slab.open(order),
      hold_delta: holdDelta,
    };
    this.#say(said, order);
  }

  /** `order` is -1 where the asker has none of this id: `side` then says nothing. */
  requestRejected(
    event: RequestRejectedEvent['event'],
    record: CancelRecord | ReplaceRecord,
    order: number,
    reason: string,
    holdDelta: number,
  ): void {
    const said: RequestRejectedEvent = {
      v: EVENT_VERSION,
      event,
      symbol: this.#symbol,
      seq: this.#next(),
      timestamp: this.#timestamp,
      order_id: record.order_id,
      user_id: record.user_id,
      side: order < 0 ? 'BUY' : this.#side(order),
      filled_qty: order < 0 ? 0 : this.#orders.slab.filled(order),
      remaining_qty: order < 0 ? 0 : this.#orders.slab.open(order),
      request_id: record.request_id,
      reason,
      status: order < 0 ? null : this.#orders.slab.status(order),
      hold_delta: holdDelta,
    };
    this.#say(said, order);
  }

  /** A trade at the maker's price; both orders already stand as they are after it. */
  fill(taker: number, maker: number, price: number, quantity: number, amountScale: number): void {
    const { slab } = this.#orders;
    const amount = price * quantity * amountScale;
    const takerBuys = slab.isBuy(taker);
    const takerParty = this.#party(taker, feeOf(amount, slab.takerFeeBps(taker)));
    const makerParty = this.#party(maker, feeOf(amount, slab.makerFeeBps(maker)));
    const seq = this.#next();
    this.#emit({
      v: EVENT_VERSION,
      event: 'FILL',
      symbol: this.#symbol,
      seq,
      timestamp: this.#timestamp,
      trade_id: `${this.#symbol}-${seq}`,
      price,
      quantity,
      amount,
      taker_side: takerBuys ? 'BUY' : 'SELL',
      buyer: takerBuys ? takerParty : makerParty,
      seller: takerBuys ? makerParty : takerParty,
    });
  }

  duplicate(record: AddRecord | ReplaceRecord): void {
    this.#emit({
      v: EVENT_VERSION,
      event: 'DUPLICATE',
      symbol: this.#symbol,
      seq: this.#next(),
      timestamp: this.#timestamp,
      order_id: record.order_id,
      user_id: record.user_id,
    });
  }

  instrumentSet(instrument: Instrument): void {
    this.#emit({
      v: EVENT_VERSION,
      event: 'INSTRUMENT_SET',
      symbol: this.#symbol,
      seq: this.#next(),
      timestamp: this.#timestamp,
      instrument,
    });
  }

  statusSet(status: InstrumentStatus): void {
    this.#emit({
      v: EVENT_VERSION,
      event: 'STATUS_SET',
      symbol: this.#symbol,
      seq: this.#next(),
      timestamp: this.#timestamp,
      status,
    });
  }

  dayClosed(close: number | null, referencePrice: number | null): void {
    this.#emit({
      v: EVENT_VERSION,
      event: 'DAY_CLOSED',
      symbol: this.#symbol,
      seq: this.#next(),
      timestamp: this.#timestamp,
      close,
      reference_price: referencePrice,
    });
  }

  #side(order: number): Side {
    return this.#orders.slab.isBuy(order) ? 'BUY' : 'SELL';
  }

  #party(order: number, fee: number): FillParty {
    const { slab } = this.#orders;
    const open = slab.open(order);
    const party: FillParty = {
      order_id: slab.orderId(order),
      user_id: this.#orders.userId(order),
      remaining_qty: open,
      filled_qty: slab.filled(order),
      fully_filled: open === 0,
      fee,
    };
    const clientOrderId = slab.clientOrderId(order);
    if (clientOrderId !== undefined) party.client_order_id = clientOrderId;
    return party;
  }
}
