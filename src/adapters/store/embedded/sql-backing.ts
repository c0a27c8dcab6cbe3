import type { CheckpointRow, CheckpointTable } from '../../../ports/store.ts';
import { orderOf, transferOf } from '../memory/checkpoint.ts';
import type { OrderRow, Transfer } from '../memory/state.ts';
import type { SqlDriver } from '../sql/driver.ts';
import { Questions } from '../sql/questions.ts';
import { SqlStore } from '../sql/store.ts';
import { text, textArray } from '../sql/values.ts';
import type { Backing, ClientKey, Cut } from './backing.ts';
import { CUTS, statementsOf } from './statements.ts';

/** The tables that are held in memory, with their keys, and which of their rows. */
const HELD: [table: CheckpointTable, key: readonly string[], where: string][] = [
  ['assets', ['code'], 'true'],
  ['instruments', ['symbol'], 'true'],
  ['wallets', ['user_id', 'asset'], 'true'],
  ['orders', ['order_id'], 'open'],
  ['replace_holds', ['request_id'], 'true'],
  ['transfers', ['transfer_id'], "status = 'HELD'"],
  ['applied_seq', ['consumer', 'symbol'], "consumer = 'fill-processor'"],
  ['positions', ['consumer', 'topic', 'partition'], 'true'],
];

/** The schema of the SQL store, behind tables in memory. */
export class SqlBacking implements Backing {
  readonly store: SqlStore;
  readonly #driver: SqlDriver;
  readonly #questions: Questions;

  constructor(driver: SqlDriver) {
    this.#driver = driver;
    this.#questions = new Questions(driver);
    this.store = new SqlStore(driver);
  }

  async *load(): AsyncIterable<CheckpointRow[]> {
    for (const [table, key, where] of HELD) {
      const select = `SELECT ${key.join(', ')}, to_jsonb(t)::text AS row FROM ${table} t WHERE ${where}`;
      for await (const page of this.#questions.pages(select, key))
        yield page.map(({ row }) => ({ table, row: JSON.parse(text(row)) }));
    }
  }

  async write(cut: Cut): Promise<void> {
    await this.#driver.transaction(statementsOf(cut), 'consumer');
  }

  async lastCut(): Promise<number> {
    const [row] = await this.#questions.rows('SELECT next_offset FROM positions WHERE consumer = $1::text', [CUTS]);
    return row === undefined ? 0 : Number(row.next_offset);
  }

  async ordersById(ids: readonly string[]): Promise<OrderRow[]> {
    const sql = 'SELECT to_jsonb(o)::text AS row FROM orders o WHERE order_id = ANY ($1::text::text[])';
    return (await this.#rows(sql, [textArray(ids)])).map(orderOf);
  }

  async ordersByClientId(keys: readonly ClientKey[]): Promise<OrderRow[]> {
    const sql = `SELECT to_jsonb(o)::text AS row FROM unnest($1::text::text[], $2::text::text[]) AS u(user_id, client_order_id)
      JOIN orders o ON o.user_id = u.user_id AND o.client_order_id = u.client_order_id`;
    const users = textArray(keys.map((key) => key.user_id));
    const clientIds = textArray(keys.map((key) => key.client_order_id));
    return (await this.#rows(sql, [users, clientIds])).map(orderOf);
  }

  async transfersById(ids: readonly string[]): Promise<Transfer[]> {
    const sql = 'SELECT to_jsonb(t)::text AS row FROM transfers t WHERE transfer_id = ANY ($1::text::text[])';
    return (await this.#rows(sql, [textArray(ids)])).map(transferOf);
  }

  async *clientKeys(): AsyncIterable<ClientKey[]> {
    const select = 'SELECT order_id, user_id, client_order_id FROM orders WHERE client_order_id IS NOT NULL';
    for await (const page of this.#questions.pages(select, ['order_id']))
      yield page.map((row) => ({ user_id: text(row.user_id), client_order_id: text(row.client_order_id) }));
  }

  async #rows(sql: string, params: readonly string[]): Promise<Record<string, unknown>[]> {
    const rows = await this.#questions.rows(sql, params);
    return rows.map(({ row }) => JSON.parse(text(row)));
  }
}
