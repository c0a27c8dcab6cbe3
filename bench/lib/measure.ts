import { median, percentile, sampleClock } from './latency.ts';
import { MatchingRig, type RigOptions } from './matching-rig.ts';
import { reportText, sha256Of } from './report-text.ts';
import type { Workload } from './workload.ts';

/** One workload's figures, as the benchmark prints them. */
export interface Result {
  workload: string;
  messages: number;
  /** Of the canonical report text of a further, untimed run through the same ring. */
  sha256: string;
  /** Messages per second of each run; `first` is the first of a fresh process when there is one workload. */
  runs: number[];
  first: number;
  median: number;
  block: number;
  p50_ns: number;
  p99_ns: number;
  p999_ns: number;
  /** The clock's own cost, undivided, which is in every sample (divided by the block's messages). */
  clock_p50_ns: number;
  clock_p999_ns: number;
  reports: number;
}

/** Times `runs` runs, then takes the latencies and the report text in runs of their own. */
export async function measure(workload: Workload, options: RigOptions, runs: number): Promise<Result> {
  const rig = await MatchingRig.start(workload, options);
  const rates: number[] = [];
  let counted = { reports: 0, sum: 0 };
  for (let i = 0; i < runs; i++) {
    const { seconds, drained } = await rig.run();
    rates.push(Math.round(workload.count / seconds));
    if (i > 0 && drained.sum !== counted.sum) throw new Error('Two runs of one workload reported differently.');
    counted = drained;
  }
  const samples = await rig.sample();
  const clock = sampleClock(samples.length);
  const { drained } = await rig.run(true);
  await rig.stop();
  if (drained.kept === undefined || drained.sum !== counted.sum || drained.reports !== counted.reports) {
    throw new Error('The timed runs reported other things than the checked run.');
  }
  return {
    workload: workload.name,
    messages: workload.count,
    sha256: sha256Of(reportText(workload, drained.kept)),
    runs: rates,
    first: rates[0]!,
    median: median(rates),
    block: options.block,
    p50_ns: round(percentile(samples, 0.5)),
    p99_ns: round(percentile(samples, 0.99)),
    p999_ns: round(percentile(samples, 0.999)),
    clock_p50_ns: round(percentile(clock, 0.5)),
    clock_p999_ns: round(percentile(clock, 0.999)),
    reports: drained.reports,
  };
}

function round(ns: number): number {
  return Math.round(ns * 10) / 10;
}
