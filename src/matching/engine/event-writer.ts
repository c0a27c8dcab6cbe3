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
import type { AddRecord, CancelRecord, ReplaceRecord } from '../../domain/records.ts';
import type { EngineOrder } from './engine-order.ts';

export type Emit = (event: EngineEvent) => void;

const nowhere: Emit = () => {
  throw new Error('an event outside a record');
};

/** Makes the events of one symbol and numbers them: `seq` counts from 1 without a gap. */
export class EventWriter {
  readonly #symbol: string;
  #seq: number;
  #emit: Emit = nowhere;
  #timestamp = 0;

  constructor(symbol: string, seq: number) {
    this.#symbol = symbol;
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
  #say(event: EngineEvent & OrderEventFields, order: EngineOrder | undefined): void {
    if (order?.clientOrderId !== undefined) event.client_order_id = order.clientOrderId;
    this.#emit(event);
  }

  accepted(order: EngineOrder, record: AddRecord): void {
    const said: AcceptedEvent = {
      v: EVENT_VERSION,
      event: 'ACCEPTED',
      symbol: this.#symbol,
      seq: this.#next(),
      timestamp: this.#timestamp,
      order_id: order.orderId,
      user_id: order.userId,
      side: order.side,
      filled_qty: 0,
      remaining_qty: record.quantity,
      order_type: record.order_type,
      time_in_force: record.time_in_force,
      price: record.price,
      quantity: record.quantity,
    };
    this.#say(said, order);
  }

  rejected(order: EngineOrder, reason: string): void {
    const said: RejectedEvent = {
      v: EVENT_VERSION,
      event: 'REJECTED',
      symbol: this.#symbol,
      seq: this.#next(),
      timestamp: this.#timestamp,
      order_id: order.orderId,
      user_id: order.userId,
      side: order.side,
      filled_qty: 0,
      remaining_qty: 0,
      reason,
    };
    this.#say(said, order);
  }

  ended(order: EngineOrder, event: EndedEvent['event'], reason: string, requestId?: string): void {
    const said: EndedEvent = {
      v: EVENT_VERSION,
      event,
      symbol: this.#symbol,
      seq: this.#next(),
      timestamp: this.#timestamp,
      order_id: order.orderId,
      user_id: order.userId,
      side: order.side,
      filled_qty: order.filled,
      remaining_qty: 0,
      reason,
    };
    if (requestId !== undefined) said.request_id = requestId;
    this.#say(said, order);
  }

  replaced(order: EngineOrder, requestId: string, holdDelta: number): void {
    const said: ReplacedEvent = {
      v: EVENT_VERSION,
      event: 'REPLACED',
      symbol: this.#symbol,
      seq: this.#next(),
      timestamp: this.#timestamp,
      order_id: order.orderId,
      user_id: order.userId,
      side: order.side,
      filled_qty: order.filled,
      remaining_qty: order.open,
      request_id: requestId,
      price: order.price,
      quantity: order.filled + order.open,
      hold_delta: holdDelta,
    };
    this.#say(said, order);
  }

  /** `order` is undefined where the asker has none of this id: `side` then says nothing. */
  requestRejected(
    event: RequestRejectedEvent['event'],
    record: CancelRecord | ReplaceRecord,
    order: EngineOrder | undefined,
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
      side: order?.side ?? 'BUY',
      filled_qty: order?.filled ?? 0,
      remaining_qty: order?.open ?? 0,
      request_id: record.request_id,
      reason,
      status: order?.status ?? null,
      hold_delta: holdDelta,
    };
    this.#say(said, order);
  }

  /** A trade at the maker's price; both orders already stand as they are after it. */
  fill(taker: EngineOrder, maker: EngineOrder, price: number, quantity: number, amountScale: number): void {
    const amount = price * quantity * amountScale;
    const takerParty = party(taker, feeOf(amount, taker.takerFeeBps));
    const makerParty = party(maker, feeOf(amount, maker.makerFeeBps));
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
      taker_side: taker.side,
      buyer: taker.isBuy ? takerParty : makerParty,
      seller: taker.isBuy ? makerParty : takerParty,
    });
  }

  duplicate(record: AddRecord): void {
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
}

function party(order: EngineOrder, fee: number): FillParty {
  const party: FillParty = {
    order_id: order.orderId,
    user_id: order.userId,
    remaining_qty: order.open,
    filled_qty: order.filled,
    fully_filled: order.open === 0,
    fee,
  };
  if (order.clientOrderId !== undefined) party.client_order_id = order.clientOrderId;
  return party;
}
