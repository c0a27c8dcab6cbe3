/** Forgotten texts of a user from which on they are cut off, when they are the larger half. */
const COMPACT_FROM = 64;

/**
 * The newest private messages of all users in memory, so that most resumes never touch the stream. Bounded over all
 * users together: the message told longest ago leaves first.
 */
export class RecentMessages {
  readonly #max: number;
  readonly #users = new Map<string, Recent>();
  /** Whose messages were added, in order; consumed from `#oldest` on. */
  #order: string[] = [];
  #oldest = 0;

  constructor(max: number) {
    this.#max = max;
  }

  add(user: string, firstUseq: number, texts: readonly string[]): void {
    let recent = this.#users.get(user);
    if (recent === undefined) {
      recent = { first: firstUseq, texts: [], start: 0 };
      this.#users.set(user, recent);
    }
    for (const text of texts) {
      recent.texts.push(text);
      this.#order.push(user);
    }
    while (this.#order.length - this.#oldest > this.#max) this.#forgetOldest();
    if (this.#oldest > this.#max) {
      this.#order = this.#order.slice(this.#oldest);
      this.#oldest = 0;
    }
  }

  /** Up to `limit` messages from `useq` on, or undefined when the first of them is no longer here. */
  from(user: string, useq: number, limit: number): string[] | undefined {
    const recent = this.#users.get(user);
    if (recent === undefined || useq < recent.first) return undefined;
    const from = recent.start + useq - recent.first;
    return recent.texts.slice(from, from + limit);
  }

  #forgetOldest(): void {
    const user = this.#order[this.#oldest++]!;
    const recent = this.#users.get(user)!;
    recent.texts[recent.start++] = '';
    recent.first += 1;
    if (recent.start === recent.texts.length) this.#users.delete(user);
    else if (recent.start >= COMPACT_FROM && recent.start * 2 > recent.texts.length) {
      recent.texts = recent.texts.slice(recent.start);
      recent.start = 0;
    }
  }
}

interface Recent {
  /** useq of texts[start]. */
  first: number;
  texts: string[];
  /** Texts before it are forgotten: taking the first out of a long array moves all others. */
  start: number;
}
