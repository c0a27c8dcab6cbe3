import { write, writeSync } from 'node:fs';

/** Bytes that may wait for the reader of the log; what comes beyond them is counted and not kept. */
const WAITING_MAX = 1 << 20;
/** The other side of a pipe is asked again after this long when it has no room. */
const AGAIN_MS = 100;

/**
 * Lines to a file descriptor that never stop the program: writing happens aside, a reader that is slow or gone, a full disk
 * and a closed terminal cost lines, not the exchange. Once writing succeeds again, a line tells how many were lost.
 */
export class LineOutput {
  readonly #fd: number;
  readonly #lost: (lines: number) => string;
  #waiting: string[] = [];
  #bytes = 0;
  #lostLines = 0;
  #writing = false;

  /** @param lost the line that tells of lost lines */
  constructor(fd: number, lost: (lines: number) => string) {
    this.#fd = fd;
    this.#lost = lost;
  }

  write(line: string): void {
    if (this.#bytes + line.length > WAITING_MAX) {
      this.#lostLines += 1;
      return;
    }
    this.#waiting.push(line);
    this.#bytes += line.length;
    if (!this.#writing) this.#writeOn();
  }

  /** Writes what still waits before it returns, as far as that can be; for the end of the program. */
  flush(): void {
    const { bytes } = this.#take();
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    } catch {
      // Nobody is left to be told.
    }
  }

  #writeOn(): void {
    const { bytes, lines } = this.#take();
    this.#writing = lines > 0;
    if (this.#writing) this.#send(bytes, 0, lines);
  }

  /** What waits, after the news of what was lost; `lines` counts both. */
  #take(): { bytes: Buffer; lines: number } {
    if (this.#waiting.length === 0) return { bytes: Buffer.alloc(0), lines: 0 };
    const notice = this.#lostLines > 0 ? this.#lost(this.#lostLines) : '';
    const taken = {
      bytes: Buffer.from(notice + this.#waiting.join('')),
      lines: this.#waiting.length + this.#lostLines,
    };
    this.#waiting = [];
    this.#bytes = 0;
    this.#lostLines = 0;
    return taken;
  }

  #send(bytes: Buffer, at: number, lines: number): void {
    write(this.#fd, bytes, at, bytes.length - at, null, (error, written) => {
      if (error !== null && (error.code === 'EAGAIN' || error.code === 'EBUSY')) {
        setTimeout(() => this.#send(bytes, at, lines), AGAIN_MS).unref();
        return;
      }
      if (error === null && at + written < bytes.length) {
        this.#send(bytes, at + written, lines);
        return;
      }
      if (error !== null) this.#lostLines += lines;
      this.#writeOn();
    });
  }
}
