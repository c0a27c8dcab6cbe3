import type { ErrorCode } from '../../../domain/errors.ts';
import { MAX_AMOUNT } from '../../../domain/money.ts';
import { isFinal } from '../../../domain/order.ts';
import { need, replacedTerms, replaceHold } from '../../../ledger/hold.ts';
import type { CancelEntry, EntryRequest, EntryResult, OrderEntry, ReplaceEntry } from '../../../ports/store.ts';
import { fromRecord, type OrderRow, type State, toStored } from './state.ts';

/** Order entry: orders first, then replaces, then cancels, each kind in the given order; results in the order of the requests. */
export function enter(state: State, requests: readonly EntryRequest[]): EntryResult[] {
  const results = new Array<EntryResult>(requests.length);
  for (const kind of ['ORDER', 'REPLACE', 'CANCEL'] as const) {
    for (const [index, request] of requests.entries()) {
      if (request.kind !== kind) continue;
      if (request.kind === 'ORDER') results[index] = enterOrder(state, request);
      else if (request.kind === 'REPLACE') results[index] = enterReplace(state, request);
      else results[index] = enterCancel(state, request);
    }
  }
  return results.map((result) => asItStands(state, result));
}

/** Orders are told as they stand after the whole call. */
function asItStands(state: State, result: EntryResult): EntryResult {
  if (result.kind !== 'OPEN' && result.kind !== 'DUPLICATE') return result;
  const order = state.orders.get(result.order.order_id);
  return order === undefined ? result : { ...result, order: toStored(order) };
}

function enterOrder(state: State, entry: OrderEntry): EntryResult {
  const { record } = entry;
  if (state.orders.has(record.order_id)) return { kind: 'HELD' };
  if (record.client_order_id !== undefined) {
    const known = state.clientOrders.get(record.user_id)?.get(record.client_order_id);
    if (known !== undefined)
      return { kind: 'DUPLICATE', order: toStored(known), same_content: known.content_hash === entry.content_hash };
  }
  const credited = state.wallet(record.user_id, entry.credit_asset)?.balance ?? 0;
  if (credited + entry.credit > MAX_AMOUNT) return refused('BALANCE_LIMIT');
  const wallet = state.wallet(record.user_id, entry.hold_asset);
  const available = wallet === undefined ? 0 : wallet.balance - wallet.locked;
  if (wallet === undefined || available < record.hold)
    return refused('INSUFFICIENT_FUNDS', { asset: entry.hold_asset, needed: record.hold, available });
  state.changes?.wallets.add(wallet);
  wallet.locked += record.hold;
  state.addOrder(fromRecord(record, entry));
  return { kind: 'HELD' };
}

function enterReplace(state: State, entry: ReplaceEntry): EntryResult {
  const order = openOrder(state, entry);
  if (typeof order === 'string') return refused(order);
  const known = state.replaceHolds.get(entry.request_id);
  if (known !== undefined) return { kind: 'OPEN', order: toStored(order), hold_delta: known.amount };
  const terms = replacedTerms(order, entry);
  if (terms.open <= 0) return refused('QUANTITY_NOT_ABOVE_FILLED', { filled_qty: order.filled_qty });
  const newNeed = need(order, terms.price, terms.open);
  if (newNeed === undefined) return refused('NOTIONAL_TOO_LARGE');
  const wallet = state.walletOrNew(order.user_id, order.hold_asset);
  const available = wallet.balance - wallet.locked;
  const amount = replaceHold(newNeed, order.hold, available);
  if (amount === undefined)
    return refused('INSUFFICIENT_FUNDS', { asset: order.hold_asset, needed: newNeed - order.hold, available });
  if (amount > 0) addReplaceHold(state, order, entry.request_id, amount);
  return { kind: 'OPEN', order: toStored(order), hold_delta: amount };
}

/** Holds an amount for a replace until its outcome, or until the order ends. */
export function addReplaceHold(state: State, order: OrderRow, requestId: string, amount: number): void {
  state.walletToChange(order.user_id, order.hold_asset).locked += amount;
  order.replace_hold += amount;
  state.changes?.order(order);
  state.changes?.replaceHolds.add(requestId);
  state.replaceHolds.set(requestId, { request_id: requestId, order_id: order.order_id, amount });
}

function enterCancel(state: State, entry: CancelEntry): EntryResult {
  const order = openOrder(state, entry);
  return typeof order === 'string' ? refused(order) : { kind: 'OPEN', order: toStored(order), hold_delta: 0 };
}

function openOrder(state: State, entry: ReplaceEntry | CancelEntry): OrderRow | ErrorCode {
  const order = state.orders.get(entry.order_id);
  if (order === undefined || order.user_id !== entry.user_id) return 'ORDER_UNKNOWN';
  return isFinal(order.status) ? 'ORDER_CLOSED' : order;
}

function refused(code: ErrorCode, details?: Record<string, unknown>): EntryResult {
  return details === undefined ? { kind: 'REFUSED', code } : { kind: 'REFUSED', code, details };
}
