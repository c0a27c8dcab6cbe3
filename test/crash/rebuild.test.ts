import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SeededChance } from '../../src/adapters/clock/simulated.ts';
import { runSupernoba, startExchange } from '../servers/exchange.ts';
import { CrashRun, PATIENCE_MS, ROUNDS, SEED } from './rounds.ts';

const KILLS = Math.ceil(ROUNDS / 2);
/** Kills come within this share of a whole run's time: most while the store is being made. */
const LATEST = 0.9;
const main = join(resolve(import.meta.dirname, '..', '..'), 'src', 'entrypoints', 'node', 'main.ts');

/** Starts a command and kills it after a while, if it has not ended by then. @returns whether it was killed */
async function killed(args: readonly string[], afterMs: number): Promise<boolean> {
  const child: ChildProcess = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    stdio: 'ignore',
    env: { ...process.env, LOG_LEVEL: 'warn' },
  });
  const exited = new Promise<boolean>((done) => child.once('exit', (_code, signal) => done(signal === 'SIGKILL')));
  await Promise.race([exited, sleep(afterMs)]);
  child.kill('SIGKILL');
  return exited;
}

test(
  `a rebuild killed at ${KILLS} random moments can be started again, and comes out with the same money (CRASH_SEED=${SEED})`,
  { timeout: PATIENCE_MS * 2 },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'supernoba rebuild '));
    const dataDir = join(folder, 'data');
    const here = `--data-dir=${dataDir}`;
    let run: CrashRun | undefined;
    try {
      run = await CrashRun.begin(dataDir, SEED + 2);
      const crash = run;
      await crash.underLoad(async () => {
        await crash.moment(2_000, 3_000);
        await crash.kill();
      });
      await crash.restart();
      await crash.finish();
      const audited = JSON.parse((await runSupernoba(['audit', here, '--json'])).stdout);
      const started = performance.now();
      assert.equal((await runSupernoba(['rebuild', here])).code, 0);
      const wholeMs = performance.now() - started;
      let hits = 0;
      for (let i = 0; i < KILLS; i += 1) {
        if (await killed(['rebuild', here], crash.chance.random() * wholeMs * LATEST)) hits += 1;
        await auditHalf(dataDir);
      }
      if (crash.chance.random() < 0.5) assert.equal((await runSupernoba(['rebuild', here])).code, 0);
      // A start makes the store by itself where a rebuild has left none; then everything is as it was.
      crash.exchange = await startExchange({ dataDir });
      await crash.finish();
      const again = await runSupernoba(['audit', here, '--json']);
      assert.deepEqual(JSON.parse(again.stdout), audited, again.stdout + again.stderr);
      t.diagnostic(`${hits} of ${KILLS} rebuilds were killed on the way (a whole one takes ${Math.round(wholeMs)} ms)`);
    } finally {
      run?.end();
      await rm(folder, { recursive: true, force: true });
    }
  },
);

/** Who audits between the two finds a whole store, or is told in one line that there is none; nothing is made up. */
async function auditHalf(dataDir: string): Promise<void> {
  const hasStore = existsSync(join(dataDir, 'store'));
  const { code, stdout, stderr } = await runSupernoba(['audit', `--data-dir=${dataDir}`]);
  if (hasStore) assert.equal(code, 0, stdout + stderr);
  else {
    assert.equal(code, 1);
    assert.match(stderr, /^supernoba: .* has no store.*supernoba rebuild/m);
    assert.ok(!existsSync(join(dataDir, 'store')), 'an audit makes no store');
  }
}

test(
  `a first start killed at ${KILLS} random moments leaves nothing that a second cannot start on`,
  {
    timeout: PATIENCE_MS * 2,
  },
  async () => {
    const chance = new SeededChance(SEED + 3);
    const folder = await mkdtemp(join(tmpdir(), 'supernoba first '));
    try {
      let wholeMs = 0;
      for (let i = 0; i <= KILLS; i += 1) {
        const dataDir = join(folder, String(i));
        // The first round measures.
        if (i > 0) await killed(['start', '--port=0', '--no-demo', `--data-dir=${dataDir}`], chance.random() * wholeMs);
        const exchange = await startExchange({ dataDir });
        wholeMs ||= exchange.startupMs;
        const health = await fetch(`${exchange.url}/readyz`);
        assert.equal(health.status, 200, await health.text());
        exchange.process.kill('SIGKILL');
        await exchange.exited;
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
