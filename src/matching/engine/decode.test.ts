import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SYMBOL_PATTERN } from '../../domain/instrument.ts';
import { need as ledgerNeed } from '../../ledger/hold.ts';
import { NaiveBook } from '../naive-book.ts';
import { decodeRecord, Poison } from './decode.ts';
import { permissiveInstrument } from './instrument-check.ts';
import { LineMatcher } from './match-lines.ts';
import { need } from './rules.ts';
import { EngineShard } from './shard.ts';
import '../../../test/support/property-seed.ts';

const ADD = { action: 'ADD', symbol: 'TEST', order_id: 'a', user_id: 'u', is_buy: true, price: 10, quantity: 5 };

test("the contract's short form is filled up with its defaults", () => {
  assert.deepEqual(decodeRecord(Buffer.from(JSON.stringify(ADD))), {
    ...ADD,
    ...{ v: 1, timestamp: 0, route_epoch: 0, order_type: 'LIMIT', time_in_force: 'GTC' },
    ...{ hold: 0, maker_fee_bps: 0, taker_fee_bps: 0 },
  });
});

test('whatever is missing or of the wrong kind is poison with a reason', () => {
  const instrument = permissiveInstrument('TEST');
  const set = { action: 'SET_INSTRUMENT', symbol: 'TEST' };
  const replace = { action: 'REPLACE', symbol: 'TEST', order_id: 'a', user_id: 'u' };
  const poisons: unknown[] = [
    ...Object.keys(ADD).map((key) => ({ ...ADD, [key]: undefined })),
    ...Object.keys(ADD).map((key) => ({ ...ADD, [key]: [] })),
    ...['timestamp', 'route_epoch', 'hold', 'maker_fee_bps', 'stp', 'post_only', 'order_type', 'time_in_force'].map(
      (key) => ({ ...ADD, [key]: -1 }),
    ),
    ...['stop_price', 'display_quantity', 'client_order_id'].map((key) => ({ ...ADD, [key]: {} })),
    { ...ADD, v: 2 },
    { ...ADD, symbol: 'lower' },
    { ...ADD, order_id: '' },
    { ...ADD, order_id: 'x'.repeat(257) },
    { ...ADD, order_id: '\ud800' },
    { ...ADD, price: 1.5 },
    { ...replace, price: '1' },
    { ...replace, hold_delta: -1 },
    { action: 'CANCEL', symbol: 'TEST', order_id: 'a' },
    { action: 'MASS_CANCEL', symbol: 'TEST' },
    { action: 'SET_STATUS', symbol: 'TEST', status: 'OPEN' },
    { action: 'DAY_CLOSE', symbol: 'TEST', reference_price: 0 },
    { action: 'DAY_CLOSE', symbol: 'TEST', reference_price: 2 ** 31 },
    set,
    { ...set, instrument: { ...instrument, symbol: 'OTHER' } },
    ...Object.keys(instrument)
      .filter((key) => key !== 'reference_price' && key !== 'price_limit_bps')
      .map((key) => ({ ...set, instrument: { ...instrument, [key]: undefined } })),
    { ...set, instrument: { ...instrument, tick_tables: [{ effective_at: 0, bands: [] }] } },
    { ...set, instrument: { ...instrument, tick_tables: [{ effective_at: 0, bands: [{ from: 5, tick: 1 }] }] } },
    null,
    5,
    [],
  ];
  for (const value of poisons) {
    const decoded = decodeRecord(Buffer.from(JSON.stringify(value)));
    assert.ok(decoded instanceof Poison, JSON.stringify(value));
    assert.ok(decoded.reason.length > 0);
  }
});

test('a symbol is what the domain says it is', () => {
  const text = fc.oneof(fc.stringMatching(/^[A-Z0-9]{0,12}$/), fc.string({ unit: 'binary', maxLength: 3 }));
  fc.assert(
    fc.property(text, (symbol) => {
      const decoded = decodeRecord(Buffer.from(JSON.stringify({ ...ADD, symbol })));
      assert.equal(!(decoded instanceof Poison), SYMBOL_PATTERN.test(symbol));
    }),
  );
});

test('no bytes make the shard throw, and poison changes nothing', () => {
  const json = fc.record(
    {
      ...{ action: fc.constantFrom('ADD', 'CANCEL', 'REPLACE', 'SET_STATUS', 'DAY_CLOSE', 'MASS_CANCEL', 'X') },
      ...{
        symbol: fc.constantFrom('A', 'B', 'a', 7),
        order_id: fc.jsonValue(),
        user_id: fc.constantFrom('u', '', null),
      },
      ...{
        is_buy: fc.jsonValue(),
        price: fc.oneof(fc.integer(), fc.jsonValue()),
        quantity: fc.oneof(fc.integer(), fc.jsonValue()),
      },
      ...{ order_type: fc.constantFrom('LIMIT', 'MARKET', 'STOP', {}), stp: fc.jsonValue(), status: fc.jsonValue() },
    },
    { requiredKeys: [] },
  );
  const bytes = fc.oneof(
    json.map((value) => Buffer.from(JSON.stringify(value))),
    fc.uint8Array({ maxLength: 60 }),
  );
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 20 }), (values) => {
      const shard = new EngineShard({ createBook: () => new NaiveBook(), permissive: true });
      for (const value of values) {
        const before = shard.stateHash();
        const poison = shard.applyBytes(value, () => {});
        if (poison !== undefined) assert.equal(shard.stateHash(), before);
      }
    }),
    { numRuns: 300 },
  );
});

test('the engine judges the funding of a replace by the rule of the ledger', () => {
  const price = fc.integer({ min: 1, max: 2 ** 31 - 1 });
  fc.assert(
    fc.property(price, price, fc.boolean(), fc.integer({ min: 0, max: 10_000 }), (p, q, is_buy, fee) => {
      const terms = { is_buy, amount_scale: 1, base_scale: 1, maker_fee_bps: fee, taker_fee_bps: 3 };
      const expected = Number.isSafeInteger(p * q) ? ledgerNeed(terms, p, q) : undefined;
      assert.equal(need(terms, terms, is_buy, p, q), expected);
    }),
  );
});

test('lines are matched under a permissive instrument, bad ones are told by number', () => {
  const bad: number[] = [];
  const matcher = new LineMatcher({ createBook: () => new NaiveBook() }, ({ line }) => bad.push(line));
  const events = [
    ...[JSON.stringify(ADD), '', 'nonsense', JSON.stringify({ ...ADD, order_id: 'b', is_buy: false, price: 9 })],
    '{"action":"REPLACE","symbol":"TEST","order_id":"b","user_id":"u","price":20}',
  ].map((line) => matcher.match(line));
  assert.deepEqual(bad, [3]);
  assert.deepEqual(events.slice(1, 3), ['', '']);
  assert.match(events[3]!, /"event":"FILL","symbol":"TEST","seq":3,/);
  assert.match(events[4]!, /ORDER_CLOSED","status":"FILLED"/);
});
