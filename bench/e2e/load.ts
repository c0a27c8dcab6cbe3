import type { Histogram } from 'hdr-histogram-js';
import type { Random } from '../../src/flow/random.ts';
import type { FillSockets } from './fill-sockets.ts';
import { HttpConnection } from './http-connection.ts';

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

interface Due {
  atMs: number;
  request: string;
  kind: 'RESTING' | 'CROSSING' | 'CANCEL';
  user: string;
}

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
  readonly #free: HttpConnection[] = [];
  readonly #waiting: Due[] = [];
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
    const { host, port, connections } = this.#options;
    const fail = (error: Error) => {
      this.#failed ??= error;
    };
    for (let i = 0; i < connections; i++) this.#free.push(await HttpConnection.open(host, port, fail));
  }

  close(): void {
    for (const connection of this.#free) connection.close();
  }

  /** Puts orders on both sides of every symbol first, so that the first crossing order meets somebody. */
  async seed(ordersASide: number): Promise<void> {
    for (const symbol of this.#options.symbols) {
      for (let i = 0; i < ordersASide * 2; i++) this.#dispatch(this.#order(performance.now(), 'RESTING', symbol));
      await this.#settled();
    }
    this.#acks.reset();
    Object.assign(this.#result, { sent: 0, acknowledged: 0, cancels: 0, waited: 0 });
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
    return this.#result;
  }

  async #settled(): Promise<void> {
    while (this.#flying > 0 || this.#waiting.length > 0) {
      if (this.#failed !== undefined) throw this.#failed;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  #draw(atMs: number): Due {
    const draw = this.#random.next();
    if (draw < 0.1 && this.#resting.length > 0) {
      const [order] = this.#resting.splice(this.#random.int(this.#resting.length), 1);
      if (order !== undefined) return { atMs, request: cancelRequest(order), kind: 'CANCEL', user: order.user };
    }
    return this.#order(atMs, draw < 0.4 ? 'CROSSING' : 'RESTING', this.#random.pick(this.#options.symbols));
  }

  #order(atMs: number, kind: 'RESTING' | 'CROSSING', symbol: string): Due {
    const user = this.#random.pick(this.#options.users);
    const buys = this.#random.chance(0.5);
    const behind = kind === 'RESTING' ? 1 + this.#random.int(SPREAD) : -(SPREAD + 1);
    const price = buys ? MIDDLE - behind : MIDDLE + behind;
    const body = `{"symbol":"${symbol}","side":"${buys ? 'BUY' : 'SELL'}","order_type":"LIMIT","price":${price},"quantity":${1 + this.#random.int(MAX_QUANTITY)},"time_in_force":"GTC"}`;
    return { atMs, request: placeRequest(user, body), kind, user };
  }

  #dispatch(due: Due): void {
    const connection = this.#free.pop();
    if (connection === undefined) {
      this.#result.waited += 1;
      this.#waiting.push(due);
      return;
    }
    this.#send(connection, due);
  }

  #send(connection: HttpConnection, due: Due): void {
    this.#flying += 1;
    this.#result.sent += 1;
    if (due.kind === 'CANCEL') this.#result.cancels += 1;
    connection.send(due.request, (status, body) => {
      this.#flying -= 1;
      this.#answered(due, status, body);
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(connection);
      else this.#send(connection, next);
    });
  }

  #answered(due: Due, status: number, body: string): void {
    this.#acks.recordValue(Math.max(1, Math.round((performance.now() - due.atMs) * 1000)));
    if (status !== 200) {
      const code = /"code":"(\w+)"/.exec(body)?.[1] ?? String(status);
      this.#result.refused.set(code, (this.#result.refused.get(code) ?? 0) + 1);
      return;
    }
    this.#result.acknowledged += 1;
    if (due.kind === 'CANCEL') return;
    const orderId = /"order_id":"([^"]+)"/.exec(body)?.[1] ?? '';
    if (due.kind === 'CROSSING') this.#sockets.expectFill(orderId, due.atMs);
    else if (this.#resting.length < RECENT) this.#resting.push({ orderId, user: due.user });
    else this.#resting[this.#random.int(RECENT)] = { orderId, user: due.user };
  }
}

function placeRequest(user: string, body: string): string {
  return `POST /orders HTTP/1.1\r\nhost: localhost\r\nx-user-id: ${user}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

function cancelRequest({ orderId, user }: { orderId: string; user: string }): string {
  return `DELETE /orders/${orderId} HTTP/1.1\r\nhost: localhost\r\nx-user-id: ${user}\r\n\r\n`;
}
