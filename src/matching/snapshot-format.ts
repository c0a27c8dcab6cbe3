/**
 * The snapshot of a book, version 1: little-endian 32-bit words.
 *
 *     magic, version, number of orders, 0,
 *     id, price, open quantity, tag     for every resting order: bids best first, then asks best first, each level in
 *                                       the order in which its orders will trade
 *     hash high, hash low               of all words before (state-hash.ts)
 *
 * A tag holds what else decides an order's future: owner (28 bits), post-only (1), stp (2), side (1).
 */
export const SNAPSHOT_MAGIC = 0x4b424e53; // "SNBK"
export const SNAPSHOT_VERSION = 1;
export const SNAPSHOT_HEADER_WORDS = 4;
export const SNAPSHOT_ORDER_WORDS = 4;
export const SNAPSHOT_HASH_WORDS = 2;

export const TAG_STP_SHIFT = 1;
export const TAG_POST_ONLY_SHIFT = 3;
export const TAG_OWNER_SHIFT = 4;
