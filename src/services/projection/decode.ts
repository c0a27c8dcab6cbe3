import type { EngineEvent } from '../../domain/events.ts';
import { EVENT_VERSION } from '../../domain/events.ts';
import { type LedgerRecord, RECORD_VERSION } from '../../domain/records.ts';

/** A record that is not what its stream promises. It will not get better by coming again. */
export class PoisonError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PoisonError';
  }
}

const text = new TextDecoder('utf-8', { fatal: true });

function parse(value: Uint8Array): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.decode(value));
  } catch {
    throw new PoisonError('the record is not UTF-8 JSON');
  }
  if (typeof parsed !== 'object' || parsed === null) throw new PoisonError('the record is no JSON object');
  return parsed as Record<string, unknown>;
}

/** Events about one order, by kind. */
const ORDER_EVENTS = new Set([
  'ACCEPTED',
  'REJECTED',
  'CANCELLED',
  'EXPIRED',
  'REPLACED',
  'CANCEL_REJECTED',
  'REPLACE_REJECTED',
  'DUPLICATE',
]);

/** @throws PoisonError for anything that is no event of this version */
export function decodeEvent(value: Uint8Array): EngineEvent {
  const event = parse(value);
  if (event.v !== EVENT_VERSION) throw new PoisonError(`the event has version ${String(event.v)}`);
  if (typeof event.symbol !== 'string' || !isPositive(event.seq))
    throw new PoisonError('the event has no symbol or seq');
  if (!isWhole(event.timestamp)) throw new PoisonError('the event has no timestamp');
  if (!hasShape(event)) throw new PoisonError(`the event ${String(event.event)} lacks what its kind needs`);
  return event as unknown as EngineEvent;
}

function hasShape(event: Record<string, unknown>): boolean {
  if (event.event === 'FILL')
    return (
      [event.price, event.quantity].every(isPositive) &&
      isWhole(event.amount) &&
      typeof event.trade_id === 'string' &&
      isParty(event.buyer) &&
      isParty(event.seller)
    );
  if (event.event === 'INSTRUMENT_SET') return typeof event.instrument === 'object' && event.instrument !== null;
  if (event.event === 'STATUS_SET') return typeof event.status === 'string';
  if (event.event === 'DAY_CLOSED') return event.reference_price === null || isWhole(event.reference_price);
  if (typeof event.event !== 'string' || typeof event.order_id !== 'string') return false;
  if (event.event === 'DUPLICATE') return true;
  return ORDER_EVENTS.has(event.event) ? isWhole(event.filled_qty) && isWhole(event.remaining_qty) : true;
}

function isParty(party: unknown): boolean {
  if (typeof party !== 'object' || party === null) return false;
  const { order_id, user_id, remaining_qty, filled_qty, fee } = party as Record<string, unknown>;
  return typeof order_id === 'string' && typeof user_id === 'string' && [remaining_qty, filled_qty, fee].every(isWhole);
}

/** @throws PoisonError for anything that is no ledger record of this version */
export function decodeLedger(value: Uint8Array): LedgerRecord {
  const record = parse(value);
  if (record.v !== RECORD_VERSION) throw new PoisonError(`the ledger record has version ${String(record.v)}`);
  if (record.action !== 'DEPOSIT' && record.action !== 'WITHDRAW')
    throw new PoisonError(`the ledger does not know the action ${String(record.action)}`);
  const texts = [record.transfer_id, record.user_id, record.asset, record.actor];
  if (!texts.every((field) => typeof field === 'string')) throw new PoisonError('the ledger record lacks a name');
  if (!isPositive(record.amount) || !isWhole(record.timestamp))
    throw new PoisonError('the ledger record has no amount or timestamp');
  return record as unknown as LedgerRecord;
}

function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isPositive(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) > 0;
}
