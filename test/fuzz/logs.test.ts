import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataDir } from '../../src/adapters/data-dir/data-dir.ts';
import { CorruptLogError } from '../../src/adapters/stream/embedded/format.ts';
import { FaultyDisk } from '../faults/faulty-disk.ts';
import { append, FOLDER, openLog, segmentPath, valuesOf } from '../faults/log-harness.ts';
import { hold, surface } from './surface.ts';

const GROUPS = 12;
const MAGIC = Buffer.from([0xff, 0x53, 0x4e, 0x47]);

/** A log of groups of two records, of one segment or of several, closed in order or left as a crash leaves it. */
async function written(options: { segmentBytes?: number; close: boolean }): Promise<FaultyDisk> {
  const disk = new FaultyDisk();
  const stream = await openLog(disk, options.segmentBytes === undefined ? {} : { segmentBytes: options.segmentBytes });
  for (let i = 0; i < GROUPS; i += 1) await append(stream, `A-${i}`, `B-${i}`);
  if (options.close) await stream.close();
  else disk.crash();
  return disk;
}

const closed = () => written({ close: true });
const crashed = () => written({ close: false });
const segmented = () => written({ close: true, segmentBytes: 500 });

/** Puts other bytes in a file, on the device itself. */
function overwrite(disk: FaultyDisk, path: string, bytes: Buffer): void {
  const before = Buffer.from(disk.contents(path));
  disk.cut(path, Math.min(before.length, bytes.length));
  for (let i = 0; i < Math.min(before.length, bytes.length); i += 1) {
    const mask = before[i]! ^ bytes[i]!;
    if (mask !== 0) disk.damage(path, i, mask);
  }
}

const everything = Array.from({ length: GROUPS }, (_, i) => [`A-${i}`, `B-${i}`]).flat();

/** Opens what is left: the values found, or undefined where the log was refused with a clear error. */
async function opened(disk: FaultyDisk): Promise<string[] | undefined> {
  try {
    const stream = await openLog(disk);
    const values = await valuesOf(stream);
    await append(stream, 'C-after');
    await stream.close();
    assert.equal((await valuesOf(await openLog(disk))).length, values.length + 1, 'and it can be opened again');
    return values;
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    assert.ok(error instanceof CorruptLogError, error instanceof Error ? error.stack : String(error));
    assert.match(error.message, /damaged: .+ at byte \d+/);
    return undefined;
  }
}

/** Whole appends, from the first one on: what was in the log is there unchanged, up to some append. */
function assertPrefix(values: readonly string[]): void {
  assert.equal(values.length % 2, 0, 'an append is there wholly or not at all');
  assert.deepEqual(values.toSorted(), everything.slice(0, values.length).toSorted());
}

/** How many groups of records of the good file stand untouched behind the first that does not. */
function intactBehindDamage(good: Buffer, bytes: Buffer): number {
  const starts: number[] = [];
  for (let at = good.indexOf(MAGIC); at >= 0; at = good.indexOf(MAGIC, at + 1)) starts.push(at);
  const intact = starts.map((start, i) => {
    const end = starts[i + 1] ?? good.length;
    return bytes.subarray(start, end).equals(good.subarray(start, end));
  });
  const first = intact.indexOf(false);
  return first < 0 ? 0 : intact.slice(first).filter(Boolean).length;
}

for (const [name, make] of [
  ['log-closed', closed],
  ['log-crashed', crashed],
  ['log-segments', segmented],
] as const) {
  const sample = await make();
  const index = name === 'log-segments' ? 1 : 0;
  const good = Buffer.from(sample.contents(segmentPath(sample, index)));
  surface({
    name,
    seeds: [good],
    share: 0.3,
    async run(inputs) {
      for (const input of inputs.all()) {
        await hold(inputs, input, async () => {
          const disk = await make();
          // Only damage within the old length: what a file gains behind its end is tested by the crash suites.
          const bytes = input.subarray(0, good.length);
          overwrite(disk, segmentPath(disk, index), bytes);
          const values = await opened(disk);
          if (values === undefined) return;
          assertPrefix(values);
          if (values.length === everything.length) return;
          assert.notEqual(name, 'log-segments', 'an older segment is whole or refused');
          assert.equal(intactBehindDamage(good, bytes), 0, 'damage with good groups behind it passed for a torn tail');
        });
      }
    },
  });
}

const topics = await closed();

surface({
  name: 'log-topics',
  seeds: [topics.contents(`${FOLDER}/topics.json`)],
  share: 0.2,
  async run(inputs) {
    const length = inputs.corpus.at(-1)!.length;
    for (const input of inputs.all()) {
      // Lists of the version before had no checksum to be held to.
      if (/"version":\s*1\b/.test(input.toString('latin1')) && !input.includes('"checksum":')) continue;
      await hold(inputs, input, async () => {
        const disk = await closed();
        overwrite(disk, `${FOLDER}/topics.json`, input.subarray(0, length));
        try {
          const values = await valuesOf(await openLog(disk));
          assert.deepEqual(values.toSorted(), everything.toSorted());
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error;
          assert.ok(error instanceof Error);
          assert.ok(error instanceof CorruptLogError || /is of format/.test(error.message), error.stack);
        }
      });
    }
  },
});

const state = { format: 1, boot_id: 'b8a5c1e0-0000-4000-8000-000000000000', clean: true };

surface({
  name: 'state-file',
  seeds: [Buffer.from(JSON.stringify(state)), Buffer.from(JSON.stringify({ ...state, clean: false, boot_id: null }))],
  share: 0.05,
  async run(inputs) {
    for (const input of inputs.all()) {
      const folder = mkdtempSync(join(tmpdir(), 'supernoba-fuzz-'));
      try {
        writeFileSync(join(folder, 'state.json'), input);
        await hold(inputs, input, () => startIn(folder, input));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  },
});

/** Opens the folder, or names its state file in one line. What is trusted must really say so. */
async function startIn(folder: string, input: Buffer): Promise<void> {
  let dir: DataDir;
  try {
    dir = await DataDir.open(folder);
  } catch (error) {
    assert.ok(error instanceof Error);
    assert.match(error.message, /state\.json is damaged|is of format/);
    return;
  }
  if (dir.cleanShutdown) assert.equal(JSON.parse(input.toString()).clean, true);
  await dir.close({ clean: false });
}
