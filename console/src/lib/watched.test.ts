import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchedSymbols } from './watched.ts';

const none: ReadonlySet<string> = new Set();

test('all tickers are asked for where there are few, whatever is searched for', () => {
  assert.deepEqual(watchedSymbols(['A', 'B', 'C'], none, new Set(['B']), 3), ['A', 'B', 'C']);
});

test('of more symbols than the exchange sends, those that need a price come first, then those in sight', () => {
  const listed = ['A', 'B', 'C', 'D', 'E'];
  assert.deepEqual(watchedSymbols(listed, none, none, 3), ['A', 'B', 'C']);
  assert.deepEqual(watchedSymbols(listed, new Set(['E']), new Set(['C', 'D']), 3), ['C', 'D', 'E']);
  assert.deepEqual(watchedSymbols(listed, new Set(['E']), new Set(['C', 'D']), 1), ['E']);
  const many = Array.from({ length: 5_000 }, (_, index) => `S${index}`);
  assert.equal(watchedSymbols(many, none, none).length, 500);
});
