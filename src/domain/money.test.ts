import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { feeOf, formatDecimal, MAX_AMOUNT, notional, parseDecimal, toDecimal, toDecimalNumber } from './money.ts';
import '../../test/support/property-seed.ts';

test('human decimals become integers exactly', () => {
  assert.equal(parseDecimal('250.5', 2), 25_050);
  assert.equal(parseDecimal(250.5, 2), 25_050);
  assert.equal(parseDecimal(0.1, 1), 1);
  assert.equal(parseDecimal('1.10', 1), 11);
  assert.equal(parseDecimal('1e3', 0), 1_000);
  assert.equal(parseDecimal('1.5e-7', 8), 15);
  assert.equal(parseDecimal(1e-7, 8), 10);
  assert.equal(parseDecimal('-3.25', 2), -325);
  assert.equal(parseDecimal('9007199254740991', 0), MAX_AMOUNT);
  assert.equal(parseDecimal('0.000', 0), 0);
});

test('what is no decimal of the unit says why', () => {
  for (const junk of [
    '',
    ' 1',
    '1 ',
    '1.',
    '.5',
    '0x10',
    'NaN',
    'Infinity',
    '1e9999',
    '1_000',
    '１',
    null,
    {},
    [],
    true,
  ]) {
    assert.equal(parseDecimal(junk, 2), 'NOT_A_DECIMAL', JSON.stringify(junk));
  }
  assert.equal(parseDecimal('250.505', 2), 'TOO_MANY_DECIMALS');
  assert.equal(parseDecimal(0.5, 0), 'TOO_MANY_DECIMALS');
  assert.equal(parseDecimal('9007199254740992', 0), 'OUT_OF_RANGE');
  assert.equal(parseDecimal('1e300', 0), 'OUT_OF_RANGE');
});

test('every amount reads back as itself, as text and as a JSON number', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.integer({ min: 0, max: 8 }), (units, decimals) => {
      assert.equal(parseDecimal(formatDecimal(units, decimals), decimals), units === 0 ? 0 : units);
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 46 }), fc.integer({ min: 0, max: 8 }), (units, decimals) => {
      assert.equal(parseDecimal(toDecimalNumber(units, decimals), decimals), units);
    }),
  );
});

test('an amount of any size is written in JSON exact to the unit', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: MAX_AMOUNT }), fc.integer({ min: 0, max: 9 }), (units, decimals) => {
      const written = JSON.stringify(toDecimal(units, decimals));
      assert.equal(parseDecimal(written, decimals), units);
      assert.equal(typeof JSON.parse(written), 'number');
    }),
  );
  assert.equal(JSON.stringify(toDecimal(MAX_AMOUNT, 6)), '9007199254.740991');
  assert.equal(toDecimal(25_050, 2), 250.5);
});

test('a fee is the floor of the exact product over the whole range', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: MAX_AMOUNT }), fc.integer({ min: 0, max: 10_000 }), (amount, bps) => {
      assert.equal(BigInt(feeOf(amount, bps)), (BigInt(amount) * BigInt(bps)) / 10_000n);
    }),
  );
});

test('a notional past the largest amount is refused, not rounded', () => {
  assert.equal(notional(2 ** 31 - 1, 2 ** 22, 1), (2 ** 31 - 1) * 2 ** 22);
  assert.equal(notional(2 ** 31 - 1, 2 ** 31 - 1, 1), undefined);
});
