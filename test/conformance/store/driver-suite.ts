import assert from 'node:assert/strict';
import type { SqlDriver } from '../../../src/adapters/store/sql/driver.ts';
import { SqlError } from '../../../src/adapters/store/sql/driver.ts';

/** What the stores build on: statements of one transaction take effect all or not at all, and text comes back as it went. */
export async function checkDriver(driver: SqlDriver): Promise<void> {
  await driver.script('CREATE TABLE notes (id text PRIMARY KEY, body text)');
  const note = (id: string, body: string | null) => ({
    sql: 'INSERT INTO notes VALUES ($1::text, $2::text) RETURNING body',
    params: [id, body],
  });
  const all = { sql: 'SELECT id, body FROM notes ORDER BY id', params: [] };
  const failing = driver.transaction([note('a', 'x'), { sql: 'SELECT 1 / $1::text::integer', params: ['0'] }], 'entry');
  await assert.rejects(failing, (error) => error instanceof SqlError && error.sqlState === '22012');
  assert.deepEqual(await driver.transaction([all], 'question'), [[]]);
  const odd = `it's "quoted" \\ {1,2} $1 ; -- 한국거래소 \u{1f4c8}`;
  const answers = await driver.transaction([note('a', odd), note('b', null), all], 'entry');
  const rows = [
    { id: 'a', body: odd },
    { id: 'b', body: null },
  ];
  assert.deepEqual(answers, [[{ body: odd }], [{ body: null }], rows]);
  await assert.rejects(
    driver.script("INSERT INTO notes VALUES ('c', 'x'); INSERT INTO notes VALUES ('a', 'x');"),
    SqlError,
  );
  assert.deepEqual(await driver.transaction([all], 'question'), [rows]);
  await driver.script('DROP TABLE notes');
}
