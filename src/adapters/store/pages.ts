import { ExchangeError } from '../../domain/errors.ts';

/**
 * Cursors of paged answers: where the page ended, as opaque text. Pages are ordered newest first by (time, id), so a cursor stays
 * right while new rows come in.
 */
export interface OrderCursor {
  created_at: number;
  order_id: string;
}

export interface FillCursor {
  timestamp: number;
  symbol: string;
  seq: number;
  /** A user who traded with itself has two fills in one trade: SELL comes before BUY. */
  side: 'BUY' | 'SELL';
}

export function encodeCursor(parts: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

export function decodeOrderCursor(cursor: string): OrderCursor {
  const [created_at, order_id] = decode(cursor);
  if (!Number.isSafeInteger(created_at) || typeof order_id !== 'string') throw broken();
  return { created_at: Number(created_at), order_id };
}

export function decodeFillCursor(cursor: string): FillCursor {
  const [timestamp, symbol, seq, side] = decode(cursor);
  if (!Number.isSafeInteger(timestamp) || typeof symbol !== 'string' || !Number.isSafeInteger(seq)) throw broken();
  if (side !== 'BUY' && side !== 'SELL') throw broken();
  return { timestamp: Number(timestamp), symbol, seq: Number(seq), side };
}

function decode(cursor: string): unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(parts)) return parts;
  } catch {
    // Falls through: whatever is wrong with it, it is the caller's text.
  }
  throw broken();
}

function broken(): ExchangeError {
  return new ExchangeError('INVALID_REQUEST', 'The cursor is not one that this exchange gave out.');
}
