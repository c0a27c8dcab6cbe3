import { MAX_PRICE, MAX_QUANTITY } from './money.ts';

/** What a wallet counts. `decimals` fixes its unit: 10^-decimals (KRW 0, USD 2, USDT 6, a share 0). */
export interface Asset {
  code: string;
  decimals: number;
  /** A currency is listed under `wallets`, a security (share, coin bought through an instrument) under `positions`. */
  kind: 'CURRENCY' | 'SECURITY';
}

/** Currencies every exchange starts with; securities are made with their first instrument. */
export const CURRENCIES: readonly Asset[] = [
  { code: 'KRW', decimals: 0, kind: 'CURRENCY' },
  { code: 'USD', decimals: 2, kind: 'CURRENCY' },
  { code: 'USDT', decimals: 6, kind: 'CURRENCY' },
];

/** Trading state of an instrument. HALTED refuses orders and matches nothing; CANCEL_ONLY lets orders only leave. */
export type InstrumentStatus = 'ACTIVE' | 'HALTED' | 'CANCEL_ONLY' | 'DELISTED';

/** From `from` (a price, inclusive) upwards prices move in steps of `tick`. Bands ascend; the first starts at 0. */
export interface TickBand {
  from: number;
  tick: number;
}

/** A tick table is dated: from `effective_at` (epoch ms) it replaces the one before. */
export interface TickTable {
  effective_at: number;
  bands: TickBand[];
}

/**
 * An instrument with everything in integers (contract, section 1): prices in 10^-price_decimals of the quote,
 * quantities in 10^-quantity_decimals of the base. price x quantity x amount_scale is an amount in minor units of the quote.
 */
export interface Instrument {
  symbol: string;
  name: string;
  base: string;
  quote: string;
  base_decimals: number;
  quote_decimals: number;
  price_decimals: number;
  quantity_decimals: number;
  /** 10^(quote decimals - price_decimals - quantity_decimals). */
  amount_scale: number;
  /** 10^(base decimals - quantity_decimals): a quantity times this is minor units of the base asset. */
  base_scale: number;
  /** A fixed tick is a table of one band. Ascending by effective_at, never empty. */
  tick_tables: TickTable[];
  lot_size: number;
  max_quantity: number;
  /** Previous close. null: the instrument has no daily limits. */
  reference_price: number | null;
  /** Daily limit in basis points of the reference (3000 = +-30 %), null: off. */
  price_limit_bps: number | null;
  status: InstrumentStatus;
  /** Trading calendar: open at all times, or Korea Exchange hours. */
  calendar: 'ALWAYS' | 'KRX';
  maker_fee_bps: number;
  taker_fee_bps: number;
}

export const SYMBOL_PATTERN = /^[A-Z0-9]{1,10}$/;

/** The bands in force at a moment (epoch ms); before the first date the first table holds. */
export function tickBandsAt(instrument: Pick<Instrument, 'tick_tables'>, atMs: number): TickBand[] {
  let bands = instrument.tick_tables[0]?.bands ?? [{ from: 0, tick: 1 }];
  for (const table of instrument.tick_tables) if (table.effective_at <= atMs) bands = table.bands;
  return bands;
}

/** The tick that holds at a price. */
export function tickAt(bands: readonly TickBand[], price: number): number {
  let tick = bands[0]?.tick ?? 1;
  for (const band of bands) {
    if (price < band.from) break;
    tick = band.tick;
  }
  return tick;
}

/** The nearest price on the tick grid at or below `price`. */
export function roundDownToTick(bands: readonly TickBand[], price: number): number {
  return price - (price % tickAt(bands, price));
}

/** The nearest price on the tick grid at or above `price`. */
export function roundUpToTick(bands: readonly TickBand[], price: number): number {
  const down = roundDownToTick(bands, price);
  return down === price ? price : down + tickAt(bands, price);
}

export function isOnTick(bands: readonly TickBand[], price: number): boolean {
  return price % tickAt(bands, price) === 0;
}

/** Daily price limits (KRX: 상한가 and 하한가), inclusive, rounded inwards to a tick. */
export interface PriceLimits {
  lower: number;
  upper: number;
}

/** The limits of the day, or undefined where the instrument has none (no reference, or switched off). */
export function priceLimits(instrument: Instrument, atMs: number): PriceLimits | undefined {
  const { reference_price: reference, price_limit_bps: bps } = instrument;
  if (reference === null || bps === null) return undefined;
  const bands = tickBandsAt(instrument, atMs);
  const span = (BigInt(reference) * BigInt(bps)) / 10_000n;
  const exactLower = (BigInt(reference) * BigInt(10_000 - bps) + 9_999n) / 10_000n;
  const upper = Math.min(MAX_PRICE, reference + Number(span));
  const lower = Math.max(1, Number(exactLower));
  return { lower: roundUpToTick(bands, lower), upper: roundDownToTick(bands, upper) };
}

/** The largest order quantity a slot of the book can hold, in units of the instrument; 1,000,000 whole units by default. */
export function defaultMaxQuantity(quantityDecimals: number): number {
  return Math.min(1_000_000 * 10 ** quantityDecimals, MAX_QUANTITY);
}
