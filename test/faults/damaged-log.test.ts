import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededChance, SimulatedClock } from '../../src/adapters/clock/simulated.ts';
import { CorruptLogError } from '../../src/adapters/stream/embedded/format.ts';
import { FaultyDisk } from './faulty-disk.ts';
import { append, FOLDER, openLog, segmentPath, TOPIC, valuesOf } from './log-harness.ts';

/** A log of ten groups, closed in order. */
async function filled(options: { segmentBytes?: number } = {}): Promise<FaultyDisk> {
  const disk = new FaultyDisk();
  const stream = await openLog(disk, options);
  for (let i = 0; i < 10; i++) await append(stream, `A-${i}`, `B-${i}`);
  await stream.close();
  return disk;
}

async function refusesToStart(disk: FaultyDisk, path: string): Promise<CorruptLogError> {
  const before = Buffer.from(disk.contents(path));
  const error = await openLog(disk).then(
    () => assert.fail('a damaged log must not open'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof CorruptLogError, String(error));
  assert.deepEqual(Buffer.from(disk.contents(path)), before, 'nothing was changed');
  return error;
}

test('any byte damaged in a closed log refuses the start, telling file and position', async () => {
  const size = (await filled()).contents(segmentPath(await filled())).length;
  const MARK_BYTES = 44;
  for (let position = 0; position < size - MARK_BYTES; position++) {
    const disk = await filled();
    const path = segmentPath(disk);
    disk.damage(path, position, 1 << (position % 8));
    const error = await refusesToStart(disk, path);
    assert.equal(error.file, path);
    assert.ok(error.position <= position, `at ${error.position}, damaged at ${position}`);
    assert.match(error.message, /damaged: .+ at byte \d+/);
  }
});

test('damage to the mark of an orderly end loses nothing', async () => {
  const disk = await filled();
  const path = segmentPath(disk);
  disk.damage(path, disk.contents(path).length - 1);
  assert.equal((await valuesOf(await openLog(disk))).length, 20);
});

test('a log cut anywhere after power loss keeps the whole groups before the cut', async () => {
  const size = (await filled()).contents(segmentPath(await filled())).length;
  let last = 0;
  for (let cut = 80; cut <= size; cut++) {
    const disk = await filled();
    disk.cut(segmentPath(disk), cut);
    const values = await valuesOf(await openLog(disk));
    assert.equal(values.length % 2, 0, 'an append is there wholly or not at all');
    assert.ok(values.length >= last);
    last = values.length;
  }
  assert.equal(last, 20);
});

test('a missing or exchanged segment refuses the start', async () => {
  const disk = await filled({ segmentBytes: 250 });
  const segments = disk.paths().filter((path) => path.endsWith('.seg'));
  assert.ok(segments.length >= 3);
  disk.lose(segments[1]!);
  const error = await refusesToStart(disk, segments[2]!);
  assert.match(error.message, /should follow/);
});

test('damage in an older segment refuses the start', async () => {
  const disk = await filled({ segmentBytes: 400 });
  const path = segmentPath(disk, 1);
  disk.damage(path, disk.contents(path).length - 3);
  assert.match((await refusesToStart(disk, path)).message, /checksum/);
});

test('a log without its list of topics, and a list without its log, refuse the start', async () => {
  const topics = `${FOLDER}/topics.json`;
  const withoutList = await filled();
  withoutList.lose(topics);
  await refusesToStart(withoutList, segmentPath(withoutList));
  const withoutLog = await filled();
  withoutLog.lose(segmentPath(withoutLog));
  await refusesToStart(withoutLog, topics);
  const broken = await filled();
  broken.damage(topics, 0);
  assert.match((await refusesToStart(broken, topics)).message, /topics\.json/);
  const older = await filled();
  const text = Buffer.from(older.contents(topics)).toString();
  // What says that it is of the version that had no checksum has one all the same, and a wrong one.
  older.damage(topics, text.indexOf('2'), 0x03);
  older.damage(topics, text.indexOf(',', text.indexOf('"checksum"')) - 1, 0x01);
  assert.match((await refusesToStart(older, topics)).message, /does not have its checksum/);
});

test('a record that looks like a group header inside a torn tail does not pass for one', async () => {
  const disk = await filled();
  const path = segmentPath(disk);
  const forged = Buffer.from(disk.contents(path).subarray(32, 76));
  const stream = await openLog(disk);
  disk.hook = ({ kind }) => (kind === 'sync' ? { code: 'EIO' } : undefined);
  const call = stream.append(TOPIC, [{ key: 'A', value: Buffer.concat([forged, forged, Buffer.alloc(600)]) }]);
  await assert.rejects(call);
  disk.hook = undefined;
  disk.cut(path, disk.contents(path).length - 300);
  assert.equal((await valuesOf(await openLog(disk))).length, 20);
});

test('damage under a running log is told to the reader, with file and position', async () => {
  const disk = new FaultyDisk();
  const stream = await openLog(disk, { tailBytes: 0 });
  for (let i = 0; i < 10; i++) await append(stream, `A-${i}`);
  disk.damage(segmentPath(disk), 400);
  await assert.rejects(valuesOf(stream), CorruptLogError);
});

test('retention removes what is old and no longer needed, and offsets go on for ever', async () => {
  const disk = new FaultyDisk();
  const clock = new SimulatedClock();
  let needed: number | undefined = 0;
  const options = {
    clock,
    chance: new SeededChance(1),
    segmentBytes: 300,
    tailBytes: 0,
    neededFrom: async () => needed,
  };
  const stream = await openLog(disk, options);
  const DAY_MS = 24 * 3600 * 1000;
  for (let day = 0; day < 10; day++) {
    await append(stream, `A-${day}`, `B-${day}`);
    await append(stream, `A-${day}+`, `B-${day}+`);
    await clock.advance(DAY_MS);
  }
  await stream.trim();
  assert.equal((await valuesOf(stream)).length, 40, 'a snapshot still needs all of it');
  needed = undefined;
  await stream.trim();
  const kept = await valuesOf(stream);
  assert.ok(kept.length < 40 && kept.includes('A-4+') && kept.includes('A-9+'), `kept ${kept}`);
  const { begin, end } = await stream.bounds(TOPIC, 0);
  assert.ok(begin > 0);
  await assert.rejects(stream.read(TOPIC, 0, 0, 1), /the log begins at/);
  await stream.close();
  const next = await openLog(disk, options);
  assert.deepEqual(await next.bounds(TOPIC, 0), { begin, end });
  assert.deepEqual(await valuesOf(next), kept);
});

test('retention never passes a consumer that is behind', async () => {
  const disk = new FaultyDisk();
  const clock = new SimulatedClock();
  const stream = await openLog(disk, { clock, segmentBytes: 300 });
  const subscription = await stream.consume({
    topic: TOPIC,
    group: 'slow',
    position: async () => 0,
    onBatch: () => new Promise<never>(() => {}),
  });
  for (let i = 0; i < 20; i++) await append(stream, `A-${i}`, `B-${i}`);
  await clock.advance(30 * 24 * 3600 * 1000);
  await append(stream, 'A-late', 'B-late');
  await stream.trim();
  assert.ok((await stream.bounds(TOPIC, 0)).begin === 0);
  assert.ok((await subscription.lag()) > 0);
});
