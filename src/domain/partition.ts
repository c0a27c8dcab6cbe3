const encoder = new TextEncoder();

/**
 * The partition of a key: murmur2 over its UTF-8 bytes, as in Kafka's default partitioner, so that a record stays
 * where it is when an exchange moves from the embedded stream to Kafka.
 */
export function partitionOf(key: string, partitions: number): number {
  return (murmur2(encoder.encode(key)) & 0x7fffffff) % partitions;
}

const SEED = 0x9747b28c;
const M = 0x5bd1e995;
const R = 24;

/** 32-bit murmur2 (Austin Appleby) with Kafka's seed; a signed int32, as in Java. */
export function murmur2(data: Uint8Array): number {
  const words = data.length >> 2;
  let h = SEED ^ data.length;
  for (let i = 0; i < words; i++) {
    const at = i * 4;
    let k = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24);
    k = Math.imul(k, M);
    k ^= k >>> R;
    h = Math.imul(h, M) ^ Math.imul(k, M);
  }
  const rest = data.length & 3;
  const tail = words * 4;
  if (rest === 3) h ^= data[tail + 2]! << 16;
  if (rest >= 2) h ^= data[tail + 1]! << 8;
  if (rest >= 1) h = Math.imul(h ^ data[tail]!, M);
  h ^= h >>> 13;
  h = Math.imul(h, M);
  return h ^ (h >>> 15);
}
