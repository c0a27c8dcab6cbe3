import { type EngineEvent, EVENT_VERSION } from '../domain/events.ts';
import { type LedgerRecord, type OrderRecord, RECORD_VERSION } from '../domain/records.ts';
import { decodeRecord, Poison } from '../matching/engine/decode.ts';
import type { StreamRecord } from '../ports/stream.ts';

/**
 * What the audit reads from the streams. It believes nothing of them: a record is used only when every field that the audit
 * computes with has its kind; what is no such record comes back as the sentence that says why.
 */

const decoder = new TextDecoder('utf-8', { fatal: true });

type Fields = Record<string, unknown>;

/** The JSON object of a record, or what it is instead. */
function fieldsOf(record: StreamRecord): Fields | string {
  try {
    const value: unknown = JSON.parse(decoder.decode(record.value));
    return isObject(value) ? value : 'is no JSON object';
  } catch {
    return 'is not JSON';
  }
}

/** A record of the orders stream; undefined for poison, which the engine sets aside and which has no effect on anything. */
export function orderOf(record: StreamRecord): OrderRecord | undefined {
  const order = decodeRecord(record.value);
  return order instanceof Poison ? undefined : order;
}

/** A record of the ledger stream. */
export function ledgerOf(record: StreamRecord): LedgerRecord | string {
  const fields = fieldsOf(record);
  if (typeof fields === 'string') return fields;
  if (fields.v !== RECORD_VERSION) return `has the unknown version ${String(fields.v)}`;
  if (fields.action !== 'DEPOSIT' && fields.action !== 'WITHDRAW') return `has the action ${String(fields.action)}`;
  for (const name of ['transfer_id', 'user_id', 'asset', 'actor'])
    if (typeof fields[name] !== 'string') return `has no ${name}`;
  if (!isCount(fields.amount) || fields.amount === 0) return 'has no amount';
  if (!isCount(fields.timestamp)) return 'has no timestamp';
  return fields as unknown as LedgerRecord; // every field that is read of it has just been checked
}

/** A record of the fills stream. */
export function eventOf(record: StreamRecord): EngineEvent | string {
  const fields = fieldsOf(record);
  if (typeof fields === 'string') return fields;
  const problem = eventProblem(fields);
  return problem ?? (fields as unknown as EngineEvent); // every field that is read of it has just been checked
}

function eventProblem(fields: Fields): string | undefined {
  if (fields.v !== EVENT_VERSION) return `has the unknown version ${String(fields.v)}`;
  if (typeof fields.event !== 'string') return 'names no event';
  if (typeof fields.symbol !== 'string') return 'has no symbol';
  if (!isCount(fields.seq)) return 'has no seq';
  if (!isCount(fields.timestamp)) return 'has no timestamp';
  const missing = missingOf(fields);
  return missing === undefined ? undefined : `(${fields.event}) has no ${missing}`;
}

/** The first field that an event of its kind lacks. */
function missingOf(fields: Fields): string | undefined {
  switch (fields.event) {
    case 'FILL':
      return missingOfFill(fields);
    case 'INSTRUMENT_SET':
      return isObject(fields.instrument) ? undefined : 'instrument';
    case 'STATUS_SET':
      return typeof fields.status === 'string' ? undefined : 'status';
    case 'DAY_CLOSED':
      return fields.reference_price === null || isCount(fields.reference_price) ? undefined : 'reference_price';
    case 'DUPLICATE':
      return typeof fields.order_id === 'string' ? undefined : 'order_id';
    default:
      return missingOfOrder(fields);
  }
}

/** Events that answer a replace give its hold back, so they must name it. */
const ANSWERS_OF_A_REPLACE = new Set<unknown>(['REPLACED', 'REPLACE_REJECTED']);

function missingOfOrder(fields: Fields): string | undefined {
  if (typeof fields.order_id !== 'string') return 'order_id';
  for (const name of ['filled_qty', 'remaining_qty']) if (!isCount(fields[name])) return name;
  if (!ANSWERS_OF_A_REPLACE.has(fields.event)) return undefined;
  if (typeof fields.request_id !== 'string') return 'request_id';
  return isCount(fields.hold_delta) ? undefined : 'hold_delta';
}

function missingOfFill(fields: Fields): string | undefined {
  if (typeof fields.trade_id !== 'string') return 'trade_id';
  for (const name of ['price', 'quantity', 'amount']) if (!isCount(fields[name])) return name;
  for (const side of ['buyer', 'seller']) {
    const party = fields[side];
    if (!isObject(party) || typeof party.order_id !== 'string' || typeof party.user_id !== 'string') return side;
    for (const name of ['filled_qty', 'remaining_qty', 'fee'])
      if (!isCount(party[name])) return `${name} of the ${side}`;
  }
  return undefined;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
