import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteReader, ByteWriter } from './bytes.ts';

test('what does not fit the room left goes whole into the larger room', () => {
  for (let fill = 4076; fill <= 4104; fill++) {
    const writer = new ByteWriter();
    const filling = Buffer.alloc(fill, 7);
    writer.block(filling);
    writer.uint32(0xdeadbeef);
    writer.text('é"');
    writer.words([1, -1]);
    writer.fill(3, (out, from) => {
      out[from] = 5;
      return from + 1;
    });
    for (const offset of [0, 1, 4]) {
      const moved = Buffer.alloc(writer.length + 8);
      moved.set(writer.bytes(), offset);
      const reader = new ByteReader(moved.subarray(offset, offset + writer.length));
      assert.ok(reader.block().equals(filling));
      assert.deepEqual([reader.uint32(), reader.text(), [...reader.words()]], [0xdeadbeef, 'é"', [1, -1]]);
      reader.consume((words, from) => {
        assert.equal(words[from], 5);
        return from + 1;
      });
      assert.ok(reader.isAtEnd);
    }
  }
});
