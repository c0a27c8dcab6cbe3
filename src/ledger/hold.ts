import { feeOf, MAX_AMOUNT, notional } from '../domain/money.ts';
import { LedgerInvariantError } from './invariant.ts';

/** What decides how much an order must hold: its side, the scales of its instrument and the fees it was entered under. */
export interface HoldTerms {
  is_buy: boolean;
  /** 10^(quote decimals - price_decimals - quantity_decimals). */
  amount_scale: number;
  /** 10^(base decimals - quantity_decimals). */
  base_scale: number;
  maker_fee_bps: number;
  taker_fee_bps: number;
}

/**
 * What an open quantity at a price must hold: for BUY price x quantity (+ the larger fee) in minor units of the quote
 * asset, for SELL the quantity in minor units of the base asset. undefined where it would pass 2^53 - 1.
 *
 * It always covers what fills take: every fill trades at the price or better, and fees round down, so that
 * need(a + b) - need(a) >= amount(b) + fee(b).
 */
export function need(terms: HoldTerms, price: number, quantity: number): number | undefined {
  if (!terms.is_buy) {
    const units = quantity * terms.base_scale;
    return units <= MAX_AMOUNT ? units : undefined;
  }
  const amount = notional(price, quantity, terms.amount_scale);
  if (amount === undefined) return undefined;
  const total = amount + feeOf(amount, Math.max(terms.maker_fee_bps, terms.taker_fee_bps));
  return total <= MAX_AMOUNT ? total : undefined;
}

/** The need of terms that are known to fit: an order that was entered, or a replace that the engine let pass. */
export function needOf(terms: HoldTerms, price: number, quantity: number): number {
  const units = need(terms, price, quantity);
  if (units === undefined)
    throw new LedgerInvariantError(`an open order needs more than a wallet can hold: ${quantity} at ${price}`);
  return units;
}

/** What a replace asks for. At most one of `quantity` (new total) and `remaining` (new open quantity) is given. */
export interface NewTerms {
  price?: number;
  quantity?: number;
  remaining?: number;
}

/** The price and open quantity that a replace leads to, as far as is known now; an open quantity <= 0 means: all filled. */
export function replacedTerms(
  order: { price: number; filled_qty: number; remaining_qty: number },
  change: NewTerms,
): { price: number; open: number } {
  const price = change.price ?? order.price;
  if (change.remaining !== undefined) return { price, open: change.remaining };
  if (change.quantity !== undefined) return { price, open: change.quantity - order.filled_qty };
  return { price, open: order.remaining_qty };
}

/**
 * What a replace holds on top of the order's own hold: the whole need of the new terms when the wallet affords it (fills in
 * flight may use up the order's own hold first), else what the new terms need above the order's hold, else nothing can be held.
 */
export function replaceHold(newNeed: number, ownHold: number, available: number): number | undefined {
  if (available >= newNeed) return newNeed;
  const above = Math.max(0, newNeed - ownHold);
  return available >= above ? above : undefined;
}
