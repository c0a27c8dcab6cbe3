import { createHash } from 'node:crypto';
import type { Instrument } from '../../domain/instrument.ts';
import type { Clock } from '../../ports/clock.ts';
import type { InstrumentReader } from './deps.ts';
import { presentInstrument } from './present.ts';
import type { SymbolsAnswer } from './schemas/market.ts';

export interface KeptAnswer {
  answer: SymbolsAnswer;
  text: string;
  /** Says which contents these are, the same from every gateway and after every restart. */
  etag: string;
}

/**
 * The answer of `GET /symbols`, which every screen asks for every other second and which hardly ever changes: made once, and
 * again when an instrument changes or a dated tick table comes into force.
 */
export class SymbolsAnswers {
  readonly #instruments: InstrumentReader;
  readonly #clock: Clock;
  #kept: KeptAnswer | undefined;
  #revision = -1;
  /** Epoch ms between which no tick table begins. */
  #from = 0;
  #until = 0;

  constructor({ instruments, clock }: { instruments: InstrumentReader; clock: Clock }) {
    this.#instruments = instruments;
    this.#clock = clock;
  }

  now(): KeptAnswer {
    const { revision } = this.#instruments;
    const now = this.#clock.now();
    const holds = this.#revision === revision && now >= this.#from && now < this.#until;
    if (this.#kept !== undefined && holds) return this.#kept;
    const instruments = this.#instruments.list();
    const answer = {
      symbols: instruments.map((instrument) => presentInstrument(instrument, now)),
      assets: this.#instruments.assets(),
    };
    const text = JSON.stringify(answer);
    this.#kept = { answer, text, etag: `"${createHash('sha256').update(text).digest('base64url')}"` };
    this.#revision = revision;
    this.#between(instruments, now);
    return this.#kept;
  }

  /** Notes which dated tick tables began last and begin next: between the two, time changes nothing. */
  #between(instruments: readonly Instrument[], now: number): void {
    this.#from = Number.NEGATIVE_INFINITY;
    this.#until = Number.POSITIVE_INFINITY;
    for (const { tick_tables } of instruments) {
      for (const { effective_at } of tick_tables) {
        if (effective_at > now) this.#until = Math.min(this.#until, effective_at);
        else this.#from = Math.max(this.#from, effective_at);
      }
    }
  }
}

/** Whether an If-None-Match header names these contents. */
export function isKnown(etag: string, ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false;
  const named = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return named.includes(etag) || named.includes('*');
}
