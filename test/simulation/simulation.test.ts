import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REGRESSIONS } from './regressions.ts';
import { runSeed } from './run-seed.ts';
import { shrink } from './shrink.ts';

/** A change of the plan or of what happens when gives every seed another story: these are a sample, not regressions. */
const SEEDS = [1, 4, 7, 13, 103, 1059, 2000, 2050, 3166, 3209, 5077];
/** Enough seeds for a log that answers before its sync to be caught. */
const PLANTED_SEEDS = 40;

test('seeded storms of crashes, power losses and lost messages leave a whole exchange behind', async () => {
  let crashes = 0;
  let powerLosses = 0;
  for (const seed of SEEDS) {
    const result = await runSeed(seed);
    assert.deepEqual(result.failures, [], `npm run simulate -- --seed ${seed}`);
    crashes += result.crashes;
    powerLosses += result.powerLosses;
  }
  assert.ok(crashes >= 10 && powerLosses >= 3, 'the seeds must be stormy');
});

for (const { seed, plan, why } of REGRESSIONS) {
  test(`seed ${seed} (${why})`, async () => {
    assert.deepEqual((await runSeed(seed, plan === undefined ? {} : { plan })).failures, []);
  });
}

test('a seed does the same things in the same order every time', async () => {
  const [first, second] = [await runSeed(1), await runSeed(1)];
  assert.equal(first.trace, second.trace);
  assert.notEqual(first.trace, (await runSeed(2)).trace);
});

test('a seed on PGlite leaves the same whole exchange behind', async () => {
  const result = await runSeed(5, { store: 'pglite' });
  assert.deepEqual(result.failures, [], 'npm run simulate -- --seed 5 --store pglite');
});

test('a log that acknowledges before its sync is caught, and the failure shrunk', async () => {
  const options = { plant: 'ACKNOWLEDGE_BEFORE_SYNC' } as const;
  for (let seed = 1; seed <= PLANTED_SEEDS; seed++) {
    const failed = await runSeed(seed, options);
    if (failed.failures.length === 0) continue;
    const { result, changed } = await shrink(failed, options, { maxRuns: 12 });
    assert.ok(result.failures.length > 0 && result.orders <= failed.orders);
    const again = await runSeed(seed, { ...options, plan: changed });
    assert.equal(again.trace, result.trace, 'seed and plan repeat the smaller failure');
    return;
  }
  assert.fail(`${PLANTED_SEEDS} seeds have not noticed`);
});
