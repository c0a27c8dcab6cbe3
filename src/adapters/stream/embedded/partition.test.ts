import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StreamRecord } from '../../../ports/stream.ts';
import { Partition } from './partition.ts';
import type { Segment } from './segment.ts';

const segment = { path: 'log' } as Segment; // an index entry only keeps it

function published(partition: Partition, ...values: string[]): void {
  const records = values.map(
    (value, i): StreamRecord => ({
      partition: 0,
      offset: partition.end + i,
      key: 'A',
      value: Buffer.from(value),
    }),
  );
  partition.publish(records, segment, 0);
}

const offsets = (records: readonly StreamRecord[]) => records.map(({ offset }) => offset);

test('the memory holds what the slowest running consumer has not seen, in batches, and nothing when none runs', () => {
  const partition = new Partition(1, 'orders', 0, 10_000);
  published(partition, 'nobody');
  assert.equal(partition.tail.begin, undefined);

  const [fast, slow] = [{ next: 1 }, { next: 1 as number | undefined }];
  partition.join(fast);
  partition.join(slow);
  published(partition, 'b', 'c');
  published(partition, 'd', 'e', 'f');
  assert.equal(partition.tail.begin, 1);
  assert.deepEqual(offsets(partition.tail.slice(2, 3)), [2, 3, 4]);
  assert.deepEqual(offsets(partition.tail.slice(5, 10)), [5]);

  fast.next = 6;
  partition.passed();
  assert.equal(partition.tail.begin, 1, 'the slow one wants it');
  slow.next = 4;
  partition.passed();
  assert.deepEqual([partition.tail.begin, ...offsets(partition.tail.slice(4, 10))], [3, 4, 5]);
  slow.next = undefined;
  partition.passed();
  assert.equal(partition.tail.begin, 3, 'who has not said where it stands may want all');
  partition.leave(slow);
  assert.equal(partition.tail.begin, undefined);
});

test('a consumer that falls far behind finds no more in memory than is allowed', () => {
  const partition = new Partition(1, 'orders', 0, 1_000);
  partition.join({ next: 0 });
  for (let i = 0; i < 100; i++) published(partition, 'x'.repeat(100));
  assert.ok(partition.tail.begin !== undefined && partition.tail.begin >= 95, String(partition.tail.begin));
  assert.equal(partition.tail.slice(99, 5).length, 1);
});
