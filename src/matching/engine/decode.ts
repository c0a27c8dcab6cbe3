import type { Instrument } from '../../domain/instrument.ts';
import { MAX_PRICE } from '../../domain/money.ts';
import type { OrderType, SelfTradePrevention, TimeInForce } from '../../domain/order.ts';
import {
  type AddRecord,
  type CancelRecord,
  type DayCloseRecord,
  type MassCancelRecord,
  type OrderRecord,
  RECORD_VERSION,
  type ReplaceRecord,
  type SetInstrumentRecord,
  type SetStatusRecord,
} from '../../domain/records.ts';
import { instrumentProblem, isInstrumentStatus } from './instrument-check.ts';

/** A record that can never be applied, and why. It changes nothing and says nothing about any symbol. */
export class Poison {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** `hold_delta` of a record that does not say what was held: the engine then does not judge its funding. */
export const UNSTATED_HOLD = -1;

/** No id is longer, in UTF-16 units. */
export const MAX_ID_LENGTH = 256;

/** 100 %. */
export const MAX_FEE_BPS = 10_000;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Fields of a record before they are known to be right. */
type Raw<T> = { [K in keyof T]?: unknown };

/**
 * Reads one record of the orders stream. The contract's short form (no version, type, time in force, fees or times) is
 * filled up with its defaults; whatever else is missing or of the wrong kind makes the record poison. Numbers that are integers but out of
 * range are left to the engine, which can still answer the order's owner.
 * @param unstatedHold what a REPLACE that does not name its `hold_delta` is taken to have (0, or UNSTATED_HOLD).
 */
export function decodeRecord(value: Uint8Array, unstatedHold = 0): OrderRecord | Poison {
  let json: unknown;
  try {
    json = JSON.parse(utf8.decode(value));
  } catch (error) {
    return new Poison(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return checkRecord(json, unstatedHold);
}

/** The record may be completed in place. */
function checkRecord(json: unknown, unstatedHold: number): OrderRecord | Poison {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return new Poison('not a JSON object');
  const raw: Raw<OrderRecord> = json;
  raw.v ??= RECORD_VERSION;
  if (raw.v !== RECORD_VERSION) return new Poison(`unknown record version ${String(raw.v)}`);
  if (!isSymbol(raw.symbol)) return new Poison('symbol is missing or wrong');
  raw.timestamp ??= 0;
  raw.route_epoch ??= 0;
  if (!isCount(raw.timestamp)) return new Poison('timestamp is not a whole number of milliseconds');
  if (!isCount(raw.route_epoch)) return new Poison('route_epoch is not a whole number');
  const problem = checkAction(raw, unstatedHold);
  if (problem !== undefined) return new Poison(problem);
  return raw as OrderRecord; // every field of its action has been checked
}

function checkAction(raw: Raw<OrderRecord>, unstatedHold: number): string | undefined {
  switch (raw.action) {
    case 'ADD':
      return checkAdd(raw as Raw<AddRecord>);
    case 'CANCEL':
      return checkRequest(raw as Raw<CancelRecord>);
    case 'REPLACE':
      return checkReplace(raw as Raw<ReplaceRecord>, unstatedHold);
    case 'MASS_CANCEL':
      return checkMassCancel(raw as Raw<MassCancelRecord>);
    case 'SET_INSTRUMENT':
      return checkSetInstrument(raw as Raw<SetInstrumentRecord>);
    case 'SET_STATUS':
      return isInstrumentStatus((raw as Raw<SetStatusRecord>).status) ? undefined : 'status is missing or unknown';
    case 'DAY_CLOSE':
      return checkDayClose(raw as Raw<DayCloseRecord>);
    default:
      return `unknown action ${String(raw.action)}`;
  }
}

function checkAdd(raw: Raw<AddRecord>): string | undefined {
  if (!isId(raw.order_id)) return 'order_id is missing or wrong';
  if (!isId(raw.user_id)) return 'user_id is missing or wrong';
  if (typeof raw.is_buy !== 'boolean') return 'is_buy is missing or wrong';
  if (!Number.isSafeInteger(raw.price)) return 'price is not a whole number';
  if (!Number.isSafeInteger(raw.quantity)) return 'quantity is not a whole number';
  raw.order_type ??= 'LIMIT';
  raw.time_in_force ??= 'GTC';
  raw.hold ??= 0;
  raw.maker_fee_bps ??= 0;
  raw.taker_fee_bps ??= 0;
  if (!isOrderType(raw.order_type)) return `unknown order_type ${String(raw.order_type)}`;
  if (!isTimeInForce(raw.time_in_force)) return `unknown time_in_force ${String(raw.time_in_force)}`;
  if (!isCount(raw.hold)) return 'hold is not a whole number';
  if (!isFee(raw.maker_fee_bps) || !isFee(raw.taker_fee_bps)) return 'a fee is not a number of basis points';
  if (raw.client_order_id != null && !isId(raw.client_order_id)) return 'client_order_id is wrong';
  if (raw.post_only != null && typeof raw.post_only !== 'boolean') return 'post_only is wrong';
  if (raw.stp != null && !isStp(raw.stp)) return `unknown stp ${String(raw.stp)}`;
  if (raw.stop_price != null && !Number.isSafeInteger(raw.stop_price)) return 'stop_price is not a whole number';
  if (raw.display_quantity != null && !Number.isSafeInteger(raw.display_quantity)) {
    return 'display_quantity is not a whole number';
  }
  return undefined;
}

/** A CANCEL; a request that names no id of its own goes by its order's. */
function checkRequest(raw: Raw<CancelRecord>): string | undefined {
  if (!isId(raw.order_id)) return 'order_id is missing or wrong';
  if (!isId(raw.user_id)) return 'user_id is missing or wrong';
  raw.request_id ??= raw.order_id;
  return isId(raw.request_id) ? undefined : 'request_id is wrong';
}

function checkReplace(raw: Raw<ReplaceRecord>, unstatedHold: number): string | undefined {
  const problem = checkRequest(raw as Raw<CancelRecord>);
  if (problem !== undefined) return problem;
  for (const field of ['price', 'quantity', 'remaining'] as const) {
    if (raw[field] != null && !Number.isSafeInteger(raw[field])) return `${field} is not a whole number`;
  }
  raw.hold_delta ??= unstatedHold;
  return isCount(raw.hold_delta) || raw.hold_delta === unstatedHold ? undefined : 'hold_delta is not a whole number';
}

function checkMassCancel(raw: Raw<MassCancelRecord>): string | undefined {
  if (!isId(raw.user_id)) return 'user_id is missing or wrong';
  raw.request_id ??= raw.user_id;
  return isId(raw.request_id) ? undefined : 'request_id is wrong';
}

function checkSetInstrument(raw: Raw<SetInstrumentRecord> & { symbol?: unknown }): string | undefined {
  const problem = instrumentProblem(raw.instrument);
  if (problem !== undefined) return problem;
  const instrument = raw.instrument as Instrument; // instrumentProblem has found none
  return instrument.symbol === raw.symbol ? undefined : 'the instrument has another symbol than the record';
}

function checkDayClose(raw: Raw<DayCloseRecord>): string | undefined {
  if (raw.reference_price == null) return undefined;
  const { reference_price: price } = raw;
  return isCount(price) && price > 0 && price <= MAX_PRICE ? undefined : 'reference_price is wrong';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isFee(value: unknown): boolean {
  return isCount(value) && value <= MAX_FEE_BPS;
}

/** Well-formed text only: a lone surrogate would not survive UTF-8. */
function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_ID_LENGTH && value.isWellFormed();
}

// Plain comparisons where a regular expression or a Set would read better: each of them runs for every order.

/** SYMBOL_PATTERN of src/domain/instrument.ts (a test keeps the two equal). */
function isSymbol(value: unknown): value is string {
  if (typeof value !== 'string' || value.length < 1 || value.length > 10) return false;
  for (let i = 0; i < value.length; i += 1) {
    const unit = value.charCodeAt(i);
    const isLetter = unit >= 0x41 && unit <= 0x5a;
    if (!isLetter && (unit < 0x30 || unit > 0x39)) return false;
  }
  return true;
}

function isOrderType(value: unknown): value is OrderType {
  return value === 'LIMIT' || value === 'MARKET' || value === 'STOP' || value === 'STOP_LIMIT';
}

function isTimeInForce(value: unknown): value is TimeInForce {
  return value === 'GTC' || value === 'IOC' || value === 'FOK' || value === 'DAY';
}

function isStp(value: unknown): value is SelfTradePrevention {
  return value === 'NONE' || value === 'EXPIRE_TAKER' || value === 'EXPIRE_MAKER' || value === 'EXPIRE_BOTH';
}
