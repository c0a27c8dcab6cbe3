import type { ClientKey } from './backing.ts';

const PROBES = 5;

/**
 * Which client order ids may have been used, so that the database is asked only about those: a Bloom filter. "No" is certain;
 * "maybe" costs a look-up. Until everything used before is in it, every answer is "maybe".
 */
export class ClientIds {
  readonly #bits: Int32Array;
  readonly #mask: number;
  #isComplete = false;

  /** @param log2Bits with ten bits for each key that comes, one look in a hundred is for nothing */
  constructor(log2Bits: number) {
    this.#bits = new Int32Array(2 ** log2Bits / 32);
    this.#mask = 2 ** log2Bits - 1;
  }

  add(key: ClientKey): void {
    for (const bit of bitsOf(key, this.#mask)) this.#bits[bit >>> 5] = this.#bits[bit >>> 5]! | (1 << (bit & 31));
  }

  mayHave(key: ClientKey): boolean {
    if (!this.#isComplete) return true;
    for (const bit of bitsOf(key, this.#mask)) if ((this.#bits[bit >>> 5]! & (1 << (bit & 31))) === 0) return false;
    return true;
  }

  /** Everything used before is in. */
  complete(): void {
    this.#isComplete = true;
  }
}

const bits = new Int32Array(PROBES);

/** The bits of a key, in an array that the next call uses again. */
function bitsOf({ user_id, client_order_id }: ClientKey, mask: number): Int32Array {
  const step = hash(client_order_id, hash(user_id, 0x9747b28c)) | 1;
  let probe = hash(user_id, hash(client_order_id, 0x811c9dc5));
  for (let i = 0; i < PROBES; i++) {
    bits[i] = probe & mask;
    probe = (probe + step) | 0;
  }
  return bits;
}

/** The mixing of MurmurHash3 over the characters of a text. */
function hash(text: string, seed: number): number {
  let h = seed;
  for (let i = 0; i < text.length; i++) {
    h ^= Math.imul(text.charCodeAt(i), 0xcc9e2d51);
    h = Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64;
  }
  h ^= text.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
