import type { Instrument, InstrumentStatus, TickTable } from '../../domain/instrument.ts';
import { MAX_PRICE, MAX_QUANTITY } from '../../domain/money.ts';

const STATUSES = new Set<unknown>(['ACTIVE', 'HALTED', 'CANCEL_ONLY', 'DELISTED']);
const TEXT_FIELDS = ['symbol', 'name', 'base', 'quote'] as const;
const COUNT_FIELDS = ['base_decimals', 'quote_decimals', 'price_decimals', 'quantity_decimals'] as const;

export function isInstrumentStatus(value: unknown): value is InstrumentStatus {
  return STATUSES.has(value);
}

/** What is wrong with a definition that came over the stream, or undefined: the engine computes with nothing unchecked. */
export function instrumentProblem(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return 'instrument is missing';
  const raw: { [K in keyof Instrument]?: unknown } = value;
  for (const field of TEXT_FIELDS) if (typeof raw[field] !== 'string') return `instrument.${field} is not text`;
  for (const field of COUNT_FIELDS) if (!isBetween(raw[field], 0, 15)) return `instrument.${field} is wrong`;
  if (!isBetween(raw.amount_scale, 1, Number.MAX_SAFE_INTEGER)) return 'instrument.amount_scale is wrong';
  if (!isBetween(raw.base_scale, 1, Number.MAX_SAFE_INTEGER)) return 'instrument.base_scale is wrong';
  if (!isBetween(raw.lot_size, 1, MAX_QUANTITY)) return 'instrument.lot_size is wrong';
  if (!isBetween(raw.max_quantity, 1, MAX_QUANTITY)) return 'instrument.max_quantity is wrong';
  if (raw.reference_price != null && !isBetween(raw.reference_price, 1, MAX_PRICE)) {
    return 'instrument.reference_price is wrong';
  }
  if (raw.price_limit_bps != null && !isBetween(raw.price_limit_bps, 0, 1_000_000)) {
    return 'instrument.price_limit_bps is wrong';
  }
  if (!isInstrumentStatus(raw.status)) return 'instrument.status is unknown';
  if (raw.calendar !== 'ALWAYS' && raw.calendar !== 'KRX') return 'instrument.calendar is unknown';
  if (!isBetween(raw.maker_fee_bps, 0, 10_000) || !isBetween(raw.taker_fee_bps, 0, 10_000)) {
    return 'a fee of the instrument is wrong';
  }
  return tickTablesProblem(raw.tick_tables);
}

function tickTablesProblem(value: unknown): string | undefined {
  if (!Array.isArray(value) || value.length === 0) return 'instrument.tick_tables is empty';
  let effectiveBefore = -1;
  for (const table of value as Partial<TickTable>[]) {
    if (!isBetween(table?.effective_at, effectiveBefore + 1, Number.MAX_SAFE_INTEGER)) {
      return 'the tick tables do not ascend in time';
    }
    effectiveBefore = table.effective_at;
    if (!Array.isArray(table.bands) || table.bands.length === 0) return 'a tick table has no bands';
    let fromBefore = -1;
    for (const band of table.bands) {
      if (!isBetween(band?.from, fromBefore + 1, MAX_PRICE)) return 'the bands of a tick table do not ascend';
      if (!isBetween(band.tick, 1, MAX_PRICE)) return 'a tick is wrong';
      fromBefore = band.from;
    }
    if (table.bands[0]?.from !== 0) return 'the first band of a tick table does not start at 0';
  }
  return undefined;
}

function isBetween(value: unknown, low: number, high: number): value is number {
  return Number.isSafeInteger(value) && Number(value) >= low && Number(value) <= high;
}

/** The same definition with the keys in the one order, so that equal instruments have equal bytes. */
export function canonicalInstrument(instrument: Instrument): Instrument {
  return {
    symbol: instrument.symbol,
    name: instrument.name,
    base: instrument.base,
    quote: instrument.quote,
    base_decimals: instrument.base_decimals,
    quote_decimals: instrument.quote_decimals,
    price_decimals: instrument.price_decimals,
    quantity_decimals: instrument.quantity_decimals,
    amount_scale: instrument.amount_scale,
    base_scale: instrument.base_scale,
    tick_tables: instrument.tick_tables.map((table) => ({
      effective_at: table.effective_at,
      bands: table.bands.map((band) => ({ from: band.from, tick: band.tick })),
    })),
    lot_size: instrument.lot_size,
    max_quantity: instrument.max_quantity,
    reference_price: instrument.reference_price ?? null,
    price_limit_bps: instrument.price_limit_bps ?? null,
    status: instrument.status,
    calendar: instrument.calendar,
    maker_fee_bps: instrument.maker_fee_bps,
    taker_fee_bps: instrument.taker_fee_bps,
  };
}

/** Whether open orders, holds and past trades mean the same under both definitions. */
export function hasSameUnits(a: Instrument, b: Instrument): boolean {
  return (
    a.base === b.base &&
    a.quote === b.quote &&
    a.amount_scale === b.amount_scale &&
    a.base_scale === b.base_scale &&
    COUNT_FIELDS.every((field) => a[field] === b[field])
  );
}

/** What `supernoba match` trades a symbol as when no record has defined it: whole numbers, no limits, no fees. */
export function permissiveInstrument(symbol: string): Instrument {
  return {
    symbol,
    name: symbol,
    base: symbol,
    quote: 'KRW',
    base_decimals: 0,
    quote_decimals: 0,
    price_decimals: 0,
    quantity_decimals: 0,
    amount_scale: 1,
    base_scale: 1,
    tick_tables: [{ effective_at: 0, bands: [{ from: 0, tick: 1 }] }],
    lot_size: 1,
    max_quantity: MAX_QUANTITY,
    reference_price: null,
    price_limit_bps: null,
    status: 'ACTIVE',
    calendar: 'ALWAYS',
    maker_fee_bps: 0,
    taker_fee_bps: 0,
  };
}
