import { isDeepStrictEqual } from 'node:util';
import type { EngineEvent } from '../../../src/domain/events.ts';
import type { OrderRecord } from '../../../src/domain/records.ts';
import { type Saying, SymbolJudge } from './symbol-judge.ts';

/**
 * Every event of the log against what the rules say to the same records. The audit plays the same records through the
 * engine's own code over another book: what engine and audit share, only the judge can notice.
 *
 * @param records of the orders stream, each symbol's in their order
 * @param events by symbol, in the order of their seq
 */
export function ruleFaults(
  records: Iterable<OrderRecord>,
  events: ReadonlyMap<string, readonly EngineEvent[]>,
): string[] {
  const judges = new Map<string, JudgedSymbol>();
  for (const record of records) {
    let judged = judges.get(record.symbol);
    if (judged === undefined) {
      judged = new JudgedSymbol(record.symbol, events.get(record.symbol) ?? []);
      judges.set(record.symbol, judged);
    }
    judged.follow(record);
  }
  return [...judges.values()].flatMap((judged) => judged.faults());
}

/** The events of one symbol, followed record by record up to the first that is wrong: what comes after it means nothing. */
class JudgedSymbol {
  readonly #symbol: string;
  readonly #events: readonly EngineEvent[];
  readonly #judge = new SymbolJudge();
  #seq = 0;
  #fault: string | undefined;

  constructor(symbol: string, events: readonly EngineEvent[]) {
    this.#symbol = symbol;
    this.#events = events;
  }

  follow(record: OrderRecord): void {
    if (this.#fault !== undefined) return;
    for (const saying of this.#judge.apply(record)) {
      this.#compare(record, saying);
      if (this.#fault !== undefined) return;
    }
  }

  faults(): string[] {
    if (this.#fault !== undefined) return [this.#fault];
    const more = this.#events[this.#seq];
    return more === undefined ? [] : [`rules: ${this.#symbol} says ${JSON.stringify(more)}, which no record asked for`];
  }

  #compare(record: OrderRecord, saying: Saying): void {
    const said = this.#events[this.#seq];
    this.#seq += 1;
    const { symbol, timestamp } = record;
    const trade = saying.event === 'FILL' ? { trade_id: `${symbol}-${this.#seq}` } : {};
    const due = { v: 1, symbol, seq: this.#seq, timestamp, ...trade, ...saying };
    if (isDeepStrictEqual(said, due)) return;
    const words = said === undefined ? 'nothing' : JSON.stringify(said);
    this.#fault = `rules: to ${JSON.stringify(record)} ${symbol} says ${words}, the rules say ${JSON.stringify(due)}`;
  }
}
