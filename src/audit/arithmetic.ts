import type { Instrument } from '../domain/instrument.ts';
import type { AddRecord } from '../domain/records.ts';

/**
 * The audit's own arithmetic, in BigInt from the decimals up. It shares nothing with src/ledger or settlement on purpose:
 * a mistake there must not be repeated here.
 */
export interface Scales {
  base: string;
  quote: string;
  /** Minor units of the quote asset for one price unit times one quantity unit. */
  amount: bigint;
  /** Minor units of the base asset for one quantity unit. */
  base_units: bigint;
}

export function scalesOf(instrument: Instrument): Scales {
  const { base, quote, base_decimals, quote_decimals, price_decimals, quantity_decimals } = instrument;
  return {
    base,
    quote,
    amount: 10n ** BigInt(quote_decimals - price_decimals - quantity_decimals),
    base_units: 10n ** BigInt(base_decimals - quantity_decimals),
  };
}

/** floor(amount x bps / 10,000). */
export function fee(amount: bigint, bps: number): bigint {
  return (amount * BigInt(bps)) / 10_000n;
}

/** What an open quantity must lock: price x quantity and the larger fee for a buyer, the goods for a seller. */
export function lockNeeded(
  terms: Pick<AddRecord, 'is_buy' | 'maker_fee_bps' | 'taker_fee_bps'>,
  scales: Scales,
  price: number,
  open: number,
): bigint {
  if (!terms.is_buy) return BigInt(open) * scales.base_units;
  const amount = BigInt(price) * BigInt(open) * scales.amount;
  return amount + fee(amount, Math.max(terms.maker_fee_bps, terms.taker_fee_bps));
}
