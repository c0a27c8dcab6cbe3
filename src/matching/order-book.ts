/**
 * The bare limit order book, in integers only. The engine around it (engine.ts) knows symbols, users' string ids, rules and
 * events; the book knows prices, quantities and who was first.
 *
 * An order is named by an `id` that its caller chooses: a small dense non-negative integer (the book indexes by it).
 * An id may be used again once its order is gone. Prices and quantities are 1 .. 2^31 - 1, sides 0 = buy, 1 = sell.
 *
 * Every command appends its reports to `reports` in the order in which things happened and returns how many there are.
 */
export interface OrderBook {
  /**
   * A new order. It trades while it crosses, at the resting orders' prices, and its remainder rests unless `flags`
   * forbid. Reports: ADDED first (or REFUSED alone), TRADE..., then ENDED for a remainder that may not rest.
   * `owner` (0 .. 2^28 - 1) names the user, for self-trade prevention (`stp`, one of Stp).
   */
  submit(id: number, side: 0 | 1, price: number, quantity: number, flags: number, owner: number, stp: number): number;
  /** Takes a resting order out: ENDED, or REFUSED when there is none with this id. */
  cancel(id: number): number;
  /**
   * New price and new open quantity. The same price and a quantity not above the open one keeps time priority; anything
   * else goes to the back and may trade, with the owner, stp and post-only of its submit. Reports: REPLACED (or REFUSED),
   * then as for submit.
   */
  replace(id: number, price: number, quantity: number): number;
  /** As replace, but always goes to the back of the queue (cancel and insert again under the same id). */
  requeue(id: number, price: number, quantity: number): number;
  /**
   * Reports of the last command: `count` records of REPORT_WORDS int32 words each, from word 0. Read it anew after
   * each command: a book may move them when it grows.
   */
  readonly reports: Int32Array;
  /** 0 where the side is empty. */
  bestBid(): number;
  bestAsk(): number;
  /** Total open quantity at a price (a double: it may pass 2^31). */
  quantityAt(side: 0 | 1, price: number): number;
  /** Best `levels` levels, best first, as [price, quantity] pairs. */
  depth(side: 0 | 1, levels: number): [price: number, quantity: number][];
  /** Open quantity of a resting order, 0 when it does not rest. */
  openQuantity(id: number): number;
  /** Resting orders. */
  readonly size: number;
  /** Resting orders in priority order (bids best first, then asks), enough to build the book again. */
  snapshot(): Uint8Array;
  /** Replaces the whole book. Throws SnapshotError on any damage, leaving the book untouched. */
  restore(snapshot: Uint8Array): void;
  /** 64-bit hash (hex) of everything that decides the future: equal books have equal hashes, in every implementation. */
  stateHash(): string;
}

export const BUY = 0;
export const SELL = 1;

/** Bits of `flags`. */
export const Flag = {
  /** The remainder expires instead of resting. */
  IOC: 1,
  /** Filled whole at once, or not at all (REFUSED, nothing changed). Own orders that stp would spare do not count. */
  FOK: 2,
  /** REFUSED when it crosses the other side; a replace that would cross is refused too, and changes nothing. */
  POST_ONLY: 4,
} as const;

/**
 * Self-trade prevention when an order meets one of the same owner; the taker's mode decides. EXPIRE_TAKER: ENDED for what
 * is left of the taker. EXPIRE_MAKER: ENDED for the maker, and the taker goes on. EXPIRE_BOTH: the maker, then the taker.
 */
export const Stp = { NONE: 0, EXPIRE_TAKER: 1, EXPIRE_MAKER: 2, EXPIRE_BOTH: 3 } as const;

/** Layout of a report. Words that a kind does not use are 0. */
export const REPORT_WORDS = 8;
export const Report = {
  KIND: 0,
  /** The order that the command names (for TRADE: the taker; for ENDED by STP: the order that ended). */
  ID: 1,
  SIDE: 2,
  /** TRADE: the resting price. ADDED, REPLACED, ENDED: the order's price. */
  PRICE: 3,
  /** TRADE: traded. ADDED: original. REPLACED: new open. ENDED: the open quantity that left. */
  QUANTITY: 4,
  /** TRADE: the resting order. */
  MAKER_ID: 5,
  /** TRADE: open quantity of the resting order afterwards (0: it is gone). */
  MAKER_REMAINING: 6,
  /** REFUSED and ENDED: one of Why. */
  WHY: 7,
} as const;

export const Kind = { ADDED: 0, TRADE: 1, ENDED: 2, REPLACED: 3, REFUSED: 4 } as const;

export const Why = {
  NONE: 0,
  /** cancel, replace: no resting order has this id. submit: the id still rests. */
  UNKNOWN_ID: 1,
  WOULD_TAKE: 2,
  NOT_FILLABLE: 3,
  /** The remainder of an IOC order. */
  IOC_REMAINDER: 4,
  SELF_TRADE: 5,
  BY_REQUEST: 6,
} as const;

/** A snapshot that cannot be trusted: wrong version, wrong length, wrong checksum, or broken inside. */
export class SnapshotError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SnapshotError';
  }
}
