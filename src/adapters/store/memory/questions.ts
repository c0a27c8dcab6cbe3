import { isFinal } from '../../../domain/order.ts';
import type {
  OrdersQuery,
  StoredFill,
  StoredOrder,
  StoredTrade,
  StoredWallet,
  StoreRow,
} from '../../../ports/store.ts';
import { decodeFillCursor, decodeOrderCursor, encodeCursor } from '../pages.ts';
import { type OrderRow, type State, type TradeRow, toStored } from './state.ts';

export function orders(state: State, query: OrdersQuery): { orders: StoredOrder[]; next_cursor?: string } {
  const after = query.cursor === undefined ? undefined : decodeOrderCursor(query.cursor);
  const found = candidates(state, query)
    .filter((order) => query.symbol === undefined || order.symbol === query.symbol)
    .filter((order) => query.status === undefined || query.status.includes(order.status))
    .sort(newestFirst)
    .filter((order) => after === undefined || newestFirst(after, order) < 0);
  const page = found.slice(0, query.limit);
  const last = page.at(-1);
  if (last === undefined || found.length === page.length) return { orders: page.map(toStored) };
  return { orders: page.map(toStored), next_cursor: encodeCursor([last.created_at, last.order_id]) };
}

function candidates(state: State, query: OrdersQuery): OrderRow[] {
  if (query.client_order_id === undefined) return [...(state.ordersOf.get(query.user_id) ?? [])];
  const one = state.clientOrders.get(query.user_id)?.get(query.client_order_id);
  return one === undefined ? [] : [one];
}

function newestFirst(a: { created_at: number; order_id: string }, b: { created_at: number; order_id: string }): number {
  return b.created_at - a.created_at || (a.order_id < b.order_id ? 1 : a.order_id > b.order_id ? -1 : 0);
}

export function fills(
  state: State,
  query: { user_id: string; symbol?: string; limit: number; cursor?: string },
): { fills: StoredFill[]; next_cursor?: string } {
  const after = query.cursor === undefined ? undefined : decodeFillCursor(query.cursor);
  const found = (state.tradesOf.get(query.user_id) ?? [])
    .filter((trade) => query.symbol === undefined || trade.symbol === query.symbol)
    .flatMap((trade) => fillsOf(trade, query.user_id))
    .sort(newestFillFirst)
    .filter((fill) => after === undefined || newestFillFirst(after, fill) < 0);
  const page = found.slice(0, query.limit);
  const last = page.at(-1);
  const answer = page.map(({ seq: _seq, ...fill }) => fill);
  if (last === undefined || found.length === page.length) return { fills: answer };
  return { fills: answer, next_cursor: encodeCursor([last.timestamp, last.symbol, last.seq, last.side]) };
}

function newestFillFirst(
  a: { timestamp: number; symbol: string; seq: number; side: string },
  b: { timestamp: number; symbol: string; seq: number; side: string },
): number {
  return (
    b.timestamp - a.timestamp ||
    (a.symbol < b.symbol ? 1 : a.symbol > b.symbol ? -1 : 0) ||
    b.seq - a.seq ||
    (a.side < b.side ? 1 : a.side > b.side ? -1 : 0)
  );
}

function fillsOf(trade: TradeRow, userId: string): (StoredFill & { seq: number })[] {
  const { trade_id, symbol, price, quantity, amount, timestamp, seq } = trade;
  const common = { trade_id, symbol, price, quantity, amount, timestamp, seq };
  const fill = (side: 'BUY' | 'SELL', order_id: string, fee: number): StoredFill & { seq: number } => ({
    ...common,
    order_id,
    side,
    fee,
    liquidity: trade.taker_side === side ? 'TAKER' : 'MAKER',
  });
  return [
    ...(trade.buyer_user_id === userId ? [fill('BUY', trade.buyer_order_id, trade.buyer_fee)] : []),
    ...(trade.seller_user_id === userId ? [fill('SELL', trade.seller_order_id, trade.seller_fee)] : []),
  ];
}

export function wallets(state: State, userId: string): StoredWallet[] {
  const found: StoredWallet[] = [];
  for (const wallet of state.wallets.get(userId)?.values() ?? []) {
    const asset = state.assets.get(wallet.asset);
    if (asset === undefined) continue;
    const priced = asset.kind === 'SECURITY' && wallet.cost_asset !== null;
    found.push({
      asset: wallet.asset,
      kind: asset.kind,
      decimals: asset.decimals,
      balance: wallet.balance,
      locked: wallet.locked,
      cost: priced ? wallet.cost : null,
      cost_asset: priced ? wallet.cost_asset : null,
    });
  }
  return found.sort((a, b) => byText(a.asset, b.asset));
}

export function openSymbols(state: State, userId: string): string[] {
  const symbols = new Set<string>();
  for (const order of state.ordersOf.get(userId) ?? []) if (!isFinal(order.status)) symbols.add(order.symbol);
  return [...symbols].sort(byText);
}

export function trades(state: State, symbol: string, limit: number): StoredTrade[] {
  const newest = (state.trades.get(symbol) ?? []).slice(-limit).reverse();
  return newest.map(({ trade_id, price, quantity, taker_side, timestamp }) => ({
    trade_id,
    price,
    quantity,
    taker_side,
    timestamp,
  }));
}

/** Empty wallets are left out: whether one was ever touched is no fact about money. */
export function* dump(state: State): Iterable<StoreRow> {
  for (const row of [...state.assets.values()].sort((a, b) => byText(a.code, b.code))) yield { table: 'asset', row };
  for (const row of [...state.instruments.values()].sort((a, b) => byText(a.symbol, b.symbol)))
    yield { table: 'instrument', row };
  for (const userId of [...state.wallets.keys()].sort(byText)) {
    const own = [...(state.wallets.get(userId)?.values() ?? [])].sort((a, b) => byText(a.asset, b.asset));
    for (const { asset, balance, locked } of own)
      if (balance !== 0 || locked !== 0) yield { table: 'wallet', row: { user_id: userId, asset, balance, locked } };
  }
  for (const orderId of [...state.orders.keys()].sort(byText)) {
    const order = state.orders.get(orderId);
    if (order !== undefined) yield { table: 'order', row: toStored(order) };
  }
  for (const symbol of [...state.trades.keys()].sort(byText))
    for (const trade of state.trades.get(symbol) ?? []) yield { table: 'trade', row: tradeRow(trade) };
  for (const consumer of ['fill-processor', 'history-saver'] as const)
    for (const [symbol, seq] of appliedOf(state, consumer))
      yield { table: 'applied_seq', row: { consumer, symbol, seq } };
}

function tradeRow(trade: TradeRow) {
  const {
    buyer_user_id: _buyer,
    buyer_fee: _buyerFee,
    seller_user_id: _seller,
    seller_fee: _sellerFee,
    ...row
  } = trade;
  return row;
}

function appliedOf(state: State, consumer: string): [string, number][] {
  return [...state.applied]
    .filter(([key]) => key.startsWith(`${consumer} `))
    .map(([key, seq]): [string, number] => [key.slice(consumer.length + 1), seq])
    .sort(([a], [b]) => byText(a, b));
}

/** The order of bytes, which is that of the "C" collation in SQL. */
function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
