/** The nouns of an order, in the field's own spelling. Each is the value that travels on the wire. */

export type Side = 'BUY' | 'SELL';

/**
 * LIMIT rests at its price; MARKET takes what is there and never rests; STOP and STOP_LIMIT sleep until the last trade
 * price reaches `stop_price`, then become MARKET and LIMIT.
 */
export type OrderType = 'LIMIT' | 'MARKET' | 'STOP' | 'STOP_LIMIT';

/**
 * GTC rests until it is filled or cancelled; DAY until the session's close; IOC takes what it can at once and the rest
 * expires; FOK is filled whole at once or expires whole.
 */
export type TimeInForce = 'GTC' | 'IOC' | 'FOK' | 'DAY';

/** Self-trade prevention: which of two orders of one user leaves when they would meet. */
export type SelfTradePrevention = 'NONE' | 'EXPIRE_TAKER' | 'EXPIRE_MAKER' | 'EXPIRE_BOTH';

/**
 * PENDING: durable, not yet seen by the engine. ACCEPTED: in the book. PARTIALLY_FILLED and FILLED speak for
 * themselves. CANCELLED: at the owner's wish. REJECTED: the engine refused it. EXPIRED: ended by its own terms
 * (IOC/FOK/MARKET remainder, end of day, self-trade prevention).
 */
export type OrderStatus = 'PENDING' | 'ACCEPTED' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELLED' | 'REJECTED' | 'EXPIRED';

/** A final status never changes again, and its order holds no funds. */
export function isFinal(status: OrderStatus): boolean {
  return status === 'FILLED' || status === 'CANCELLED' || status === 'REJECTED' || status === 'EXPIRED';
}
