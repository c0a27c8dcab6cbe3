import type { Chance, Clock } from '../../ports/clock.ts';
import type { Stream } from '../../ports/stream.ts';
import { written } from './written.ts';

/** One act of an admin: who did what to which thing, when, and how the thing looked before and after. */
export interface AuditEntry {
  v: 1;
  audit_id: string;
  timestamp: number;
  actor: string;
  action: string;
  target: string;
  before: unknown;
  after: unknown;
  /** Present when the act failed after it was begun: the code of the error. */
  error?: string;
}

export type AuditAct = Pick<AuditEntry, 'actor' | 'action' | 'target' | 'before' | 'after'>;

/**
 * Acts of admins in a stream of their own, kept for good. An act is written before it is done, so that none goes
 * unrecorded; one that then fails is written a second time with its error.
 */
export class AuditLog {
  readonly #stream: Pick<Stream, 'ensureTopic' | 'append' | 'read' | 'bounds'>;
  readonly #topic: string;
  readonly #clock: Clock;
  readonly #chance: Chance;

  constructor(deps: {
    stream: Pick<Stream, 'ensureTopic' | 'append' | 'read' | 'bounds'>;
    topic: string;
    clock: Clock;
    chance: Chance;
  }) {
    this.#stream = deps.stream;
    this.#topic = deps.topic;
    this.#clock = deps.clock;
    this.#chance = deps.chance;
  }

  async start(): Promise<void> {
    await this.#stream.ensureTopic(this.#topic, { partitions: 1 });
  }

  /** Records the act, then does it. */
  async record<T>(act: AuditAct, effect: () => Promise<T>): Promise<T> {
    const entry: AuditEntry = { v: 1, audit_id: this.#chance.id(), timestamp: this.#clock.now(), ...act };
    await this.#append(entry);
    try {
      return await effect();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'INTERNAL';
      await this.#append({ ...entry, timestamp: this.#clock.now(), error: code });
      throw error;
    }
  }

  /** The newest `limit` entries before the entry at offset `before`, newest first; `next` continues. */
  async list(limit: number, before?: number): Promise<{ entries: AuditEntry[]; next?: number }> {
    const { begin, end } = await this.#stream.bounds(this.#topic, 0);
    const stop = Math.min(end, before ?? end);
    const start = Math.max(begin, stop - limit);
    if (start >= stop) return { entries: [] };
    const entries: AuditEntry[] = [];
    // A read may bring fewer than were asked for.
    for (let offset = start; offset < stop; ) {
      const records = await this.#stream.read(this.#topic, 0, offset, stop - offset);
      const last = records.at(-1);
      if (last === undefined) break;
      for (const { value } of records) entries.push(JSON.parse(new TextDecoder().decode(value)));
      offset = last.offset + 1;
    }
    entries.reverse();
    return start > begin ? { entries, next: start } : { entries };
  }

  async #append(entry: AuditEntry): Promise<void> {
    const value = new TextEncoder().encode(JSON.stringify(entry));
    await written(this.#stream.append(this.#topic, [{ key: entry.target, value }]));
  }
}
