import { parentPort, workerData } from 'node:worker_threads';
import { REPORT_WORDS } from '../../src/matching/order-book.ts';
import { ReportReader, type ReportRing } from '../../src/matching/report-ring.ts';

/** What the drainer has read, from one restart of the ring to its finish. */
export interface Drained {
  reports: number;
  /** Sum of all words, modulo 2^32: every word was read. */
  sum: number;
  /** All reports, when they were asked for. */
  kept: Int32Array | undefined;
}

/** The second thread of the benchmark: it reads every word of every report out of the ring. */
export interface DrainerOptions {
  ring: ReportRing;
  batch: number;
}

const { ring, batch }: DrainerOptions = workerData;
const reader = new ReportReader(ring, batch);

parentPort?.on('message', (keep: boolean) => {
  parentPort?.postMessage('ready');
  parentPort?.postMessage(keep ? keepAll() : countAll());
});

function countAll(): Drained {
  let reports = 0;
  let sum = 0;
  const words = reader.words;
  const read = (first: number, count: number) => {
    const end = (first + count) * REPORT_WORDS;
    let partial = 0;
    for (let i = first * REPORT_WORDS; i < end; i++) partial = (partial + words[i]!) | 0;
    sum = (sum + partial) | 0;
  };
  for (let count = reader.drain(read); count > 0; count = reader.drain(read)) reports += count;
  return { reports, sum, kept: undefined };
}

function keepAll(): Drained {
  let kept = new Int32Array(1 << 20);
  let used = 0;
  const read = (first: number, count: number) => {
    const run = reader.words.subarray(first * REPORT_WORDS, (first + count) * REPORT_WORDS);
    if (used + run.length > kept.length) {
      const larger = new Int32Array(Math.max(kept.length * 2, used + run.length));
      larger.set(kept);
      kept = larger;
    }
    kept.set(run, used);
    used += run.length;
  };
  while (reader.drain(read) > 0);
  kept = kept.subarray(0, used);
  return { reports: used / REPORT_WORDS, sum: kept.reduce((sum, word) => (sum + word) | 0, 0), kept };
}
