import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { commandLine } from '../support/command-line.ts';
import type { Plan } from './plan.ts';
import { REGRESSIONS } from './regressions.ts';
import type { RunOptions, SeedResult } from './run-seed.ts';
import type { FromWorker, WorkOrder } from './seed-worker.ts';
import { addTotals, noTotals, type Totals, totalsLine } from './totals.ts';

// npm run simulate, simulate:long. The exchange is loaded where seeds run, which is mostly in workers.

const USUAL_SECONDS = 60;
const LONG_SECONDS = 4 * 3600;
const { values } = commandLine({
  call: 'npm run simulate --',
  about: `Runs the whole exchange in simulated time under faults, and judges it. A bare --seed N runs that one seed and prints its trace
hash. Otherwise: the regression seeds, then fresh ones (or those from --seed on).`,
  flags: {
    seed: { takes: 'whole', least: 0, about: 'that seed alone; with --seconds, seeds from it on' },
    seconds: {
      takes: 'whole',
      least: 0,
      about: `how long seeds are run (${USUAL_SECONDS}; with --long ${LONG_SECONDS})`,
    },
    plan: {
      takes: 'text',
      shown: 'JSON',
      about: 'fields in the place of those that the seed draws: {"users":2,"crashes":0}',
    },
    store: {
      takes: 'text',
      shown: 'STORE',
      oneOf: ['memory', 'pglite'],
      about: 'one store for all; without it some seeds run on pglite',
    },
    workers: { takes: 'whole', about: 'threads (1; with --long all cores)' },
    long: { takes: 'switch', about: 'for hours, with a line about the progress every minute' },
    trace: { takes: 'switch', about: 'prints every event; of a bare --seed' },
  },
});

const PROGRESS_MS = 60_000;
const MAX_FAILED = 5;

function planOf(text: string | undefined): Partial<Plan> | undefined {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    console.error('simulate: --plan takes fields of a plan as JSON, such as {"users":2,"crashes":0}.');
    process.exit(2);
  }
}

/** What went wrong, how to see it again, and the same in small. */
async function report(failed: SeedResult, options: RunOptions): Promise<void> {
  tell(failed, options);
  const { shrink } = await import('./shrink.ts');
  const { result, changed, runs } = await shrink(failed, options);
  console.error(`smallest plan found in ${runs} runs: ${result.orders} orders, ${result.effects} effects:`);
  for (const failure of result.failures.slice(0, 3)) console.error(`  ${failure.split('\n', 1)[0]}`);
  console.error(`  plan ${JSON.stringify(result.plan)}`);
  console.error(`reproduce smaller: ${commandOf(result, changed)}`);
}

function tell(failed: SeedResult, options: RunOptions): void {
  console.error(`seed ${failed.seed} failed after ${failed.effects} effects, ${failed.crashes} crashes:`);
  for (const failure of failed.failures) console.error(`  ${failure}`);
  console.error(`reproduce: ${commandOf(failed, options.plan)}`);
}

function commandOf({ seed, store }: SeedResult, plan: Partial<Plan> | undefined): string {
  const fields = plan === undefined || Object.keys(plan).length === 0 ? '' : ` --plan '${JSON.stringify(plan)}'`;
  return `npm run simulate -- --seed ${seed}${fields}${store === 'pglite' ? ' --store pglite' : ''}`;
}

async function runOne(seed: number): Promise<void> {
  const plan = planOf(values.plan);
  const options: RunOptions = {
    ...(plan === undefined ? {} : { plan }),
    store: values.store === 'pglite' ? 'pglite' : 'memory',
  };
  const { runSeed } = await import('./run-seed.ts');
  const onTrace = (line: string) => console.log(line);
  const result = await runSeed(seed, values.trace ? { ...options, onTrace } : options);
  const { orders, crashes, powerLosses, effects, virtualMs } = result;
  console.log(
    `seed ${seed}: ${orders} orders, ${crashes} crashes (${powerLosses} power losses), ${effects} effects, ${(virtualMs / 1000).toFixed(1)} virtual s`,
  );
  console.log(`trace ${result.trace}`);
  if (result.failures.length === 0) return;
  process.exitCode = 1;
  if (!values.trace) await report(result, options);
}

interface ManyOptions {
  first: number;
  seconds: number;
  workers: number;
  /** In front of fresh seeds. */
  known: WorkOrder['known'];
  /** Milliseconds between two lines about how far it is. */
  progressMs: number;
}

async function runMany({ first: firstSeed, seconds, workers, known, progressMs }: ManyOptions): Promise<void> {
  const started = performance.now();
  const passed = () => (performance.now() - started) / 1_000;
  const totals = noTotals();
  const failed: SeedResult[] = [];
  console.log(`seeds from ${firstSeed} for ${seconds} s on ${workers} ${workers === 1 ? 'worker' : 'workers'}`);
  const progress = setInterval(() => console.log(`${passed().toFixed(0)} s: ${lineOf(totals, passed())}`), progressMs);
  const crew = Array.from({ length: workers }, (_, i) =>
    runWorker(
      {
        first: firstSeed + i,
        step: workers,
        seconds,
        known: i === 0 ? known : [],
        store: values.store === 'memory' || values.store === 'pglite' ? values.store : 'some',
      },
      (message, worker) => {
        if (message.kind === 'totals') addTotals(totals, message.totals);
        else if (failed.push(message.result) >= MAX_FAILED) worker.postMessage('enough');
      },
    ),
  );
  await Promise.all(crew);
  clearInterval(progress);
  const [first, ...others] = failed.slice(0, MAX_FAILED);
  for (const result of others) tell(result, { store: result.store, plan: result.given });
  if (first !== undefined) await report(first, { store: first.store, plan: first.given });
  console.log(lineOf(totals, passed()));
  if (failed.length > 0) process.exitCode = 1;
}

function lineOf(totals: Totals, seconds: number): string {
  const { user, system } = process.cpuUsage();
  return totalsLine({ ...totals, cpuMs: (user + system) / 1_000 }, seconds);
}

function runWorker(order: WorkOrder, onMessage: (message: FromWorker, worker: Worker) => void): Promise<void> {
  const worker = new Worker(new URL('./seed-worker.ts', import.meta.url), { workerData: order });
  worker.on('message', (message: FromWorker) => onMessage(message, worker));
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('exit', () => resolve());
  });
}

if (values.seed !== undefined && values.seconds === undefined) await runOne(values.seed);
else {
  const fresh = Math.floor(Math.random() * 2 ** 31);
  await runMany({
    first: values.seed ?? fresh,
    seconds: values.seconds ?? (values.long ? LONG_SECONDS : USUAL_SECONDS),
    workers: values.workers ?? (values.long ? availableParallelism() : 1),
    known: values.seed === undefined ? REGRESSIONS.map(({ seed, plan = {} }) => ({ seed, plan })) : [],
    progressMs: values.long ? PROGRESS_MS : PROGRESS_MS / 2,
  });
}
