const ARENA_BYTES = 1024 * 1024;

/**
 * Memory for the buffers of one tick, used again for the next: thousands of short-lived buffers a tick would otherwise call
 * the garbage collector, whose pauses are the clients' lateness.
 */
export class Arena {
  #bytes = Buffer.allocUnsafeSlow(ARENA_BYTES);
  #used = 0;

  /** The parts in one buffer, which is good until `next`. */
  concat(parts: readonly Buffer[]): Buffer {
    let length = 0;
    for (const part of parts) length += part.length;
    if (this.#used + length > ARENA_BYTES) return Buffer.concat(parts, length);
    const start = this.#used;
    for (const part of parts) {
      this.#bytes.set(part, this.#used);
      this.#used += part.length;
    }
    return this.#bytes.subarray(start, this.#used);
  }

  /** Starts over. `inUse`: some buffer has not left the process yet, so its memory is left to it. */
  next(inUse: boolean): void {
    if (inUse) this.#bytes = Buffer.allocUnsafeSlow(ARENA_BYTES);
    this.#used = 0;
  }
}
