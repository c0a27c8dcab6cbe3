import type { Side } from '../domain/order.ts';

/**
 * A recorded order flow, as three tables. Prices are integers of the instrument (`price_integer`), quantities whole lots
 * of its unit, times nanoseconds since the epoch. Order ids are the recording exchange's own; one may come back after its
 * order has gone (an iceberg's next slice).
 */

/** A resting order of the opening book; rows are in priority order. */
export interface BookRow {
  order_id: string;
  side: Side;
  price: number;
  quantity: number;
}

export interface InboundRow {
  idx: number;
  ts_ns: bigint;
  symbol: string;
  action: 'new' | 'replace' | 'cancel';
  order_id: string;
  side: Side;
  /** Of a new order; '' where the recording does not say (cancels). */
  tif: 'GTC' | 'IOC' | '';
  price: number;
  /** new: total; replace: the new open quantity; cancel: 0. */
  quantity: number;
  note: string;
}

/** One trade of the recording exchange, keyed by the inbound order (`idx`) that took. */
export interface FillRow {
  idx: number;
  ts_ns: bigint;
  aggressor_id: string;
  resting_id: string;
  aggressor_side: Side;
  price: number;
  quantity: number;
}

export const BOOK_COLUMNS = 'order_id,side,price_integer,qty';
export const INBOUND_COLUMNS = 'idx,ts_ns,symbol,action,order_id,side,tif,price_integer,qty,note';
export const FILL_COLUMNS = 'idx,ts_ns,aggressor_id,resting_id,aggressor_side,price_integer,qty';

const letter = (side: Side): string => (side === 'BUY' ? 'B' : 'S');

export function bookLine(row: BookRow): string {
  return `${row.order_id},${letter(row.side)},${row.price},${row.quantity}\n`;
}

export function inboundLine(row: InboundRow): string {
  const { idx, ts_ns, symbol, action, order_id, side, tif, price, quantity, note } = row;
  return `${idx},${ts_ns},${symbol},${action},${order_id},${letter(side)},${tif},${price},${quantity},${note}\n`;
}

export function fillLine(row: FillRow): string {
  const { idx, ts_ns, aggressor_id, resting_id, aggressor_side, price, quantity } = row;
  return `${idx},${ts_ns},${aggressor_id},${resting_id},${letter(aggressor_side)},${price},${quantity}\n`;
}
