import { createHash } from 'node:crypto';

const CHUNK = 16_384;

/** A running hash over everything that happens: two runs of one seed that differ anywhere differ here. */
export class Trace {
  readonly #hash = createHash('sha256');
  #text = '';
  events = 0;
  /** Set it to see what happens, one line at a time. */
  listener: ((line: string) => void) | undefined;

  note(line: string): void {
    this.events++;
    this.listener?.(line);
    this.#text += `${line}\n`;
    if (this.#text.length < CHUNK) return;
    this.#hash.update(this.#text);
    this.#text = '';
  }

  /** 16 hex digits. Call it once, at the end. */
  digest(): string {
    return this.#hash.update(this.#text).digest('hex').slice(0, 16);
  }
}
