// npm run -s bench:matching -- --help
// Messages per second of the book that `npm start` runs, every report read by a second thread within the time taken.
// Without --workload: all scenarios of the project's generator, and the worst of them. See docs/MATCHING.md.
import { commandLine } from '../test/support/command-line.ts';
import { flatHeap } from './lib/flat-heap.ts';
import { generate, SCENARIOS, type ScenarioName } from './lib/generator.ts';
import { DEFAULTS, type RigOptions } from './lib/matching-rig.ts';
import { measure, type Result } from './lib/measure.ts';
import { origin } from './lib/origin.ts';
import { timeSnapshot } from './lib/snapshot-time.ts';
import { measureStringIds } from './lib/string-ids.ts';
import { readWorkload, type Workload } from './lib/workload.ts';

const ORDERS = 1_000_000;
const SEED = 23;

const { values } = commandLine({
  call: 'npm run -s bench:matching --',
  about:
    'Messages a second of the book that `npm start` runs, every report read by a second thread within the time taken.',
  flags: {
    workload: {
      takes: 'text',
      shown: 'FILE',
      about: "a recorded flow; without it all scenarios of the project's generator",
    },
    runs: { takes: 'whole', usual: 7, about: 'runs; the first and the median are told' },
    block: { takes: 'whole', usual: DEFAULTS.block, about: 'messages handed to the book at once' },
    ids: { takes: 'text', shown: 'KIND', usual: 'number', oneOf: ['number', 'string'], about: 'what order ids are' },
    heap: { takes: 'whole', about: 'instead: the JavaScript heap before and after N messages' },
    snapshot: { takes: 'whole', about: 'instead: times of snapshot and restore with N orders' },
    json: { takes: 'switch', about: 'one line of JSON for each workload' },
  },
});

const { runs } = values;
const options: RigOptions = { ...DEFAULTS, block: values.block };
const measureOne = values.ids === 'string' ? measureStringIds : measure;

/** The fields that issue and docs promise, then what else is worth keeping. */
function asJson(result: Result): string {
  const { workload, messages, sha256, runs, first, median, block, p50_ns, p99_ns, p999_ns, ...rest } = result;
  const measured = { workload, messages, sha256, runs, first, median, block, p50_ns, p99_ns, p999_ns };
  return JSON.stringify({ ...measured, ...origin(), ...rest, latency: 'separate run, per block, divided' });
}

function asRow(result: Result): string {
  const millions = (rate: number) => (rate / 1e6).toFixed(1).padStart(7);
  const ns = (value: number) => value.toFixed(0).padStart(7);
  const { first, median, p50_ns, p99_ns, p999_ns } = result;
  return `${result.workload.padEnd(34)}${millions(first)}${millions(median)}${[p50_ns, p99_ns, p999_ns].map(ns).join('')}`;
}

async function report(workload: Workload): Promise<Result> {
  const result = await measureOne(workload, options, runs);
  console.log(values.json ? asJson(result) : asRow(result));
  if (!values.json) {
    const { clock_p50_ns, clock_p999_ns, sha256 } = result;
    console.log(`  sha256 ${sha256}; the clock alone: p50 ${clock_p50_ns} ns, p99.9 ${clock_p999_ns} ns a reading`);
  }
  return result;
}

if (!values.json && values.snapshot === undefined && values.heap === undefined) {
  const { node, machine, commit } = origin();
  console.log(`${machine}; Node ${node}; commit ${commit}; ${new Date().toISOString()}`);
  console.log(`ids: ${values.ids}; block ${options.block}; ring of ${options.ring} reports; ${runs} runs`);
  console.log('workload                            M msg/s: first median   ns: p50    p99  p99.9');
}
if (values.heap !== undefined) {
  const workload = values.workload === undefined ? generate('normal', ORDERS, SEED) : readWorkload(values.workload);
  console.log(JSON.stringify({ ...(await flatHeap(workload, options, values.heap)), ...origin() }));
} else if (values.snapshot !== undefined) {
  console.log(JSON.stringify({ ...timeSnapshot(values.snapshot), ...origin() }));
} else if (values.workload !== undefined) {
  await report(readWorkload(values.workload));
} else {
  const results: Result[] = [];
  for (const scenario of Object.keys(SCENARIOS)) {
    results.push(await report(generate(scenario as ScenarioName, ORDERS, SEED)));
  }
  const worst = results.reduce((a, b) => (b.median < a.median ? b : a));
  if (!values.json) console.log(`worst: ${worst.workload}, ${(worst.median / 1e6).toFixed(1)} M msg/s`);
}
