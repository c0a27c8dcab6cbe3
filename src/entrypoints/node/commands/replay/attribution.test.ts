import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Attribution } from './attribution.ts';

const outcome = (order_id: string, seq: number, event: string) => ({ order_id, seq, event, at_ms: 0 });
const fill = (order_id: string, seq: number, side: 'BUY' | 'SELL', at_ms = 0) => ({
  order_id,
  seq,
  side,
  at_ms,
  trade_id: `T-${seq}`,
  price: 100,
  quantity: 5,
});

test('the order that entered the book last took the other, and its row is named', () => {
  const attribution = new Attribution();
  attribution.placed('x1', 'csv1', { idx: 0, sent_ms: 1 });
  attribution.placed('x2', 'csv2', { idx: 1, sent_ms: 2 });
  for (const message of [outcome('x1', 1, 'ACCEPTED'), outcome('x2', 2, 'ACCEPTED')]) attribution.onOutcome(message);
  attribution.onFill(fill('x1', 3, 'BUY', 9));
  attribution.onFill(fill('x2', 3, 'SELL', 7));
  assert.deepEqual(attribution.fills(), [
    {
      idx: 1,
      aggressor_id: 'csv2',
      resting_id: 'csv1',
      aggressor_side: 'SELL',
      price: 100,
      quantity: 5,
      latency_ms: 5,
    },
  ]);
});

test('a trade of a replaced order belongs to the replace that caused it; a refused replace causes none', () => {
  const attribution = new Attribution();
  attribution.placed('x1', 'csv1', { idx: 0, sent_ms: 0 });
  attribution.placed('x2', 'csv2', { idx: 1, sent_ms: 0 });
  attribution.replaced('x1', { idx: 2, sent_ms: 0 });
  attribution.replaced('x1', { idx: 3, sent_ms: 0 });
  // Sockets of two accounts deliver out of step: the engine's seq decides, not the time of arrival.
  attribution.onFill(fill('x2', 5, 'SELL'));
  attribution.onFill(fill('x1', 5, 'BUY'));
  attribution.onOutcome(outcome('x1', 3, 'REPLACE_REJECTED'));
  attribution.onOutcome(outcome('x1', 4, 'REPLACED'));
  attribution.onOutcome(outcome('x2', 2, 'ACCEPTED'));
  attribution.onOutcome(outcome('x1', 1, 'ACCEPTED'));
  const [taken] = attribution.fills();
  assert.deepEqual([taken?.idx, taken?.aggressor_id, taken?.aggressor_side], [3, 'csv1', 'BUY']);
  assert.equal(attribution.outcomes, 4);
});

test('an id that comes back names the order of its time', () => {
  const attribution = new Attribution();
  attribution.placed('x1', 'iceberg', { idx: 0, sent_ms: 0 });
  attribution.placed('x2', 'taker', { idx: 1, sent_ms: 0 });
  attribution.placed('x3', 'iceberg', { idx: 2, sent_ms: 0 });
  ['x1', 'x2'].forEach((id, i) => {
    attribution.onOutcome(outcome(id, i + 1, 'ACCEPTED'));
  });
  attribution.onFill(fill('x1', 3, 'SELL'));
  attribution.onFill(fill('x2', 3, 'BUY'));
  attribution.onOutcome(outcome('x3', 4, 'ACCEPTED'));
  attribution.onFill(fill('x3', 5, 'SELL'));
  attribution.onFill(fill('x2', 5, 'BUY'));
  assert.deepEqual(
    attribution.fills().map(({ idx, aggressor_id, resting_id }) => [idx, aggressor_id, resting_id]),
    [
      [1, 'taker', 'iceberg'],
      [2, 'iceberg', 'taker'],
    ],
  );
});
