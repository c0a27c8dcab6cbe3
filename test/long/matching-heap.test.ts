import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flatHeap } from '../../bench/lib/flat-heap.ts';
import { generate } from '../../bench/lib/generator.ts';
import { DEFAULTS } from '../../bench/lib/matching-rig.ts';

const MESSAGES = 100_000_000;
/** Leaves room for the test runner's own bookkeeping: a hundredth of a byte per message. */
const SLACK_BYTES = 1_000_000;

test(`the heap is flat over ${MESSAGES} messages`, { timeout: 1_200_000 }, async () => {
  const { heap_before, heap_after, messages } = await flatHeap(generate('normal', 1_000_000, 7), DEFAULTS, MESSAGES);
  assert.ok(messages >= MESSAGES);
  assert.ok(heap_after - heap_before < SLACK_BYTES, `${heap_before} -> ${heap_after} bytes`);
});
