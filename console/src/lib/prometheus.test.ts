import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketsOf, quantileBetween, sumOf } from './prometheus.ts';

const TEXT = `# HELP orders_total Orders
orders_total{symbol="A"} 3
orders_total{symbol="B"} 4
orders_total_other 100
push_bucket{le="0.001"} 90
push_bucket{le="0.005"} 99
push_bucket{le="+Inf"} 100
push_count 100
`;

test('a metric is summed over its labels, and not over others that begin like it', () => {
  assert.equal(sumOf(TEXT, 'orders_total'), 7);
  assert.equal(sumOf(TEXT, 'orders'), 0);
});

test('a quantile is of what came between two readings', () => {
  const after = bucketsOf(TEXT, 'push');
  assert.deepEqual([...after.keys()], [0.001, 0.005, Number.POSITIVE_INFINITY]);
  assert.equal(quantileBetween(undefined, after, 0.5), 0.001);
  assert.equal(quantileBetween(undefined, after, 0.95), 0.005);
  assert.equal(quantileBetween(undefined, after, 1), 0.005, 'above all bounds: the largest that is known');
  const before = new Map([
    [0.001, 90],
    [0.005, 95],
    [Number.POSITIVE_INFINITY, 95],
  ]);
  assert.equal(quantileBetween(before, after, 0.5), 0.005);
  assert.equal(quantileBetween(after, after, 0.99), 0, 'nothing came');
});
