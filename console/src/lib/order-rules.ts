import type { Assets, Instrument, OrderType, Side } from '@supernoba/client';
import { type TickBand, unitsOf } from './numbers.ts';

/** What an order ticket can tell before the exchange does. Decimals in and out; the exchange alone decides. */

/** Prices of BUY market orders without daily limits are protected this far above the last price. */
const PROTECTION = 1.1;

/** The tick of the band that holds a price. */
export function tickAt(bands: readonly TickBand[], price: number): number {
  let tick = bands[0]?.tick ?? 1;
  for (const band of bands) if (price >= band.from) tick = band.tick;
  return tick;
}

/** Whether a decimal is a whole multiple of a step, compared as integers of `decimals` places. */
export function isMultiple(value: number, step: number, decimals: number): boolean {
  const units = value * 10 ** decimals;
  const stepUnits = Math.round(step * 10 ** decimals);
  return Math.abs(units - Math.round(units)) < 1e-6 && Math.round(units) % stepUnits === 0;
}

export type PriceFault = 'OFF_TICK' | 'ABOVE_LIMIT' | 'BELOW_LIMIT';

/** Why the exchange would refuse a price, as far as the instrument tells. */
export function priceFault(item: Instrument, price: number): PriceFault | undefined {
  if (item.upper_limit !== null && price > item.upper_limit) return 'ABOVE_LIMIT';
  if (item.lower_limit !== null && price < item.lower_limit) return 'BELOW_LIMIT';
  return isMultiple(price, tickAt(item.tick_table, price), item.price_decimals) ? undefined : 'OFF_TICK';
}

export type QuantityFault = 'OFF_LOT' | 'TOO_LARGE' | 'NOT_POSITIVE';

export function quantityFault(item: Instrument, quantity: number): QuantityFault | undefined {
  if (!(quantity > 0)) return 'NOT_POSITIVE';
  if (quantity > item.max_quantity) return 'TOO_LARGE';
  return isMultiple(quantity, item.lot_size, item.quantity_decimals) ? undefined : 'OFF_LOT';
}

/** The price at which the exchange holds money for an order; undefined while there is none. */
export function holdPrice(
  item: Instrument,
  type: OrderType,
  price: number | undefined,
  last: number | undefined,
): number | undefined {
  if (type !== 'MARKET') return price;
  return item.upper_limit ?? (last === undefined ? undefined : last * PROTECTION);
}

/** The larger of both fees: which of the two applies is known only at the match. */
export function feeRate(item: Instrument): number {
  return Math.max(item.maker_fee_bps, item.taker_fee_bps) / 10_000;
}

/** What is free of an asset, be it a currency (a wallet) or a security (a position): a market may trade either. */
export function availableOf({ wallets, positions }: Assets, asset: string): number {
  const wallet = wallets.find(({ currency }) => currency === asset);
  if (wallet !== undefined) return wallet.available;
  const position = positions.find(({ symbol }) => symbol === asset);
  return position === undefined ? 0 : Number((position.qty - position.locked).toFixed(position.decimals));
}

/** The largest order, in whole lots, that is covered by what is available. */
export function affordable(item: Instrument, side: Side, price: number | undefined, available: number): number {
  const covered =
    side === 'SELL' ? available : price === undefined || price <= 0 ? 0 : available / (price * (1 + feeRate(item)));
  return wholeLots(item, Math.min(covered, item.max_quantity));
}

/** A quantity rounded down to whole lots. */
export function wholeLots(item: Instrument, quantity: number): number {
  const { lot_size, quantity_decimals: decimals } = item;
  const lot = unitsOf(lot_size, decimals);
  const lots = Math.floor(unitsOf(quantity, decimals) / lot);
  return Number(((Math.max(0, lots) * lot) / 10 ** decimals).toFixed(decimals));
}

/** One lot (or `lots`) more or less, never below one lot nor above the largest order. */
export function stepQuantity(item: Instrument, quantity: number, lots: number): number {
  const next = wholeLots(item, (quantity || 0) + lots * item.lot_size);
  return Math.min(Math.max(next, item.lot_size), item.max_quantity);
}

/** Amount and fee in the quote asset, rounded down to its decimals as the exchange does. */
export function costOf(item: Instrument, price: number, quantity: number): { amount: number; fee: number } {
  const scale = 10 ** item.quote_decimals;
  const floor = (value: number) => Math.floor(value * scale + 1e-6) / scale;
  const amount = floor(price * quantity);
  return { amount, fee: floor(amount * feeRate(item)) };
}
