import { parentPort, workerData } from 'node:worker_threads';
import type { Regression } from './regressions.ts';
import { runSeed, type SeedResult } from './run-seed.ts';
import { addResult, noTotals, type Totals } from './totals.ts';

/** What a worker is to do: the known seeds, then first, first + step, ... until its time is over. */
export interface WorkOrder {
  first: number;
  step: number;
  seconds: number;
  known: readonly Pick<Regression, 'seed' | 'plan'>[];
  /** memory, pglite, or some: one in PGLITE_EVERY on PGlite, the others in memory. */
  store: string;
}

export type FromWorker = { kind: 'totals'; totals: Totals } | { kind: 'failed'; result: SeedResult };

const PGLITE_EVERY = 200;
const TELL_MS = 2_000;

const { first, step, seconds, known, store }: WorkOrder = workerData;
const end = performance.now() + seconds * 1_000;
let isEnough = false;
parentPort?.on('message', () => {
  isEnough = true;
});
parentPort?.unref();

// Refusals are errors, and many: a failed seed runs again for its report, with stacks.
Error.stackTraceLimit = 0;
let totals = noTotals();
let toldAt = performance.now();
for (let i = 0; performance.now() < end && !isEnough; i++) {
  const { seed, plan = {} } = known[i] ?? { seed: first + (i - known.length) * step };
  const isOnPglite = store === 'pglite' || (store !== 'memory' && i % PGLITE_EVERY === PGLITE_EVERY / 2);
  const result = await runSeed(seed, { plan, store: isOnPglite ? 'pglite' : 'memory' });
  addResult(totals, result);
  if (result.failures.length > 0) tell({ kind: 'failed', result });
  if (performance.now() - toldAt < TELL_MS) continue;
  tell({ kind: 'totals', totals });
  totals = noTotals();
  toldAt = performance.now();
}
tell({ kind: 'totals', totals });

function tell(message: FromWorker): void {
  parentPort?.postMessage(message);
}
