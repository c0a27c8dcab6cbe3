import type { Instrument, InstrumentStatus } from './instrument.ts';
import type { OrderType, SelfTradePrevention, TimeInForce } from './order.ts';

/**
 * Records of the orders stream: the engine's whole input (contract, section 4). Every record is self-contained, so that
 * the engine, the store and the audit can each be made again from the log alone. Integers as in contract section 1;
 * `timestamp` is epoch ms and the only time the engine knows.
 */
export const RECORD_VERSION = 1;

interface RecordBase {
  v: typeof RECORD_VERSION;
  symbol: string;
  timestamp: number;
  /** Routing epoch the writer believed in; an engine refuses records of an older one (hot-shard migration). */
  route_epoch: number;
}

/** A new order. Its funds are already held: `hold` minor units of the quote (BUY) or base (SELL) asset. */
export interface AddRecord extends RecordBase {
  action: 'ADD';
  order_id: string;
  user_id: string;
  is_buy: boolean;
  /** LIMIT: the limit. MARKET: the protection price the engine does not pass (upper/lower limit, or last +-10 %). */
  price: number;
  quantity: number;
  order_type: OrderType;
  time_in_force: TimeInForce;
  post_only?: boolean;
  stop_price?: number;
  display_quantity?: number;
  stp?: SelfTradePrevention;
  client_order_id?: string;
  /** SHA-256 (base64url) over the client's own content, beside a client_order_id: a retry is told apart after a rebuild too. */
  content_hash?: string;
  hold: number;
  /** The fee schedule at entry; it holds for the order's life, so that the hold always covers the fees. */
  maker_fee_bps: number;
  taker_fee_bps: number;
}

export interface CancelRecord extends RecordBase {
  action: 'CANCEL';
  order_id: string;
  user_id: string;
  request_id: string;
}

/**
 * Exactly one of `quantity` (the new total, filled part included) and `remaining` (the new open quantity) may be given;
 * a missing field keeps its value. `hold_delta` minor units were held for it on top of the order's own hold.
 */
export interface ReplaceRecord extends RecordBase {
  action: 'REPLACE';
  order_id: string;
  user_id: string;
  request_id: string;
  price?: number;
  quantity?: number;
  remaining?: number;
  hold_delta: number;
}

/** Cancels every open order of one user in one symbol. */
export interface MassCancelRecord extends RecordBase {
  action: 'MASS_CANCEL';
  user_id: string;
  request_id: string;
}

/** Creates or changes an instrument; the whole new definition travels. */
export interface SetInstrumentRecord extends RecordBase {
  action: 'SET_INSTRUMENT';
  instrument: Instrument;
}

export interface SetStatusRecord extends RecordBase {
  action: 'SET_STATUS';
  status: InstrumentStatus;
}

/** End of the session: DAY orders expire, the reference price becomes the last trade price (or `reference_price`). */
export interface DayCloseRecord extends RecordBase {
  action: 'DAY_CLOSE';
  reference_price?: number;
}

export type OrderRecord =
  | AddRecord
  | CancelRecord
  | ReplaceRecord
  | MassCancelRecord
  | SetInstrumentRecord
  | SetStatusRecord
  | DayCloseRecord;

/**
 * Records of the ledger stream: money that enters or leaves the exchange. Unconditional once written: a withdrawal's amount
 * is held before its record is appended, so a rebuild needs no check and no order between streams. Partition key: user id.
 * (Instruments travel in the orders stream, as SET_INSTRUMENT, and reach the store by their INSTRUMENT_SET event.)
 */
export interface LedgerRecord {
  v: typeof RECORD_VERSION;
  action: 'DEPOSIT' | 'WITHDRAW';
  transfer_id: string;
  user_id: string;
  asset: string;
  /** Minor units of the asset. */
  amount: number;
  timestamp: number;
  /** Who ordered it (admin user id), for the audit log. */
  actor: string;
}
