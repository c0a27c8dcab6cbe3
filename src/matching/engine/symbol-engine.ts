import type { ErrorCode } from '../../domain/errors.ts';
import type { Instrument, InstrumentStatus } from '../../domain/instrument.ts';
import type {
  AddRecord,
  CancelRecord,
  DayCloseRecord,
  MassCancelRecord,
  OrderRecord,
  ReplaceRecord,
} from '../../domain/records.ts';
import { BUY, Flag, Kind, type OrderBook, REPORT_WORDS, Report, SELL, Stp, Why } from '../order-book.ts';
import { Poison } from './decode.ts';
import { type Emit, EventWriter } from './event-writer.ts';
import { canonicalInstrument, hasSameUnits } from './instrument-check.ts';
import type { KnownOrders } from './known-orders.ts';
import { RecentRequests } from './recent-requests.ts';
import { judgeReplace, protectionPrice, refuseAdd, TradingTerms } from './rules.ts';

/** Why a live order left the book, in the words of its event. */
interface Ending {
  event: 'CANCELLED' | 'EXPIRED';
  reason: ErrorCode;
  request_id?: string;
}

/** The parts of a symbol that a snapshot carries besides its orders. */
export interface SymbolState {
  seq: number;
  routeEpoch: number;
  lastPrice: number | null;
  lastTimestamp: number;
  instrument: Instrument | null;
}

/**
 * Everything about one symbol: its rules, its book, the ids it knows, its `seq`. A pure state machine: the same records in
 * the same order give the same events and the same state, and nothing else is looked at.
 */
export class SymbolEngine {
  readonly symbol: string;
  readonly orders: KnownOrders;
  readonly book: OrderBook;
  readonly requests = new RecentRequests();
  readonly #events: EventWriter;
  #terms: TradingTerms | null = null;
  #routeEpoch = 0;
  #lastPrice: number | null = null;
  #lastTimestamp = 0;

  constructor(symbol: string, book: OrderBook, orders: KnownOrders, state?: SymbolState) {
    this.symbol = symbol;
    this.book = book;
    this.orders = orders;
    this.#events = new EventWriter(symbol, orders, state?.seq ?? 0);
    if (state === undefined) return;
    this.#routeEpoch = state.routeEpoch;
    this.#lastPrice = state.lastPrice;
    this.#lastTimestamp = state.lastTimestamp;
    if (state.instrument !== null) this.#terms = new TradingTerms(state.instrument);
  }

  get state(): SymbolState {
    return {
      seq: this.seq,
      routeEpoch: this.#routeEpoch,
      lastPrice: this.#lastPrice,
      lastTimestamp: this.#lastTimestamp,
      instrument: this.instrument,
    };
  }

  /** `seq` of the last event. */
  get seq(): number {
    return this.#events.seq;
  }

  get instrument(): Instrument | null {
    return this.#terms?.instrument ?? null;
  }

  /** Trades under this definition without having been told of it by a record. */
  assume(instrument: Instrument): void {
    this.#terms = new TradingTerms(instrument);
  }

  /** Applies one record of this symbol. A record that asks for the impossible is returned as poison and changes nothing. */
  apply(record: OrderRecord, emit: Emit): Poison | undefined {
    this.#events.begin(emit, record.timestamp);
    const isStale = record.route_epoch < this.#routeEpoch;
    const poison = this.#dispatch(record, isStale);
    if (poison !== undefined) return poison;
    if (!isStale) this.#routeEpoch = record.route_epoch;
    this.#lastTimestamp = record.timestamp;
    return undefined;
  }

  #dispatch(record: OrderRecord, isStale: boolean): Poison | undefined {
    switch (record.action) {
      case 'ADD':
        this.#add(record, isStale);
        return undefined;
      case 'CANCEL':
        this.#cancel(record, isStale);
        return undefined;
      case 'REPLACE':
        this.#replace(record, isStale);
        return undefined;
      default:
        return isStale ? new Poison('STALE_ROUTE: an older route epoch than the symbol knows') : this.#control(record);
    }
  }

  #control(record: Exclude<OrderRecord, AddRecord | CancelRecord | ReplaceRecord>): Poison | undefined {
    if (record.action === 'SET_INSTRUMENT') return this.#setInstrument(record.instrument, record.timestamp);
    if (record.action === 'MASS_CANCEL') {
      this.#massCancel(record);
      return undefined;
    }
    if (this.#terms === null) return new Poison(`SYMBOL_UNKNOWN: ${record.action} before the instrument was set`);
    if (record.action === 'SET_STATUS') this.#setStatus(this.#terms.instrument, record.status);
    else this.#dayClose(this.#terms.instrument, record);
    return undefined;
  }

  #add(record: AddRecord, isStale: boolean): void {
    const { orders } = this;
    if (orders.find(record.order_id) >= 0) {
      this.#events.duplicate(record);
      return;
    }
    const refused = isStale ? 'STALE_ROUTE' : this.#terms === null ? 'SYMBOL_UNKNOWN' : refuseAdd(this.#terms, record);
    if (refused !== undefined) this.#events.rejected(orders.remember(record, 'REJECTED'), refused);
    else this.#submit(orders.enter(record, this.seq + 1), record);
  }

  #submit(order: number, record: AddRecord): void {
    const { slab } = this.orders;
    const isMarket = record.order_type === 'MARKET';
    const price = isMarket && this.#terms !== null ? protectionPrice(this.#terms, record) : record.price;
    const count = this.book.submit(
      order,
      record.is_buy ? BUY : SELL,
      price,
      record.quantity,
      flagsOf(record),
      slab.user(order),
      Stp[record.stp ?? 'NONE'],
    );
    const { reports } = this.book;
    if (reports[Report.KIND] === Kind.REFUSED) {
      this.#refusedByBook(order, reports[Report.WHY]!);
      return;
    }
    slab.setStatus(order, 'ACCEPTED', true);
    this.#events.accepted(order, record);
    this.#followReports(reports, 1, count, order, isMarket);
  }

  #refusedByBook(order: number, why: number): void {
    if (why === Why.WOULD_TAKE) {
      this.orders.leave(order, 'REJECTED');
      this.#events.rejected(order, 'POST_ONLY_WOULD_TAKE');
    } else if (why === Why.NOT_FILLABLE) {
      this.orders.leave(order, 'EXPIRED');
      this.#events.ended(order, 'EXPIRED', 'FOK_NOT_FILLABLE');
    } else {
      throw new Error(`the book refused new order ${order} of ${this.symbol}: why ${why}`);
    }
  }

  /** Trades and endings that follow an ADDED or REPLACED report. */
  #followReports(reports: Int32Array, from: number, count: number, taker: number, isMarket: boolean): void {
    for (let i = from; i < count; i += 1) {
      const at = i * REPORT_WORDS;
      const kind = reports[at + Report.KIND];
      if (kind === Kind.TRADE) {
        this.#trade(taker, reports, at);
      } else if (kind === Kind.ENDED) {
        const order = reports[at + Report.ID]!;
        const isUntouched = this.orders.slab.filled(order) === 0;
        const remainder = isMarket && isUntouched ? 'NO_LIQUIDITY' : 'IOC_REMAINDER';
        const reason = reports[at + Report.WHY] === Why.SELF_TRADE ? 'SELF_TRADE' : remainder;
        this.#end(order, { event: 'EXPIRED', reason });
      } else {
        throw new Error(`the book reported kind ${kind} inside a command`);
      }
    }
  }

  #trade(taker: number, reports: Int32Array, at: number): void {
    const { orders } = this;
    const maker = reports[at + Report.MAKER_ID]!;
    const price = reports[at + Report.PRICE]!;
    const quantity = reports[at + Report.QUANTITY]!;
    const makerOpen = orders.slab.fill(maker, quantity);
    const takerOpen = orders.slab.fill(taker, quantity);
    if (makerOpen !== reports[at + Report.MAKER_REMAINING] || takerOpen < 0 || !orders.slab.isLive(maker)) {
      throw new Error(`book and engine disagree about order ${maker} or ${taker} of ${this.symbol}`);
    }
    this.#lastPrice = price;
    this.#events.fill(taker, maker, price, quantity, this.#amountScale());
    if (makerOpen === 0) orders.leave(maker, 'FILLED');
    if (takerOpen === 0) orders.leave(taker, 'FILLED');
  }

  #amountScale(): number {
    if (this.#terms === null) throw new Error(`${this.symbol} trades without an instrument`);
    return this.#terms.instrument.amount_scale;
  }

  #end(order: number, { event, reason, request_id }: Ending): void {
    this.orders.leave(order, event);
    this.#events.ended(order, event, reason, request_id);
  }

  #cancel(record: CancelRecord, isStale: boolean): void {
    const order = this.#ownOrder(record);
    const refused = isStale ? 'STALE_ROUTE' : this.#whyNotOpen(order);
    if (refused === undefined) {
      this.#takeOut(order, { event: 'CANCELLED', reason: 'BY_REQUEST', request_id: record.request_id });
    } else {
      this.#events.requestRejected('CANCEL_REJECTED', record, order, refused, 0);
    }
  }

  /** The order a request names, if it is the asker's; -1 for none. */
  #ownOrder(record: CancelRecord | ReplaceRecord): number {
    const order = this.orders.find(record.order_id);
    return order >= 0 && this.orders.userId(order) === record.user_id ? order : -1;
  }

  /** Why a request cannot reach the order, or undefined for a live one. */
  #whyNotOpen(order: number): ErrorCode | undefined {
    if (order < 0) return 'ORDER_UNKNOWN';
    return this.orders.slab.isLive(order) ? undefined : 'ORDER_CLOSED';
  }

  #takeOut(order: number, ending: Ending): void {
    const count = this.book.cancel(order);
    if (count !== 1 || this.book.reports[Report.KIND] !== Kind.ENDED) {
      throw new Error(`the book does not hold live order ${order} of ${this.symbol}`);
    }
    this.#end(order, ending);
  }

  #replace(record: ReplaceRecord, isStale: boolean): void {
    // A request that names no id of its own goes by its order's, and says nothing about being the same one.
    if (record.request_id !== record.order_id && !this.requests.take(record.order_id, record.request_id)) {
      this.#events.duplicate(record);
      return;
    }
    const order = this.#ownOrder(record);
    const closed = isStale ? 'STALE_ROUTE' : this.#whyNotOpen(order);
    if (closed !== undefined || this.#terms === null) this.#refuseReplace(record, order, closed ?? 'ORDER_UNKNOWN');
    else this.#replaceOpen(record, order, this.#terms);
  }

  #refuseReplace(record: ReplaceRecord, order: number, reason: ErrorCode): void {
    this.#events.requestRejected('REPLACE_REJECTED', record, order, reason, Math.max(0, record.hold_delta));
  }

  #replaceOpen(record: ReplaceRecord, order: number, terms: TradingTerms): void {
    const { slab } = this.orders;
    const judged = judgeReplace(terms, slab, order, record);
    if (typeof judged === 'string') {
      this.#refuseReplace(record, order, judged);
      return;
    }
    const count = this.book.replace(order, judged.price, judged.open);
    const { reports } = this.book;
    if (reports[Report.KIND] === Kind.REFUSED) {
      if (reports[Report.WHY] !== Why.WOULD_TAKE) throw new Error(`the book lost live order ${order}`);
      this.#refuseReplace(record, order, 'POST_ONLY_WOULD_TAKE');
      return;
    }
    slab.setTerms(order, judged.price, judged.open);
    this.#events.replaced(order, record.request_id, Math.max(0, record.hold_delta));
    this.#followReports(reports, 1, count, order, false);
  }

  #massCancel(record: MassCancelRecord): void {
    for (const order of this.orders.ofUser(record.user_id)) {
      this.#takeOut(order, { event: 'CANCELLED', reason: 'BY_MASS_CANCEL', request_id: record.request_id });
    }
  }

  #setInstrument(given: Instrument, timestamp: number): Poison | undefined {
    const instrument = canonicalInstrument(given);
    const before = this.instrument;
    if (before !== null && !hasSameUnits(before, instrument)) {
      return new Poison('INVALID_INSTRUMENT: assets and decimals of an instrument never change');
    }
    this.#terms = new TradingTerms(instrument);
    this.#events.instrumentSet(instrument);
    if (instrument.status === 'DELISTED') this.#delist();
    this.#expireOutsideLimits(timestamp);
    return undefined;
  }

  #setStatus(instrument: Instrument, status: InstrumentStatus): void {
    this.#terms = new TradingTerms({ ...instrument, status });
    this.#events.statusSet(status);
    if (status === 'DELISTED') this.#delist();
  }

  #delist(): void {
    for (const order of this.orders.live(() => true))
      this.#takeOut(order, { event: 'CANCELLED', reason: 'BY_DELISTING' });
  }

  #dayClose(instrument: Instrument, record: DayCloseRecord): void {
    const { slab } = this.orders;
    for (const order of this.orders.live((one) => slab.isDay(one))) {
      this.#takeOut(order, { event: 'EXPIRED', reason: 'DAY_END' });
    }
    const reference = record.reference_price ?? this.#lastPrice ?? instrument.reference_price;
    this.#terms = new TradingTerms({ ...instrument, reference_price: reference });
    this.#events.dayClosed(this.#lastPrice, reference);
    this.#expireOutsideLimits(record.timestamp);
  }

  /** No trade prints outside the day's limits: what rests beyond new ones expires. */
  #expireOutsideLimits(timestamp: number): void {
    const limits = this.#terms?.limitsAt(timestamp);
    if (limits === undefined) return;
    const { slab } = this.orders;
    const isOutside = (order: number) => slab.price(order) < limits.lower || slab.price(order) > limits.upper;
    for (const order of this.orders.live(isOutside)) {
      this.#takeOut(order, { event: 'EXPIRED', reason: 'PRICE_OUT_OF_LIMITS' });
    }
  }
}

function flagsOf(record: AddRecord): number {
  if (record.time_in_force === 'FOK') return Flag.FOK;
  if (record.order_type === 'MARKET' || record.time_in_force === 'IOC') return Flag.IOC;
  return record.post_only === true ? Flag.POST_ONLY : 0;
}
