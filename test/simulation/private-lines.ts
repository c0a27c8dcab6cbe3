import type { PrivateMessage } from '../../src/domain/messages.ts';

/** What the users' sockets have received, over all lives of the exchange. */
export class PrivateLines {
  readonly faults: string[] = [];
  /** Text of each number, by user: a number means one message for ever. */
  readonly #heard = new Map<string, Map<number, string>>();
  readonly #durable: { upTo(userId: string): number };

  constructor(durable: { upTo(userId: string): number }) {
    this.#durable = durable;
  }

  hear(userId: string, messages: readonly string[], firstUseq: number): void {
    const line = this.#heard.get(userId) ?? new Map<number, string>();
    this.#heard.set(userId, line);
    for (const [i, text] of messages.entries()) {
      const useq = firstUseq + i;
      if (useq > this.#durable.upTo(userId)) this.faults.push(`${userId}: number ${useq} is told before it is durable`);
      const before = line.get(useq);
      // The same words again: they have been looked at.
      if (before === text) continue;
      if (before !== undefined) this.faults.push(`${userId}: number ${useq} is ${before} and ${text}`);
      const { data }: PrivateMessage = JSON.parse(text);
      if (data.useq !== useq) this.faults.push(`${userId}: a message of number ${data.useq} came as ${useq}`);
      line.set(useq, text);
    }
  }

  /** Compares with the line as the exchange tells it at the end: gap-free, and the same words for every number heard. */
  compare(userId: string, line: readonly string[]): void {
    const heard = this.#heard.get(userId);
    for (const [i, text] of line.entries()) {
      if (heard?.get(i + 1) === text) continue;
      const { data }: PrivateMessage = JSON.parse(text);
      if (data.useq !== i + 1) this.faults.push(`${userId}: number ${i + 1} is missing, ${data.useq} follows`);
    }
    for (const [useq, text] of heard ?? []) {
      const told = line[useq - 1];
      if (told !== text) this.faults.push(`${userId}: heard ${text} as number ${useq}, which is now ${told}`);
    }
  }
}
