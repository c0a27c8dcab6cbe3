import { REPORT_WORDS } from './order-book.ts';

/** A ring of reports in memory that two threads share (BookHost.openRing). One thread matches, one reads. */
export interface ReportRing {
  memory: SharedArrayBuffer;
  /** Byte address of the first report. */
  address: number;
  /** Reports that fit: a power of two. */
  capacity: number;
}

// Control words of the ring, each on cache lines of its own (core/assembly/layout.ts).
const TAIL = 128 / 4;
const HEAD = 256 / 4;
const FLUSH = 384 / 4;
/** How long the reader sleeps when there is too little to read. A reader that polls eagerly slows the writer down. */
const NAP_MS = 0.05;

/** The reading end of a report ring. */
export class ReportReader {
  /** All reports of the ring: record i starts at word (i mod capacity) * REPORT_WORDS. */
  readonly words: Int32Array;
  readonly #control: Int32Array;
  readonly #mask: number;
  readonly #batch: number;
  #head: number;

  /** `batch`: the least number of reports worth waking up for. */
  constructor(ring: ReportRing, batch: number) {
    this.words = new Int32Array(ring.memory, ring.address, ring.capacity * REPORT_WORDS);
    this.#control = new Int32Array(ring.memory, 0, 128);
    this.#mask = ring.capacity - 1;
    this.#batch = batch;
    this.#head = Atomics.load(this.#control, HEAD);
  }

  /**
   * Waits for reports, hands them to `read` as runs of records [first, first + count) of `words`, and gives their room
   * back to the writer. Returns how many there were: 0 only after finish(), when nothing is left.
   */
  drain(read: (first: number, count: number) => void): number {
    const count = this.#await();
    for (let left = count; left > 0; ) {
      const first = this.#head & this.#mask;
      const run = Math.min(left, this.#mask + 1 - first);
      read(first, run);
      left -= run;
      this.#head = (this.#head + run) | 0;
    }
    Atomics.store(this.#control, HEAD, this.#head);
    return count;
  }

  #await(): number {
    for (;;) {
      const flushing = Atomics.load(this.#control, FLUSH) === 1;
      const count = (Atomics.load(this.#control, TAIL) - this.#head) | 0;
      if (count >= this.#batch || flushing) return count;
      Atomics.wait(this.#control, FLUSH, 0, NAP_MS);
    }
  }
}

/** For the writing thread: from now on the reader takes what is there, and learns that there is nothing more to come. */
export function finish(ring: ReportRing): void {
  const control = new Int32Array(ring.memory, 0, 128);
  Atomics.store(control, FLUSH, 1);
  Atomics.notify(control, FLUSH);
  while (Atomics.load(control, HEAD) !== Atomics.load(control, TAIL)) Atomics.wait(control, HEAD, 0, 0.001);
}

/** Before the next stretch of batches. */
export function restart(ring: ReportRing): void {
  Atomics.store(new Int32Array(ring.memory, 0, 128), FLUSH, 0);
}
