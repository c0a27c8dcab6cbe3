import type { Lane } from '../sql/driver.ts';

/** Consecutive turns of order entry while others wait. */
const ENTRY_TURNS = 2;

/**
 * Who goes next on a single connection. Order entry goes first; while it never pauses, every third turn is a question's or a
 * consumer's, who take turns among themselves. So entry waits for at most one piece of other work, and nobody starves.
 */
export class Lanes<T> {
  readonly #waiting: Record<Lane, T[]> = { entry: [], question: [], consumer: [] };
  #entryTurns = 0;
  #other: 'question' | 'consumer' = 'question';

  add(lane: Lane, work: T): void {
    this.#waiting[lane].push(work);
  }

  next(): T | undefined {
    const { entry, question, consumer } = this.#waiting;
    const othersWait = question.length > 0 || consumer.length > 0;
    if (entry.length > 0 && (this.#entryTurns < ENTRY_TURNS || !othersWait)) {
      this.#entryTurns += 1;
      return entry.shift();
    }
    this.#entryTurns = 0;
    const first = this.#waiting[this.#other].length > 0 ? this.#other : other(this.#other);
    this.#other = other(first);
    return this.#waiting[first].shift();
  }
}

function other(lane: 'question' | 'consumer'): 'question' | 'consumer' {
  return lane === 'question' ? 'consumer' : 'question';
}
