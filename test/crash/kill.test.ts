import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CrashRun, PATIENCE_MS, ROUNDS, SEED } from './rounds.ts';

test(
  `kill -9 at ${ROUNDS} random moments under load loses nothing and doubles nothing (CRASH_SEED=${SEED})`,
  { timeout: PATIENCE_MS },
  async (t) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'supernoba crash '));
    let run: CrashRun | undefined;
    try {
      run = await CrashRun.begin(dataDir);
      const crash = run;
      for (let round = 0; round < ROUNDS; round += 1) {
        await crash.underLoad(async () => {
          await crash.moment(200, 1_700);
          await crash.kill();
        });
        await crash.restart();
      }
      t.diagnostic(await crash.finish());
    } finally {
      run?.end();
      await rm(dataDir, { recursive: true, force: true });
    }
  },
);
