import { createHash } from 'node:crypto';
import { COMMAND_WORDS } from '../../src/matching/book-host.ts';
import { Kind, REPORT_WORDS, Report, Why } from '../../src/matching/order-book.ts';
import { canonicalLines } from './canonical.ts';
import type { Workload } from './workload.ts';

/**
 * The canonical report text of a whole workload, in pieces of many lines, from the reports as they came out of the ring. Reports
 * carry no sequence number: the first report of every message is the only one of its kind, so that counting them tells to
 * which message each report belongs.
 */
export function* reportText(workload: Workload, reports: Int32Array): Generator<string> {
  if (!isIncreasing(workload.sequences)) {
    yield [...messageLines(workload, reports)].flat().sort(bySequenceThenType).join('\n');
    return;
  }
  let piece: string[] = [];
  let separator = '';
  for (const lines of messageLines(workload, reports)) {
    for (const line of lines) piece.push(line);
    if (piece.length < 10_000) continue;
    yield separator + piece.join('\n');
    separator = '\n';
    piece = [];
  }
  if (piece.length > 0) yield separator + piece.join('\n');
}

export function sha256Of(text: Iterable<string>): string {
  const hash = createHash('sha256');
  for (const piece of text) hash.update(piece);
  return hash.digest('hex');
}

/** The lines of each message in turn. */
function* messageLines(workload: Workload, reports: Int32Array): Generator<string[]> {
  const total = reports.length / REPORT_WORDS;
  let message = 0;
  for (let first = 0; first < total; message++) {
    let end = first + 1;
    while (end < total && !beginsMessage(reports, end)) end++;
    const type = workload.commands[message * COMMAND_WORDS]! & 0xff;
    yield canonicalLines(workload.sequences[message]!, type, reports, first, end - first, workload.offsets);
    first = end;
  }
  if (message !== workload.count) throw new Error(`${workload.count} messages had reports of ${message}.`);
}

/** TRADE and the ends that the book itself decides follow; everything else answers a message. */
function beginsMessage(reports: Int32Array, index: number): boolean {
  const kind = reports[index * REPORT_WORDS + Report.KIND];
  const why = reports[index * REPORT_WORDS + Report.WHY];
  return kind !== Kind.TRADE && (kind !== Kind.ENDED || why === Why.BY_REQUEST);
}

function isIncreasing(sequences: Float64Array): boolean {
  return sequences.every((sequence, i) => i === 0 || sequence > sequences[i - 1]!);
}

function bySequenceThenType(a: string, b: string): number {
  const [typeA, sequenceA] = a.split(',', 2);
  const [typeB, sequenceB] = b.split(',', 2);
  return Number(sequenceA) - Number(sequenceB) || Number(typeA) - Number(typeB);
}
