import type { EngineEvent } from '../domain/events.ts';
import { LedgerInvariantError } from './invariant.ts';

/** A symbol's next event is missing: what was applied last and what came. Never skipped over: money would be lost with it. */
export class EventGapError extends LedgerInvariantError {
  constructor(symbol: string, applied: number, seq: number) {
    super(`events of ${symbol} have a gap: ${applied} is applied, then came ${seq}`);
    this.name = 'EventGapError';
  }
}

/** The events of a delivery that are new, and up to where each symbol has come with them. */
export interface FreshEvents {
  events: EngineEvent[];
  /** For each symbol with new events: applied before, applied after. */
  advanced: Map<string, { from: number; to: number }>;
}

/**
 * Delivery is at least once: events of a symbol at or below its applied seq are dropped, wherever in the batch they stand.
 * @throws EventGapError when the next seq of a symbol is missing
 */
export function freshEvents(events: readonly EngineEvent[], appliedSeq: (symbol: string) => number): FreshEvents {
  const fresh: FreshEvents = { events: [], advanced: new Map() };
  for (const event of events) {
    const mark = fresh.advanced.get(event.symbol);
    const applied = mark?.to ?? appliedSeq(event.symbol);
    if (event.seq <= applied) continue;
    if (event.seq !== applied + 1) throw new EventGapError(event.symbol, applied, event.seq);
    if (mark === undefined) fresh.advanced.set(event.symbol, { from: applied, to: event.seq });
    else mark.to = event.seq;
    fresh.events.push(event);
  }
  return fresh;
}
