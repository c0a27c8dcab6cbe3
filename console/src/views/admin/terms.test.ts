import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedTerms, FRESH, readTerms, type Terms } from './terms.ts';

const BEFORE: Terms = {
  ...FRESH,
  name: 'Alpha',
  reference_price: '10000',
  tick_size: '10',
  lot_size: '1',
  max_quantity: '1000',
};

test('what was not touched is not sent', () => {
  assert.deepEqual(changedTerms(BEFORE, { ...BEFORE }), {});
  assert.deepEqual(changedTerms(BEFORE, { ...BEFORE, name: 'Beta', maker_fee_bps: '3' }), {
    name: 'Beta',
    maker_fee_bps: 3,
  });
});

test('an emptied reference price or limit means none; an emptied name, lot or tick means as before', () => {
  assert.deepEqual(changedTerms(BEFORE, { ...BEFORE, reference_price: '', price_limit_pct: '' }), {
    reference_price: null,
    price_limit_pct: null,
  });
  assert.deepEqual(changedTerms(BEFORE, { ...BEFORE, name: '', lot_size: '', tick_size: '' }), {});
});

test('a tick rule is one tick, the KRX table, or bands of one’s own in any usual notation', () => {
  assert.deepEqual(changedTerms(BEFORE, { ...BEFORE, tick_size: '0.5' }), { tick_size: '0.5' });
  assert.deepEqual(changedTerms(BEFORE, { ...BEFORE, tick_kind: 'KRX' }), { tick_table: 'KRX' });
  const bands = '0, 1\n2000: 5;\n\n 5000\t10';
  assert.deepEqual(changedTerms(BEFORE, { ...BEFORE, tick_kind: 'BANDS', bands }).tick_table, [
    { from: '0', tick: '1' },
    { from: '2000', tick: '5' },
    { from: '5000', tick: '10' },
  ]);
});

test('a field that the form does not show keeps what it was', () => {
  const given = new FormData();
  given.set('name', '  Gamma ');
  given.set('symbol', 'IGNORED');
  assert.deepEqual(readTerms(given, BEFORE), { ...BEFORE, name: 'Gamma' });
});
