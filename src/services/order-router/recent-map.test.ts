import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentMap } from './recent-map.ts';

test('the newest entries are kept, whatever is set again', () => {
  const map = new RecentMap<number, string>(3);
  for (const key of [1, 2, 3]) map.set(key, `a${key}`);
  map.set(2, 'b2');
  assert.deepEqual(
    [1, 2, 3].map((key) => map.get(key)),
    ['a1', 'b2', 'a3'],
  );
  for (const key of [4, 5]) map.set(key, `a${key}`);
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((key) => map.get(key)),
    [undefined, undefined, 'a3', 'a4', 'a5'],
  );
});
