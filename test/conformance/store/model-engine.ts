import type { EngineEvent } from '../../../src/domain/events.ts';
import type { Instrument } from '../../../src/domain/instrument.ts';
import { feeOf } from '../../../src/domain/money.ts';
import type { OrderRecord } from '../../../src/domain/records.ts';
import { need } from '../../../src/ledger/hold.ts';
import type { OrderEntry } from '../../../src/ports/store.ts';
import { partyOf, type Sequencer, wordOf } from './make.ts';

/** An order as the model knows it. */
interface Live {
  entry: OrderEntry;
  price: number;
  open: number;
  filled: number;
}

/**
 * A simple engine for the suite: it says the events a real one would, by rules short enough to be seen right. Orders match the
 * best opposite price, oldest first, at the resting price; the order that takes may reject, expire or rest.
 */
export class ModelEngine {
  readonly #instruments: ReadonlyMap<string, Instrument>;
  readonly #say: Sequencer;
  readonly #live = new Map<string, Live>();
  readonly #seen = new Set<string>();

  constructor(instruments: readonly Instrument[], say: Sequencer) {
    this.#instruments = new Map(instruments.map((instrument) => [instrument.symbol, instrument]));
    this.#say = say;
  }

  /** `entry` belongs to an ADD; `whim` (0..1) decides what is left to chance: a refusal. */
  take(record: OrderRecord, entry: OrderEntry | undefined, whim: number): EngineEvent[] {
    if (record.action === 'ADD' && entry !== undefined) return this.#add(entry, whim);
    if (record.action === 'CANCEL') return this.#cancel(record);
    if (record.action === 'REPLACE') return this.#replace(record);
    return [];
  }

  #add(entry: OrderEntry, whim: number): EngineEvent[] {
    const { record } = entry;
    const { symbol, order_id, user_id } = record;
    if (this.#seen.has(order_id)) return [{ ...this.#say.base(symbol), event: 'DUPLICATE', order_id, user_id }];
    this.#seen.add(order_id);
    if (whim < 0.05)
      return [{ ...this.#say.base(symbol), event: 'REJECTED', ...wordOf(entry, 0, 0), reason: 'SYMBOL_HALTED' }];
    const taker: Live = { entry, price: record.price, open: record.quantity, filled: 0 };
    const events = [this.#say.accepted(entry), ...this.#match(taker)];
    if (taker.open === 0) return events;
    if (record.time_in_force === 'IOC') {
      const word = wordOf(entry, taker.filled, 0);
      return [...events, { ...this.#say.base(symbol), event: 'EXPIRED', ...word, reason: 'IOC_REMAINDER' }];
    }
    this.#live.set(order_id, taker);
    return events;
  }

  #match(taker: Live): EngineEvent[] {
    const events: EngineEvent[] = [];
    const { is_buy, symbol } = taker.entry.record;
    const crosses = (maker: Live) =>
      maker.entry.record.symbol === symbol &&
      maker.entry.record.is_buy !== is_buy &&
      (is_buy ? maker.price <= taker.price : maker.price >= taker.price);
    while (taker.open > 0) {
      const makers = [...this.#live.values()]
        .filter(crosses)
        .sort((a, b) => (is_buy ? a.price - b.price : b.price - a.price));
      const [maker] = makers;
      if (maker === undefined) break;
      events.push(this.#trade(taker, maker));
    }
    return events;
  }

  #trade(taker: Live, maker: Live): EngineEvent {
    const { symbol, is_buy } = taker.entry.record;
    const instrument = this.#instruments.get(symbol)!;
    const quantity = Math.min(taker.open, maker.open);
    const amount = maker.price * quantity * instrument.amount_scale;
    for (const side of [taker, maker]) {
      side.open -= quantity;
      side.filled += quantity;
    }
    if (maker.open === 0) this.#live.delete(maker.entry.record.order_id);
    const party = (side: Live, bps: number) => partyOf(side.entry, side.filled, side.open, feeOf(amount, bps));
    const taking = party(taker, taker.entry.record.taker_fee_bps);
    const making = party(maker, maker.entry.record.maker_fee_bps);
    const base = this.#say.base(symbol);
    return {
      ...base,
      event: 'FILL',
      trade_id: `${symbol}-${base.seq}`,
      price: maker.price,
      quantity,
      amount,
      taker_side: is_buy ? 'BUY' : 'SELL',
      buyer: is_buy ? taking : making,
      seller: is_buy ? making : taking,
    };
  }

  #cancel(record: Extract<OrderRecord, { action: 'CANCEL' }>): EngineEvent[] {
    const { symbol, order_id, user_id, request_id } = record;
    const live = this.#live.get(order_id);
    if (live === undefined) return [this.#tooLate('CANCEL_REJECTED', symbol, { order_id, user_id, request_id }, 0)];
    this.#live.delete(order_id);
    const word = wordOf(live.entry, live.filled, 0);
    return [{ ...this.#say.base(symbol), event: 'CANCELLED', ...word, reason: 'BY_REQUEST', request_id }];
  }

  #replace(record: Extract<OrderRecord, { action: 'REPLACE' }>): EngineEvent[] {
    const { symbol, order_id, user_id, request_id, hold_delta } = record;
    const live = this.#live.get(order_id);
    const names = { order_id, user_id, request_id };
    if (live === undefined) return [this.#tooLate('REPLACE_REJECTED', symbol, names, hold_delta)];
    const price = record.price ?? live.price;
    const open = record.remaining ?? (record.quantity === undefined ? live.open : record.quantity - live.filled);
    const instrument = this.#instruments.get(symbol)!;
    const terms = { ...instrument, is_buy: live.entry.record.is_buy };
    const covered = (need(terms, live.price, live.open) ?? 0) + hold_delta;
    if (open <= 0 || (need(terms, price, open) ?? Number.POSITIVE_INFINITY) > covered)
      return [this.#tooLate('REPLACE_REJECTED', symbol, names, hold_delta)];
    this.#live.delete(order_id);
    Object.assign(live, { price, open });
    const word = wordOf(live.entry, live.filled, open);
    const replaced: EngineEvent = {
      ...this.#say.base(symbol),
      event: 'REPLACED',
      ...word,
      request_id,
      price,
      quantity: live.filled + open,
      hold_delta,
    };
    const events = [replaced, ...this.#match(live)];
    if (live.open > 0) this.#live.set(order_id, live);
    return events;
  }

  #tooLate(
    event: 'CANCEL_REJECTED' | 'REPLACE_REJECTED',
    symbol: string,
    names: { order_id: string; user_id: string; request_id: string },
    hold_delta: number,
  ): EngineEvent {
    const word = { ...names, side: 'BUY' as const, filled_qty: 0, remaining_qty: 0 };
    return { ...this.#say.base(symbol), event, ...word, reason: 'ORDER_CLOSED', status: null, hold_delta };
  }
}
