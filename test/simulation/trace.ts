import { createHash } from 'node:crypto';

const CHUNK = 16_384;
/** Times kept apart from the text until it is hashed: to write a double out in decimals costs more than all else here. */
const TIMES = 1_024;

/** A running hash over everything that happens: two runs of one seed that differ anywhere differ here. */
export class Trace {
  readonly #hash = createHash('sha256');
  readonly #times = new Float64Array(TIMES);
  #noted = 0;
  #text = '';
  events = 0;
  /** Set it to see what happens, one line at a time. */
  listener: ((line: string) => void) | undefined;

  /** @param atMs of virtual time, where it is not in the line */
  note(line: string, atMs?: number): void {
    this.events++;
    this.listener?.(atMs === undefined ? line : `${line} @${atMs}`);
    this.#text += `${line}\n`;
    if (atMs !== undefined) this.#times[this.#noted++] = atMs;
    if (this.#text.length >= CHUNK || this.#noted === TIMES) this.#flush();
  }

  #flush(): void {
    this.#hash.update(this.#text).update(this.#times.subarray(0, this.#noted));
    this.#text = '';
    this.#noted = 0;
  }

  /** 16 hex digits. Call it once, at the end. */
  digest(): string {
    this.#flush();
    return this.#hash.digest('hex').slice(0, 16);
  }
}
