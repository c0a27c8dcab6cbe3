import assert from 'node:assert/strict';
import { test } from 'node:test';
import { murmur2, partitionOf } from './partition.ts';

test('murmur2 gives the values of Kafka’s own test (UtilsTest.testMurmur2)', () => {
  const known: [string, number][] = [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ];
  for (const [text, hash] of known) assert.equal(murmur2(new TextEncoder().encode(text)), hash, text);
});

test('a key stays in its partition, and partitions are in range', () => {
  assert.equal(partitionOf('abc', 4), 479470107 % 4);
  for (let i = 0; i < 1_000; i++) {
    const partition = partitionOf(`SYM${i}`, 7);
    assert.ok(Number.isInteger(partition) && partition >= 0 && partition < 7);
    assert.equal(partition, partitionOf(`SYM${i}`, 7));
  }
});
