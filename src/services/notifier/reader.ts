import type { PrivateMessage } from '../../domain/messages.ts';
import type { Stream } from '../../ports/stream.ts';
import { PrivateHistory } from './history.ts';
import type { Lines } from './lines.ts';
import type { RecentMessages } from './recent.ts';

/** Answers who missed something: from memory where it reaches, else from the stream. */
export class PrivateReader {
  readonly #lines: Lines;
  readonly #recent: RecentMessages;
  readonly #history: PrivateHistory;

  constructor(deps: { stream: Stream; topic: string; lines: Lines; recent: RecentMessages }) {
    this.#lines = deps.lines;
    this.#recent = deps.recent;
    this.#history = new PrivateHistory(deps.stream, deps.topic);
  }

  /** The user's newest durable number, 0 before the first message. */
  lastUseq(userId: string): number {
    return this.#lines.users.get(userId)?.durable ?? 0;
  }

  /**
   * Up to `limit` messages of a user as JSON texts, from number `from` (inclusive) on; empty when there are none yet.
   * @throws ExchangeError EVENTS_GONE (no longer kept), OVERLOADED (too many ask for old ones at once).
   */
  async eventTexts(userId: string, from: number, limit: number): Promise<string[]> {
    const line = this.#lines.users.get(userId);
    const first = Math.max(1, from);
    if (line === undefined || first > line.durable) return [];
    return this.#recent.from(userId, first, limit) ?? (await this.#history.from(userId, { ...line }, first, limit));
  }

  /** As `eventTexts`, parsed: what `GET /events` answers. */
  async events(userId: string, from: number, limit: number): Promise<PrivateMessage[]> {
    const texts = await this.eventTexts(userId, from, limit);
    return texts.map((text) => JSON.parse(text) as PrivateMessage);
  }
}
