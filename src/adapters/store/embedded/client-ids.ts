import type { ClientKey } from './backing.ts';

/** 2^27 bits are 16 MiB: with 10 bits a key, one look in a hundred at 13 million keys is for nothing. */
const BITS = 2 ** 27;
const MASK = BITS - 1;
const PROBES = 5;

/**
 * Which client order ids may have been used, so that the database is asked only about those: a Bloom filter. "No" is certain;
 * "maybe" costs a look-up. Until everything used before is in it, every answer is "maybe".
 */
export class ClientIds {
  readonly #bits = new Int32Array(BITS / 32);
  #isComplete = false;

  add(key: ClientKey): void {
    for (const bit of bitsOf(key)) this.#bits[bit >>> 5] = this.#bits[bit >>> 5]! | (1 << (bit & 31));
  }

  mayHave(key: ClientKey): boolean {
    if (!this.#isComplete) return true;
    for (const bit of bitsOf(key)) if ((this.#bits[bit >>> 5]! & (1 << (bit & 31))) === 0) return false;
    return true;
  }

  /** Everything used before is in. */
  complete(): void {
    this.#isComplete = true;
  }
}

const bits = new Int32Array(PROBES);

/** The bits of a key, in an array that the next call uses again. */
function bitsOf({ user_id, client_order_id }: ClientKey): Int32Array {
  const step = hash(client_order_id, hash(user_id, 0x9747b28c)) | 1;
  let probe = hash(user_id, hash(client_order_id, 0x811c9dc5));
  for (let i = 0; i < PROBES; i++) {
    bits[i] = probe & MASK;
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
