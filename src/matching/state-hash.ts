/**
 * The 64-bit hash of a book, defined over the words of its snapshot (snapshot-format.ts) in two 32-bit lanes. Each step maps
 * the lane one to one for a given word, and the word one to one for a given lane: damage to any one word always changes the
 * result. It guards against accidents, not against forgery.
 */
const SEED_HIGH = 0x9e3779b9;
const SEED_LOW = 0x85ebca6b;
const PRIME_HIGH = 0x9e3779b1;
const PRIME_LOW = 0x85ebca77;

/** The hash of `words`, as [high, low] unsigned 32-bit halves. */
export function hashWords(words: Iterable<number>): [high: number, low: number] {
  let high = SEED_HIGH;
  let low = SEED_LOW;
  for (const word of words) {
    high = rotateLeft(Math.imul(high ^ word, PRIME_HIGH), 15);
    low = rotateLeft(Math.imul((low + word) | 0, PRIME_LOW), 13);
  }
  return [finish(high), finish(low)];
}

/** The hash as 16 hexadecimal digits. */
export function hashText([high, low]: readonly [number, number]): string {
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** Spreads every bit over the lane (MurmurHash3's finaliser). */
function finish(value: number): number {
  let x = value ^ (value >>> 16);
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
