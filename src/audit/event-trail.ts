import { hash } from 'node:crypto';
import type { Findings } from './findings.ts';

/** A seq further ahead is taken for damage, not for a gap: the trail does not follow it (nor make room for it). */
const FURTHEST_JUMP = 1_000_000;

/** The sequence of one symbol's events: gap-free from 1, and a repetition says the same bytes. */
export class EventTrail {
  readonly symbol: string;
  #digests = new BigUint64Array(1024);
  last = 0;

  constructor(symbol: string) {
    this.symbol = symbol;
  }

  /** Takes the next event of the stream. @returns false for one that was already said (its bytes are compared). */
  follow(seq: number, bytes: Uint8Array, findings: Findings): boolean {
    if (!Number.isSafeInteger(seq) || seq < 1) {
      findings.add(`${this.symbol}: an event has the seq ${seq}`);
      return false;
    }
    const digest = digestOf(bytes);
    if (seq <= this.last) {
      if (this.#digests[seq] !== digest) findings.add(`${this.symbol}: seq ${seq} says two different things`);
      return false;
    }
    if (seq !== this.last + 1) findings.add(`${this.symbol}: seq jumps from ${this.last} to ${seq}`);
    if (seq - this.last > FURTHEST_JUMP) return false;
    this.last = seq;
    if (seq >= this.#digests.length) {
      const larger = new BigUint64Array(Math.max(seq + 1, this.#digests.length * 2));
      larger.set(this.#digests);
      this.#digests = larger;
    }
    this.#digests[seq] = digest;
    return true;
  }

  /** Whether the event `seq` of the stream has these bytes; undefined when the stream does not reach so far. */
  said(seq: number, bytes: Uint8Array): boolean | undefined {
    return seq > this.last ? undefined : this.#digests[seq] === digestOf(bytes);
  }
}

function digestOf(bytes: Uint8Array): bigint {
  return hash('sha1', bytes, 'buffer').readBigUInt64LE();
}
