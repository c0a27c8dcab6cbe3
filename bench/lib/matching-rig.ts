import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { BookHost, COMMAND_WORDS } from '../../src/matching/book-host.ts';
import type { FastBook } from '../../src/matching/fast-book.ts';
import { finish, type ReportRing, restart } from '../../src/matching/report-ring.ts';
import type { Drained, DrainerOptions } from './drainer.ts';
import type { Workload } from './workload.ts';

export interface RigOptions {
  /** Messages looked at ahead, and published at once; 1: no look-ahead. */
  block: number;
  /** Reports that the ring holds: a power of two. */
  ring: number;
  /** Reports the drainer waits for. */
  batch: number;
}

export const DEFAULTS: RigOptions = { block: 32, ring: 1 << 16, batch: 4096 };

/** Reserved beyond the commands: orders, pages and tables of the book. */
const BOOK_BYTES = 64 << 20;
const COMMAND_BYTES = COMMAND_WORDS * 4;

/** One matching thread (this one), one drainer thread, and a workload in the memory between them. */
export class MatchingRig {
  readonly #host = new BookHost();
  readonly #workload: Workload;
  readonly #options: RigOptions;
  readonly #ring: ReportRing;
  readonly #commands: { address: number; words: Int32Array };
  readonly #drainer: Worker;

  private constructor(workload: Workload, options: RigOptions) {
    this.#workload = workload;
    this.#options = options;
    this.#ring = this.#host.openRing(options.ring);
    this.#commands = this.#host.commandBlock(workload.count * COMMAND_WORDS);
    this.#commands.words.set(workload.commands);
    this.#host.reserve(BOOK_BYTES);
    const workerData: DrainerOptions = { ring: this.#ring, batch: options.batch };
    this.#drainer = new Worker(join(import.meta.dirname, 'drainer.ts'), { workerData });
  }

  static async start(workload: Workload, options: RigOptions): Promise<MatchingRig> {
    const rig = new MatchingRig(workload, options);
    await once(rig.#drainer, 'online');
    return rig;
  }

  /** Matches the whole workload in a fresh book; the clock stops when the drainer has read the last report. */
  async run(keep = false): Promise<{ seconds: number; drained: Drained }> {
    const book = await this.#prepare(keep);
    const started = performance.now();
    book.run(this.#commands.address, this.#workload.count, this.#options.block);
    return this.#finish(book, started);
  }

  /** The same, block by block, with `prepare` called on the commands of each block before it is matched. */
  async runBlocks(prepare: (commands: Int32Array, first: number, end: number) => void) {
    const { block } = this.#options;
    const { count } = this.#workload;
    const { address, words } = this.#commands;
    const book = await this.#prepare(false);
    const started = performance.now();
    for (let first = 0; first < count; first += block) {
      const end = Math.min(first + block, count);
      prepare(words, first, end);
      book.run(address + first * COMMAND_BYTES, end - first, block);
    }
    return this.#finish(book, started);
  }

  /** Nanoseconds per message, one sample per block: a clock reading around each block, divided by its messages. */
  async sample(): Promise<Float64Array> {
    const { block } = this.#options;
    const { count } = this.#workload;
    const samples = new Float64Array(Math.floor(count / block));
    const book = await this.#prepare(false);
    for (let i = 0; i < samples.length; i++) {
      const started = performance.now();
      book.run(this.#commands.address + i * block * COMMAND_BYTES, block, block);
      samples[i] = ((performance.now() - started) * 1e6) / block;
    }
    await this.#finish(book, 0);
    return samples.sort();
  }

  async stop(): Promise<void> {
    await this.#drainer.terminate();
  }

  async #prepare(keep: boolean): Promise<FastBook> {
    const book = this.#host.open();
    book.reserveIds(this.#workload.maxId + 1);
    restart(this.#ring);
    this.#drainer.postMessage(keep);
    await once(this.#drainer, 'message');
    return book;
  }

  async #finish(book: FastBook, started: number): Promise<{ seconds: number; drained: Drained }> {
    finish(this.#ring);
    const seconds = (performance.now() - started) / 1000;
    const [drained] = await once(this.#drainer, 'message');
    book.close();
    return { seconds, drained };
  }
}
