import { isFinal } from '../../../domain/order.ts';
import type {
  CancelEntry,
  EntryRequest,
  EntryResult,
  OrderEntry,
  ReplaceEntry,
  StoredOrder,
} from '../../../ports/store.ts';
import { type Row, type SqlDriver, SqlError, SqlState, type Statement } from './driver.ts';
import { casts, ENTER_ORDERS, ORDER_COLUMNS, orderOf, orderParams } from './rows.ts';
import { int, intArray, oneOf, text, textArray } from './values.ts';

const ENTER_REPLACES = `SELECT * FROM enter_replaces(${casts(['text[]', 'text[]', 'text[]', 'integer[]', 'integer[]', 'integer[]'])})`;
const ORDERS_BY_ID = `SELECT ${ORDER_COLUMNS} FROM orders WHERE order_id = ANY ($1::text::text[])`;

/** Requests of one kind, with their places in the call. */
interface Placed<T> {
  place: number;
  request: T;
}

interface Split {
  orders: Placed<OrderEntry>[];
  replaces: Placed<ReplaceEntry>[];
  cancels: Placed<CancelEntry>[];
}

function split(requests: readonly EntryRequest[]): Split {
  const parts: Split = { orders: [], replaces: [], cancels: [] };
  for (const [place, request] of requests.entries()) {
    if (request.kind === 'ORDER') parts.orders.push({ place, request });
    else if (request.kind === 'REPLACE') parts.replaces.push({ place, request });
    else parts.cancels.push({ place, request });
  }
  return parts;
}

const LOOK_CLOSER = new Set<string>([SqlState.UNIQUE_VIOLATION, SqlState.NEAR_LIMIT]);

/** Order entry in one transaction: orders, then replaces, then the state of the orders that replaces and cancels name. */
export async function enter(driver: SqlDriver, requests: readonly EntryRequest[]): Promise<EntryResult[]> {
  if (requests.length === 0) return [];
  const parts = split(requests);
  const careful = hasRepeats(parts.orders);
  try {
    return await enterOnce(driver, requests.length, parts, careful);
  } catch (error) {
    // Another process was faster with a client order id, a call whose answer was lost comes again, or a wallet comes near its
    // limit: look at each order.
    if (!careful && error instanceof SqlError && LOOK_CLOSER.has(error.sqlState))
      return enterOnce(driver, requests.length, parts, true);
    throw error;
  }
}

function hasRepeats(orders: readonly Placed<OrderEntry>[]): boolean {
  const seen = new Set<string>();
  for (const { request } of orders) {
    const { user_id, client_order_id } = request.record;
    if (client_order_id === undefined) continue;
    const key = `${user_id}\n${client_order_id}`;
    if (seen.has(key)) return true;
    seen.add(key);
  }
  return false;
}

async function enterOnce(driver: SqlDriver, count: number, parts: Split, careful: boolean): Promise<EntryResult[]> {
  const { orders, replaces, cancels } = parts;
  const named = [...replaces, ...cancels].map(({ request }) => request.order_id);
  const statements: Statement[] = [];
  if (orders.length > 0) statements.push(enterOrders(orders, careful));
  if (replaces.length > 0) statements.push(enterReplaces(replaces));
  if (named.length > 0) statements.push({ sql: ORDERS_BY_ID, params: [textArray(named)] });
  const answers = await driver.transaction(statements, 'entry');

  const results = new Array<EntryResult>(count);
  if (orders.length > 0) await orderResults(driver, orders, answers.shift() ?? [], results);
  const replaceRows = replaces.length > 0 ? (answers.shift() ?? []) : [];
  const known = new Map((answers.shift() ?? []).map((row) => [text(row.order_id), orderOf(row)]));
  replaceResults(replaces, replaceRows, known, results);
  for (const { place, request } of cancels) results[place] = cancelResult(request, known.get(request.order_id));
  return results;
}

function enterOrders(orders: readonly Placed<OrderEntry>[], careful: boolean): Statement {
  const entries = orders.map(({ request }) => request);
  const params = orderParams(
    entries,
    entries.map((entry) => entry.credit),
  );
  return { sql: ENTER_ORDERS, params: [...params, careful ? 't' : 'f'] };
}

function enterReplaces(replaces: readonly Placed<ReplaceEntry>[]): Statement {
  const requests = replaces.map(({ request }) => request);
  return {
    sql: ENTER_REPLACES,
    params: [
      textArray(requests.map((r) => r.request_id)),
      textArray(requests.map((r) => r.order_id)),
      textArray(requests.map((r) => r.user_id)),
      intArray(requests.map((r) => r.price ?? null)),
      intArray(requests.map((r) => r.quantity ?? null)),
      intArray(requests.map((r) => r.remaining ?? null)),
    ],
  };
}

async function orderResults(
  driver: SqlDriver,
  orders: readonly Placed<OrderEntry>[],
  rows: readonly Row[],
  results: EntryResult[],
): Promise<void> {
  for (const { place } of orders) results[place] = { kind: 'HELD' };
  const duplicates = rows.filter((row) => row.outcome === 'DUPLICATE').map((row) => text(row.known_order_id));
  const known = new Map<string, { order: StoredOrder; hash: unknown }>();
  if (duplicates.length > 0) {
    const sql = `SELECT ${ORDER_COLUMNS}, content_hash FROM orders WHERE order_id = ANY ($1::text::text[])`;
    const [found = []] = await driver.transaction([{ sql, params: [textArray(duplicates)] }], 'entry');
    for (const row of found) known.set(text(row.order_id), { order: orderOf(row), hash: row.content_hash });
  }
  for (const row of rows) {
    const { place, request } = orders[int(row.n) - 1]!;
    if (row.outcome === 'DUPLICATE') {
      const first = known.get(text(row.known_order_id));
      if (first === undefined) throw new Error(`order ${String(row.known_order_id)} is gone`);
      results[place] = { kind: 'DUPLICATE', order: first.order, same_content: first.hash === request.content_hash };
    } else if (row.outcome === 'INSUFFICIENT_FUNDS') {
      const details = { asset: request.hold_asset, needed: request.record.hold, available: int(row.available) };
      results[place] = { kind: 'REFUSED', code: 'INSUFFICIENT_FUNDS', details };
    } else {
      results[place] = { kind: 'REFUSED', code: oneOf(row.outcome) };
    }
  }
}

function replaceResults(
  replaces: readonly Placed<ReplaceEntry>[],
  rows: readonly Row[],
  known: ReadonlyMap<string, StoredOrder>,
  results: EntryResult[],
): void {
  for (const row of rows) {
    const { place, request } = replaces[int(row.n) - 1]!;
    const order = known.get(request.order_id);
    if (row.outcome === 'OPEN' && order !== undefined) {
      results[place] = { kind: 'OPEN', order, hold_delta: int(row.hold_delta) };
    } else if (row.outcome === 'INSUFFICIENT_FUNDS') {
      const details = { asset: text(row.asset), needed: int(row.needed), available: int(row.available) };
      results[place] = { kind: 'REFUSED', code: 'INSUFFICIENT_FUNDS', details };
    } else if (row.outcome === 'QUANTITY_NOT_ABOVE_FILLED') {
      const details = { filled_qty: int(row.filled) };
      results[place] = { kind: 'REFUSED', code: 'QUANTITY_NOT_ABOVE_FILLED', details };
    } else {
      results[place] = { kind: 'REFUSED', code: oneOf(row.outcome) };
    }
  }
}

function cancelResult(request: CancelEntry, order: StoredOrder | undefined): EntryResult {
  if (order === undefined || order.user_id !== request.user_id) return { kind: 'REFUSED', code: 'ORDER_UNKNOWN' };
  if (isFinal(order.status)) return { kind: 'REFUSED', code: 'ORDER_CLOSED' };
  return { kind: 'OPEN', order, hold_delta: 0 };
}
