import { Kind, REPORT_WORDS, Report } from '../../src/matching/order-book.ts';
import { MessageType } from './workload.ts';

/** How canonical ids and prices follow from the book's: a workload may lie outside what the book takes, by an offset. */
export interface Offsets {
  id: number;
  price: number;
}

/**
 * The canonical report text of one message: its reports as lines, sorted by type, as the public matching-engine benchmark
 * defines them (docs/MATCHING.md). A refused NEW has no line.
 */
export function canonicalLines(
  sequence: number,
  type: number,
  reports: Int32Array,
  first: number,
  count: number,
  offsets: Offsets = { id: 0, price: 0 },
): string[] {
  const lines: string[] = [];
  for (let i = first; i < first + count; i++) {
    const line = canonicalLine(sequence, type, reports.subarray(i * REPORT_WORDS, (i + 1) * REPORT_WORDS), offsets);
    if (line !== undefined) lines.push(line);
  }
  return lines.length === 1 ? lines : lines.sort((a, b) => a.charCodeAt(0) - b.charCodeAt(0));
}

function canonicalLine(sequence: number, type: number, report: Int32Array, offsets: Offsets): string | undefined {
  const side = report[Report.SIDE]!;
  const id = report[Report.ID]! + offsets.id;
  const price = report[Report.PRICE]! + offsets.price;
  const quantity = report[Report.QUANTITY]! >>> 0;
  switch (report[Report.KIND]) {
    case Kind.ADDED:
      return `0,${sequence},${side},${id},${price},${quantity}`;
    case Kind.TRADE:
      return `1,${sequence},${price},${quantity},${report[Report.MAKER_ID]! + offsets.id},${id}`;
    case Kind.ENDED:
      return `2,${sequence},${side},${id},${price}`;
    case Kind.REPLACED:
      return `3,${sequence},${side},${id},${price},${quantity}`;
    default:
      if (type === MessageType.CANCEL) return `4,${sequence},${id}`;
      return type === MessageType.MODIFY ? `5,${sequence},${id}` : undefined;
  }
}
