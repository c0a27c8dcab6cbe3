import { ExchangeError } from '../../domain/errors.ts';
import { OffsetGoneError, type Stream } from '../../ports/stream.ts';
import type { UserLine } from './lines.ts';
import { decodePrivateRecord } from './private-record.ts';

/** One question reads at most this many records; who missed more reads the orders instead. */
const RECORDS_MAX = 5_000;
/** Walks at one time: each is a chain of reads, and a storm of them must not starve the appends. */
const WALKS_MAX = 16;

/** Reads a user's older messages from the private stream, from the newest back along the `prev` links. */
export class PrivateHistory {
  readonly #stream: Stream;
  readonly #topic: string;
  #walks = 0;

  constructor(stream: Stream, topic: string) {
    this.#stream = stream;
    this.#topic = topic;
  }

  /**
   * Up to `limit` messages of a user from number `from` on, as JSON texts.
   * @throws ExchangeError EVENTS_GONE when they are no longer kept, OVERLOADED when too many ask at once.
   */
  async from(user: string, line: Readonly<UserLine>, from: number, limit: number): Promise<string[]> {
    if (this.#walks >= WALKS_MAX) throw new ExchangeError('OVERLOADED', undefined, undefined, 1);
    this.#walks += 1;
    try {
      return await this.#walk(user, line.last, from, limit);
    } catch (error) {
      if (error instanceof OffsetGoneError) throw gone(from);
      throw error;
    } finally {
      this.#walks -= 1;
    }
  }

  async #walk(user: string, last: number, from: number, limit: number): Promise<string[]> {
    const { begin } = await this.#stream.bounds(this.#topic, 0);
    const found: string[][] = [];
    let offset = last;
    for (let read = 0; read < RECORDS_MAX; read++) {
      if (offset < begin) throw gone(from);
      const [record] = await this.#stream.read(this.#topic, 0, offset, 1);
      if (record === undefined || record.offset !== offset) throw gone(from);
      const entry = decodePrivateRecord(record.value).users.find((one) => one.user === user);
      if (entry === undefined) throw new Error(`${this.#topic}: record ${offset} should hold messages of its user`);
      const skipped = Math.max(0, from - entry.useq);
      const wanted = entry.messages.slice(skipped, Math.max(skipped, from + limit - entry.useq));
      found.push(wanted.map((message) => JSON.stringify(message)));
      if (entry.useq <= from) return found.reverse().flat();
      offset = entry.prev;
    }
    throw gone(from);
  }
}

function gone(from: number): ExchangeError {
  return new ExchangeError('EVENTS_GONE', undefined, { from });
}
