import type { Instrument, InstrumentStatus } from '../../../src/domain/instrument.ts';
import type { AddRecord, ReplaceRecord } from '../../../src/domain/records.ts';

/**
 * The rules of an instrument as the judge reads them out of the contract, in BigInt. It shares no line with the engine, the
 * router, src/domain/instrument.ts or the audit: a mistake there must not be repeated here.
 */
const MOST = 2n ** 31n - 1n;
const MOST_MINOR_UNITS = 2n ** 53n - 1n;

const BY_STATUS: Record<InstrumentStatus, string | undefined> = {
  ACTIVE: undefined,
  HALTED: 'SYMBOL_HALTED',
  CANCEL_ONLY: 'SYMBOL_CANCEL_ONLY',
  DELISTED: 'SYMBOL_DELISTED',
};

/** The step of prices at a price and a time: of the newest table that is in force, the highest band that begins at or below. */
function tickOf({ tick_tables }: Instrument, price: bigint, at: number): bigint {
  const table = tick_tables.findLast(({ effective_at }) => effective_at <= at) ?? tick_tables[0];
  const band = table?.bands.findLast(({ from }) => BigInt(from) <= price);
  return BigInt(band?.tick ?? 1);
}

/** Lowest and highest price of the day: so many basis points around the reference, rounded inwards to a step. */
export function dayLimits(instrument: Instrument, at: number): [lowest: bigint, highest: bigint] | undefined {
  const { reference_price, price_limit_bps } = instrument;
  if (reference_price === null || price_limit_bps === null) return undefined;
  const [reference, share] = [BigInt(reference_price) * 10_000n, BigInt(reference_price) * BigInt(price_limit_bps)];
  let highest = (reference + share) / 10_000n;
  if (highest > MOST) highest = MOST;
  let lowest = (reference - share) / 10_000n;
  if (lowest * 10_000n < reference - share) lowest += 1n;
  if (lowest < 1n) lowest = 1n;
  const up = tickOf(instrument, lowest, at);
  const down = tickOf(instrument, highest, at);
  return [((lowest + up - 1n) / up) * up, (highest / down) * down];
}

export function feeOn(amount: bigint, bps: number): bigint {
  return (amount * BigInt(bps) - ((amount * BigInt(bps)) % 10_000n)) / 10_000n;
}

export interface Fees {
  maker_fee_bps: number;
  taker_fee_bps: number;
}

/** What an open quantity must hold in minor units; undefined where it, or what a trade of it moves, is past all counting. */
function hold(instrument: Instrument, fees: Fees, isBuy: boolean, price: bigint, open: bigint): bigint | undefined {
  const amount = price * open * BigInt(instrument.amount_scale);
  const goods = open * BigInt(instrument.base_scale);
  const most = isBuy ? amount + feeOn(amount, Math.max(fees.maker_fee_bps, fees.taker_fee_bps)) : goods;
  return amount > MOST_MINOR_UNITS || most > MOST_MINOR_UNITS ? undefined : most;
}

function whyNotPrice(instrument: Instrument, price: bigint, at: number): string | undefined {
  if (price % tickOf(instrument, price, at) !== 0n) return 'OFF_TICK';
  const limits = dayLimits(instrument, at);
  return limits && (price < limits[0] || price > limits[1]) ? 'PRICE_OUT_OF_LIMITS' : undefined;
}

/** Why a new order is refused before it meets the book. */
export function whyNotAdd(instrument: Instrument, record: AddRecord): string | undefined {
  const byStatus = BY_STATUS[instrument.status];
  if (byStatus !== undefined) return byStatus;
  const { order_type, time_in_force } = record;
  const isMarket = order_type === 'MARKET';
  const isOdd = record.display_quantity !== undefined || record.stop_price !== undefined;
  if (isOdd || (!isMarket && order_type !== 'LIMIT')) return 'ORDER_TYPE_UNSUPPORTED';
  const isImmediate = isMarket || time_in_force === 'IOC' || time_in_force === 'FOK';
  if (isImmediate && record.post_only) return 'INVALID_REQUEST';
  const [price, quantity] = [BigInt(record.price), BigInt(record.quantity)];
  if (price < 1n || quantity < 1n || price > MOST || quantity > MOST) return 'NUMBER_OUT_OF_RANGE';
  if (record.quantity > instrument.max_quantity) return 'QUANTITY_TOO_LARGE';
  if (record.quantity % instrument.lot_size > 0) return 'OFF_LOT';
  if (hold(instrument, record, record.is_buy, price, quantity) === undefined) return 'NOTIONAL_TOO_LARGE';
  return isMarket ? undefined : whyNotPrice(instrument, price, record.timestamp);
}

export interface Standing extends Fees {
  is_buy: boolean;
  price: number;
  open: number;
  filled: number;
}

/** Why an open order does not get the terms asked for, or the terms. */
export function newTerms(
  instrument: Instrument,
  order: Standing,
  asked: ReplaceRecord,
): string | { price: number; open: number } {
  const byStatus = BY_STATUS[instrument.status];
  if (byStatus !== undefined) return byStatus;
  if (asked.quantity !== undefined && asked.remaining !== undefined) return 'INVALID_REQUEST';
  const price = asked.price ?? order.price;
  let { open } = order;
  if (asked.remaining !== undefined) open = asked.remaining;
  if (asked.quantity !== undefined) open = asked.quantity - order.filled;
  if (price < 1 || BigInt(price) > MOST) return 'NUMBER_OUT_OF_RANGE';
  if (open < 1) return 'QUANTITY_NOT_ABOVE_FILLED';
  if (open !== order.open && open + order.filled > instrument.max_quantity) return 'QUANTITY_TOO_LARGE';
  if (open !== order.open && open % instrument.lot_size > 0) return 'OFF_LOT';
  const off = price === order.price ? undefined : whyNotPrice(instrument, BigInt(price), asked.timestamp);
  if (off !== undefined) return off;
  const has = hold(instrument, order, order.is_buy, BigInt(order.price), BigInt(order.open)) ?? 0n;
  const needs = hold(instrument, order, order.is_buy, BigInt(price), BigInt(open));
  if (needs === undefined) return 'NOTIONAL_TOO_LARGE';
  return needs > has + BigInt(asked.hold_delta) ? 'INSUFFICIENT_FUNDS' : { price, open };
}
