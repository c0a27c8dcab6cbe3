import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { startExchange } from '../servers/exchange.ts';
import { CrashRun, PATIENCE_MS, ROUNDS, SEED } from './rounds.ts';
import { SmallDisk } from './small-disk.ts';

/** Free space that is left when the disk "fills up": sometimes none, sometimes enough for a few records more. */
const LEFT_MAX = 512 * 1024;

const disk = SmallDisk.mount();

/**
 * In every round the disk fills up under load; the process is killed while it is full, or gets its space back first. A process
 * that ends by itself meanwhile is as good as killed. Each second round somebody tries a start before there is space again.
 */
async function round(run: CrashRun, volume: SmallDisk): Promise<{ endedAlone: boolean; wentOn: boolean }> {
  let [endedAlone, wentOn] = [false, false];
  await run.underLoad(async () => {
    await run.moment(200, 1_200);
    volume.leave(Math.floor(run.chance.random() ** 2 * LEFT_MAX));
    await run.moment(100, 1_000);
    if (run.chance.random() < 0.5) {
      volume.giveSpace();
      const before = taken(run);
      await run.moment(800, 1_500);
      wentOn = taken(run) > before;
    }
    endedAlone = run.exchange.process.exitCode !== null;
    if (endedAlone) assert.match(run.exchange.stderr(), /^supernoba: /m, 'a process that ends says why');
    await run.kill();
  });
  if (run.chance.random() < 0.5) await startOnFullDisk(run);
  volume.giveSpace();
  await run.restart();
  return { endedAlone, wentOn };
}

function taken(run: CrashRun): number {
  return run.traders.reduce((sum, trader) => sum + trader.taken, 0);
}

/** Whether it opens or not is a matter of how full the disk is; it must not hang and must not do harm. */
async function startOnFullDisk(run: CrashRun): Promise<void> {
  try {
    const early = await startExchange({ dataDir: run.dataDir });
    early.process.kill('SIGKILL');
    await early.exited;
  } catch (error) {
    assert.ok(error instanceof Error);
    assert.match(error.message, /ended at start with code [1-9]\d*\n.*supernoba: /s, 'a start that fails says why');
  }
}

test(
  `a full disk at ${ROUNDS} random moments under load loses nothing and doubles nothing (CRASH_SEED=${SEED})`,
  { timeout: PATIENCE_MS * 2 },
  async (t) => {
    if (!(disk instanceof SmallDisk)) {
      t.diagnostic(`not run: ${disk.why}`);
      return;
    }
    let run: CrashRun | undefined;
    try {
      run = await CrashRun.begin(join(disk.path, 'data'), SEED + 1);
      let [alone, on] = [0, 0];
      for (let n = 0; n < ROUNDS; n += 1) {
        const { endedAlone, wentOn } = await round(run, disk);
        alone += Number(endedAlone);
        on += Number(wentOn);
      }
      const figures = await run.finish();
      t.diagnostic(`${figures}; ended by itself ${alone} times, went on by itself after space came back ${on} times`);
    } finally {
      run?.end();
      disk.unmount();
    }
  },
);
