import { type Core, instantiate } from './core/core.ts';
import { FastBook } from './fast-book.ts';
import { REPORT_WORDS } from './order-book.ts';
import type { ReportRing } from './report-ring.ts';

/** Words of a command in a batch (core/assembly/layout.ts, Command). */
export const COMMAND_WORDS = 5;
export const Op = { SUBMIT: 0, CANCEL: 1, REQUEUE: 2, REPLACE: 3 } as const;

/**
 * One memory for the books of many instruments. Books share its free orders and pages, so an idle book costs some hundred
 * bytes. The reports of one command live until the next command to any book of the host.
 */
export class BookHost {
  readonly core: Core;
  readonly memory: WebAssembly.Memory;
  reports: Int32Array;

  constructor() {
    const { core, memory } = instantiate();
    this.core = core;
    this.memory = memory;
    core.openBuffer();
    this.reports = this.#view();
  }

  open(): FastBook {
    return new FastBook(this);
  }

  /** Called with the number of reports of each command: the buffer has moved when there are more than it held. */
  reported(count: number): number {
    if (count * REPORT_WORDS > this.reports.length) this.reports = this.#view();
    return count;
  }

  /** Bytes of the memory so far. */
  get bytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** Takes `bytes` from the system now, so that no later command waits for a page fault. */
  reserve(bytes: number): void {
    this.core.reserve(bytes);
  }

  /** The ring that batches report to (FastBook.run); a host has one. Its reader is report-ring.ts. */
  openRing(capacity: number): ReportRing {
    const address = this.core.openRing(capacity) >>> 0;
    return { memory: this.memory.buffer, address, capacity };
  }

  /** A block of `words` for commands, at `address`. */
  commandBlock(words: number): { address: number; words: Int32Array } {
    const address = this.core.takeBlock(words * 4) >>> 0;
    return { address, words: new Int32Array(this.memory.buffer, address, words) };
  }

  #view(): Int32Array {
    return new Int32Array(
      this.memory.buffer,
      this.core.reportsAddress() >>> 0,
      this.core.reportsCapacity() * REPORT_WORDS,
    );
  }
}
