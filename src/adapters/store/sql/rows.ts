import type { AddRecord } from '../../../domain/records.ts';
import type { OrderEntry, StoredFill, StoredOrder, StoredTrade } from '../../../ports/store.ts';
import type { Row } from './driver.ts';
import { boolArray, int, intArray, intOrNull, oneOf, orDefault, text, textArray, textOrNull } from './values.ts';

/** The columns of an order that every question reads. */
export const ORDER_COLUMNS = `order_id, client_order_id, user_id, symbol, is_buy, order_type, time_in_force, price, quantity,
  filled_qty, remaining_qty, filled_notional, stop_price, post_only, stp, status, reason, hold + replace_hold AS hold, created_at,
  updated_at`;

export function orderOf(row: Row): StoredOrder {
  return {
    order_id: text(row.order_id),
    client_order_id: textOrNull(row.client_order_id),
    user_id: text(row.user_id),
    symbol: text(row.symbol),
    side: row.is_buy === true ? 'BUY' : 'SELL',
    order_type: oneOf(row.order_type),
    time_in_force: oneOf(row.time_in_force),
    price: int(row.price),
    quantity: int(row.quantity),
    filled_qty: int(row.filled_qty),
    remaining_qty: int(row.remaining_qty),
    filled_notional: int(row.filled_notional),
    stop_price: intOrNull(row.stop_price),
    post_only: row.post_only === true,
    stp: oneOf(row.stp),
    status: oneOf(row.status),
    reason: textOrNull(row.reason),
    hold: int(row.hold),
    created_at: int(row.created_at),
    updated_at: int(row.updated_at),
  };
}

/** What publication needs beside the columns above. */
export const RECORD_COLUMNS = `${ORDER_COLUMNS}, hold AS own_hold, content_hash, display_quantity, route_epoch, maker_fee_bps,
  taker_fee_bps`;

/** The record of a PENDING order as it was or will be published. */
export function recordOf(row: Row): AddRecord {
  const order = orderOf(row);
  const display = intOrNull(row.display_quantity);
  return {
    v: 1,
    action: 'ADD',
    symbol: order.symbol,
    timestamp: order.created_at,
    route_epoch: int(row.route_epoch),
    order_id: order.order_id,
    user_id: order.user_id,
    is_buy: order.side === 'BUY',
    price: order.price,
    quantity: order.quantity,
    order_type: order.order_type,
    time_in_force: order.time_in_force,
    ...(order.post_only ? { post_only: true } : {}),
    ...(order.stop_price === null ? {} : { stop_price: order.stop_price }),
    ...(display === null ? {} : { display_quantity: display }),
    ...(order.stp === 'NONE' ? {} : { stp: order.stp }),
    ...(order.client_order_id === null
      ? {}
      : { client_order_id: order.client_order_id, content_hash: textOrNull(row.content_hash) ?? '' }),
    hold: int(row.own_hold),
    maker_fee_bps: int(row.maker_fee_bps),
    taker_fee_bps: int(row.taker_fee_bps),
  };
}

/** What an order's row needs beside its record. */
export type OrderTerms = Pick<
  OrderEntry,
  'record' | 'hold_asset' | 'credit_asset' | 'amount_scale' | 'base_scale' | 'content_hash'
>;

/** The columns of new orders as parameters, in the order of enter_orders and replay_orders; `credit` only for the first. */
export function orderParams(orders: readonly OrderTerms[], credits?: readonly number[]): string[] {
  const records = orders.map((order) => order.record);
  const ints = (pick: (record: AddRecord) => number) => intArray(records.map(pick));
  const texts = (pick: (record: AddRecord) => string) => textArray(records.map(pick));
  const rare = (pick: (record: AddRecord) => number | undefined, standard: number | null) =>
    orDefault(
      records.map((record) => pick(record) ?? standard),
      standard,
      intArray,
    );
  return [
    texts((r) => r.order_id),
    texts((r) => r.user_id),
    orDefault(
      records.map((r) => r.client_order_id ?? null),
      null,
      textArray,
    ),
    orDefault(
      orders.map((o) => (o.record.client_order_id === undefined ? null : o.content_hash)),
      null,
      textArray,
    ),
    texts((r) => r.symbol),
    boolArray(records.map((r) => r.is_buy)),
    texts((r) => r.order_type),
    texts((r) => r.time_in_force),
    ints((r) => r.price),
    ints((r) => r.quantity),
    rare((r) => r.stop_price, null),
    rare((r) => r.display_quantity, null),
    orDefault(
      records.map((r) => r.post_only ?? false),
      false,
      boolArray,
    ),
    orDefault(
      records.map((r) => r.stp ?? 'NONE'),
      'NONE',
      textArray,
    ),
    ints((r) => r.hold),
    textArray(orders.map((o) => o.hold_asset)),
    textArray(orders.map((o) => o.credit_asset)),
    ...(credits === undefined ? [] : [intArray(credits)]),
    intArray(orders.map((o) => o.amount_scale)),
    intArray(orders.map((o) => o.base_scale)),
    rare((r) => r.maker_fee_bps, 0),
    rare((r) => r.taker_fee_bps, 0),
    rare((r) => r.route_epoch, 0),
    ints((r) => r.timestamp),
  ];
}

const ORDER_TYPES = [
  ...['text[]', 'text[]', 'text[]', 'text[]', 'text[]', 'boolean[]', 'text[]', 'text[]', 'integer[]', 'integer[]'],
  ...[
    'integer[]',
    'integer[]',
    'boolean[]',
    'text[]',
    'bigint[]',
    'text[]',
    'text[]',
    'bigint[]',
    'bigint[]',
    'bigint[]',
  ],
  ...['integer[]', 'integer[]', 'bigint[]', 'bigint[]'],
];
const CREDIT = 17;

export const ENTER_ORDERS = `SELECT * FROM enter_orders(${casts([...ORDER_TYPES, 'boolean'])})`;
export const REPLAY_ORDERS = `SELECT replay_orders(${casts(ORDER_TYPES.filter((_, index) => index !== CREDIT))})`;

/** $1::text::integer[], $2::text::text[], ... */
export function casts(types: readonly string[]): string {
  return types.map((type, index) => `$${index + 1}::text::${type}`).join(', ');
}

export function fillOf(row: Row): StoredFill & { seq: number } {
  const side = oneOf<'BUY' | 'SELL'>(row.side);
  return {
    trade_id: text(row.trade_id),
    order_id: text(row.order_id),
    symbol: text(row.symbol),
    side,
    price: int(row.price),
    quantity: int(row.quantity),
    amount: int(row.amount),
    fee: int(row.fee),
    liquidity: row.taker_side === side ? 'TAKER' : 'MAKER',
    timestamp: int(row.traded_at),
    seq: int(row.seq),
  };
}

export function tradeOf(row: Row): StoredTrade {
  return {
    trade_id: text(row.trade_id),
    price: int(row.price),
    quantity: int(row.quantity),
    taker_side: oneOf(row.taker_side),
    timestamp: int(row.traded_at),
  };
}
