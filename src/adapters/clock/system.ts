import { randomFillSync } from 'node:crypto';
import type { Chance, Clock, Timer } from '../../ports/clock.ts';
import { IdMaker } from './id.ts';

/** The machine's own clock. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  setTimeout(callback: () => void, ms: number): Timer {
    const handle = setTimeout(callback, ms);
    return { cancel: () => clearTimeout(handle) };
  }

  setInterval(callback: () => void, ms: number): Timer {
    const handle = setInterval(callback, ms);
    return { cancel: () => clearInterval(handle) };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }
}

const POOL_BYTES = 8192;

/** The operating system's randomness: ids that nobody can guess and that no two processes share. */
export class SystemChance implements Chance {
  readonly #pool = new Uint8Array(POOL_BYTES);
  #used = POOL_BYTES;
  readonly #ids: IdMaker;

  constructor(clock: Pick<Clock, 'now'> = new SystemClock()) {
    this.#ids = new IdMaker(
      () => clock.now(),
      () => this.#byte(),
    );
  }

  random(): number {
    let value = 0;
    for (let i = 0; i < 6; i++) value = value * 256 + this.#byte();
    return value / 2 ** 48;
  }

  id(): string {
    return this.#ids.next();
  }

  /** Random bytes are fetched in blocks: one system call serves hundreds of ids. */
  #byte(): number {
    if (this.#used === POOL_BYTES) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    return this.#pool[this.#used++]!;
  }
}
