import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ColumnRoom, digitsWide } from './columns.ts';

test('separators take half the room of a digit', () => {
  assert.equal(digitsWide('1,234,567.8900'), 12.5);
  assert.equal(digitsWide(''), 0);
});

test('a column has room for the widest number that the market has shown, and never less than its heading needs', () => {
  const room = new ColumnRoom([5, 7]);
  assert.deepEqual(room.fit('A', []), [5, 7]);
  assert.deepEqual(room.fit('A', [['1,234,567', '12']]), [8, 7]);
  assert.deepEqual(room.fit('A', [['9', '123,456,789']]), [8, 10]);
  assert.deepEqual(room.fit('A', [['9', '1']]), [8, 10]);
  assert.deepEqual(room.fit('B', [['9', '1']]), [5, 7]);
});
