import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Instrument,
  isOnTick,
  priceLimits,
  roundDownToTick,
  roundUpToTick,
  tickAt,
  tickBandsAt,
} from './instrument.ts';
import '../../test/support/property-seed.ts';

const KRX = [
  { from: 0, tick: 1 },
  { from: 2_000, tick: 5 },
  { from: 5_000, tick: 10 },
  { from: 20_000, tick: 50 },
  { from: 50_000, tick: 100 },
  { from: 200_000, tick: 500 },
  { from: 500_000, tick: 1_000 },
];

function stock(fields: Partial<Instrument>): Instrument {
  return {
    symbol: 'TEST',
    name: 'Test',
    base: 'TEST',
    quote: 'KRW',
    base_decimals: 0,
    quote_decimals: 0,
    price_decimals: 0,
    quantity_decimals: 0,
    amount_scale: 1,
    base_scale: 1,
    tick_tables: [{ effective_at: 0, bands: KRX }],
    lot_size: 1,
    max_quantity: 1_000_000,
    reference_price: null,
    price_limit_bps: 3_000,
    status: 'ACTIVE',
    calendar: 'ALWAYS',
    maker_fee_bps: 0,
    taker_fee_bps: 0,
    ...fields,
  };
}

test('the tick follows the band of the price', () => {
  assert.equal(tickAt(KRX, 1_999), 1);
  assert.equal(tickAt(KRX, 2_000), 5);
  assert.equal(tickAt(KRX, 499_999), 500);
  assert.equal(tickAt(KRX, 3_000_000), 1_000);
});

test('a tick table takes over on its date', () => {
  const instrument = stock({
    tick_tables: [
      { effective_at: 0, bands: [{ from: 0, tick: 10 }] },
      { effective_at: 1_000, bands: [{ from: 0, tick: 1 }] },
    ],
  });
  assert.equal(tickAt(tickBandsAt(instrument, 999), 5), 10);
  assert.equal(tickAt(tickBandsAt(instrument, 1_000), 5), 1);
});

test('daily limits are 30 % of the reference, rounded inwards to a tick', () => {
  assert.deepEqual(priceLimits(stock({ reference_price: 70_100 }), 0), { lower: 49_100, upper: 91_100 });
  assert.deepEqual(priceLimits(stock({ reference_price: 10_010 }), 0), { lower: 7_010, upper: 13_010 });
});

test('without a reference, or with limits off, there are none', () => {
  assert.equal(priceLimits(stock({ reference_price: null }), 0), undefined);
  assert.equal(priceLimits(stock({ reference_price: 100, price_limit_bps: null }), 0), undefined);
});

test('limits are on the grid, inside the exact band, and as wide as the grid allows', () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 2_000_000 }), (reference) => {
      const limits = priceLimits(stock({ reference_price: reference }), 0);
      assert.ok(limits !== undefined);
      assert.ok(isOnTick(KRX, limits.lower) && isOnTick(KRX, limits.upper));
      assert.ok(limits.upper * 10 <= reference * 13 && limits.lower * 10 >= reference * 7);
      assert.ok((limits.upper + tickAt(KRX, limits.upper)) * 10 > reference * 13);
    }),
  );
});

test('rounding goes to the nearest grid price on its side', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3_000_000 }), (price) => {
      const down = roundDownToTick(KRX, price);
      const up = roundUpToTick(KRX, price);
      assert.ok(down <= price && price <= up && isOnTick(KRX, down) && isOnTick(KRX, up));
      assert.ok(up - down <= tickAt(KRX, price));
    }),
  );
});
