import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { FolderArchive } from '../../adapters/archive/folder/folder-archive.ts';
import { SeededChance, SimulatedClock } from '../../adapters/clock/simulated.ts';
import { EmbeddedStream } from '../../adapters/stream/embedded/stream.ts';
import { DEFAULT_TOPICS, PARTITIONS, type Topics } from '../../domain/topics.ts';
import type { Clock } from '../../ports/clock.ts';
import { silentLog } from '../../ports/log.ts';
import { checkpoints } from '../../services/recovery/checkpoint.ts';
import { storeFolders } from './embedded-store.ts';
import { keepCheckpoints } from './keep-checkpoints.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

test('a checkpoint is due six hours after the newest one, however often the exchange is started meanwhile', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'supernoba-checkpoints-'));
  const clock = new SimulatedClock();
  const stream = await EmbeddedStream.open({ folder: join(folder, 'log'), clock, chance: new SeededChance(1) });
  t.after(async () => {
    await stream.close();
    rmSync(folder, { recursive: true, force: true });
  });
  for (const role of Object.keys(DEFAULT_TOPICS) as (keyof Topics)[])
    await stream.ensureTopic(DEFAULT_TOPICS[role], { partitions: PARTITIONS[role] });
  const archive = await FolderArchive.open(join(folder, 'archive'));
  let timers = 0;
  const counted: Clock = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    setTimeout: (callback, ms) => {
      timers += 1;
      return clock.setTimeout(callback, ms);
    },
    setInterval: (callback, ms) => clock.setInterval(callback, ms),
    sleep: (ms) => clock.sleep(ms),
    turn: () => clock.turn(),
  };
  const deps = { stream, topics: DEFAULT_TOPICS, archive, log: silentLog, clock: counted };
  const began = clock.now();

  /** One life of so long; the hours since the beginning at which the checkpoints that are kept were written. */
  async function lives(ms: number): Promise<number[]> {
    const before = timers;
    const keeper = keepCheckpoints(storeFolders(folder), deps, 6 * HOUR_MS);
    while (timers === before) await sleep(1);
    await clock.advance(ms);
    await keeper.stop();
    return (await checkpoints(archive)).map(({ created_at }) => (created_at - began) / HOUR_MS);
  }

  assert.deepEqual(await lives(9 * MINUTE_MS), []);
  assert.deepEqual(await lives(10 * MINUTE_MS), [19 / 60], 'the first soon: there is none');
  assert.deepEqual(await lives(5 * HOUR_MS), [19 / 60]);
  const [second] = await lives(HOUR_MS);
  assert.equal(second, 6 + 19 / 60, 'six hours after the first, not after the start');
});
