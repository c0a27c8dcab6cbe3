import { ExchangeError } from '../../domain/errors.ts';
import {
  type Asset,
  defaultMaxQuantity,
  type Instrument,
  type InstrumentStatus,
  priceLimits,
  SYMBOL_PATTERN,
  type TickBand,
  type TickTable,
} from '../../domain/instrument.ts';
import { MAX_PRICE, MAX_QUANTITY, parseDecimal } from '../../domain/money.ts';
import { TICK_TABLES } from './tick-tables.ts';

type Decimal = number | string;

/** Terms that an instrument may change while it trades. Numbers are human decimals. */
export interface SymbolTerms {
  name?: string;
  /** null: no reference, so no daily limits. */
  reference_price?: Decimal | null;
  tick_size?: Decimal;
  /** A preset's name, one table of bands, or dated tables. */
  tick_table?: string | Band[] | DatedBands[];
  lot_size?: Decimal;
  max_quantity?: Decimal;
  /** Per cent; null or 0: off. */
  price_limit_pct?: Decimal | null;
  status?: InstrumentStatus;
  calendar?: 'ALWAYS' | 'KRX';
  maker_fee_bps?: number;
  taker_fee_bps?: number;
}

export interface Band {
  from: Decimal;
  tick: Decimal;
}

export interface DatedBands {
  effective_at: number;
  bands: Band[];
}

/** Terms that are fixed for good once orders and wallets count in them. */
export interface FixedTerms {
  base?: string;
  quote?: string;
  price_decimals?: number;
  quantity_decimals?: number;
}

export interface NewSymbol extends SymbolTerms, FixedTerms {
  symbol: string;
}

const DEFAULT_QUOTE = 'KRW';
const DEFAULT_LIMIT_BPS = 3_000;
const USUAL_PRICE_DECIMALS = 2;
const MAX_DECIMALS = 9;
const MAX_LIMIT_BPS = 100_000;

/**
 * A new instrument out of what an admin gave; only the symbol is required (contract, sections 1 and 2).
 * @throws ExchangeError INVALID_INSTRUMENT for a broken rule, ASSET_UNKNOWN for an unknown quote
 */
export function buildInstrument(
  given: NewSymbol,
  assetOf: (code: string) => Asset | undefined,
  nowMs: number,
): Instrument {
  const { symbol } = given;
  if (!SYMBOL_PATTERN.test(symbol)) refuse('The symbol must be 1 to 10 characters of A-Z and 0-9');
  const quote = assetOf(given.quote ?? DEFAULT_QUOTE);
  if (quote === undefined) throw new ExchangeError('ASSET_UNKNOWN', `No asset has the code ${given.quote}.`);
  const quantityDecimals = decimals(given.quantity_decimals ?? 0, 'quantity_decimals');
  const room = quote.decimals - quantityDecimals;
  const priceDecimals = decimals(
    given.price_decimals ?? Math.max(0, Math.min(USUAL_PRICE_DECIMALS, room)),
    'price_decimals',
  );
  if (priceDecimals > room) {
    refuse(`price_decimals + quantity_decimals must not exceed the ${quote.decimals} decimals of ${quote.code}`);
  }
  const baseCode = given.base ?? symbol;
  if (baseCode === quote.code) refuse('The base and the quote asset must differ');
  const baseDecimals = assetOf(baseCode)?.decimals ?? quantityDecimals;
  if (quantityDecimals > baseDecimals) refuse(`quantity_decimals exceeds the ${baseDecimals} decimals of ${baseCode}`);
  const fresh: Instrument = {
    symbol,
    name: symbol,
    base: baseCode,
    quote: quote.code,
    base_decimals: baseDecimals,
    quote_decimals: quote.decimals,
    price_decimals: priceDecimals,
    quantity_decimals: quantityDecimals,
    amount_scale: 10 ** (room - priceDecimals),
    base_scale: 10 ** (baseDecimals - quantityDecimals),
    tick_tables: [{ effective_at: 0, bands: [{ from: 0, tick: 1 }] }],
    lot_size: 1,
    max_quantity: defaultMaxQuantity(quantityDecimals),
    reference_price: null,
    price_limit_bps: DEFAULT_LIMIT_BPS,
    status: 'ACTIVE',
    calendar: 'ALWAYS',
    maker_fee_bps: 0,
    taker_fee_bps: 0,
  };
  return withTerms(fresh, given, tickTables(given, priceDecimals) ?? fresh.tick_tables, nowMs);
}

/** Naming what is fixed as it is changes nothing. @throws ExchangeError INVALID_INSTRUMENT for another value */
export function refuseOtherUnits(instrument: Instrument, given: FixedTerms): void {
  for (const name of ['base', 'quote', 'price_decimals', 'quantity_decimals'] as const) {
    if (given[name] !== undefined && given[name] !== instrument[name]) {
      refuse(`${name} is fixed for good: orders and wallets count in it`);
    }
  }
}

/** An instrument with new terms. @throws ExchangeError INVALID_INSTRUMENT */
export function changeInstrument(instrument: Instrument, terms: SymbolTerms, nowMs: number): Instrument {
  const given = tickTables(terms, instrument.price_decimals);
  return withTerms(instrument, terms, untilThen(instrument.tick_tables, given, nowMs), nowMs);
}

function withTerms(instrument: Instrument, terms: SymbolTerms, tick_tables: TickTable[], nowMs: number): Instrument {
  const { price_decimals: prices, quantity_decimals: quantities } = instrument;
  const changed: Instrument = {
    ...instrument,
    name: terms.name ?? instrument.name,
    tick_tables,
    lot_size: terms.lot_size === undefined ? instrument.lot_size : units(terms.lot_size, quantities, 'lot_size'),
    max_quantity:
      terms.max_quantity === undefined
        ? instrument.max_quantity
        : units(terms.max_quantity, quantities, 'max_quantity'),
    reference_price: optional(terms.reference_price, instrument.reference_price, (price) =>
      units(price, prices, 'reference_price'),
    ),
    price_limit_bps: optional(terms.price_limit_pct, instrument.price_limit_bps, limitBps),
    status: terms.status ?? instrument.status,
    calendar: terms.calendar ?? instrument.calendar,
    maker_fee_bps: terms.maker_fee_bps ?? instrument.maker_fee_bps,
    taker_fee_bps: terms.taker_fee_bps ?? instrument.taker_fee_bps,
  };
  checkRules(changed, nowMs);
  return changed;
}

function optional<T>(
  given: Decimal | null | undefined,
  current: T | null,
  read: (given: Decimal) => T | null,
): T | null {
  if (given === undefined) return current;
  return given === null ? null : read(given);
}

/** 0 switches the limits off. */
function limitBps(percent: Decimal): number | null {
  const bps = parseDecimal(percent, 2);
  if (typeof bps !== 'number' || bps < 0 || bps > MAX_LIMIT_BPS) {
    return refuse('price_limit_pct must be between 0 and 1000 with at most 2 decimals');
  }
  return bps === 0 ? null : bps;
}

function checkRules(instrument: Instrument, nowMs: number): void {
  const { lot_size, max_quantity, reference_price, maker_fee_bps, taker_fee_bps } = instrument;
  if (!instrument.name.isWellFormed()) refuse('The name holds half of a character (a lone surrogate)');
  if (max_quantity > MAX_QUANTITY) refuse('max_quantity is more than an order can carry (2^31 - 1 units)');
  if (lot_size > max_quantity) refuse('lot_size is larger than max_quantity');
  if (reference_price !== null && reference_price > MAX_PRICE) refuse('reference_price is larger than a price can be');
  for (const bps of [maker_fee_bps, taker_fee_bps]) {
    if (!Number.isInteger(bps) || bps < 0 || bps > 10_000) refuse('Fees are whole basis points from 0 to 10000');
  }
  for (const { effective_at } of instrument.tick_tables) {
    const limits = priceLimits(instrument, Math.max(effective_at, nowMs));
    if (limits !== undefined && (limits.lower > limits.upper || limits.upper < 1)) {
      refuse('The daily limits leave no price on the tick grid');
    }
  }
}

function tickTables({ tick_size, tick_table }: SymbolTerms, priceDecimals: number): TickTable[] | undefined {
  if (tick_size !== undefined && tick_table !== undefined) refuse('Give tick_size or tick_table, not both');
  if (tick_size !== undefined) {
    return [{ effective_at: 0, bands: [{ from: 0, tick: units(tick_size, priceDecimals, 'tick_size') }] }];
  }
  if (tick_table === undefined) return undefined;
  const tables = datedTables(tick_table).map(({ effective_at, bands }) => ({
    effective_at,
    bands: checkedBands(bands, priceDecimals),
  }));
  tables.forEach(({ effective_at }, index) => {
    const before = tables[index - 1];
    if (before !== undefined && effective_at <= before.effective_at) refuse('Tick tables must ascend by effective_at');
  });
  if (tables.length === 0) refuse('tick_table is empty');
  return tables;
}

/** Tables of a date to come replace the others from that date on; until then what holds now goes on. */
function untilThen(current: readonly TickTable[], given: readonly TickTable[] | undefined, nowMs: number): TickTable[] {
  const [first] = given ?? [];
  if (given === undefined || first === undefined) return [...current];
  if (first.effective_at <= nowMs) return [...given];
  const inForce = current.findLastIndex(({ effective_at }) => effective_at <= nowMs);
  const before = current.slice(Math.max(0, inForce)).filter(({ effective_at }) => effective_at < first.effective_at);
  return [...before, ...given];
}

function datedTables(table: NonNullable<SymbolTerms['tick_table']>): DatedBands[] {
  if (typeof table === 'string') {
    const bands = Object.hasOwn(TICK_TABLES, table) ? TICK_TABLES[table] : undefined;
    if (bands === undefined) return refuse(`There is no tick table ${table} (${Object.keys(TICK_TABLES).join(', ')})`);
    return [{ effective_at: 0, bands: [...bands] }];
  }
  const dated = table.filter((entry): entry is DatedBands => 'bands' in entry);
  if (dated.length === table.length) return dated;
  if (dated.length > 0) refuse('tick_table mixes bands and dated tables');
  return [{ effective_at: 0, bands: table.filter((entry): entry is Band => !('bands' in entry)) }];
}

/** Bands whose borders lie on both grids, so that rounding to a tick never leaves its band's rule. */
function checkedBands(given: DatedBands['bands'], priceDecimals: number): TickBand[] {
  const bands = given.map(({ from, tick }) => {
    const start = parseDecimal(from, priceDecimals);
    if (typeof start !== 'number' || start < 0 || start > MAX_PRICE)
      return refuse('A tick band starts at no valid price');
    return { from: start, tick: units(tick, priceDecimals, 'tick') };
  });
  bands.forEach(({ from, tick }, index) => {
    const before = bands[index - 1];
    if (before === undefined ? from !== 0 : from <= before.from) refuse('Tick bands must ascend from 0');
    if (from % tick !== 0 || (before !== undefined && from % before.tick !== 0)) {
      refuse('A tick band must start on its own grid and on that of the band below');
    }
  });
  if (bands.length === 0) refuse('A tick table needs a band');
  return bands;
}

function decimals(value: number, field: string): number {
  if (!Number.isInteger(value) || value < 0 || value > MAX_DECIMALS) refuse(`${field} must be 0 to ${MAX_DECIMALS}`);
  return value;
}

/** A positive human decimal in units of 10^-decimals, as far as prices and quantities go. */
function units(input: Decimal, decimalsOf: number, field: string): number {
  const value = parseDecimal(input, decimalsOf);
  if (typeof value !== 'number') return refuse(`${field} is no number with at most ${decimalsOf} decimals`);
  if (value < 1 || value > MAX_QUANTITY) refuse(`${field} must be positive and at most 2^31 - 1 units`);
  return value;
}

function refuse(why: string): never {
  throw new ExchangeError('INVALID_INSTRUMENT', `${why}.`);
}
