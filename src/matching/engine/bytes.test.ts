import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteReader, ByteWriter } from './bytes.ts';

test('a number that does not fit the room left goes whole into the larger room', () => {
  for (let fill = 4080; fill <= 4100; fill++) {
    const writer = new ByteWriter();
    for (let i = 0; i < fill; i++) writer.uint8(i % 256);
    writer.uint32(0xdeadbeef);
    writer.count(2 ** 53 - 1);
    const reader = new ByteReader(writer.bytes());
    for (let i = 0; i < fill; i++) assert.equal(reader.uint8(), i % 256);
    assert.deepEqual([reader.uint32(), reader.count(), reader.isAtEnd], [0xdeadbeef, 2 ** 53 - 1, true]);
  }
});
