import type { CheckpointRow, CheckpointTable } from '../../../ports/store.ts';
import type { SqlDriver } from './driver.ts';
import type { Questions } from './questions.ts';
import { text } from './values.ts';

/** Tables with a unique key to page by, and the columns that others make (generated ones are left to the database). */
const KEYS: Record<CheckpointTable, readonly string[]> = {
  assets: ['code'],
  instruments: ['symbol'],
  wallets: ['user_id', 'asset'],
  supplies: ['asset'],
  orders: ['order_id'],
  replace_holds: ['request_id'],
  transfers: ['transfer_id'],
  trade_history: ['symbol', 'traded_at', 'seq'],
  applied_seq: ['consumer', 'symbol'],
  positions: ['consumer', 'topic', 'partition'],
};

const ROW: Partial<Record<CheckpointTable, string>> = {
  instruments: "jsonb_build_object('symbol', t.symbol, 'definition', t.definition)",
};

export async function* exportRows(questions: Questions): AsyncIterable<CheckpointRow[]> {
  for (const [table, key] of Object.entries(KEYS) as [CheckpointTable, readonly string[]][]) {
    const select = `SELECT ${key.join(', ')}, (${ROW[table] ?? 'to_jsonb(t)'})::text AS row FROM ${table} t WHERE true`;
    for await (const page of questions.pages(select, key))
      yield page.map(({ row }) => ({ table, row: JSON.parse(text(row)) }));
  }
}

export async function importRows(driver: SqlDriver, rows: readonly CheckpointRow[]): Promise<void> {
  const statements = [...Map.groupBy(rows, ({ table }) => table)].map(([table, group]) => ({
    sql: 'SELECT import_rows($1::text, $2::text::jsonb)',
    params: [table, JSON.stringify(group.map(({ row }) => row))],
  }));
  if (statements.length > 0) await driver.transaction(statements, 'consumer');
}
