import type { EngineEvent } from '../../domain/events.ts';
import type { Lines } from './lines.ts';
import { draftsOf } from './messages.ts';
import { type EntryTexts, encodePrivateRecord } from './private-record.ts';

/** A record holds about this many messages at most: enough to share one fsync, small enough to read back for one user. */
const MESSAGES_A_RECORD = 256;

/** Numbered messages on their way into the private stream. */
interface Numbered {
  symbol: string;
  seq: number;
  messages: { user: string; useq: number; text: string }[];
  /** Monotonic ms at which the engine told it. */
  toldAt: number;
}

/** What one append writes. */
export interface Chunk {
  bytes: Buffer;
  entries: EntryTexts[];
  seqs: ReadonlyMap<string, number>;
  events: number;
  messages: number;
  /** Of its first event. */
  toldAt: number;
}

/** Gives messages their numbers in the order in which events come, and packs them into records. */
export class Outbox {
  readonly #lines: Lines;
  #queue: Numbered[] = [];
  #head = 0;
  /** Messages that wait; the notifier bounds it. */
  size = 0;

  constructor(lines: Lines) {
    this.#lines = lines;
  }

  get empty(): boolean {
    return this.#head === this.#queue.length;
  }

  /** Numbers the messages of an event. The caller has checked that its seq is the symbol's next. */
  add(event: EngineEvent, toldAt: number): void {
    this.#lines.assignedSeqs.set(event.symbol, event.seq);
    const messages = draftsOf(event).map(({ userId, text }) => {
      const line = this.#lines.user(userId);
      line.assigned += 1;
      return { user: userId, useq: line.assigned, text: text(line.assigned) };
    });
    this.#queue.push({ symbol: event.symbol, seq: event.seq, messages, toldAt });
    this.size += messages.length;
  }

  /** Takes the oldest events, whole, into one record. Call only when not empty, and only once the one before is durable. */
  take(): Chunk {
    const seqs = new Map<string, number>();
    const byUser = new Map<string, EntryTexts>();
    const first = this.#head;
    const toldAt = this.#queue[first]!.toldAt;
    let messages = 0;
    while (this.#head < this.#queue.length && messages < MESSAGES_A_RECORD) {
      const numbered = this.#queue[this.#head++]!;
      seqs.set(numbered.symbol, numbered.seq);
      messages += numbered.messages.length;
      for (const { user, useq, text } of numbered.messages) {
        const entry = byUser.get(user);
        if (entry) entry.texts.push(text);
        else byUser.set(user, { user, useq, prev: this.#lines.user(user).last, texts: [text] });
      }
    }
    const events = this.#head - first;
    if (this.#head === this.#queue.length || this.#head > 4_096) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    const entries = [...byUser.values()];
    return { bytes: encodePrivateRecord(seqs, entries), entries, seqs, events, messages, toldAt };
  }
}
