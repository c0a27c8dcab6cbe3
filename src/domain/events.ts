import type { Instrument, InstrumentStatus } from './instrument.ts';
import type { OrderStatus, OrderType, Side, TimeInForce } from './order.ts';

/**
 * Records of the fills stream: everything the engine says (contract, section 4). `seq` counts the events of a symbol from
 * 1 without a gap. The same order records give byte-identical events, whoever replays them and however often.
 */
export const EVENT_VERSION = 1;

interface EventBase {
  v: typeof EVENT_VERSION;
  symbol: string;
  seq: number;
  /** The timestamp of the record that caused the event (epoch ms). */
  timestamp: number;
}

/** What every event about one order tells, so that a consumer needs no look-up. */
export interface OrderEventFields {
  order_id: string;
  user_id: string;
  client_order_id?: string;
  side: Side;
  /** Total filled so far. */
  filled_qty: number;
  /** Open quantity after the event; 0 once the order is final. */
  remaining_qty: number;
}

/** In the book (or, for an order that fills at once, on its way through it). */
export interface AcceptedEvent extends EventBase, OrderEventFields {
  event: 'ACCEPTED';
  order_type: OrderType;
  time_in_force: TimeInForce;
  price: number;
  quantity: number;
}

/** Refused by the engine; its hold is released whole. `reason` is a code of the error registry. */
export interface RejectedEvent extends EventBase, OrderEventFields {
  event: 'REJECTED';
  reason: string;
}

/** CANCELLED at the owner's wish, EXPIRED by the order's own terms; the rest of its hold is released. */
export interface EndedEvent extends EventBase, OrderEventFields {
  event: 'CANCELLED' | 'EXPIRED';
  reason: string;
  /** Present when a CANCEL, REPLACE or MASS_CANCEL record asked for it. */
  request_id?: string;
}

export interface ReplacedEvent extends EventBase, OrderEventFields {
  event: 'REPLACED';
  request_id: string;
  price: number;
  /** The new total: filled + open. */
  quantity: number;
  hold_delta: number;
}

/** A cancel or replace that changed nothing; a replace's `hold_delta` is released. `status` is the order's own. */
export interface RequestRejectedEvent extends EventBase, OrderEventFields {
  event: 'CANCEL_REJECTED' | 'REPLACE_REJECTED';
  request_id: string;
  reason: string;
  /** The order's standing status as far as the engine still knows it; null for an order it never saw or has forgotten. */
  status: OrderStatus | null;
  hold_delta: number;
}

/** One side of a trade. */
export interface FillParty {
  order_id: string;
  user_id: string;
  client_order_id?: string;
  /** Open quantity after this trade. */
  remaining_qty: number;
  /** Total filled after this trade. */
  filled_qty: number;
  fully_filled: boolean;
  /** In minor units of the quote asset. */
  fee: number;
}

export interface FillEvent extends EventBase {
  event: 'FILL';
  trade_id: string;
  price: number;
  quantity: number;
  /** price x quantity x amount_scale: minor units of the quote asset that change hands. */
  amount: number;
  taker_side: Side;
  buyer: FillParty;
  seller: FillParty;
}

/** A second record with an id the engine has already seen: nothing happened. Keeps `seq` honest about it. */
export interface DuplicateEvent extends EventBase {
  event: 'DUPLICATE';
  order_id: string;
  user_id: string;
}

export interface InstrumentSetEvent extends EventBase {
  event: 'INSTRUMENT_SET';
  instrument: Instrument;
}

export interface StatusSetEvent extends EventBase {
  event: 'STATUS_SET';
  status: InstrumentStatus;
}

/** The session ended; `close` is the last trade price (null: no trade ever), `reference_price` the new reference. */
export interface DayClosedEvent extends EventBase {
  event: 'DAY_CLOSED';
  close: number | null;
  reference_price: number | null;
}

export type EngineEvent =
  | AcceptedEvent
  | RejectedEvent
  | EndedEvent
  | ReplacedEvent
  | RequestRejectedEvent
  | FillEvent
  | DuplicateEvent
  | InstrumentSetEvent
  | StatusSetEvent
  | DayClosedEvent;
