import type { Asset, Instrument } from '../../../domain/instrument.ts';
import { isFinal } from '../../../domain/order.ts';
import type {
  ClientOrder,
  OrdersQuery,
  StoredFill,
  StoredOrder,
  StoredTrade,
  StoredTransfer,
  StoredWallet,
  StoreRow,
} from '../../../ports/store.ts';
import { decodeFillCursor, decodeOrderCursor, encodeCursor } from '../pages.ts';
import type { Row, SqlDriver } from './driver.ts';
import { fillOf, ORDER_COLUMNS, orderOf, tradeOf } from './rows.ts';
import { int, oneOf, text, textArray, textOrNull } from './values.ts';

/** Rows in one page of a dump. */
const DUMP_PAGE = 2_000;

/** What the store is asked. Each question is one statement on an index. */
export class Questions {
  readonly #driver: SqlDriver;

  constructor(driver: SqlDriver) {
    this.#driver = driver;
  }

  async rows(sql: string, params: readonly (string | null)[] = []): Promise<Row[]> {
    const [rows = []] = await this.#driver.transaction([{ sql, params }], 'question');
    return rows;
  }

  async instruments(): Promise<Instrument[]> {
    const rows = await this.rows('SELECT definition::text AS definition FROM instruments ORDER BY symbol');
    return rows.map((row): Instrument => JSON.parse(text(row.definition)));
  }

  async assets(): Promise<Asset[]> {
    const rows = await this.rows('SELECT code, decimals, kind FROM assets ORDER BY code');
    return rows.map((row) => ({ code: text(row.code), decimals: int(row.decimals), kind: oneOf(row.kind) }));
  }

  async order(orderId: string): Promise<StoredOrder | undefined> {
    const [row] = await this.rows(`SELECT ${ORDER_COLUMNS} FROM orders WHERE order_id = $1::text`, [orderId]);
    return row === undefined ? undefined : orderOf(row);
  }

  async transfer(transferId: string): Promise<StoredTransfer | undefined> {
    const [row] = await this.rows(
      'SELECT transfer_id, action, user_id, asset, amount, status FROM transfers WHERE transfer_id = $1::text',
      [transferId],
    );
    if (row === undefined) return undefined;
    return {
      transfer_id: text(row.transfer_id),
      action: oneOf(row.action),
      user_id: text(row.user_id),
      asset: text(row.asset),
      amount: int(row.amount),
      status: oneOf(row.status),
    };
  }

  async orders(query: OrdersQuery): Promise<{ orders: StoredOrder[]; next_cursor?: string }> {
    const params: string[] = [query.user_id];
    const bind = (value: string) => `$${params.push(value)}::text`;
    let where = 'user_id = $1::text';
    if (query.symbol !== undefined) where += ` AND symbol = ${bind(query.symbol)}`;
    if (query.client_order_id !== undefined) where += ` AND client_order_id = ${bind(query.client_order_id)}`;
    if (query.status !== undefined) {
      where += ` AND status = ANY (${bind(textArray(query.status))}::text[])`;
      if (!query.status.some(isFinal)) where += ' AND open';
    }
    if (query.cursor !== undefined) {
      const { created_at, order_id } = decodeOrderCursor(query.cursor);
      where += ` AND (created_at, order_id) < (${bind(String(created_at))}::bigint, ${bind(order_id)})`;
    }
    const rows = await this.rows(
      `SELECT ${ORDER_COLUMNS} FROM orders WHERE ${where}
       ORDER BY created_at DESC, order_id DESC LIMIT ${bind(String(query.limit + 1))}::integer`,
      params,
    );
    const orders = rows.slice(0, query.limit).map(orderOf);
    const last = orders.at(-1);
    if (last === undefined || rows.length === orders.length) return { orders };
    return { orders, next_cursor: encodeCursor([last.created_at, last.order_id]) };
  }

  async clientOrder(userId: string, clientOrderId: string): Promise<ClientOrder | undefined> {
    const [row] = await this.rows(
      `SELECT ${ORDER_COLUMNS}, content_hash FROM orders WHERE user_id = $1::text AND client_order_id = $2::text`,
      [userId, clientOrderId],
    );
    return row === undefined ? undefined : { order: orderOf(row), content_hash: textOrNull(row.content_hash) ?? '' };
  }

  async fills(query: {
    user_id: string;
    symbol?: string;
    limit: number;
    cursor?: string;
  }): Promise<{ fills: StoredFill[]; next_cursor?: string }> {
    const params: string[] = [query.user_id];
    const bind = (value: string) => `$${params.push(value)}::text`;
    let where = '';
    if (query.symbol !== undefined) where += ` AND symbol = ${bind(query.symbol)}`;
    if (query.cursor !== undefined) {
      const { timestamp, symbol, seq, side } = decodeFillCursor(query.cursor);
      const at = `${bind(String(timestamp))}::bigint`;
      where += ` AND traded_at <= ${at} AND (traded_at, symbol, seq, side) < (${at}, ${bind(symbol)}, ${bind(String(seq))}::bigint, ${bind(side)})`;
    }
    const limit = `${bind(String(query.limit + 1))}::integer`;
    const sideOf = (side: 'BUY' | 'SELL', party: 'buyer' | 'seller') =>
      `SELECT * FROM (SELECT trade_id, symbol, seq, traded_at, price, quantity, amount, taker_side,
         '${side}' COLLATE "C" AS side, ${party}_order_id AS order_id, ${party}_fee AS fee
       FROM trade_history WHERE ${party}_user_id = $1::text) AS ${party}
       WHERE true ${where} ORDER BY traded_at DESC, symbol DESC, seq DESC LIMIT ${limit}`;
    const rows = await this.rows(
      `(${sideOf('BUY', 'buyer')}) UNION ALL (${sideOf('SELL', 'seller')})
       ORDER BY traded_at DESC, symbol DESC, seq DESC, side DESC LIMIT ${limit}`,
      params,
    );
    const page = rows.slice(0, query.limit).map(fillOf);
    const fills = page.map(({ seq: _seq, ...fill }) => fill);
    const last = page.at(-1);
    if (last === undefined || rows.length === page.length) return { fills };
    return { fills, next_cursor: encodeCursor([last.timestamp, last.symbol, last.seq, last.side]) };
  }

  async wallets(userId: string): Promise<StoredWallet[]> {
    const rows = await this.rows(
      `SELECT w.asset, a.kind, a.decimals, w.balance, w.locked, w.cost, w.cost_asset
       FROM wallets w JOIN assets a ON a.code = w.asset WHERE w.user_id = $1::text ORDER BY w.asset`,
      [userId],
    );
    return rows.map((row) => {
      const priced = row.kind === 'SECURITY' && row.cost_asset !== null;
      return {
        asset: text(row.asset),
        kind: oneOf(row.kind),
        decimals: int(row.decimals),
        balance: int(row.balance),
        locked: int(row.locked),
        cost: priced ? int(row.cost) : null,
        cost_asset: priced ? textOrNull(row.cost_asset) : null,
      };
    });
  }

  async openSymbols(userId: string): Promise<string[]> {
    const rows = await this.rows(
      'SELECT DISTINCT symbol FROM orders WHERE user_id = $1::text AND open ORDER BY symbol',
      [userId],
    );
    return rows.map((row) => text(row.symbol));
  }

  async trades(symbol: string, limit: number): Promise<StoredTrade[]> {
    const rows = await this.rows(
      `SELECT trade_id, price, quantity, taker_side, traded_at FROM trade_history WHERE symbol = $1::text
       ORDER BY traded_at DESC, seq DESC LIMIT $2::text::integer`,
      [symbol, String(limit)],
    );
    return rows.map(tradeOf);
  }

  /** Empty wallets are left out: whether one was ever touched is no fact about money. */
  async *dump(): AsyncIterable<StoreRow> {
    for (const row of await this.assets()) yield { table: 'asset', row };
    for (const row of await this.instruments()) yield { table: 'instrument', row };
    for await (const row of this.#pages(
      'SELECT user_id, asset, balance, locked FROM wallets WHERE (balance <> 0 OR locked <> 0)',
      ['user_id', 'asset'],
    )) {
      const wallet = { user_id: text(row.user_id), asset: text(row.asset) };
      yield { table: 'wallet', row: { ...wallet, balance: int(row.balance), locked: int(row.locked) } };
    }
    for await (const row of this.#pages(`SELECT ${ORDER_COLUMNS} FROM orders WHERE true`, ['order_id']))
      yield { table: 'order', row: orderOf(row) };
    for await (const row of this.#pages('SELECT * FROM trade_history WHERE true', ['symbol', 'traded_at', 'seq'])) {
      const parties = { buyer_order_id: text(row.buyer_order_id), seller_order_id: text(row.seller_order_id) };
      const place = { symbol: text(row.symbol), seq: int(row.seq), amount: int(row.amount) };
      yield { table: 'trade', row: { ...tradeOf(row), ...place, ...parties } };
    }
    for await (const row of this.#pages('SELECT consumer, symbol, seq FROM applied_seq WHERE true', [
      'consumer',
      'symbol',
    ]))
      yield {
        table: 'applied_seq',
        row: { consumer: oneOf(row.consumer), symbol: text(row.symbol), seq: int(row.seq) },
      };
  }

  async *#pages(select: string, key: readonly string[]): AsyncIterable<Row> {
    for await (const rows of this.pages(select, key)) yield* rows;
  }

  /** All rows in the order of a unique key, a page at a time. */
  async *pages(select: string, key: readonly string[]): AsyncIterable<Row[]> {
    const columns = key.join(', ');
    let after: string[] | undefined;
    for (;;) {
      const bound = key.map((column, index) => `$${index + 1}::text${NUMBERS.has(column) ? '::bigint' : ''}`);
      const where = after === undefined ? '' : ` AND (${columns}) > (${bound.join(', ')})`;
      const rows = await this.rows(`${select}${where} ORDER BY ${columns} LIMIT ${DUMP_PAGE}`, after ?? []);
      if (rows.length > 0) yield rows;
      const last = rows.at(-1);
      if (last === undefined || rows.length < DUMP_PAGE) return;
      after = key.map((column) => String(last[column]));
    }
  }
}

const NUMBERS = new Set(['traded_at', 'seq', 'partition']);
