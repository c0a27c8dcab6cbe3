/**
 * Notices that depths went missing. Every depth carries `u`, the symbol's event number at that depth; trades and readings
 * of `GET /depth` carry event numbers too. A depth that does not catch up with an event heard of was lost on its way.
 */
export class GapWatch {
  #u = 0;
  #heard = 0;
  #behindSince: number | undefined;

  /** A depth has come. */
  depth(u: number, nowMs: number): void {
    this.#u = Math.max(this.#u, u);
    this.#look(nowMs);
  }

  /** An event of this number has happened. */
  event(seq: number, nowMs: number): void {
    this.#heard = Math.max(this.#heard, seq);
    this.#look(nowMs);
  }

  /** Milliseconds for which the depth has been behind; 0 when it is not. */
  behindMs(nowMs: number): number {
    return this.#behindSince === undefined ? 0 : nowMs - this.#behindSince;
  }

  /** Another symbol, or another connection: numbers start anew. */
  reset(): void {
    this.#u = 0;
    this.#heard = 0;
    this.#behindSince = undefined;
  }

  #look(nowMs: number): void {
    if (this.#u >= this.#heard) this.#behindSince = undefined;
    // Before the first depth there is nothing that could be behind.
    else if (this.#u > 0) this.#behindSince ??= nowMs;
  }
}
