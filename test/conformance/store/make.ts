import type { EngineEvent, FillParty, OrderEventFields } from '../../../src/domain/events.ts';
import type { Instrument } from '../../../src/domain/instrument.ts';
import type { AddRecord, LedgerRecord } from '../../../src/domain/records.ts';
import { needOf } from '../../../src/ledger/hold.ts';
import type { OrderEntry, Store } from '../../../src/ports/store.ts';

/** Small pieces from which the suite builds its stories. Times count up from a fixed morning, so that runs repeat. */

export const MORNING = Date.UTC(2026, 0, 5, 0, 0, 0);

export function instrument(symbol: string, terms: Partial<Instrument> = {}): Instrument {
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
    reference_price: null,
    price_limit_bps: null,
    status: 'ACTIVE',
    calendar: 'ALWAYS',
    maker_fee_bps: 10,
    taker_fee_bps: 25,
    ...terms,
  };
}

/** Prices of two decimals, quantities of three in an asset of five: amounts and base units are scaled. */
export const SCALED: Partial<Instrument> = {
  quote: 'USDT',
  base_decimals: 5,
  quote_decimals: 6,
  price_decimals: 2,
  quantity_decimals: 3,
  amount_scale: 10,
  base_scale: 100,
};

export interface OrderTerms {
  order_id: string;
  user_id: string;
  is_buy: boolean;
  price: number;
  quantity: number;
  client_order_id?: string;
  content_hash?: string;
  order_type?: AddRecord['order_type'];
  time_in_force?: AddRecord['time_in_force'];
  timestamp?: number;
}

export function order(of: Instrument, terms: OrderTerms): OrderEntry {
  const { maker_fee_bps, taker_fee_bps, amount_scale, base_scale } = of;
  const scales = { is_buy: terms.is_buy, amount_scale, base_scale, maker_fee_bps, taker_fee_bps };
  const { content_hash = 'content', ...rest } = terms;
  const record: AddRecord = {
    v: 1,
    action: 'ADD',
    symbol: of.symbol,
    timestamp: MORNING,
    route_epoch: 0,
    order_type: 'LIMIT',
    time_in_force: 'GTC',
    ...rest,
    ...(terms.client_order_id === undefined ? {} : { content_hash }),
    hold: needOf(scales, terms.price, terms.quantity),
    maker_fee_bps,
    taker_fee_bps,
  };
  return {
    kind: 'ORDER',
    record,
    hold_asset: terms.is_buy ? of.quote : of.base,
    credit_asset: terms.is_buy ? of.base : of.quote,
    credit: terms.is_buy ? terms.quantity * base_scale : terms.price * terms.quantity * amount_scale,
    amount_scale,
    base_scale,
    content_hash,
  };
}

/** What an event says of an order. */
export function wordOf({ record }: OrderEntry, filled_qty: number, remaining_qty: number): OrderEventFields {
  const { order_id, user_id, client_order_id } = record;
  const named = client_order_id === undefined ? {} : { client_order_id };
  return { order_id, user_id, ...named, side: record.is_buy ? 'BUY' : 'SELL', filled_qty, remaining_qty };
}

export function partyOf({ record }: OrderEntry, filled_qty: number, remaining_qty: number, fee: number): FillParty {
  const { order_id, user_id } = record;
  return { order_id, user_id, filled_qty, remaining_qty, fully_filled: remaining_qty === 0, fee };
}

/** Numbers the events of symbols from 1, as an engine does. */
export class Sequencer {
  readonly #seqs = new Map<string, number>();

  base(symbol: string, timestamp = MORNING): { v: 1; symbol: string; seq: number; timestamp: number } {
    const seq = (this.#seqs.get(symbol) ?? 0) + 1;
    this.#seqs.set(symbol, seq);
    return { v: 1, symbol, seq, timestamp };
  }

  accepted(entry: OrderEntry): EngineEvent {
    const { order_type, time_in_force, price, quantity } = entry.record;
    const terms = { order_type, time_in_force, price, quantity };
    return { ...this.base(entry.record.symbol), event: 'ACCEPTED', ...wordOf(entry, 0, quantity), ...terms };
  }

  set(definition: Instrument): EngineEvent {
    return { ...this.base(definition.symbol), event: 'INSTRUMENT_SET', instrument: definition };
  }
}

export function transfer(
  action: LedgerRecord['action'],
  transfer_id: string,
  user_id: string,
  asset: string,
  amount: number,
): LedgerRecord {
  return { v: 1, action, transfer_id, user_id, asset, amount, timestamp: MORNING, actor: 'admin' };
}

let deposits = 0;

/** Gives an account money. */
export async function fund(store: Store, userId: string, money: Record<string, number>): Promise<void> {
  const items = Object.entries(money).map(([asset, amount]) => {
    deposits += 1;
    return transfer('DEPOSIT', `fund-${deposits}`, userId, asset, amount);
  });
  await store.applyLedger({ topic: 'ledger', partition: 0, next_offset: 0, items });
}

/** Delivers events to settlement. */
export function settleAll(store: Store, ...items: EngineEvent[]): Promise<void> {
  return store.applyEvents({ topic: 'fills', partition: 0, next_offset: 0, items });
}

export async function wallet(
  store: Store,
  userId: string,
  asset: string,
): Promise<{ balance: number; locked: number }> {
  const found = (await store.wallets(userId)).find((candidate) => candidate.asset === asset);
  return { balance: found?.balance ?? 0, locked: found?.locked ?? 0 };
}

/** A whole dump as text lines, for comparison. Keys of instruments come in an order of their own in SQL. */
export async function dumpLines(store: Store): Promise<string[]> {
  const lines: string[] = [];
  for await (const row of store.dump()) lines.push(JSON.stringify(row, sortedKeys));
  return lines;
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
