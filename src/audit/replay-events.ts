import type { Stream, StreamRecord } from '../ports/stream.ts';
import type { Findings } from './findings.ts';
import type { LogView } from './log-view.ts';
import { readLog } from './read-log.ts';

/** A matching engine as the audit drives it: records of one partition in, what it says out. */
export interface AuditedEngine {
  /** @param isHome whether a symbol belongs to the record's partition; a record of another symbol is poison */
  apply(
    record: StreamRecord,
    isHome: (symbol: string) => boolean,
  ): Iterable<{ symbol: string; seq: number; bytes: Uint8Array }>;
}

/**
 * Plays the orders stream through a second engine and compares every event with the one in the fills stream, byte for byte.
 * Events past the end of the fills stream (the engine was stopped before it said them) are not compared.
 * @returns how many events were compared
 */
export async function replayEvents(
  engine: AuditedEngine,
  stream: Stream,
  ordersTopic: string,
  view: LogView,
  findings: Findings,
): Promise<number> {
  const last = new Map<string, number>();
  let compared = 0;
  for await (const page of readLog(stream, ordersTopic)) {
    for (const record of page) {
      const isHome = (symbol: string) => stream.partitionOf(ordersTopic, symbol) === record.partition;
      for (const { symbol, seq, bytes } of engine.apply(record, isHome)) {
        last.set(symbol, seq);
        const same = view.trails.get(symbol)?.said(seq, bytes);
        if (same === undefined) continue;
        compared += 1;
        if (!same) findings.add(`${symbol} seq ${seq}: a second engine says ${Buffer.from(bytes).toString()}`);
      }
    }
  }
  for (const [symbol, trail] of view.trails) {
    const reached = last.get(symbol) ?? 0;
    if (reached < trail.last)
      findings.add(`${symbol}: the log holds ${trail.last} events, a second engine says ${reached}`);
  }
  return compared;
}
