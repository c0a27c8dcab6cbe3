import { isFinal } from '../../../domain/order.ts';
import type { OrderRow } from '../memory/state.ts';
import type { Statement } from '../sql/driver.ts';
import { boolArray, intArray, orDefault, textArray } from '../sql/values.ts';
import type { Cut } from './backing.ts';

type SqlType = 'text' | 'integer' | 'bigint' | 'boolean';

/** A column of a row: what it is in SQL, and its values as an array literal. */
interface Column<T> {
  name: string;
  type: SqlType;
  values(rows: readonly T[]): string;
}

const ints = <T>(name: string, type: SqlType, pick: (row: T) => number): Column<T> => ({
  name,
  type,
  values: (rows) => intArray(rows.map(pick)),
});
const texts = <T>(name: string, pick: (row: T) => string): Column<T> => ({
  name,
  type: 'text',
  values: (rows) => textArray(rows.map(pick)),
});
/** Mostly null: then nothing travels. */
const rareTexts = <T>(name: string, pick: (row: T) => string | null): Column<T> => ({
  name,
  type: 'text',
  values: (rows) => orDefault(rows.map(pick), null, textArray),
});
const rareInts = <T>(name: string, pick: (row: T) => number | null): Column<T> => ({
  name,
  type: 'integer',
  values: (rows) => orDefault(rows.map(pick), null, intArray),
});
const flags = <T>(name: string, pick: (row: T) => boolean): Column<T> => ({
  name,
  type: 'boolean',
  values: (rows) => boolArray(rows.map(pick)),
});

/** What settlement, replaces and refusals change of an order. */
const CHANGING: readonly Column<OrderRow>[] = [
  texts('status', (o) => o.status),
  rareTexts('reason', (o) => o.reason),
  ints('price', 'integer', (o) => o.price),
  ints('quantity', 'integer', (o) => o.quantity),
  ints('filled_qty', 'integer', (o) => o.filled_qty),
  ints('remaining_qty', 'integer', (o) => o.remaining_qty),
  ints('filled_notional', 'bigint', (o) => o.filled_notional),
  ints('hold', 'bigint', (o) => o.hold),
  ints('replace_hold', 'bigint', (o) => o.replace_hold),
  ints('updated_at', 'bigint', (o) => o.updated_at),
  flags('open', (o) => !isFinal(o.status)),
];

const LASTING: readonly Column<OrderRow>[] = [
  texts('order_id', (o) => o.order_id),
  texts('user_id', (o) => o.user_id),
  rareTexts('client_order_id', (o) => o.client_order_id),
  rareTexts('content_hash', (o) => (o.content_hash === '' ? null : o.content_hash)),
  texts('symbol', (o) => o.symbol),
  texts('order_type', (o) => o.order_type),
  texts('time_in_force', (o) => o.time_in_force),
  texts('stp', (o) => o.stp),
  texts('hold_asset', (o) => o.hold_asset),
  texts('credit_asset', (o) => o.credit_asset),
  ints('created_at', 'bigint', (o) => o.created_at),
  ints('amount_scale', 'bigint', (o) => o.amount_scale),
  ints('base_scale', 'bigint', (o) => o.base_scale),
  ints('route_epoch', 'bigint', (o) => o.route_epoch),
  rareInts('stop_price', (o) => o.stop_price),
  rareInts('display_quantity', (o) => o.display_quantity),
  ints('maker_fee_bps', 'integer', (o) => o.maker_fee_bps),
  ints('taker_fee_bps', 'integer', (o) => o.taker_fee_bps),
  flags('is_buy', (o) => o.is_buy),
  flags('post_only', (o) => o.post_only),
];

const WALLET: readonly Column<Cut['wallets'][number]>[] = [
  texts('user_id', (w) => w.user_id),
  texts('asset', (w) => w.asset),
  ints('balance', 'bigint', (w) => w.balance),
  ints('locked', 'bigint', (w) => w.locked),
  ints('net_deposits', 'bigint', (w) => w.net_deposits),
  ints('cost', 'bigint', (w) => w.cost),
  rareTexts('cost_asset', (w) => w.cost_asset),
];
const SUPPLY: readonly Column<Cut['supplies'][number]>[] = [
  texts('asset', ([asset]) => asset),
  ints('amount', 'bigint', ([, change]) => change),
];
const REPLACE_HOLD: readonly Column<Cut['replaceHolds']['rows'][number]>[] = [
  texts('request_id', (h) => h.request_id),
  texts('order_id', (h) => h.order_id),
  ints('amount', 'bigint', (h) => h.amount),
];
const TRANSFER: readonly Column<Cut['transfers']['rows'][number]>[] = [
  texts('transfer_id', (t) => t.transfer_id),
  texts('action', (t) => t.action),
  texts('user_id', (t) => t.user_id),
  texts('asset', (t) => t.asset),
  ints('amount', 'bigint', (t) => t.amount),
  ints('created_at', 'bigint', (t) => t.timestamp),
  texts('actor', (t) => t.actor),
  texts('status', (t) => t.status),
];
const ASSET: readonly Column<Cut['assets'][number]>[] = [
  texts('code', (a) => a.code),
  ints('decimals', 'integer', (a) => a.decimals),
  texts('kind', (a) => a.kind),
];
const APPLIED: readonly Column<Cut['applied'][number]>[] = [
  texts('consumer', (a) => a.consumer),
  texts('symbol', (a) => a.symbol),
  ints('seq', 'bigint', (a) => a.seq),
];
const POSITION: readonly Column<Cut['positions'][number]>[] = [
  texts('consumer', (p) => p.consumer),
  texts('topic', (p) => p.topic),
  ints('partition', 'integer', (p) => p.partition),
  ints('next_offset', 'bigint', (p) => p.next_offset),
];

/** A statement and the columns that its parameters are made of. */
interface Writing<T> {
  sql: string;
  columns: readonly Column<T>[];
}

const NEW_ORDER = inserting('orders', [...LASTING, ...CHANGING]);
const CHANGED_ORDER = updating('orders', [texts<OrderRow>('order_id', (o) => o.order_id)], CHANGING);
const WALLETS = upserting('wallets', WALLET, ['user_id', 'asset']);
const SUPPLIES: Writing<Cut['supplies'][number]> = {
  sql: `INSERT INTO supplies AS s (asset, amount) SELECT u.asset, u.amount FROM ${unnest(SUPPLY)}
    ON CONFLICT (asset) DO UPDATE SET amount = s.amount + excluded.amount`,
  columns: SUPPLY,
};
const REPLACE_HOLDS = upserting('replace_holds', REPLACE_HOLD, ['request_id']);
const TRANSFERS = upserting('transfers', TRANSFER, ['transfer_id']);
const ASSETS = upserting('assets', ASSET, ['code']);
const APPLIED_SEQ = upserting('applied_seq', APPLIED, ['consumer', 'symbol']);
const POSITIONS = upserting('positions', POSITION, ['consumer', 'topic', 'partition']);
const INSTRUMENTS = `INSERT INTO instruments (symbol, definition)
  SELECT u.symbol, u.definition::jsonb FROM unnest($1::text::text[], $2::text::text[]) AS u(symbol, definition)
  ON CONFLICT (symbol) DO UPDATE SET definition = excluded.definition`;

/** The name under which the number of the newest cut is kept, as the position of a consumer. */
export const CUTS = 'cuts';

/** A cut as the statements of one transaction. */
export function statementsOf(cut: Cut): Statement[] {
  const newest = { consumer: CUTS, topic: '', partition: 0, next_offset: cut.number };
  return [
    ...gone('orders', 'order_id', cut.forgottenOrders),
    ...rows(NEW_ORDER, cut.newOrders),
    ...rows(CHANGED_ORDER, cut.changedOrders),
    ...rows(WALLETS, cut.wallets),
    ...rows(SUPPLIES, cut.supplies),
    ...gone('replace_holds', 'request_id', cut.replaceHolds.gone),
    ...rows(REPLACE_HOLDS, cut.replaceHolds.rows),
    ...gone('transfers', 'transfer_id', cut.transfers.gone),
    ...rows(TRANSFERS, cut.transfers.rows),
    ...rows(ASSETS, cut.assets),
    ...instruments(cut.instruments),
    ...rows(APPLIED_SEQ, cut.applied),
    ...rows(POSITIONS, [...cut.positions, newest]),
  ];
}

function rows<T>({ sql, columns }: Writing<T>, values: readonly T[]): Statement[] {
  return values.length === 0 ? [] : [{ sql, params: columns.map((column) => column.values(values)) }];
}

function gone(table: string, key: string, ids: readonly string[]): Statement[] {
  if (ids.length === 0) return [];
  return [{ sql: `DELETE FROM ${table} WHERE ${key} = ANY ($1::text::text[])`, params: [textArray(ids)] }];
}

function instruments(changed: Cut['instruments']): Statement[] {
  if (changed.length === 0) return [];
  const symbols = textArray(changed.map(({ symbol }) => symbol));
  const definitions = textArray(changed.map(({ definition }) => JSON.stringify(definition)));
  return [{ sql: INSTRUMENTS, params: [symbols, definitions] }];
}

function inserting<T>(table: string, columns: readonly Column<T>[]): Writing<T> {
  const names = columns.map(({ name }) => name).join(', ');
  const values = columns.map(({ name }) => `u.${name}`).join(', ');
  return { sql: `INSERT INTO ${table} (${names}) SELECT ${values} FROM ${unnest(columns)}`, columns };
}

function upserting<T>(table: string, columns: readonly Column<T>[], key: readonly string[]): Writing<T> {
  const others = columns.filter(({ name }) => !key.includes(name));
  const set = others.map(({ name }) => `${name} = excluded.${name}`).join(', ');
  return { sql: `${inserting(table, columns).sql} ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${set}`, columns };
}

function updating<T>(table: string, key: readonly Column<T>[], changing: readonly Column<T>[]): Writing<T> {
  const columns = [...key, ...changing];
  const set = changing.map(({ name }) => `${name} = u.${name}`).join(', ');
  const where = key.map(({ name }) => `t.${name} = u.${name}`).join(' AND ');
  return { sql: `UPDATE ${table} t SET ${set} FROM ${unnest(columns)} WHERE ${where}`, columns };
}

function unnest<T>(columns: readonly Column<T>[]): string {
  const arrays = columns.map(({ type }, index) => `$${index + 1}::text::${type}[]`);
  return `unnest(${arrays.join(', ')}) AS u(${columns.map(({ name }) => name).join(', ')})`;
}
