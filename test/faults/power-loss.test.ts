import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededChance } from '../../src/adapters/clock/simulated.ts';
import type { EmbeddedStreamOptions } from '../../src/adapters/stream/embedded/stream.ts';
import { FaultyDisk } from './faulty-disk.ts';
import { append, openLog, valuesOf } from './log-harness.ts';

const OPTIONS = { segmentBytes: 1_500, tailBytes: 0 };

interface Run {
  /** Appends that were acknowledged before the power went, and all that were tried. */
  acknowledged: string[];
  tried: string[];
  operations: number;
}

/** Appends in waves until the disk operation `cutAt`, at which the power goes (or to the end, counting operations). */
async function run(
  disk: FaultyDisk,
  chance: SeededChance,
  cutAt: number,
  options: Partial<EmbeddedStreamOptions>,
): Promise<Run> {
  const result: Run = { acknowledged: [], tried: [], operations: 0 };
  let cut = () => {};
  const power = new Promise<void>((resolve) => {
    cut = resolve;
  });
  disk.hook = () => {
    if (result.operations++ !== cutAt) return undefined;
    disk.powerLoss(() => chance.random());
    cut();
    return undefined;
  };
  const work = async () => {
    const stream = await openLog(disk, options);
    for (let wave = 0; wave < 8; wave++) {
      const calls = Array.from({ length: 3 }, async (_, i) => {
        const values = Array.from({ length: 1 + i }, (_, n) => `${'ABC'[i]}-${wave}-${n}-${'x'.repeat(60 * i)}`);
        result.tried.push(...values);
        await append(stream, ...values);
        result.acknowledged.push(...values);
      });
      await Promise.all(calls);
    }
    await stream.close();
  };
  await Promise.race([work(), power]);
  disk.hook = undefined;
  return result;
}

/** Cuts the power at every operation of the run; returns what went wrong. */
async function attempt(options: Partial<EmbeddedStreamOptions>, seed: number): Promise<string[]> {
  const whole = await run(new FaultyDisk(), new SeededChance(seed), -1, options);
  assert.equal(whole.acknowledged.length, whole.tried.length);
  const losses: string[] = [];
  for (let cutAt = 0; cutAt < whole.operations; cutAt++) {
    const disk = new FaultyDisk();
    const { acknowledged, tried } = await run(disk, new SeededChance(seed * 1_000 + cutAt), cutAt, options);
    const stream = await openLog(disk, options);
    const found = await valuesOf(stream);
    const missing = acknowledged.filter((value) => !found.includes(value));
    if (missing.length > 0) losses.push(`operation ${cutAt}: lost ${missing.join(', ')}`);
    assert.equal(new Set(found).size, found.length, 'nothing twice');
    assert.ok(
      found.every((value) => tried.includes(value)),
      'nothing that was never appended',
    );
    assertOrder(found);
    await append(stream, 'A-after');
    await stream.close();
    assert.deepEqual((await valuesOf(await openLog(disk, options))).toSorted(), [...found, 'A-after'].toSorted());
  }
  return losses;
}

/** Records of one key stand in the order of their appends. */
function assertOrder(found: readonly string[]): void {
  for (const key of 'ABC') {
    const own = found.filter((value) => value.startsWith(key)).map((value) => value.split('-').slice(1, 3).map(Number));
    for (let i = 1; i < own.length; i++) {
      const [wave, n] = own[i]!;
      const [lastWave, lastN] = own[i - 1]!;
      assert.ok(wave! > lastWave! || (wave === lastWave && n! > lastN!), `${key}: order kept`);
    }
  }
}

test('an acknowledged append survives power loss at any write boundary, wherever unsynced sectors tear', async () => {
  for (let seed = 1; seed <= 12; seed++) assert.deepEqual(await attempt(OPTIONS, seed), [], `seed ${seed}`);
});

test('the test above notices when the acknowledgement is moved before the sync', async () => {
  const losses = await attempt({ ...OPTIONS, unsafeAcknowledgeBeforeSync: true }, 1);
  assert.ok(losses.length > 0, 'acknowledging before the sync must lose records');
});

test('power loss during recovery from power loss loses nothing either', async () => {
  for (let seed = 1; seed <= 6; seed++) {
    const disk = new FaultyDisk();
    const chance = new SeededChance(seed);
    const { acknowledged } = await run(disk, chance, 40, OPTIONS);
    for (let again = 0; again < 12; again++) {
      let operations = 0;
      const cutAt = chance.int(0, 12);
      const power = new Promise<void>((resolve) => {
        disk.hook = () => {
          if (operations++ !== cutAt) return undefined;
          disk.powerLoss(() => chance.random());
          resolve();
          return undefined;
        };
      });
      await Promise.race([openLog(disk, OPTIONS).then((stream) => stream.close()), power]);
    }
    disk.hook = undefined;
    const found = await valuesOf(await openLog(disk, OPTIONS));
    assert.deepEqual(
      acknowledged.filter((value) => !found.includes(value)),
      [],
      `seed ${seed}`,
    );
  }
});

test('what was written but not synced when the process was killed is synced before anybody reads it', async () => {
  const disk = new FaultyDisk();
  const stream = await openLog(disk);
  await append(stream, 'A-durable');
  const killed = new Promise<void>((resolve) => {
    disk.hook = ({ kind }) => {
      if (kind === 'sync') {
        disk.crash();
        resolve();
      }
      return undefined;
    };
  });
  void append(stream, 'A-written');
  await killed;
  disk.hook = undefined;
  const next = await openLog(disk);
  const seen = await valuesOf(next);
  assert.deepEqual(seen, ['A-durable', 'A-written'], 'the kernel kept the pages');
  disk.powerLoss(() => 0.999);
  assert.deepEqual(await valuesOf(await openLog(disk)), seen, 'what one reader saw stays');
});
