import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAmount, typedNumber } from './numbers.ts';

test('typed numbers lose their separators and spaces, and wide digits become plain ones', () => {
  for (const text of ['1234.5', ' 1,234.5 ', '１，２３４．５']) assert.equal(typedNumber(text), '1234.5', text);
});

test('an amount is a number above zero', () => {
  for (const text of ['1', '0.0001', '1e3']) assert.ok(isAmount(text), text);
  for (const text of ['', '0', '-5', 'abc', '1 2', '.', 'NaN']) assert.ok(!isAmount(text), text);
});
