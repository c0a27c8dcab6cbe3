// What lies where in the memory. Every offset is in bytes; every address and price is a u32; 0 means "none".

// Control words, shared with the thread that reads the ring (report-ring.ts, which keeps a third word at 384). They lie 128 bytes
// apart, because processors fetch cache lines in pairs.
/** Reports published so far, counted modulo 2^32. */
export const RING_TAIL: u32 = 128;
/** Reports read so far, written by the reader. */
export const RING_HEAD: u32 = 256;
/** The first address the allocator gives out. */
export const FIRST_FREE: u32 = 4096;

/**
 * A book. Best prices are kept as the matching loop wants to compare them: no bid is price 0, no ask is NO_ASK.
 */
export namespace Book {
  export const BID: u32 = 0;
  export const BID_PAGE: u32 = 4;
  export const ASK: u32 = 8;
  export const ASK_PAGE: u32 = 12;
  export const SIDE_BYTES: u32 = 8;
  /** Addresses of the resting orders, indexed by id, and how many ids there is room for. */
  export const IDS: u32 = 16;
  export const ID_CAPACITY: u32 = 20;
  /** Resting orders. */
  export const SIZE: u32 = 24;
  /** The price tree (ladder.ts): its top, the low bits of a price that it tells apart, and the other bits. */
  export const ROOT: u32 = 28;
  export const ROOT_SHIFT: u32 = 32;
  export const ROOT_KEY: u32 = 36;
  export const BYTES: u32 = 64;
}
export const NO_ASK: u32 = 0xffffffff;

/** A resting order: half a cache line, never across two. Free ones are chained by NEXT. */
export namespace Order {
  export const QUANTITY: u32 = 0;
  export const PRICE: u32 = 4;
  export const NEXT: u32 = 8;
  export const PREVIOUS: u32 = 12;
  /** owner << 4 | post-only << 3 | stp << 1 | side, as in a snapshot. */
  export const TAG: u32 = 16;
  export const PAGE: u32 = 20;
  export const ID: u32 = 24;
  export const BYTES: u32 = 32;
}

/** A page: 64 neighbouring prices. Bit i of BITMAP says that level i has orders. All zero when it has none. */
export namespace Page {
  export const BITMAP: u32 = 0;
  export const PARENT: u32 = 8;
  export const LEVELS: u32 = 16;
  export const BYTES: u32 = 16 + 64 * 16;
}

/** A price level: a queue of orders and their total (64 bits). */
export namespace Level {
  export const HEAD: u32 = 0;
  export const TAIL: u32 = 4;
  export const QUANTITY: u32 = 8;
  export const BYTES: u32 = 16;
}

/** An inner node of the price tree: 64 pages, or 64 nodes. Starts like a page. */
export namespace Node {
  export const BITMAP: u32 = 0;
  export const PARENT: u32 = 8;
  export const CHILDREN: u32 = 16;
  export const BYTES: u32 = 16 + 64 * 4;
}

/** A command of a batch. */
export namespace Command {
  /** One of Op, and flags << 8. */
  export const OP: u32 = 0;
  export const ID: u32 = 4;
  export const PRICE: u32 = 8;
  export const QUANTITY: u32 = 12;
  export const TAG: u32 = 16;
  export const BYTES: u32 = 20;
}

export namespace Op {
  export const SUBMIT: u32 = 0;
  export const CANCEL: u32 = 1;
  export const REQUEUE: u32 = 2;
  export const REPLACE: u32 = 3;
}

export namespace Tag {
  export const SIDE: u32 = 1;
  export const STP_SHIFT: u32 = 1;
  export const STP: u32 = 3 << 1;
  export const POST_ONLY_SHIFT: u32 = 3;
  export const POST_ONLY: u32 = 1 << 3;
  export const OWNER_SHIFT: u32 = 4;
}

// The numbers of order-book.ts.
export const BUY: u32 = 0;
export const SELL: u32 = 1;

export namespace Flag {
  export const IOC: u32 = 1;
  export const FOK: u32 = 2;
  export const POST_ONLY: u32 = 4;
}

export namespace Stp {
  export const NONE: u32 = 0;
  export const EXPIRE_TAKER: u32 = 1;
  export const EXPIRE_MAKER: u32 = 2;
  export const EXPIRE_BOTH: u32 = 3;
}

export namespace Kind {
  export const ADDED: u32 = 0;
  export const TRADE: u32 = 1;
  export const ENDED: u32 = 2;
  export const REPLACED: u32 = 3;
  export const REFUSED: u32 = 4;
}

export namespace Why {
  export const NONE: u32 = 0;
  export const UNKNOWN_ID: u32 = 1;
  export const WOULD_TAKE: u32 = 2;
  export const NOT_FILLABLE: u32 = 3;
  export const IOC_REMAINDER: u32 = 4;
  export const SELF_TRADE: u32 = 5;
  export const BY_REQUEST: u32 = 6;
}

/** A report, as order-book.ts lays it out. */
export const REPORT_BYTES: u32 = 32;
