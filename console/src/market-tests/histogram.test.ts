import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BOUNDS_MS, LatencyHistogram } from './histogram.ts';

test('every latency is in one column, bounds belong to the column below', () => {
  const histogram = new LatencyHistogram();
  for (const ms of [0, 0.4, 1, 1.01, 10, 999, 1_000, 5_000]) histogram.add(ms);
  assert.equal(histogram.count, 8);
  assert.equal(
    histogram.columns.reduce((sum, count) => sum + count, 0),
    8,
  );
  const bounds: readonly number[] = BOUNDS_MS;
  const at = (bound: number) => histogram.columns[bounds.indexOf(bound)];
  assert.deepEqual([at(1), at(2), at(10), at(1_000), at(Number.POSITIVE_INFINITY)], [3, 1, 1, 2, 1]);
});

test('quantiles are within two per cent of the exact ones', () => {
  const histogram = new LatencyHistogram();
  assert.equal(histogram.quantile(0.5), 0);
  const all = Array.from({ length: 10_000 }, (_, index) => ((index * 7_919) % 10_000) / 37 + 0.1);
  for (const ms of all) histogram.add(ms);
  const sorted = all.toSorted((a, b) => a - b);
  for (const share of [0.5, 0.9, 0.99, 1]) {
    const exact = sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
    assert.ok(
      Math.abs(histogram.quantile(share) / exact - 1) < 0.021,
      `${share}: ${histogram.quantile(share)} ${exact}`,
    );
  }
  assert.equal(histogram.maxMs, sorted.at(-1));
});
