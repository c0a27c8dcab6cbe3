import { DEFAULT_TOPICS } from '../../src/domain/topics.ts';
import type { Stream, StreamAppend } from '../../src/ports/stream.ts';

/** Up to which number each user's private messages stand in their stream: nobody may hear of a later one. */
export class DurableMessages {
  readonly #last = new Map<string, number>();
  /** Up to where a start has read. */
  #noted = 0;

  /** Records whose append has ended. */
  note(records: readonly Pick<StreamAppend, 'value'>[]): void {
    for (const { value } of records) {
      const { users }: { users: { user: string; useq: number; messages: unknown[] }[] } = JSON.parse(
        Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString(),
      );
      for (const { user, useq, messages } of users) {
        this.#last.set(user, Math.max(this.upTo(user), useq + messages.length - 1));
      }
    }
  }

  /** What a crash has kept from being told to the one who appended it. */
  async noteNew(stream: Stream): Promise<void> {
    const { end } = await stream.bounds(DEFAULT_TOPICS.private, 0);
    while (this.#noted < end) {
      const records = await stream.read(DEFAULT_TOPICS.private, 0, this.#noted, end - this.#noted);
      this.note(records);
      this.#noted += records.length;
    }
  }

  upTo(userId: string): number {
    return this.#last.get(userId) ?? 0;
  }
}
