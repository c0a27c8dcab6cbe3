import type { Histogram } from 'hdr-histogram-js';
import { ApiError, type NewOrder, RestClient } from '../../client/src/index.ts';
import type { Random } from '../../src/flow/random.ts';
import type { FillSockets } from './fill-sockets.ts';
import { HttpPool } from './http-connection.ts';

export interface LoadOptions {
  host: string;
  port: number;
  symbols: readonly string[];
  users: readonly string[];
  /** Orders per second, offered whether or not the exchange keeps up (open loop). */
  rate: number;
  seconds: number;
  connections: number;
}

/** What the client saw. */
export interface LoadResult {
  sent: number;
  acknowledged: number;
  cancels: number;
  refused: Map<string, number>;
  /** Requests that had to wait for a free connection. */
  waited: number;
  seconds: number;
}

type Due = { atMs: number; user: string } & (
  | { kind: 'RESTING' | 'CROSSING'; order: NewOrder }
  | { kind: 'CANCEL'; orderId: string }
);

/** The market's middle and how far orders lie from it, in whole price units. */
const MIDDLE = 10_000;
const SPREAD = 50;
const MAX_QUANTITY = 10;
/** Cancels take orders from the last this many acknowledged resting ones. */
const RECENT = 4_096;

/**
 * Offers orders at a rate, one HTTP request each: 60 % resting, 30 % crossing, 10 % cancels. Arrivals are a Poisson process
 * whose times are fixed in advance; every latency counts from the time an order was due, so that an exchange that stalls is
 * charged for all it kept waiting (no coordinated omission).
 */
export class Load {
  readonly #options: LoadOptions;
  readonly #random: Random;
  readonly #acks: Histogram;
  readonly #sockets: FillSockets;
  readonly #clients = new Map<string, RestClient>();
  #pool: HttpPool | undefined;
  readonly #resting: { orderId: string; user: string }[] = [];
  readonly #result: LoadResult = {
    sent: 0,
    acknowledged: 0,
    cancels: 0,
    refused: new Map(),
    waited: 0,
    seconds: 0,
  };
  #flying = 0;
  #failed: Error | undefined;

  /** @param acks gets the latencies of acknowledgements in microseconds */
  constructor(options: LoadOptions, random: Random, acks: Histogram, sockets: FillSockets) {
    this.#options = options;
    this.#random = random;
    this.#acks = acks;
    this.#sockets = sockets;
  }

  async connect(): Promise<void> {
    const pool = await HttpPool.open(this.#options, (error) => {
      this.#failed ??= error;
    });
    this.#pool = pool;
    for (const user of this.#options.users) {
      const options = { url: '', credentials: { testUserId: user }, transport: pool.transport };
      this.#clients.set(user, new RestClient(options));
    }
  }

  close(): void {
    this.#pool?.close();
  }

  /** Puts orders on both sides of every symbol first, so that the first crossing order meets somebody. */
  async seed(ordersASide: number): Promise<void> {
    for (const symbol of this.#options.symbols) {
      for (let i = 0; i < ordersASide * 2; i++) this.#dispatch(this.#order(performance.now(), 'RESTING', symbol));
      await this.#settled();
    }
    this.#acks.reset();
    Object.assign(this.#result, { sent: 0, acknowledged: 0, cancels: 0 });
    if (this.#pool !== undefined) this.#pool.waited = 0;
  }

  async run(): Promise<LoadResult> {
    const { rate, seconds } = this.#options;
    const started = performance.now();
    const end = started + seconds * 1000;
    let next = started + this.#random.exponential(1000 / rate);
    while (next < end) {
      const now = performance.now();
      for (; next <= now && next < end; next += this.#random.exponential(1000 / rate)) this.#dispatch(this.#draw(next));
      if (this.#failed !== undefined) throw this.#failed;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await this.#settled();
    this.#result.seconds = (performance.now() - started) / 1000;
    this.#result.waited = this.#pool?.waited ?? 0;
    return this.#result;
  }

  async #settled(): Promise<void> {
    while (this.#flying > 0) {
      if (this.#failed !== undefined) throw this.#failed;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  #draw(atMs: number): Due {
    const draw = this.#random.next();
    if (draw < 0.1 && this.#resting.length > 0) {
      const [order] = this.#resting.splice(this.#random.int(this.#resting.length), 1);
      if (order !== undefined) return { atMs, kind: 'CANCEL', ...order };
    }
    return this.#order(atMs, draw < 0.4 ? 'CROSSING' : 'RESTING', this.#random.pick(this.#options.symbols));
  }

  #order(atMs: number, kind: 'RESTING' | 'CROSSING', symbol: string): Due {
    const user = this.#random.pick(this.#options.users);
    const buys = this.#random.chance(0.5);
    const behind = kind === 'RESTING' ? 1 + this.#random.int(SPREAD) : -(SPREAD + 1);
    const price = buys ? MIDDLE - behind : MIDDLE + behind;
    const order: NewOrder = {
      symbol,
      side: buys ? 'BUY' : 'SELL',
      order_type: 'LIMIT',
      price,
      quantity: 1 + this.#random.int(MAX_QUANTITY),
      time_in_force: 'GTC',
    };
    return { atMs, kind, order, user };
  }

  #dispatch(due: Due): void {
    this.#flying += 1;
    this.#result.sent += 1;
    if (due.kind === 'CANCEL') this.#result.cancels += 1;
    this.#call(due).then(
      (orderId) => this.#answered(due, orderId),
      (error) => this.#refused(due, error),
    );
  }

  /** The id of the order that was placed or cancelled. */
  async #call(due: Due): Promise<string> {
    const client = this.#clients.get(due.user);
    if (client === undefined) throw new Error(`no client for ${due.user}`);
    if (due.kind === 'CANCEL') return (await client.cancelOrder(due.orderId)).order_id;
    return (await client.placeOrder(due.order)).order_id;
  }

  #answered(due: Due, orderId: string): void {
    this.#came(due);
    this.#result.acknowledged += 1;
    if (due.kind === 'CANCEL') return;
    if (due.kind === 'CROSSING') this.#sockets.expectFill(orderId, due.atMs);
    else if (this.#resting.length < RECENT) this.#resting.push({ orderId, user: due.user });
    else this.#resting[this.#random.int(RECENT)] = { orderId, user: due.user };
  }

  #refused(due: Due, error: unknown): void {
    this.#came(due);
    if (!(error instanceof ApiError)) {
      this.#failed ??= error instanceof Error ? error : new Error(String(error));
      return;
    }
    this.#result.refused.set(error.code, (this.#result.refused.get(error.code) ?? 0) + 1);
  }

  #came({ atMs }: Due): void {
    this.#flying -= 1;
    this.#acks.recordValue(Math.max(1, Math.round((performance.now() - atMs) * 1000)));
  }
}
