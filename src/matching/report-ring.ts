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
/**
 * Bounds of the reader's naps. It sleeps for as long as it expects a batch to take: each time it wakes it may take the writer's
 * core away for some microseconds, so it should wake once in thousands of reports however fast they come.
 */
const SHORTEST_NAP_MS = 0.02;
const LONGEST_NAP_MS = 1;

/** The reading end of a report ring. */
export class ReportReader {
  /** All reports of the ring: record i starts at word (i mod capacity) * REPORT_WORDS. */
  readonly words: Int32Array;
  readonly #control: Int32Array;
  readonly #mask: number;
  readonly #batch: number;
  #head: number;
  /** How long a batch is expected to take. */
  #batchMs = SHORTEST_NAP_MS;

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
    let napMs = 0;
    for (let before = 0; ; ) {
      const flushing = Atomics.load(this.#control, FLUSH) === 1;
      const count = (Atomics.load(this.#control, TAIL) - this.#head) | 0;
      if (napMs > 0) this.#expect(count - before, napMs);
      if (count >= this.#batch || flushing) return count;
      before = count;
      napMs = between(this.#batchMs * (1 - count / this.#batch));
      Atomics.wait(this.#control, FLUSH, 0, napMs);
    }
  }

  /** Learns from what came during a nap. */
  #expect(reports: number, napMs: number): void {
    this.#batchMs = between(reports === 0 ? this.#batchMs * 2 : (napMs * this.#batch) / reports);
  }
}

function between(ms: number): number {
  return Math.min(LONGEST_NAP_MS, Math.max(SHORTEST_NAP_MS, ms));
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
