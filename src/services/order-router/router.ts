import { type ErrorCode, ExchangeError } from '../../domain/errors.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { priceLimits } from '../../domain/instrument.ts';
import { type AddRecord, type OrderRecord, RECORD_VERSION } from '../../domain/records.ts';
import type { Chance, Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Histogram, Metrics } from '../../ports/metrics.ts';
import type { EntryRequest, EntryResult, Store, StoredOrder } from '../../ports/store.ts';
import { type Stream, type StreamAppend, StreamWriteError } from '../../ports/stream.ts';
import { type Command, CommandQueue } from './command-queue.ts';
import { knownOrder } from './known-order.ts';
import { OrdersLog } from './orders-log.ts';
import { RecentMap } from './recent-map.ts';
import { refusalOf } from './refusal.ts';
import type { OrderRouter, Placed, PlaceRequest, Refused, ReplaceRequest, Requested } from './types.ts';
import {
  type MarketPrices,
  tradableInstrument,
  type ValidOrder,
  validateOrder,
  validPrice,
  validQuantity,
} from './validate.ts';

export interface RouterDeps {
  store: Pick<
    Store,
    'enter' | 'order' | 'clientOrder' | 'openSymbols' | 'releaseUnpublished' | 'pendingOrders' | 'pendingReplaces'
  >;
  stream: Pick<Stream, 'append' | 'read' | 'bounds' | 'topics'>;
  instruments: { get(symbol: string): Instrument | undefined };
  /** From the depth and ticker caches; asked only for MARKET orders. */
  marketPrices(symbol: string): Promise<MarketPrices>;
  /** True while the consumers behind the log are too far behind to take more (checked before anything is held). */
  overloaded(): boolean;
  clock: Clock;
  chance: Chance;
  log: Log;
  metrics: Metrics;
  ordersTopic: string;
  /** Commands waiting at most; past it 503 before anything is held. */
  maxQueue?: number;
  /** Commands in one transaction and one append at most. */
  maxBatch?: number;
}

const MAX_BATCH = 500;
const RECENT_ORDERS = 100_000;
const RETRY_AFTER_S = 1;
const SWEEP_PAGE = 1_000;
const LATENCY_BUCKETS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1];

/**
 * Order entry: validate, hold funds and record (one SQL transaction for all who ask within a moment), publish to the
 * orders stream, and only then answer. While one batch is in the store the next one gathers; appends go out in the
 * order of the transactions, so commands reach the stream in the order in which they were called.
 */
export class BatchingOrderRouter implements OrderRouter {
  readonly #deps: RouterDeps;
  readonly #log: OrdersLog;
  readonly #maxQueue: number;
  readonly #queue: CommandQueue;
  /** Orders placed here lately, by id: their replaces need not ask the store, and so keep their turn. */
  readonly #recent = new RecentMap<string, { symbol: string; user_id: string }>(RECENT_ORDERS);
  /** Recorded but not yet surely in the log, by order id: a retry must not be told "accepted" before it is true. */
  readonly #unpublished = new Map<string, Promise<void>>();
  #closed = false;
  readonly #holdSeconds: Histogram;
  readonly #appendSeconds: Histogram;

  constructor(deps: RouterDeps) {
    this.#deps = deps;
    this.#log = new OrdersLog({ ...deps, topic: deps.ordersTopic });
    this.#maxQueue = deps.maxQueue ?? 20_000;
    const { clock, maxBatch = MAX_BATCH } = deps;
    this.#queue = new CommandQueue({ clock, maxBatch, enter: (batch) => this.#enter(batch) });
    this.#holdSeconds = deps.metrics.histogram(
      'supernoba_router_hold_seconds',
      'Time of one hold-and-record transaction (a batch of commands)',
      LATENCY_BUCKETS,
    );
    this.#appendSeconds = deps.metrics.histogram(
      'supernoba_router_append_seconds',
      'Time until one batch of order records was durable in the orders stream',
      LATENCY_BUCKETS,
    );
  }

  /**
   * Finishes what a crash left between the store and the log: orders that may not have been published are published again,
   * holds of replaces that never were are released. Call it before the first command, when settlement has caught up with
   * everything in the log: then a replace without an outcome has no record.
   * @returns how many orders were published
   */
  async recover(): Promise<number> {
    const replaces = await this.#deps.store.pendingReplaces();
    if (replaces.length > 0) await this.#deps.store.releaseUnpublished({ orders: [], replaces });
    // Without a bound in time: the clock may have been set back since they were recorded.
    return this.sweep(Number.MAX_SAFE_INTEGER);
  }

  /**
   * Outbox sweep: orders recorded before `before` (epoch ms) that a crash may have left unpublished are published again;
   * the engine refuses the ones it has seen. Run it before the first order is taken, and while settlement is not behind.
   * @returns how many were published
   */
  async sweep(before: number): Promise<number> {
    let published = 0;
    const seen = new Set<string>();
    for (;;) {
      const records = (await this.#deps.store.pendingOrders(before, SWEEP_PAGE + seen.size)).filter(
        (record) => !seen.has(record.order_id),
      );
      if (records.length === 0) return published;
      await this.#deps.stream.append(this.#deps.ordersTopic, records.map(encode));
      for (const record of records) seen.add(record.order_id);
      published += records.length;
    }
  }

  async place(userId: string, order: PlaceRequest): Promise<Placed> {
    this.#admit(1);
    const market = this.#market(order);
    // Only a MARKET order waits for prices: the others keep their turn among the calls of this moment.
    return this.#place(userId, order, market instanceof Promise ? await market : market);
  }

  async placeBatch(userId: string, orders: readonly PlaceRequest[]): Promise<(Placed | Refused)[]> {
    this.#admit(orders.length);
    const markets = await Promise.all(orders.map((order) => this.#market(order)));
    const placed = orders.map((order, index) => this.#place(userId, order, markets[index]!));
    const outcomes = await Promise.allSettled(placed);
    return outcomes.map((outcome) => {
      if (outcome.status === 'fulfilled') return outcome.value;
      if (!(outcome.reason instanceof ExchangeError)) throw outcome.reason;
      const { message, code, details } = outcome.reason;
      return { error: message, code, ...(details === undefined ? {} : { details }) };
    });
  }

  async cancel(userId: string, orderId: string): Promise<Requested> {
    this.#admit(1);
    const requestId = this.#deps.chance.id();
    const entry = { kind: 'CANCEL', order_id: orderId, user_id: userId } as const;
    return this.#request(requestId, entry, (symbol) => ({
      ...this.#recordBase(symbol),
      action: 'CANCEL',
      order_id: orderId,
      user_id: userId,
      request_id: requestId,
    }));
  }

  async replace(userId: string, orderId: string, change: ReplaceRequest): Promise<Requested> {
    this.#admit(1);
    if (change.quantity !== undefined && change.remaining !== undefined) {
      throw new ExchangeError('INVALID_REQUEST', 'Give quantity (the new total) or remaining (the new open quantity).');
    }
    if (change.price === undefined && change.quantity === undefined && change.remaining === undefined) {
      throw new ExchangeError('INVALID_REQUEST', 'A replace needs a price, a quantity or a remaining quantity.');
    }
    const placed = this.#recent.get(orderId) ?? (await this.#asked(this.#deps.store.order(orderId)));
    // The store checks the owner again; here a stranger is kept from learning by other refusals that the order exists.
    if (placed === undefined || placed.user_id !== userId) throw new ExchangeError('ORDER_UNKNOWN');
    const instrument = tradableInstrument(placed.symbol, (symbol) => this.#deps.instruments.get(symbol));
    const now = this.#deps.clock.now();
    const terms = {
      ...(change.price === undefined
        ? {}
        : { price: validPrice(change.price, instrument, priceLimits(instrument, now), now) }),
      ...(change.quantity === undefined ? {} : { quantity: validQuantity(change.quantity, instrument) }),
      ...(change.remaining === undefined ? {} : { remaining: validQuantity(change.remaining, instrument) }),
    };
    const ids = { order_id: orderId, user_id: userId, request_id: this.#deps.chance.id() };
    const record = (symbol: string, holdDelta: number): OrderRecord => ({
      ...this.#recordBase(symbol),
      action: 'REPLACE',
      ...ids,
      ...terms,
      hold_delta: holdDelta,
    });
    return this.#request(ids.request_id, { kind: 'REPLACE', ...ids, ...terms }, record, instrument);
  }

  async massCancel(userId: string, symbol?: string): Promise<{ symbols: string[]; request_id: string }> {
    this.#admit(1);
    const requestId = this.#deps.chance.id();
    const published = this.#queue.alone(async () => {
      const open = await this.#deps.store.openSymbols(userId);
      const symbols = symbol === undefined ? open : open.filter((candidate) => candidate === symbol);
      const records = symbols.map((name) => ({
        ...this.#recordBase(name),
        action: 'MASS_CANCEL' as const,
        user_id: userId,
        request_id: requestId,
      }));
      const durable = records.length === 0 ? Promise.resolve() : this.#append(records);
      // Awaited below, for those who come after need not wait until it is durable.
      durable.catch(() => {});
      return { symbols, durable };
    });
    const { symbols, durable } = await this.#asked(published);
    await this.#asked(durable);
    return { symbols, request_id: requestId };
  }

  /** Takes nothing new; resolves when everything taken has been answered. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#log.close();
    await this.#queue.idle();
  }

  #admit(count: number): void {
    if (this.#closed) throw new ExchangeError('UNAVAILABLE', 'The exchange is stopping.', undefined, RETRY_AFTER_S);
    if (this.#queue.waiting + count > this.#maxQueue || this.#deps.overloaded()) {
      throw new ExchangeError('OVERLOADED', undefined, undefined, RETRY_AFTER_S);
    }
  }

  #market(order: PlaceRequest): Promise<MarketPrices> | MarketPrices {
    if (order.order_type !== 'MARKET') return NO_PRICES;
    return this.#deps.marketPrices(order.symbol).catch((error) => {
      throw this.#unavailable(error);
    });
  }

  #recordBase(symbol: string) {
    return { v: RECORD_VERSION, symbol, timestamp: this.#deps.clock.now(), route_epoch: 0 } as const;
  }

  async #place(userId: string, request: PlaceRequest, market: MarketPrices): Promise<Placed> {
    let valid: ValidOrder;
    try {
      const instrument = tradableInstrument(request.symbol, (symbol) => this.#deps.instruments.get(symbol));
      valid = validateOrder(request, instrument, market, this.#deps.clock.now());
    } catch (refusal) {
      const instrumentOf = (name: string) => this.#deps.instruments.get(name);
      const known = await this.#asked(knownOrder(this.#deps.store, userId, request, instrumentOf));
      if (known === undefined) throw refusal;
      return this.#again(known.order, known.same, false);
    }
    const { instrument } = valid;
    const record: AddRecord = {
      ...this.#recordBase(instrument.symbol),
      action: 'ADD',
      order_id: `ord_${this.#deps.chance.id()}`,
      user_id: userId,
      is_buy: valid.is_buy,
      price: valid.price,
      quantity: valid.quantity,
      order_type: valid.order_type,
      time_in_force: valid.time_in_force,
      ...(valid.post_only ? { post_only: true } : {}),
      ...(valid.stp === 'NONE' ? {} : { stp: valid.stp }),
      ...(valid.client_order_id === undefined
        ? {}
        : { client_order_id: valid.client_order_id, content_hash: valid.content_hash }),
      hold: valid.hold,
      maker_fee_bps: instrument.maker_fee_bps,
      taker_fee_bps: instrument.taker_fee_bps,
    };
    const result = await this.#queue.submit(
      {
        kind: 'ORDER',
        record,
        hold_asset: valid.is_buy ? instrument.quote : instrument.base,
        credit_asset: valid.is_buy ? instrument.base : instrument.quote,
        credit: valid.credit,
        amount_scale: instrument.amount_scale,
        base_scale: instrument.base_scale,
        content_hash: valid.content_hash,
      },
      () => record,
    );
    if (result.kind === 'REFUSED') throw refusalOf(result, instrument);
    if (result.kind !== 'DUPLICATE') {
      this.#recent.set(record.order_id, { symbol: record.symbol, user_id: userId });
      return this.#placed(record);
    }
    return this.#again(result.order, result.same_content, true);
  }

  /**
   * The first answer once more, for the same request under the same client order id, and once it is true: an order that the
   * store recorded without telling us (its connection broke) is published first. `isTurn`: the question came through the
   * queue, so that no earlier command is between the store and the log without being known here.
   */
  async #again(order: StoredOrder, isSame: boolean, isTurn: boolean): Promise<Placed> {
    if (!isSame) throw new ExchangeError('DUPLICATE_ORDER');
    const publishing = this.#unpublished.get(order.order_id);
    try {
      if (publishing !== undefined) await publishing;
      else if (order.status === 'PENDING' && this.#recent.get(order.order_id) === undefined) {
        if (!isTurn) throw new Error(`order ${order.order_id} is not in the log yet`);
        await this.#publishAgain(order.order_id);
      }
    } catch (error) {
      throw this.#unavailable(error);
    }
    return this.#placed(order);
  }

  async #publishAgain(orderId: string): Promise<void> {
    const pending = await this.#deps.store.pendingOrders(Number.MAX_SAFE_INTEGER, this.#maxQueue);
    const records = pending.filter((record) => record.order_id === orderId);
    await this.#deps.stream.append(this.#deps.ordersTopic, records.map(encode));
  }

  /** The answer to an order that is durable: the same however often it is asked for; `GET /orders` tells what became of it. */
  #placed(order: { symbol: string; order_id: string; client_order_id?: string | null }): Placed {
    return {
      message: 'Order accepted',
      topic: this.#deps.ordersTopic,
      symbol: order.symbol,
      order_id: order.order_id,
      client_order_id: order.client_order_id ?? null,
      status: 'PENDING',
    };
  }

  async #request(
    requestId: string,
    entry: EntryRequest,
    record: (symbol: string, holdDelta: number) => OrderRecord,
    instrument?: Instrument,
  ): Promise<Requested> {
    const result = await this.#queue.submit(entry, (opened) => {
      if (opened.kind !== 'OPEN') throw new Error(`A request was published on the answer ${opened.kind}`);
      return record(opened.order.symbol, opened.hold_delta);
    });
    if (result.kind === 'OPEN') {
      return { order_id: result.order.order_id, status: result.order.status, request_id: requestId };
    }
    if (result.kind === 'REFUSED') throw refusalOf(result, instrument);
    throw new Error(`The store answered a request with ${result.kind}`);
  }

  async #enter(batch: readonly Command[]): Promise<void> {
    const { store, clock, log } = this.#deps;
    const started = clock.monotonic();
    try {
      const results = await store.enter(batch.map((command) => command.entry));
      this.#holdSeconds.observe((clock.monotonic() - started) / 1000);
      void this.#publish(batch, results);
    } catch (error) {
      log.error({ err: error, commands: batch.length }, 'the store refused a batch of commands');
      for (const command of batch) command.fail(this.#unavailable(error));
    }
  }

  async #publish(batch: readonly Command[], results: readonly EntryResult[]): Promise<void> {
    const sent: { command: Command; result: EntryResult; record: OrderRecord }[] = [];
    batch.forEach((command, index) => {
      const result = results[index]!;
      if (result.kind === 'HELD' || result.kind === 'OPEN')
        sent.push({ command, result, record: command.record(result) });
      else command.settle(result);
    });
    if (sent.length === 0) return;
    const records = sent.map(({ record }) => record);
    const durable = this.#append(records);
    const orderIds = records.filter((record) => record.action === 'ADD').map((record) => record.order_id);
    for (const id of orderIds) this.#unpublished.set(id, durable);
    try {
      await durable;
      for (const { command, result } of sent) command.settle(result);
    } catch (error) {
      for (const { command } of sent) command.fail(this.#unavailable(error));
    } finally {
      for (const id of orderIds) this.#unpublished.delete(id);
    }
  }

  /** Surely not written: the holds are undone and the callers told. */
  async #append(records: readonly OrderRecord[]): Promise<void> {
    const started = this.#deps.clock.monotonic();
    try {
      await this.#log.append(records.map(encode));
      this.#appendSeconds.observe((this.#deps.clock.monotonic() - started) / 1000);
    } catch (error) {
      if (error instanceof StreamWriteError && error.written === false) await this.#undo(records);
      throw error;
    }
  }

  async #undo(records: readonly OrderRecord[]): Promise<void> {
    const orders = records.filter((record) => record.action === 'ADD').map((record) => record.order_id);
    const replaces = records.filter((record) => record.action === 'REPLACE');
    await this.#deps.store.releaseUnpublished({
      orders,
      replaces: replaces.map(({ request_id, order_id, hold_delta }) => ({ request_id, order_id, hold_delta })),
    });
  }

  /** A store that cannot be asked now (its disk is full, its connection broke) is no fault of the exchange itself. */
  #asked<T>(answer: Promise<T>): Promise<T> {
    return answer.catch((error) => {
      throw this.#unavailable(error);
    });
  }

  #unavailable(error: unknown): ExchangeError {
    if (error instanceof ExchangeError) return error;
    const code: ErrorCode = 'UNAVAILABLE';
    return new ExchangeError(code, 'The order could not be stored; try again.', undefined, RETRY_AFTER_S);
  }
}

const NO_PRICES: MarketPrices = { last: undefined, bestBid: undefined, bestAsk: undefined };

const encoder = new TextEncoder();

function encode(record: OrderRecord): StreamAppend {
  return { key: record.symbol, value: encoder.encode(JSON.stringify(record)) };
}
