import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instrument } from '@supernoba/client';
import { inputText, momentText, percentText, stepPrice } from './numbers.ts';
import {
  affordable,
  availableOf,
  costOf,
  holdPrice,
  isMultiple,
  priceFault,
  quantityFault,
  stepQuantity,
  tickAt,
  wholeLots,
} from './order-rules.ts';
import { sessionState } from './session-state.ts';

/** The bands of the Korea Exchange. */
const KRX = [
  { from: 0, tick: 1 },
  { from: 2_000, tick: 5 },
  { from: 5_000, tick: 10 },
  { from: 20_000, tick: 50 },
  { from: 50_000, tick: 100 },
  { from: 200_000, tick: 500 },
  { from: 500_000, tick: 1_000 },
];

const STOCK: Instrument = {
  symbol: 'STOCK',
  name: 'A stock',
  base: 'STOCK',
  quote: 'KRW',
  base_decimals: 0,
  quote_decimals: 0,
  price_decimals: 0,
  quantity_decimals: 0,
  tick_size: 10,
  tick_table: KRX,
  lot_size: 1,
  min_quantity: 1,
  max_quantity: 1_000_000,
  reference_price: 10_000,
  price_limit_pct: 30,
  lower_limit: 7_000,
  upper_limit: 13_000,
  status: 'ACTIVE',
  calendar: 'ALWAYS',
  maker_fee_bps: 10,
  taker_fee_bps: 20,
  order_types: ['LIMIT', 'MARKET'],
  time_in_force: ['GTC'],
};
const COIN: Instrument = {
  ...STOCK,
  quote_decimals: 6,
  price_decimals: 2,
  quantity_decimals: 4,
  tick_table: [{ from: 0, tick: 0.1 }],
  lot_size: 0.0001,
  lower_limit: null,
  upper_limit: null,
};

test('steps cross from one band of the KRX table into the next without leaving the grid', () => {
  const walk = (from: number, direction: 1 | -1, steps: number) => {
    const path = [from];
    for (let i = 0; i < steps; i += 1) path.push(stepPrice(path.at(-1) ?? 0, KRX, direction, 0));
    return path;
  };
  assert.deepEqual(walk(1_999, 1, 2), [1_999, 2_000, 2_005]);
  assert.deepEqual(walk(50_100, -1, 3), [50_100, 50_000, 49_950, 49_900]);
  assert.deepEqual(walk(20_000, -1, 1), [20_000, 19_990]);
  assert.equal(stepPrice(1, KRX, -1, 0), 1, 'a price stays above zero');
  assert.equal(stepPrice(10_003, KRX, 1, 0), 10_010, 'a price off the grid goes to the next on it');
  for (const at of [1_999, 4_995, 19_990, 49_950, 199_900, 499_500]) {
    assert.equal(stepPrice(stepPrice(at, KRX, 1, 0), KRX, -1, 0), at, `up and down again from ${at}`);
  }
  assert.equal(tickAt(KRX, 199_999), 100);
});

test('decimals are compared as integers', () => {
  assert.ok(isMultiple(0.3, 0.1, 2));
  assert.ok(isMultiple(64_250.7, 0.1, 2));
  assert.ok(!isMultiple(64_250.75, 0.1, 2));
  assert.ok(!isMultiple(0.105, 0.01, 2), 'more decimals than the price has');
});

test('what the exchange would refuse', () => {
  assert.equal(priceFault(STOCK, 13_010), 'ABOVE_LIMIT');
  assert.equal(priceFault(STOCK, 6_990), 'BELOW_LIMIT');
  assert.equal(priceFault(STOCK, 10_005), 'OFF_TICK');
  assert.equal(priceFault(STOCK, 10_010), undefined);
  assert.equal(quantityFault(STOCK, 1.5), 'OFF_LOT');
  assert.equal(quantityFault(STOCK, 1_000_001), 'TOO_LARGE');
  assert.equal(quantityFault(STOCK, Number.NaN), 'NOT_POSITIVE');
  assert.equal(quantityFault(COIN, 0.0003), undefined);
});

test('what a balance covers is held with the larger fee, in whole lots', () => {
  assert.equal(affordable(STOCK, 'BUY', 10_000, 1_000_000), 99);
  assert.equal(affordable(STOCK, 'SELL', undefined, 77), 77);
  assert.equal(affordable(STOCK, 'BUY', undefined, 1_000_000), 0);
  assert.equal(affordable(COIN, 'BUY', 64_250.7, 100), 0.0015);
  assert.equal(holdPrice(STOCK, 'MARKET', 9_000, 10_000), 13_000, 'a market order may cost the upper limit');
  assert.equal(holdPrice(COIN, 'MARKET', undefined, 100)?.toFixed(2), '110.00');
  assert.equal(holdPrice(COIN, 'MARKET', undefined, undefined), undefined);
});

test('what can be sold is free of a position, or of a wallet where the market trades a currency', () => {
  const owned = {
    wallets: [{ currency: 'USDT', balance: 20, locked: 5, available: 15, decimals: 6 }],
    positions: [{ symbol: 'BTC', qty: 0.3, locked: 0.1, avg_price: null, decimals: 4 }],
  };
  assert.deepEqual(
    ['USDT', 'BTC', 'KRW'].map((asset) => availableOf(owned, asset)),
    [15, 0.2, 0],
  );
});

test('lots', () => {
  assert.equal(wholeLots(COIN, 0.3), 0.3);
  assert.equal(stepQuantity(COIN, 0.0003, 10), 0.0013);
  assert.equal(stepQuantity(STOCK, 3, -10), 1);
  assert.equal(stepQuantity(STOCK, 999_999, 10), 1_000_000);
});

test('amount and fee are rounded down, as the exchange does', () => {
  assert.deepEqual(costOf(STOCK, 10_010, 3), { amount: 30_030, fee: 60 });
  assert.deepEqual(costOf(COIN, 64_250.7, 0.0001), { amount: 6.42507, fee: 0.01285 });
});

test('a market says why it takes no orders', () => {
  const state = (status: Instrument['status'], phase?: string) => sessionState({ status, phase });
  assert.deepEqual(
    [state('ACTIVE'), state('HALTED'), state('CANCEL_ONLY'), state('DELISTED')],
    ['open', 'halted', 'cancelOnly', 'delisted'],
  );
  assert.deepEqual(
    [state('ACTIVE', 'AUCTION'), state('ACTIVE', 'CLOSED'), state('HALTED', 'AUCTION')],
    ['auction', 'closed', 'halted'],
  );
});

test('a change has a sign unless it rounds to nothing', () => {
  const texts = [1.234, 0.005, 0.004, 0, -0.004, -0.005, -1.5].map(percentText);
  assert.deepEqual(texts, ['+1.23%', '+0.01%', '0.00%', '0.00%', '0.00%', '-0.01%', '-1.50%']);
});

test('a tick up and down, and whole lots, are met wherever prices and quantities may lie', () => {
  const most = 2 ** 31 - 1;
  for (const decimals of [0, 1, 2, 4, 8, 9]) {
    for (let at = 7; at < most - 10; at = at * 3 + 11) {
      const price = (units: number) => Number((units / 10 ** decimals).toFixed(decimals));
      const bands = [{ from: 0, tick: price(1) }];
      assert.equal(stepPrice(price(at), bands, 1, decimals), price(at + 1), `${at} with ${decimals} decimals, up`);
      assert.equal(stepPrice(price(at), bands, -1, decimals), price(at - 1), `${at} with ${decimals} decimals, down`);
      const fine = { ...COIN, quantity_decimals: decimals, lot_size: price(1), max_quantity: price(most) };
      assert.equal(wholeLots(fine, price(at)), price(at));
      assert.equal(stepQuantity(fine, price(at), 1), price(at + 1));
    }
  }
  assert.equal(wholeLots(COIN, 0.00019999), 0.0001, 'never more than there is');
});

test('a field holds a decimal as one would type it', () => {
  assert.deepEqual([0, 1e-8, 0.00000012, 0.5, 64248.4, null].map(inputText), [
    '0',
    '0.00000001',
    '0.00000012',
    '0.5',
    '64248.4',
    '',
  ]);
});

test('a moment of another day is told with its day, in market time', () => {
  const now = Date.parse('2026-11-21T10:00:00+09:00');
  assert.equal(momentText(Date.parse('2026-11-21T00:00:01+09:00'), now), '00:00:01');
  assert.equal(momentText(Date.parse('2026-11-20T23:59:59+09:00'), now), '11-20 23:59');
  assert.equal(momentText(Date.parse('2025-12-31T09:00:00+09:00'), now), '2025-12-31 09:00');
});
