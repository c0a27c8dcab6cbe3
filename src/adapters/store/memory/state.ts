import type { Asset, Instrument } from '../../../domain/instrument.ts';
import type { AddRecord } from '../../../domain/records.ts';
import type { CostBasis } from '../../../ledger/cost.ts';
import type { FundedOrder } from '../../../ledger/settle.ts';
import type { ConsumerName, StoredOrder, StoredTrade } from '../../../ports/store.ts';

/** An order with everything that settlement, a replace, publication again and idempotency need of it. */
export interface OrderRow extends Omit<StoredOrder, 'hold'>, FundedOrder {
  hold_asset: string;
  credit_asset: string;
  display_quantity: number | null;
  route_epoch: number;
  content_hash: string;
}

export interface Wallet extends CostBasis {
  user_id: string;
  asset: string;
  balance: number;
  locked: number;
  /** Deposits less withdrawals: what the limit of a deposit is judged by, the same in every replay of the ledger. */
  net_deposits: number;
}

export interface ReplaceHold {
  request_id: string;
  order_id: string;
  amount: number;
}

export interface Transfer {
  transfer_id: string;
  action: 'DEPOSIT' | 'WITHDRAW';
  user_id: string;
  asset: string;
  amount: number;
  timestamp: number;
  actor: string;
  status: 'HELD' | 'APPLIED' | 'BALANCE_LIMIT' | 'INSUFFICIENT_FUNDS';
}

export interface TradeRow extends StoredTrade {
  symbol: string;
  seq: number;
  amount: number;
  buyer_order_id: string;
  buyer_user_id: string;
  buyer_fee: number;
  seller_order_id: string;
  seller_user_id: string;
  seller_fee: number;
}

/** What has changed since it was last written down elsewhere: rows themselves, or keys of what may also be gone. */
export class Changes {
  readonly added = new Set<OrderRow>();
  readonly changed = new Set<OrderRow>();
  /** Ids of orders that were forgotten after they had been written down. */
  readonly forgotten = new Set<string>();
  readonly wallets = new Set<Wallet>();
  /** By asset: what its deposits less withdrawals have changed by. */
  readonly supplies = new Map<string, number>();
  readonly replaceHolds = new Set<string>();
  readonly transfers = new Set<string>();
  readonly assets = new Set<string>();
  readonly instruments = new Set<string>();
  /** Keys of `applied` and of `positions`. */
  readonly applied = new Set<string>();
  readonly positions = new Set<string>();

  order(order: OrderRow): void {
    if (!this.added.has(order)) this.changed.add(order);
  }

  forget(order: OrderRow): void {
    this.changed.delete(order);
    if (!this.added.delete(order)) this.forgotten.add(order.order_id);
  }

  supply(asset: string, amount: number): void {
    this.supplies.set(asset, (this.supplies.get(asset) ?? 0) + amount);
  }
}

/** The tables of a store in memory. */
export class State {
  /** Where changes are noted, for a store that writes them down elsewhere. */
  changes: Changes | undefined;
  readonly assets = new Map<string, Asset>();
  readonly instruments = new Map<string, Instrument>();
  readonly orders = new Map<string, OrderRow>();
  /** Of each user, in order of entry. */
  readonly ordersOf = new Map<string, Set<OrderRow>>();
  /** By user, then client order id. */
  readonly clientOrders = new Map<string, Map<string, OrderRow>>();
  readonly pending = new Map<string, OrderRow>();
  readonly wallets = new Map<string, Map<string, Wallet>>();
  readonly replaceHolds = new Map<string, ReplaceHold>();
  readonly transfers = new Map<string, Transfer>();
  readonly trades = new Map<string, TradeRow[]>();
  readonly tradesOf = new Map<string, TradeRow[]>();
  /** Keys: `consumer symbol` and `consumer topic partition`. */
  readonly applied = new Map<string, number>();
  readonly positions = new Map<string, number>();

  wallet(userId: string, asset: string): Wallet | undefined {
    return this.wallets.get(userId)?.get(asset);
  }

  walletOrNew(userId: string, asset: string): Wallet {
    const wallets = getOrSet(this.wallets, userId, () => new Map<string, Wallet>());
    let wallet = wallets.get(asset);
    if (wallet === undefined) {
      wallet = { user_id: userId, asset, balance: 0, locked: 0, net_deposits: 0, cost: 0, cost_asset: null };
      wallets.set(asset, wallet);
    }
    return wallet;
  }

  /** A wallet that is about to change. */
  walletToChange(userId: string, asset: string): Wallet {
    const wallet = this.walletOrNew(userId, asset);
    this.changes?.wallets.add(wallet);
    return wallet;
  }

  addOrder(order: OrderRow): void {
    this.changes?.added.add(order);
    this.orders.set(order.order_id, order);
    getOrSet(this.ordersOf, order.user_id, () => new Set<OrderRow>()).add(order);
    if (order.status === 'PENDING') this.pending.set(order.order_id, order);
    if (order.client_order_id === null) return;
    getOrSet(this.clientOrders, order.user_id, () => new Map<string, OrderRow>()).set(order.client_order_id, order);
  }

  /** Its record surely never reached the log: it is forgotten. */
  forgetOrder(order: OrderRow): void {
    this.changes?.forget(order);
    this.dropOrder(order);
  }

  /** Takes an order out of memory. */
  dropOrder(order: OrderRow): void {
    this.orders.delete(order.order_id);
    this.pending.delete(order.order_id);
    dropFrom(this.ordersOf, order.user_id, (own) => own.delete(order));
    const { client_order_id: clientId } = order;
    if (clientId !== null) dropFrom(this.clientOrders, order.user_id, (own) => own.delete(clientId));
  }

  addTrade(trade: TradeRow): void {
    const own = (userId: string) => getOrSet(this.tradesOf, userId, () => []);
    getOrSet(this.trades, trade.symbol, () => []).push(trade);
    own(trade.buyer_user_id).push(trade);
    if (trade.seller_user_id !== trade.buyer_user_id) own(trade.seller_user_id).push(trade);
  }

  appliedSeq(consumer: ConsumerName, symbol: string): number {
    return this.applied.get(`${consumer} ${symbol}`) ?? 0;
  }
}

function dropFrom<T extends { size: number }>(groups: Map<string, T>, key: string, drop: (group: T) => void): void {
  const group = groups.get(key);
  if (group === undefined) return;
  drop(group);
  if (group.size === 0) groups.delete(key);
}

function getOrSet<T>(map: Map<string, T>, key: string, make: () => T): T {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

/** The record of an order as it was or will be published. */
export function toRecord(order: OrderRow): AddRecord {
  return {
    v: 1,
    action: 'ADD',
    symbol: order.symbol,
    timestamp: order.created_at,
    route_epoch: order.route_epoch,
    order_id: order.order_id,
    user_id: order.user_id,
    is_buy: order.is_buy,
    price: order.price,
    quantity: order.quantity,
    order_type: order.order_type,
    time_in_force: order.time_in_force,
    ...(order.post_only ? { post_only: true } : {}),
    ...(order.stop_price === null ? {} : { stop_price: order.stop_price }),
    ...(order.display_quantity === null ? {} : { display_quantity: order.display_quantity }),
    ...(order.stp === 'NONE' ? {} : { stp: order.stp }),
    ...(order.client_order_id === null
      ? {}
      : { client_order_id: order.client_order_id, content_hash: order.content_hash }),
    hold: order.hold,
    maker_fee_bps: order.maker_fee_bps,
    taker_fee_bps: order.taker_fee_bps,
  };
}

/** A new order's row. */
export function fromRecord(
  record: AddRecord,
  terms: Pick<OrderRow, 'hold_asset' | 'credit_asset' | 'amount_scale' | 'base_scale' | 'content_hash'>,
): OrderRow {
  return {
    order_id: record.order_id,
    client_order_id: record.client_order_id ?? null,
    user_id: record.user_id,
    symbol: record.symbol,
    side: record.is_buy ? 'BUY' : 'SELL',
    is_buy: record.is_buy,
    order_type: record.order_type,
    time_in_force: record.time_in_force,
    price: record.price,
    quantity: record.quantity,
    filled_qty: 0,
    remaining_qty: record.quantity,
    filled_notional: 0,
    stop_price: record.stop_price ?? null,
    post_only: record.post_only ?? false,
    stp: record.stp ?? 'NONE',
    status: 'PENDING',
    reason: null,
    hold: record.hold,
    replace_hold: 0,
    created_at: record.timestamp,
    updated_at: record.timestamp,
    maker_fee_bps: record.maker_fee_bps,
    taker_fee_bps: record.taker_fee_bps,
    display_quantity: record.display_quantity ?? null,
    route_epoch: record.route_epoch,
    hold_asset: terms.hold_asset,
    credit_asset: terms.credit_asset,
    amount_scale: terms.amount_scale,
    base_scale: terms.base_scale,
    content_hash: record.client_order_id === undefined ? '' : terms.content_hash,
  };
}

export function toStored(order: OrderRow): StoredOrder {
  return {
    order_id: order.order_id,
    client_order_id: order.client_order_id,
    user_id: order.user_id,
    symbol: order.symbol,
    side: order.side,
    order_type: order.order_type,
    time_in_force: order.time_in_force,
    price: order.price,
    quantity: order.quantity,
    filled_qty: order.filled_qty,
    remaining_qty: order.remaining_qty,
    filled_notional: order.filled_notional,
    stop_price: order.stop_price,
    post_only: order.post_only,
    stp: order.stp,
    status: order.status,
    reason: order.reason,
    hold: order.hold + order.replace_hold,
    created_at: order.created_at,
    updated_at: order.updated_at,
  };
}
