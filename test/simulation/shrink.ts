import type { Plan } from './plan.ts';
import { type RunOptions, runSeed, type SeedResult } from './run-seed.ts';

/** Fields that are faults or company: 0 or false switches them off. */
const SWITCHES = [
  'moves',
  'watchers',
  'slowWatchers',
  'crashes',
  'powerLossShare',
  'lostRequests',
  'lostAnswers',
  'doubledRequests',
  'doubledBatches',
  'unknownAppends',
  'refusedAppends',
  'fullDisk',
  'failedSyncs',
  'lostStoreAnswers',
  'damagedSnapshots',
  'staleSnapshots',
  'cacheSurvives',
  'cacheFailures',
  'wipedCaches',
  'skewMs',
  'storeIsProjection',
  'lostCandles',
  'stopBetween',
  'batches',
  'ruleChanges',
  'failedStoreCalls',
  'doubledRecords',
  'givenUp',
  'hangUps',
] as const satisfies readonly (keyof Plan)[];

/** Fields that may become smaller, and how small. */
const SIZES = { users: 1, symbols: 1, actions: 1, crashes: 1, watchers: 1 } as const satisfies Partial<Plan>;

export interface Shrunk {
  result: SeedResult;
  /** Fields that differ from what the seed draws. */
  changed: Partial<Plan>;
  runs: number;
}

/**
 * The smallest plan found under which the seed still fails: sizes are halved and one fault after the other is switched off as
 * long as it goes on failing. The failure may become another one; any is welcome.
 */
export async function shrink(
  failed: SeedResult,
  options: RunOptions,
  { maxRuns = 150, maxMs = 60_000 } = {},
): Promise<Shrunk> {
  const end = performance.now() + maxMs;
  const best: Shrunk = { result: failed, changed: { ...options.plan }, runs: 0 };
  const fails = async (change: Partial<Plan>): Promise<boolean> => {
    if (best.runs >= maxRuns || performance.now() > end) return false;
    best.runs++;
    const plan = { ...best.changed, ...change };
    const result = await runSeed(failed.seed, { ...options, plan });
    if (result.failures.length === 0) return false;
    best.result = result;
    best.changed = plan;
    return true;
  };
  // Smaller first: every later run is the shorter for it.
  await makeSmaller(best, fails);
  for (const name of SWITCHES) {
    const value = best.result.plan[name];
    if (value !== 0 && value !== false) await fails({ [name]: typeof value === 'boolean' ? false : 0 });
  }
  await makeSmaller(best, fails);
  return best;
}

/** Halves sizes, then takes one away, as long as the seed goes on failing. */
async function makeSmaller(best: Shrunk, fails: (change: Partial<Plan>) => Promise<boolean>): Promise<void> {
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const [name, least] of Object.entries(SIZES) as [keyof typeof SIZES, number][]) {
      const size = best.result.plan[name];
      const half = Math.floor(size / 2);
      if (size <= least) continue;
      if (half >= least && (await fails({ [name]: half }))) isSmaller = true;
      else if (half !== size - 1 && (await fails({ [name]: size - 1 }))) isSmaller = true;
    }
  }
}
