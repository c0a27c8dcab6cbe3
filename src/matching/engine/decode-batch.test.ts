import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { randomRecords } from '../../../test/engine/random-records.ts';
import { decodeRecord } from './decode.ts';
import { decodeRecords } from './decode-batch.ts';

const same = (values: readonly Uint8Array[]) =>
  assert.deepEqual(
    decodeRecords(values),
    values.map((value) => decodeRecord(value)),
  );

test('records decoded together are what they are one by one', () => {
  const values = randomRecords(5, 400, ['A', 'B']).map((record) => Buffer.from(JSON.stringify(record)));
  same(values);
  same(values.filter((value) => !value.includes('SET_INSTRUMENT') && !value.includes('é')));
});

test('broken records that would make whole ones together stay broken', () => {
  const bytes = (texts: string[]) => texts.map((text) => Buffer.from(text));
  const add = '{"action":"ADD","symbol":"A","order_id":"a","user_id":"u","is_buy":true,"price":1,"quantity":1}';
  same(bytes([add, add, add, add, add]));
  same(bytes([`${add},${add.slice(0, -1)}`, add.slice(1), add, add]));
  same(bytes(['{"a":[{}', '{}]}', `${add},${add}`, add]));
  same(bytes(['{"a":"}', '{"}', add, add]));
  same(bytes(['{"a":[}', '{]}', add, add]));
  same(bytes([add, '', add, add]));
  same(bytes([add, ' ', '{', '}', add]));
  same(bytes([add, `${add}]`, `[${add}`, add]));
  same([...bytes([add, add, add]), Buffer.from([0xff])]);
});

test('no pieces of JSON, however cut, are decoded otherwise than one by one', () => {
  const piece = fc.constantFrom(
    ...[
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '1',
      '\n',
      '\\',
      ' ',
      'é',
      'null',
      '{}',
      '[]',
      '"symbol":"A"',
      '"v":1',
    ],
  );
  const record = fc.array(piece, { maxLength: 8 }).map((pieces) => Buffer.from(pieces.join('')));
  const braced = fc.array(piece, { maxLength: 6 }).map((pieces) => Buffer.from(`{${pieces.join('')}}`));
  fc.assert(fc.property(fc.array(fc.oneof(record, braced), { minLength: 4, maxLength: 6 }), same), { numRuns: 3_000 });
});
