import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Past } from './past.ts';

const row = (id: number, at = id) => ({ id: String(id), at });
const past = (kept: number) =>
  new Past<{ id: string; at: number }>(
    ({ id }) => id,
    ({ at }) => at,
    kept,
  );
const ids = (rows: Past<{ id: string; at: number }>) => rows.all.map(({ id }) => Number(id));

test('what was read stays, newest first, each once; of what came by itself only so much', () => {
  const rows = past(3);
  rows.add([row(2), row(1)]);
  rows.add([row(3), row(2)]);
  assert.deepEqual(ids(rows), [3, 2, 1]);
  rows.add([row(5), row(4)]);
  assert.deepEqual(ids(rows), [5, 4, 3]);
});

test('pages that were asked for stay behind what comes', () => {
  const rows = past(2);
  rows.add([row(9), row(8)]);
  rows.addOlder([row(8), row(7), row(6)]);
  rows.addOlder([row(5)]);
  rows.add([row(11), row(10)]);
  assert.deepEqual(ids(rows), [11, 10, 8, 7, 6, 5]);
  rows.clear();
  assert.deepEqual(ids(rows), []);
});
