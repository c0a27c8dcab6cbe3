import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StreamWriteError } from '../../src/ports/stream.ts';
import { FaultyDisk, type Operation } from './faulty-disk.ts';
import { append, openLog, segmentPath, valuesOf } from './log-harness.ts';

/** The error of an append that must be refused. */
async function refused(attempt: Promise<unknown>): Promise<StreamWriteError> {
  const error = await attempt.then(
    () => assert.fail('it should have been refused'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof StreamWriteError, String(error));
  return error;
}

const is = (kind: Operation['kind']) => (operation: Operation) => operation.kind === kind;

test('a full disk refuses the append whole, nothing of it stays, and appends go on when there is space', async () => {
  for (const written of [0, 1, 44, 70]) {
    const disk = new FaultyDisk();
    const stream = await openLog(disk);
    await append(stream, 'A-1');
    disk.hook = (operation) => (is('write')(operation) ? { code: 'ENOSPC', written } : undefined);
    const [first, second] = await Promise.all([refused(append(stream, 'A-2', 'B-2')), refused(append(stream, 'B-3'))]);
    assert.deepEqual([first.written, second.written], [false, false]);
    assert.match(first.message, /ENOSPC/);
    assert.deepEqual(await valuesOf(stream), ['A-1']);
    disk.hook = undefined;
    await append(stream, 'A-4');
    assert.deepEqual(await valuesOf(stream), ['A-1', 'A-4']);
    assert.equal(stream.failure, undefined);
    disk.powerLoss(() => 0.5);
    assert.deepEqual(await valuesOf(await openLog(disk)), ['A-1', 'A-4']);
  }
});

test('a disk too full for a new segment lets the old one go on', async () => {
  const disk = new FaultyDisk();
  const stream = await openLog(disk, { segmentBytes: 200 });
  disk.hook = (operation) => (is('create')(operation) ? { code: 'ENOSPC' } : undefined);
  for (let i = 0; i < 10; i++) await append(stream, `A-${i}`);
  assert.equal(disk.paths().filter((path) => path.endsWith('.seg')).length, 1);
  disk.hook = undefined;
  await append(stream, 'A-10');
  assert.equal(disk.paths().filter((path) => path.endsWith('.seg')).length, 2);
  await stream.close();
  assert.equal((await valuesOf(await openLog(disk))).length, 11);
});

test('after a failed sync the log refuses every append, and durable records can still be read', async () => {
  const disk = new FaultyDisk();
  const told: string[] = [];
  const stream = await openLog(disk, { onFailure: (error) => told.push(error.message) });
  await append(stream, 'A-1');
  let syncs = 0;
  disk.hook = (operation) => (is('sync')(operation) && syncs++ === 0 ? { code: 'EIO' } : undefined);
  const first = append(stream, 'A-2');
  const error = await refused(first);
  assert.equal(error.written, 'unknown', 'nobody can know');
  const next = await refused(append(stream, 'A-3'));
  assert.equal(next.written, false);
  assert.match(next.message, /refuses appends since it failed/);
  assert.equal(syncs, 1, 'a sync is never tried again and believed');
  assert.ok(stream.failure);
  assert.deepEqual(told, [stream.failure.message]);
  assert.deepEqual(await valuesOf(stream), ['A-1']);
  await stream.close();
});

test('appends that wait behind a failed sync are refused as surely not written', async () => {
  const disk = new FaultyDisk();
  const stream = await openLog(disk);
  disk.hook = async (operation) => {
    if (!is('sync')(operation)) return undefined;
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { code: 'EIO' };
  };
  const first = append(stream, 'A-1');
  await new Promise((resolve) => setTimeout(resolve, 1));
  const second = append(stream, 'A-2');
  const errors = await Promise.all([refused(first), refused(second)]);
  assert.deepEqual(
    errors.map(({ written }) => written),
    ['unknown', false],
  );
});

test('a failed write that cannot be taken back stops the log', async () => {
  for (const kind of ['truncate', 'sync'] as const) {
    const disk = new FaultyDisk();
    const stream = await openLog(disk);
    await append(stream, 'A-1');
    disk.hook = (operation) => {
      if (is('write')(operation)) return { code: 'ENOSPC', written: 10 };
      return is(kind)(operation) ? { code: 'EIO' } : undefined;
    };
    const error = await refused(append(stream, 'A-2'));
    assert.equal(error.written, 'unknown');
    disk.hook = undefined;
    assert.equal((await refused(append(stream, 'A-3'))).written, false);
    await stream.close();
    assert.deepEqual(await valuesOf(await openLog(disk)), ['A-1'], 'the next start cuts the part off');
  }
});

test('past its bounded queue the log refuses at once, and nothing of the refused call is written', async () => {
  const disk = new FaultyDisk();
  const stream = await openLog(disk, { maxQueueBytes: 1_000 });
  const calls = Array.from({ length: 20 }, (_, i) => append(stream, `A-${i}-${'x'.repeat(100)}`));
  const results = await Promise.allSettled(calls);
  const taken = results.filter((result) => result.status === 'fulfilled').length;
  assert.ok(taken > 0 && taken < 20, `${taken} taken`);
  for (const result of results) {
    if (result.status === 'fulfilled') continue;
    assert.ok(result.reason instanceof StreamWriteError);
    assert.equal(result.reason.written, false);
    assert.match(result.reason.message, /overloaded/);
  }
  assert.equal((await valuesOf(stream)).length, taken);
  await append(stream, 'A-later');
});

test('a closed log refuses appends as not written, after finishing those at hand', async () => {
  const disk = new FaultyDisk();
  const stream = await openLog(disk);
  const last = append(stream, 'A-1');
  await stream.close();
  await last;
  assert.equal((await refused(append(stream, 'A-2'))).written, false);
  assert.deepEqual(await valuesOf(await openLog(disk)), ['A-1']);
});

test('a segment that could not be finished, nor removed, does no harm at the next start', async () => {
  for (const failing of ['sync', 'sync-folder', 'remove'] as const) {
    const disk = new FaultyDisk();
    const stream = await openLog(disk, { segmentBytes: 200 });
    await append(stream, 'A-1');
    let isRolling = false;
    disk.hook = ({ kind, path }) => {
      if (kind === 'create') isRolling = true;
      const isNew = isRolling && path !== segmentPath(disk);
      const isHit = isNew && (kind === failing || (kind === 'sync' && failing === 'remove'));
      return isHit ? { code: 'EIO' } : undefined;
    };
    await append(stream, `A-2${'x'.repeat(200)}`);
    await append(stream, 'A-3');
    assert.equal(stream.failure, undefined);
    disk.hook = undefined;
    disk.crash();
    const next = await openLog(disk, { segmentBytes: 200 });
    assert.equal((await valuesOf(next)).length, 3, failing);
    for (let i = 0; i < 5; i++) await append(next, `B-${i}${'x'.repeat(100)}`);
    await next.close();
    assert.equal((await valuesOf(await openLog(disk))).length, 8, failing);
  }
});
