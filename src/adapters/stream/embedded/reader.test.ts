import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultyDisk } from '../../../../test/faults/faulty-disk.ts';
import { append, openLog, PARTITIONS, TOPIC, valuesOf } from '../../../../test/faults/log-harness.ts';

test('what nobody holds in memory is read from the disk once, however many partitions and readers there are', async () => {
  const disk = new FaultyDisk();
  const stream = await openLog(disk, { tailBytes: 0 });
  let read = 0;
  disk.hook = (operation) => {
    if (operation.kind === 'read') read += operation.bytes;
    return undefined;
  };
  let written = 0;
  for (let round = 0; round < 30; round++) {
    await append(stream, `A-${round}`, `B-${round}`, `C-${round}`);
    written += 3;
    // A reader that is where the log ends, another far behind it.
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const { end } = await stream.bounds(TOPIC, partition);
      if (end > 0) await stream.read(TOPIC, partition, end - 1, 10);
    }
    const [one, other] = await Promise.all([valuesOf(stream), valuesOf(stream)]);
    assert.equal(one.length, written);
    assert.deepEqual(one, other);
  }
  const size = disk.contents(disk.paths().find((path) => path.endsWith('.seg'))!).length;
  assert.ok(read <= size, `${read} bytes read of ${size}`);
  await stream.close();
});
