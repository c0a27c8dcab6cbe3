import type { EngineEvent, FillEvent } from '../../../domain/events.ts';
import { MAX_AMOUNT } from '../../../domain/money.ts';
import { isFinal } from '../../../domain/order.ts';
import type { LedgerRecord } from '../../../domain/records.ts';
import { costAfter, costAfterDeposit } from '../../../ledger/cost.ts';
import { freshEvents } from '../../../ledger/cursor.ts';
import { LedgerInvariantError } from '../../../ledger/invariant.ts';
import { type MoneyMoves, moneyOf, type OrderChange, settle } from '../../../ledger/settle.ts';
import { type ConsumerBatch, type ConsumerName, EXCHANGE_ACCOUNT, type LedgerResult } from '../../../ports/store.ts';
import type { OrderRow, State, Transfer, Wallet } from './state.ts';

interface Move {
  order: OrderRow;
  change: OrderChange;
  money: MoneyMoves;
  /** What the change frees of the lock of the order's wallet. */
  freed: number;
}

/**
 * Settles a batch. Everything that can be wrong is found before anything is changed, so that a batch takes effect whole or
 * not at all. `rebuilding`: wallets may be short for a while, because the streams are replayed one after the other.
 */
export function applyEvents(state: State, batch: ConsumerBatch<EngineEvent>, rebuilding: boolean): void {
  const fresh = freshEvents(batch.items, (symbol) => state.appliedSeq('fill-processor', symbol));
  const settlement = settle(fresh.events);
  const released = releasedHolds(state, settlement.replaces);
  const moves: Move[] = [];
  for (const change of settlement.orders.values()) {
    const order = state.orders.get(change.order_id);
    if (order === undefined)
      throw new LedgerInvariantError(`an event names order ${change.order_id}, which was never recorded`);
    if (isFinal(order.status))
      throw new LedgerInvariantError(`an event names order ${change.order_id}, which is ${order.status}`);
    const money = moneyOf(order, change);
    const replaceHold = money.final ? order.replace_hold - sumOf(released, order) : 0;
    moves.push({ order, change, money, freed: order.hold - money.hold + replaceHold });
  }
  if (!rebuilding) checkWallets(state, moves, released);
  for (const requestId of settlement.replaces) releaseReplace(state, requestId);
  for (const move of moves) commitMove(state, move);
  for (const event of fresh.events) applyInstrument(state, event);
  advance(state, 'fill-processor', batch, fresh.advanced);
}

/** Requests that have their outcome give back what is held for them, before anything else moves. */
interface Released {
  order: OrderRow;
  amount: number;
}

function releasedHolds(state: State, requestIds: readonly string[]): Released[] {
  return [...new Set(requestIds)].flatMap((requestId) => {
    const held = state.replaceHolds.get(requestId);
    const order = held === undefined ? undefined : state.orders.get(held.order_id);
    return held === undefined || order === undefined ? [] : [{ order, amount: held.amount }];
  });
}

function sumOf(released: readonly Released[], order: OrderRow): number {
  let sum = 0;
  for (const hold of released) if (hold.order === order) sum += hold.amount;
  return sum;
}

/** No wallet may end a batch negative, with more locked than it has, or with more than a number carries exactly. */
function checkWallets(state: State, moves: readonly Move[], released: readonly Released[]): void {
  const after = new Map<Wallet, { balance: number; locked: number }>();
  const at = (userId: string, asset: string) => {
    const wallet = state.walletOrNew(userId, asset);
    let sum = after.get(wallet);
    if (sum === undefined) {
      sum = { balance: wallet.balance, locked: wallet.locked };
      after.set(wallet, sum);
    }
    return sum;
  };
  for (const { order, amount } of released) at(order.user_id, order.hold_asset).locked -= amount;
  for (const { order, money, freed } of moves) {
    const from = at(order.user_id, order.hold_asset);
    from.balance -= money.paid;
    from.locked -= freed;
    if (money.received > 0) at(order.user_id, order.credit_asset).balance += money.received;
  }
  for (const [wallet, sum] of after)
    if (sum.locked < 0 || sum.balance < sum.locked || sum.balance > MAX_AMOUNT)
      throw new LedgerInvariantError(
        `settlement would leave ${wallet.user_id}/${wallet.asset} with ${sum.balance}, ${sum.locked} locked`,
      );
}

function commitMove(state: State, move: Move): void {
  const { order, change, money } = move;
  const from = state.walletToChange(order.user_id, order.hold_asset);
  const quoteAsset = order.is_buy ? order.hold_asset : order.credit_asset;
  from.locked -= move.freed;
  if (change.traded_qty > 0) {
    const into = state.walletToChange(order.user_id, order.credit_asset);
    const position = order.is_buy ? into : from;
    const traded = order.is_buy
      ? { asset: quoteAsset, bought: money.received, paid: money.paid, sold: 0 }
      : { asset: quoteAsset, bought: 0, paid: 0, sold: money.paid };
    if (state.assets.get(position.asset)?.kind === 'SECURITY')
      Object.assign(position, costAfter(position, position.balance, traded));
    from.balance -= money.paid;
    into.balance += money.received;
    if (money.fees > 0) state.walletToChange(EXCHANGE_ACCOUNT, quoteAsset).balance += money.fees;
  }
  if (money.final && order.replace_hold > 0) dropReplaceHolds(state, order);
  order.hold = money.hold;
  order.status = change.status;
  order.reason = change.reason;
  order.filled_qty = change.filled_qty;
  order.remaining_qty = change.remaining_qty;
  order.filled_notional += change.traded_notional;
  order.price = change.price ?? order.price;
  order.quantity = change.quantity ?? order.quantity;
  order.updated_at = change.updated_at;
  state.pending.delete(order.order_id);
  state.changes?.order(order);
}

/** The order has ended: no replace can succeed any more, and its wallet's lock already counts them out. */
function dropReplaceHolds(state: State, order: OrderRow): void {
  for (const held of state.replaceHolds.values())
    if (held.order_id === order.order_id) {
      state.replaceHolds.delete(held.request_id);
      state.changes?.replaceHolds.add(held.request_id);
    }
  order.replace_hold = 0;
}

/** Gives back what was held for a replace; nothing when it was given back before. */
export function releaseReplace(state: State, requestId: string): void {
  const held = state.replaceHolds.get(requestId);
  if (held === undefined) return;
  const order = state.orders.get(held.order_id);
  if (order === undefined)
    throw new LedgerInvariantError(`a replace is held for order ${held.order_id}, which is not recorded`);
  state.walletToChange(order.user_id, order.hold_asset).locked -= held.amount;
  order.replace_hold -= held.amount;
  state.replaceHolds.delete(requestId);
  state.changes?.replaceHolds.add(requestId);
  state.changes?.order(order);
}

/** Forgets an order whose record never reached the log; what it held is free again. */
export function forget(state: State, order: OrderRow): void {
  state.walletToChange(order.user_id, order.hold_asset).locked -= order.hold + order.replace_hold;
  dropReplaceHolds(state, order);
  state.forgetOrder(order);
}

function applyInstrument(state: State, event: EngineEvent): void {
  if (event.event === 'INSTRUMENT_SET' || event.event === 'STATUS_SET' || event.event === 'DAY_CLOSED')
    state.changes?.instruments.add(event.symbol);
  if (event.event === 'INSTRUMENT_SET') {
    const { instrument } = event;
    const { base, base_decimals, quote, quote_decimals } = instrument;
    if (!state.assets.has(base)) state.assets.set(base, { code: base, decimals: base_decimals, kind: 'SECURITY' });
    if (!state.assets.has(quote)) state.assets.set(quote, { code: quote, decimals: quote_decimals, kind: 'CURRENCY' });
    state.instruments.set(event.symbol, instrument);
    state.changes?.assets.add(base).add(quote);
    return;
  }
  const instrument = state.instruments.get(event.symbol);
  if (instrument === undefined) return;
  if (event.event === 'STATUS_SET') state.instruments.set(event.symbol, { ...instrument, status: event.status });
  if (event.event === 'DAY_CLOSED')
    state.instruments.set(event.symbol, { ...instrument, reference_price: event.reference_price });
}

export function saveHistory(state: State, batch: ConsumerBatch<EngineEvent>): void {
  const fresh = freshEvents(batch.items, (symbol) => state.appliedSeq('history-saver', symbol));
  for (const event of fresh.events) if (event.event === 'FILL') addTrade(state, event);
  advance(state, 'history-saver', batch, fresh.advanced);
}

function addTrade(state: State, fill: FillEvent): void {
  state.addTrade({
    trade_id: fill.trade_id,
    symbol: fill.symbol,
    seq: fill.seq,
    price: fill.price,
    quantity: fill.quantity,
    amount: fill.amount,
    taker_side: fill.taker_side,
    timestamp: fill.timestamp,
    buyer_order_id: fill.buyer.order_id,
    buyer_user_id: fill.buyer.user_id,
    buyer_fee: fill.buyer.fee,
    seller_order_id: fill.seller.order_id,
    seller_user_id: fill.seller.user_id,
    seller_fee: fill.seller.fee,
  });
}

function advance(
  state: State,
  consumer: ConsumerName,
  batch: ConsumerBatch<unknown>,
  advanced?: ReadonlyMap<string, { to: number }>,
): void {
  for (const [symbol, mark] of advanced ?? []) {
    const key = `${consumer} ${symbol}`;
    state.applied.set(key, mark.to);
    state.changes?.applied.add(key);
  }
  const key = `${consumer} ${batch.topic} ${batch.partition}`;
  state.positions.set(key, Math.max(state.positions.get(key) ?? 0, batch.next_offset));
  state.changes?.positions.add(key);
}

export function applyLedger(state: State, batch: ConsumerBatch<LedgerRecord>, rebuilding: boolean): LedgerResult[] {
  const results = batch.items.map((record) => applyTransfer(state, record, rebuilding));
  advance(state, 'account-processor', batch);
  return results;
}

function applyTransfer(state: State, record: LedgerRecord, rebuilding: boolean): LedgerResult {
  const { transfer_id, amount } = record;
  const known = state.transfers.get(transfer_id);
  if (known !== undefined && known.status !== 'HELD') return resultOf(known, 'DUPLICATE');
  const wallet = state.walletToChange(record.user_id, record.asset);
  const transfer: Transfer = {
    transfer_id,
    action: record.action,
    user_id: record.user_id,
    asset: record.asset,
    amount,
    timestamp: record.timestamp,
    actor: record.actor,
    status: 'APPLIED',
  };
  if (record.action === 'DEPOSIT') {
    if (wallet.net_deposits + amount > MAX_AMOUNT) transfer.status = 'BALANCE_LIMIT';
    else moveDeposit(wallet, amount);
  } else if (known !== undefined) {
    wallet.locked -= known.amount;
    moveWithdrawal(wallet, known.amount);
  } else if (!rebuilding && wallet.balance - wallet.locked < amount) {
    transfer.status = 'INSUFFICIENT_FUNDS';
  } else {
    moveWithdrawal(wallet, amount);
  }
  if (transfer.status === 'APPLIED')
    state.changes?.supply(record.asset, record.action === 'DEPOSIT' ? transfer.amount : -transfer.amount);
  state.transfers.set(transfer_id, transfer);
  state.changes?.transfers.add(transfer_id);
  return resultOf(transfer, 'APPLIED');
}

function moveDeposit(wallet: Wallet, amount: number): void {
  wallet.cost = costAfterDeposit(wallet, wallet.balance, amount);
  wallet.balance += amount;
  wallet.net_deposits += amount;
}

function moveWithdrawal(wallet: Wallet, amount: number): void {
  if (wallet.cost_asset !== null)
    Object.assign(
      wallet,
      costAfter(wallet, wallet.balance, { asset: wallet.cost_asset, bought: 0, paid: 0, sold: amount }),
    );
  wallet.balance -= amount;
  wallet.net_deposits -= amount;
}

function resultOf(transfer: Transfer, kind: 'APPLIED' | 'DUPLICATE'): LedgerResult {
  const { transfer_id, status } = transfer;
  if (status === 'BALANCE_LIMIT' || status === 'INSUFFICIENT_FUNDS')
    return { transfer_id, kind: 'REFUSED', code: status };
  return { transfer_id, kind };
}
