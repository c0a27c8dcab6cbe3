import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { randomRecords } from '../../../test/engine/random-records.ts';
import type { AddRecord, CancelRecord, ReplaceRecord } from '../../domain/records.ts';
import { CanonicalReader } from './canonical-reader.ts';
import { decodeRecord, Poison } from './decode.ts';
import { decodeRecords } from './decode-batch.ts';
import '../../../test/support/property-seed.ts';

const same = (values: readonly Uint8Array[]) =>
  assert.deepEqual(
    decodeRecords(values),
    values.map((value) => decodeRecord(value)),
  );

const reader = new CanonicalReader();

/** What the reader of canonical records makes of one, between others. */
function canonical(value: Uint8Array) {
  reader.load([Buffer.from('{"v":1,'), value, Buffer.from('}}"}0')]);
  return reader.read(7, 7 + value.length);
}

const id = fc.oneof(
  fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme-ascii' }),
  fc.stringMatching(/^[a-zA-Z0-9_-]{1,40}$/),
  fc.string({ maxLength: 300 }),
  fc.string({ minLength: 1, maxLength: 5, unit: 'grapheme' }),
);
const count = fc.oneof(fc.nat(), fc.maxSafeInteger(), fc.constant(0), fc.constant(Number.MAX_SAFE_INTEGER));
const base = {
  v: fc.constant(1 as const),
  symbol: fc.oneof(fc.stringMatching(/^[A-Z0-9]{1,10}$/), fc.string({ maxLength: 12 })),
  timestamp: count,
  route_epoch: fc.nat(10),
};
const ids = { order_id: id, user_id: id };
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const add: fc.Arbitrary<AddRecord> = fc.record({
  ...base,
  action: fc.constant('ADD' as const),
  ...ids,
  is_buy: fc.boolean(),
  price: count,
  quantity: count,
  order_type: fc.constantFrom('LIMIT' as const, 'LIMIT' as const, 'MARKET' as const, 'STOP' as const),
  time_in_force: fc.constantFrom('GTC' as const, 'IOC' as const, 'FOK' as const, 'DAY' as const),
  post_only: maybe(fc.constant(true)),
  stop_price: maybe(fc.constant(5)),
  stp: maybe(
    fc.constantFrom('EXPIRE_TAKER' as const, 'EXPIRE_MAKER' as const, 'EXPIRE_BOTH' as const, 'NONE' as const),
  ),
  client_order_id: maybe(id),
  content_hash: maybe(fc.base64String({ minLength: 1 })),
  hold: count,
  maker_fee_bps: fc.nat(11_000),
  taker_fee_bps: fc.nat(11_000),
}) as fc.Arbitrary<AddRecord>; // JSON leaves out what is undefined
const request = { ...ids, request_id: id };
const cancel: fc.Arbitrary<CancelRecord> = fc.record({ ...base, action: fc.constant('CANCEL' as const), ...request });
const replace: fc.Arbitrary<ReplaceRecord> = fc.record({
  ...base,
  action: fc.constant('REPLACE' as const),
  ...request,
  price: maybe(count),
  quantity: maybe(count),
  remaining: maybe(count),
  hold_delta: count,
}) as fc.Arbitrary<ReplaceRecord>; // as above
const bytesOf = (record: object) => Buffer.from(JSON.stringify(record));
const anyRecord = fc.oneof({ weight: 3, arbitrary: add }, cancel, replace).map(bytesOf);

test('a batch of records is decoded as they are one by one', () => {
  same(randomRecords(5, 400, ['A', 'B']).map(bytesOf));
  fc.assert(fc.property(fc.array(anyRecord, { maxLength: 6 }), same), { numRuns: 500 });
});

test('records as the router writes them are read without parsing, and alike', () => {
  const plain = {
    symbol: 'ALPHA',
    timestamp: 1_733_896_438_267,
    order_id: 'ord_a-1',
    user_id: 'user 1',
    request_id: 'r',
  };
  const terms = {
    price: 1,
    quantity: 0,
    remaining: 7,
    hold: 0,
    hold_delta: 5,
    maker_fee_bps: 0,
    taker_fee_bps: 10_000,
  };
  const client = { client_order_id: 'c/1', content_hash: 'x' };
  const tidy = <T extends object>(record: T): T => ({ ...record, ...only(record, { ...plain, ...terms, ...client }) });
  let read = 0;
  fc.assert(
    fc.property(fc.oneof(add.map(tidy), cancel.map(tidy), replace.map(tidy)), (record) => {
      const fits =
        !('stop_price' in record && record.stop_price !== undefined) &&
        !('order_type' in record && record.order_type === 'STOP');
      const isWhole =
        !('client_order_id' in record) ||
        (record.client_order_id === undefined) === (record.content_hash === undefined);
      const value = bytesOf(record);
      const found = canonical(value);
      if (fits && isWhole) assert.notEqual(found, undefined, value.toString());
      if (found === undefined) return;
      read += 1;
      assert.deepEqual(found, decodeRecord(value));
    }),
    { numRuns: 500 },
  );
  assert.ok(read > 100);
});

/** The fields of `values` that `record` has. */
function only(record: object, values: Record<string, unknown>): object {
  return Object.fromEntries(
    Object.entries(values).filter(([key]) => (record as Record<string, unknown>)[key] !== undefined),
  );
}

test('a byte changed, put in or taken out anywhere is read as parsing reads it', () => {
  const edit = fc.record({
    value: anyRecord,
    at: fc.nat(400),
    cut: fc.nat(2),
    bytes: fc.oneof(
      fc.constantFrom(
        '',
        '"',
        '\\',
        '\\"',
        '0',
        '-',
        '.5',
        'e3',
        ' ',
        ',',
        '}',
        '{',
        '\n',
        '\u0000',
        'é',
        ',"price":2',
        'x',
      ),
      fc.string({ maxLength: 2 }),
    ),
  });
  fc.assert(
    fc.property(edit, ({ value, at, cut, bytes }) => {
      const place = at % (value.length + 1);
      const edited = Buffer.concat([value.subarray(0, place), Buffer.from(bytes), value.subarray(place + cut)]);
      const found = canonical(edited);
      if (found === undefined) return;
      const parsed = decodeRecord(edited);
      assert.ok(!(parsed instanceof Poison), edited.toString());
      assert.deepEqual(found, parsed);
    }),
    { numRuns: 5_000 },
  );
});

test('bytes that are no text are poison, and spoil nothing beside them', () => {
  const whole = bytesOf(randomRecords(5, 9, ['A'])[8]!);
  const broken = Buffer.from(whole);
  broken[broken.indexOf('user')] = 0xff;
  same([whole, broken, whole, Buffer.alloc(0), whole.subarray(0, 40), whole]);
});
