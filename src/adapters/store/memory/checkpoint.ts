import type { CheckpointRow, ConsumerName } from '../../../ports/store.ts';
import { int, intOrNull, oneOf, text, textOrNull } from '../sql/values.ts';
import type { OrderRow, State, TradeRow, Transfer } from './state.ts';

const PAGE = 2_000;

/** The state as rows of the schema's tables, by their column names. */
export function* exportRows(state: State): Iterable<CheckpointRow[]> {
  let page: CheckpointRow[] = [];
  for (const row of rowsOf(state)) {
    page.push(row);
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

function* rowsOf(state: State): Iterable<CheckpointRow> {
  for (const asset of state.assets.values()) yield { table: 'assets', row: { ...asset } };
  for (const definition of state.instruments.values())
    yield { table: 'instruments', row: { symbol: definition.symbol, definition } };
  const supplies = new Map<string, number>();
  for (const wallets of state.wallets.values())
    for (const wallet of wallets.values()) {
      yield { table: 'wallets', row: { ...wallet } };
      supplies.set(wallet.asset, (supplies.get(wallet.asset) ?? 0) + wallet.net_deposits);
    }
  for (const [asset, amount] of supplies) yield { table: 'supplies', row: { asset, amount } };
  for (const order of state.orders.values()) yield { table: 'orders', row: orderColumns(order) };
  for (const held of state.replaceHolds.values()) yield { table: 'replace_holds', row: { ...held } };
  for (const { timestamp, ...transfer } of state.transfers.values())
    yield { table: 'transfers', row: { ...transfer, created_at: timestamp } };
  for (const trades of state.trades.values())
    for (const { timestamp, ...trade } of trades)
      yield { table: 'trade_history', row: { ...trade, traded_at: timestamp } };
  for (const [key, seq] of state.applied) {
    const [consumer, symbol] = key.split(' ');
    yield { table: 'applied_seq', row: { consumer, symbol, seq } };
  }
  for (const [key, next_offset] of state.positions) {
    const [consumer, topic, partition] = key.split(' ');
    yield { table: 'positions', row: { consumer, topic, partition: Number(partition), next_offset } };
  }
}

function orderColumns({ side: _side, ...order }: OrderRow): Record<string, unknown> {
  const final = ['FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED'].includes(order.status);
  return { ...order, content_hash: order.content_hash === '' ? null : order.content_hash, open: !final, prev_hold: 0 };
}

export function importRow(state: State, { table, row }: CheckpointRow): void {
  switch (table) {
    case 'assets':
      state.assets.set(text(row.code), { code: text(row.code), decimals: int(row.decimals), kind: oneOf(row.kind) });
      return;
    case 'instruments':
      // A definition is kept as it came: the schema of a checkpoint's version vouches for its shape.
      state.instruments.set(text(row.symbol), JSON.parse(JSON.stringify(row.definition)));
      return;
    case 'wallets': {
      const wallet = state.walletOrNew(text(row.user_id), text(row.asset));
      const { balance, locked, net_deposits, cost } = row;
      Object.assign(wallet, { balance: int(balance), locked: int(locked), net_deposits: int(net_deposits) });
      Object.assign(wallet, { cost: int(cost), cost_asset: textOrNull(row.cost_asset) });
      return;
    }
    case 'supplies':
      return;
    case 'orders':
      state.addOrder(orderOf(row));
      return;
    case 'replace_holds':
      state.replaceHolds.set(text(row.request_id), {
        request_id: text(row.request_id),
        order_id: text(row.order_id),
        amount: int(row.amount),
      });
      return;
    case 'transfers':
      state.transfers.set(text(row.transfer_id), transferOf(row));
      return;
    case 'trade_history':
      state.addTrade(tradeOf(row));
      return;
    case 'applied_seq':
      state.applied.set(`${oneOf<ConsumerName>(row.consumer)} ${text(row.symbol)}`, int(row.seq));
      return;
    case 'positions':
      state.positions.set(`${text(row.consumer)} ${text(row.topic)} ${int(row.partition)}`, int(row.next_offset));
  }
}

/** An order from a row of its table. */
export function orderOf(row: Record<string, unknown>): OrderRow {
  const ints = (...names: string[]) => Object.fromEntries(names.map((name) => [name, int(row[name])]));
  const numbers = ints('price', 'quantity', 'filled_qty', 'remaining_qty', 'filled_notional', 'hold', 'replace_hold');
  const terms = ints(
    'amount_scale',
    'base_scale',
    'maker_fee_bps',
    'taker_fee_bps',
    'route_epoch',
    'created_at',
    'updated_at',
  );
  const isBuy = row.is_buy === true;
  return {
    ...(numbers as Pick<
      OrderRow,
      'price' | 'quantity' | 'filled_qty' | 'remaining_qty' | 'filled_notional' | 'hold' | 'replace_hold'
    >),
    ...(terms as Pick<
      OrderRow,
      'amount_scale' | 'base_scale' | 'maker_fee_bps' | 'taker_fee_bps' | 'route_epoch' | 'created_at' | 'updated_at'
    >),
    order_id: text(row.order_id),
    client_order_id: textOrNull(row.client_order_id),
    content_hash: textOrNull(row.content_hash) ?? '',
    user_id: text(row.user_id),
    symbol: text(row.symbol),
    side: isBuy ? 'BUY' : 'SELL',
    is_buy: isBuy,
    order_type: oneOf(row.order_type),
    time_in_force: oneOf(row.time_in_force),
    stop_price: intOrNull(row.stop_price),
    display_quantity: intOrNull(row.display_quantity),
    post_only: row.post_only === true,
    stp: oneOf(row.stp),
    status: oneOf(row.status),
    reason: textOrNull(row.reason),
    hold_asset: text(row.hold_asset),
    credit_asset: text(row.credit_asset),
  };
}

/** A transfer from a row of its table. */
export function transferOf(row: Record<string, unknown>): Transfer {
  return {
    transfer_id: text(row.transfer_id),
    action: oneOf(row.action),
    user_id: text(row.user_id),
    asset: text(row.asset),
    amount: int(row.amount),
    timestamp: int(row.created_at),
    actor: text(row.actor),
    status: oneOf(row.status),
  };
}

function tradeOf(row: Record<string, unknown>): TradeRow {
  return {
    trade_id: text(row.trade_id),
    symbol: text(row.symbol),
    seq: int(row.seq),
    timestamp: int(row.traded_at),
    price: int(row.price),
    quantity: int(row.quantity),
    amount: int(row.amount),
    taker_side: oneOf(row.taker_side),
    buyer_order_id: text(row.buyer_order_id),
    buyer_user_id: text(row.buyer_user_id),
    buyer_fee: int(row.buyer_fee),
    seller_order_id: text(row.seller_order_id),
    seller_user_id: text(row.seller_user_id),
    seller_fee: int(row.seller_fee),
  };
}
