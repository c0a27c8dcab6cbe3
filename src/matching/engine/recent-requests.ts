import { hashOf, IdIndex } from './id-index.ts';

/** Requests of a symbol that are remembered. */
export const RECENT_REQUESTS = 8_192;
const LANE_START = 0x9747b28c | 0;
const LANE_PRIME = 0x5bd1e995;

/**
 * The replaces that a symbol has answered most recently, first in, first out: one whose record comes twice has one effect. What is
 * kept of each are 64 bits over its own id and its order's; two requests that share them are not to be expected.
 */
export class RecentRequests {
  /** By place in the ring: the index's hash, and the other 32 bits. */
  readonly #hashes: number[] = [];
  readonly #lanes: number[] = [];
  #oldest = 0;
  #wanted = 0;
  readonly #index = new IdIndex({ isNamed: (place) => this.#lanes[place] === this.#wanted });

  /** Whether the request is new; from now on it is not. */
  take(orderId: string, requestId: string): boolean {
    const hash = hashOf(requestId);
    this.#wanted = laneOf(orderId, laneOf(requestId, LANE_START));
    if (this.#index.find(requestId) >= 0) return false;
    this.#add(hash, this.#wanted);
    return true;
  }

  #add(hash: number, lane: number): void {
    const isFull = this.#hashes.length === RECENT_REQUESTS;
    const place = isFull ? this.#oldest : this.#hashes.length;
    if (isFull) {
      this.#index.remove(this.#hashes[place]!, place);
      this.#oldest = (this.#oldest + 1) % RECENT_REQUESTS;
    }
    this.#hashes[place] = hash;
    this.#lanes[place] = lane;
    this.#index.add(hash, place);
  }

  /** Two words a request, the oldest first. */
  image(): Int32Array {
    const { length } = this.#hashes;
    const words = new Int32Array(length * 2);
    for (let i = 0; i < length; i += 1) {
      const place = (this.#oldest + i) % length;
      words[i * 2] = this.#hashes[place]!;
      words[i * 2 + 1] = this.#lanes[place]!;
    }
    return words;
  }

  /** Puts an image into an empty one. */
  restore(words: Int32Array): void {
    for (let at = 0; at + 1 < words.length; at += 2) this.#add(words[at]!, words[at + 1]!);
  }
}

function laneOf(text: string, start: number): number {
  let lane = start;
  for (let i = 0; i < text.length; i += 1) {
    lane = Math.imul(lane ^ text.charCodeAt(i), LANE_PRIME);
    lane ^= lane >>> 15;
  }
  return lane;
}
