import type { DayClosedEvent, EngineEvent, FillEvent, FillParty } from '../../src/domain/events.ts';
import type { Instrument } from '../../src/domain/instrument.ts';
import type { SymbolBatch } from '../../src/services/matching-engine/tap.ts';

/** Events as the engine makes them, for the tests of market data. */
export function fill(seq: number, timestamp: number, price: number, quantity: number, symbol = 'TEST'): FillEvent {
  return {
    v: 1,
    event: 'FILL',
    symbol,
    seq,
    timestamp,
    trade_id: `${symbol}-${seq}`,
    price,
    quantity,
    amount: price * quantity,
    taker_side: seq % 3 === 0 ? 'SELL' : 'BUY',
    buyer: party('buyer', seq),
    seller: party('seller', seq),
  };
}

export function dayClosed(
  seq: number,
  timestamp: number,
  close: number | null,
  reference_price: number | null,
  symbol = 'TEST',
): DayClosedEvent {
  return { v: 1, event: 'DAY_CLOSED', symbol, seq, timestamp, close, reference_price };
}

export function batchOf(
  symbol: string,
  events: readonly EngineEvent[],
  more: { bids?: SymbolBatch['bids']; asks?: SymbolBatch['asks']; reference?: number } = {},
): SymbolBatch {
  const last = events.at(-1);
  if (!last) throw new Error('a batch has events');
  return {
    symbol,
    instrument: instrument(symbol, more.reference ?? null),
    events,
    seq: last.seq,
    bids: more.bids ?? [],
    asks: more.asks ?? [],
    timestamp: last.timestamp,
  };
}

export function instrument(symbol: string, reference: number | null): Instrument {
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
    max_quantity: 1_000_000,
    reference_price: reference,
    price_limit_bps: null,
    status: 'ACTIVE',
    calendar: 'ALWAYS',
    maker_fee_bps: 0,
    taker_fee_bps: 0,
  };
}

function party(side: string, seq: number): FillParty {
  return {
    order_id: `${side}-${seq}`,
    user_id: side,
    remaining_qty: 0,
    filled_qty: 1,
    fully_filled: true,
    fee: 0,
  };
}
