import type { EngineEvent } from '../../../src/domain/events.ts';
import type { Instrument, InstrumentStatus } from '../../../src/domain/instrument.ts';
import type {
  AddRecord,
  CancelRecord,
  DayCloseRecord,
  MassCancelRecord,
  OrderRecord,
  ReplaceRecord,
} from '../../../src/domain/records.ts';
import { dayLimits, feeOn, newTerms, whyNotAdd } from './terms.ts';

/** What an event must say, beside what every event of its record says (version, symbol, seq, time). */
export type Saying = { event: EngineEvent['event'] } & Record<string, unknown>;

type Status = 'ACCEPTED' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELLED' | 'EXPIRED' | 'REJECTED';

interface Order extends AddRecord {
  status: Status;
  open: number;
  filled: number;
  /** Its place among all that entered, which no replace changes. */
  entry: number;
  /** Its place in the queue: the lowest trades first at a price. */
  place: number;
}

/**
 * What one symbol's engine must say, by the rules of the contract alone: plain lists, searched from end to end. It is held
 * against the events themselves and shares nothing with src/matching.
 */
export class SymbolJudge {
  readonly #orders = new Map<string, Order>();
  #resting: Order[] = [];
  readonly #replaces = new Set<string>();
  #instrument: Instrument | undefined;
  #last: number | null = null;
  #places = 0;
  #said: Saying[] = [];

  /** @returns everything that must be said about a record, in order */
  apply(record: OrderRecord): Saying[] {
    this.#said = [];
    if (record.action === 'ADD') this.#add(record);
    else if (record.action === 'CANCEL') this.#cancel(record);
    else if (record.action === 'REPLACE') this.#replace(record);
    else if (record.action === 'MASS_CANCEL') this.#massCancel(record);
    else if (record.action === 'SET_INSTRUMENT') this.#setInstrument(record.instrument, record.timestamp);
    else if (record.action === 'SET_STATUS') this.#setStatus(record.status);
    else this.#dayClose(record);
    return this.#said;
  }

  #add(record: AddRecord): void {
    const { order_id, user_id } = record;
    if (this.#orders.has(order_id)) {
      this.#said.push({ event: 'DUPLICATE', order_id, user_id });
      return;
    }
    const place = ++this.#places;
    const order: Order = { ...record, status: 'ACCEPTED', open: record.quantity, filled: 0, entry: place, place };
    this.#orders.set(order_id, order);
    const instrument = this.#instrument;
    const refused = instrument === undefined ? 'SYMBOL_UNKNOWN' : whyNotAdd(instrument, record);
    const limit = this.#worstPrice(order);
    if (refused !== undefined) this.#end(order, 'REJECTED', refused);
    else if (order.post_only && this.#opposite(order, limit).length > 0)
      this.#end(order, 'REJECTED', 'POST_ONLY_WOULD_TAKE');
    else if (order.time_in_force === 'FOK' && !this.#canFill(order, limit))
      this.#end(order, 'EXPIRED', 'FOK_NOT_FILLABLE');
    else this.#enter(order, limit);
  }

  #enter(order: Order, limit: number): void {
    const { order_type, time_in_force, price, quantity } = order;
    this.#say(order, { event: 'ACCEPTED', order_type, time_in_force, price, quantity });
    this.#trade(order, limit);
    if (order.open === 0) return;
    if (order_type !== 'MARKET' && time_in_force !== 'IOC' && time_in_force !== 'FOK') this.#resting.push(order);
    else this.#end(order, 'EXPIRED', order_type === 'MARKET' && order.filled === 0 ? 'NO_LIQUIDITY' : 'IOC_REMAINDER');
  }

  /** What an order may trade at: a MARKET order's protection price ends at the limits of the day. */
  #worstPrice({ order_type, is_buy, price, timestamp }: AddRecord): number {
    const limits = order_type === 'MARKET' && this.#instrument ? dayLimits(this.#instrument, timestamp) : undefined;
    if (limits === undefined) return price;
    return is_buy ? Math.min(price, Number(limits[1])) : Math.max(price, Number(limits[0]));
  }

  /** Who would trade with an order at this limit: best price first, at a price who came first. */
  #opposite(order: Order, limit: number): Order[] {
    return this.#resting
      .filter(({ is_buy, price }) => is_buy !== order.is_buy && (order.is_buy ? price <= limit : price >= limit))
      .sort((a, b) => (order.is_buy ? a.price - b.price : b.price - a.price) || a.place - b.place);
  }

  #canFill(order: Order, limit: number): boolean {
    let found = 0;
    for (const maker of this.#opposite(order, limit)) {
      const isOwn = isGuarded(order) && maker.user_id === order.user_id;
      if (isOwn && order.stp !== 'EXPIRE_MAKER') break;
      if (!isOwn) found += maker.open;
      if (found >= order.quantity) break;
    }
    return found >= order.quantity;
  }

  #trade(taker: Order, limit: number): void {
    for (const maker of this.#opposite(taker, limit)) {
      if (taker.open === 0) return;
      if (!isGuarded(taker) || maker.user_id !== taker.user_id) this.#fill(taker, maker);
      else {
        if (taker.stp !== 'EXPIRE_TAKER') this.#leave(maker, 'EXPIRED', 'SELF_TRADE');
        if (taker.stp !== 'EXPIRE_MAKER') this.#end(taker, 'EXPIRED', 'SELF_TRADE');
      }
    }
  }

  #fill(taker: Order, maker: Order): void {
    const quantity = Math.min(taker.open, maker.open);
    const amount = BigInt(maker.price) * BigInt(quantity) * BigInt(this.#instrument?.amount_scale ?? 0);
    for (const order of [taker, maker]) {
      order.open -= quantity;
      order.filled += quantity;
      order.status = order.open === 0 ? 'FILLED' : 'PARTIALLY_FILLED';
    }
    this.#resting = this.#resting.filter(({ open }) => open > 0);
    this.#last = maker.price;
    const took = partyOf(taker, feeOn(amount, taker.taker_fee_bps));
    const gave = partyOf(maker, feeOn(amount, maker.maker_fee_bps));
    this.#said.push({
      event: 'FILL',
      price: maker.price,
      quantity,
      amount: Number(amount),
      taker_side: sideOf(taker),
      buyer: taker.is_buy ? took : gave,
      seller: taker.is_buy ? gave : took,
    });
  }

  #cancel(record: CancelRecord): void {
    const order = this.#owned(record);
    if (order === undefined || order.open === 0) this.#refuse('CANCEL_REJECTED', record, order, undefined, 0);
    else this.#leave(order, 'CANCELLED', 'BY_REQUEST', record.request_id);
  }

  #owned({ order_id, user_id }: CancelRecord | ReplaceRecord): Order | undefined {
    const order = this.#orders.get(order_id);
    return order?.user_id === user_id ? order : undefined;
  }

  #refuse(
    event: 'CANCEL_REJECTED' | 'REPLACE_REJECTED',
    { order_id, user_id, request_id }: CancelRecord | ReplaceRecord,
    order: Order | undefined,
    why: string | undefined,
    hold_delta: number,
  ): void {
    const reason = why ?? (order === undefined ? 'ORDER_UNKNOWN' : 'ORDER_CLOSED');
    const about = order === undefined ? NOTHING : { ...aboutOf(order), status: order.status };
    this.#said.push({ event, ...about, order_id, user_id, request_id, reason, hold_delta });
  }

  #replace(record: ReplaceRecord): void {
    const { order_id, user_id, request_id } = record;
    if (this.#replaces.has(`${order_id} ${request_id}`)) {
      this.#said.push({ event: 'DUPLICATE', order_id, user_id });
      return;
    }
    this.#replaces.add(`${order_id} ${request_id}`);
    const order = this.#owned(record);
    const instrument = this.#instrument;
    const isOpen = order !== undefined && order.open > 0 && instrument !== undefined;
    const terms = isOpen ? newTerms(instrument, order, record) : undefined;
    const why = typeof terms === 'string' ? terms : undefined;
    if (order === undefined || typeof terms !== 'object')
      this.#refuse('REPLACE_REJECTED', record, order, why, Math.max(0, record.hold_delta));
    else this.#change(order, record, terms);
  }

  /** Less at the same price keeps its place; everything else comes anew, and may trade. */
  #change(order: Order, record: ReplaceRecord, terms: { price: number; open: number }): void {
    const keepsPlace = terms.price === order.price && terms.open <= order.open;
    const hold_delta = Math.max(0, record.hold_delta);
    if (!keepsPlace && order.post_only && this.#opposite(order, terms.price).length > 0) {
      this.#refuse('REPLACE_REJECTED', record, order, 'POST_ONLY_WOULD_TAKE', hold_delta);
      return;
    }
    Object.assign(order, terms);
    const { price, open, filled } = order;
    const { request_id } = record;
    this.#say(order, { event: 'REPLACED', request_id, price, quantity: open + filled, hold_delta });
    if (keepsPlace) return;
    this.#resting = this.#resting.filter((one) => one !== order);
    this.#trade(order, price);
    order.place = ++this.#places;
    if (order.open > 0) this.#resting.push(order);
  }

  #massCancel({ user_id, request_id }: MassCancelRecord): void {
    for (const order of this.#inOrderOfEntry((one) => one.user_id === user_id))
      this.#leave(order, 'CANCELLED', 'BY_MASS_CANCEL', request_id);
  }

  #setInstrument(instrument: Instrument, at: number): void {
    this.#instrument = instrument;
    this.#said.push({ event: 'INSTRUMENT_SET', instrument });
    if (instrument.status === 'DELISTED') this.#delist();
    this.#expireOutside(at);
  }

  #setStatus(status: InstrumentStatus): void {
    if (this.#instrument !== undefined) this.#instrument = { ...this.#instrument, status };
    this.#said.push({ event: 'STATUS_SET', status });
    if (status === 'DELISTED') this.#delist();
  }

  #delist(): void {
    for (const order of this.#inOrderOfEntry(() => true)) this.#leave(order, 'CANCELLED', 'BY_DELISTING');
  }

  #dayClose(record: DayCloseRecord): void {
    for (const order of this.#inOrderOfEntry(({ time_in_force }) => time_in_force === 'DAY'))
      this.#leave(order, 'EXPIRED', 'DAY_END');
    const reference_price = record.reference_price ?? this.#last ?? this.#instrument?.reference_price ?? null;
    if (this.#instrument !== undefined) this.#instrument = { ...this.#instrument, reference_price };
    this.#said.push({ event: 'DAY_CLOSED', close: this.#last, reference_price });
    this.#expireOutside(record.timestamp);
  }

  #expireOutside(at: number): void {
    const limits = this.#instrument && dayLimits(this.#instrument, at);
    if (limits === undefined) return;
    const isOutside = ({ price }: Order) => price < limits[0] || price > limits[1];
    for (const order of this.#inOrderOfEntry(isOutside)) this.#leave(order, 'EXPIRED', 'PRICE_OUT_OF_LIMITS');
  }

  #inOrderOfEntry(wanted: (order: Order) => boolean): Order[] {
    return this.#resting.filter(wanted).sort((a, b) => a.entry - b.entry);
  }

  #leave(order: Order, event: 'CANCELLED' | 'EXPIRED', reason: string, request_id?: string): void {
    this.#resting = this.#resting.filter((one) => one !== order);
    this.#end(order, event, reason, request_id);
  }

  #end(order: Order, event: 'CANCELLED' | 'EXPIRED' | 'REJECTED', reason: string, request_id?: string): void {
    order.open = 0;
    order.status = event;
    this.#say(order, { event, reason, ...(request_id === undefined ? {} : { request_id }) });
  }

  #say(order: Order, saying: Saying): void {
    this.#said.push({ ...aboutOf(order), ...saying });
  }
}

function isGuarded({ stp }: AddRecord): boolean {
  return stp !== undefined && stp !== 'NONE';
}

function sideOf({ is_buy }: AddRecord): 'BUY' | 'SELL' {
  return is_buy ? 'BUY' : 'SELL';
}

/** Of an order that nobody knows, or that is another's. */
const NOTHING = { side: 'BUY', filled_qty: 0, remaining_qty: 0, status: null } as const;

function aboutOf(order: Order) {
  const { order_id, user_id, client_order_id, filled, open } = order;
  const own = client_order_id === undefined ? {} : { client_order_id };
  return { order_id, user_id, ...own, side: sideOf(order), filled_qty: filled, remaining_qty: open };
}

function partyOf({ order_id, user_id, client_order_id, open, filled }: Order, fee: bigint) {
  const own = client_order_id === undefined ? {} : { client_order_id };
  return {
    ...{ order_id, user_id, ...own, remaining_qty: open, filled_qty: filled },
    ...{ fully_filled: open === 0, fee: Number(fee) },
  };
}
