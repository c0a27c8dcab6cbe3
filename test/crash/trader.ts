import { AssertionError } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { WebSocket } from 'ws';
import { documentedFetch } from '../support/documented-fetch.ts';

/**
 * A client that keeps honest books through crashes: what it asked, what it was told, what it does not know. Every order has a
 * client_order_id; an answer that never came, and a 503, is asked for again after the restart and must then name one order.
 */
export interface Ask {
  clientOrderId: string;
  body: Record<string, unknown>;
  /** Set once the exchange has acknowledged the order. */
  orderId?: string;
  /** Refused with a code: no order came of it. */
  refused?: string;
}

/** Between a 503 and the next try, as its Retry-After asks (shorter, to press harder). */
const PAUSE_MS = 20;
/** An answer that takes longer never comes: for machines that stand still for seconds now and then. */
const ANSWER_MS = 90_000;

export class Trader {
  readonly userId: string;
  readonly asks: Ask[] = [];
  readonly #random: () => number;
  #serial = 0;
  /** Checksums of private messages by useq, as seen over any socket; a number must never name two messages. */
  readonly messages = new Map<number, number>();
  readonly conflicts: string[] = [];
  /** Answers that no client should ever see: 5xx other than 503. */
  readonly faults: string[] = [];
  /** What FILL messages told, by order. */
  readonly told = new Map<string, number>();
  /** Orders acknowledged and 503s since the round began. */
  taken = 0;
  refusedForNow = 0;
  #last = 0;
  #socket: WebSocket | undefined;

  constructor(userId: string, random: () => number) {
    this.userId = userId;
    this.#random = random;
  }

  /** Opens a socket and asks for everything after the last message seen. */
  async listen(url: string): Promise<void> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws?testMode=true&userId=${this.userId}`);
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('message', (data) => this.#onMessage(String(data)));
    await new Promise<void>((resolve) => {
      socket.once('open', () => resolve());
      socket.once('close', () => resolve());
    });
    if (socket.readyState === WebSocket.OPEN) {
      socket.send(JSON.stringify({ action: 'resume', from: this.#last + 1 }));
    }
  }

  hangUp(): void {
    this.#socket?.terminate();
  }

  /** Sends orders, cancels and replaces one after the other until the exchange stops answering. */
  async trade(url: string, symbols: readonly string[]): Promise<void> {
    for (;;) {
      const status = await this.#step(url, symbols);
      if (status === undefined) return;
      if (status === 503) await sleep(PAUSE_MS);
    }
  }

  /** Asks again for everything whose answer never came or was "not now", until there is one. */
  async settleUnknown(url: string): Promise<void> {
    const patience = performance.now() + ANSWER_MS;
    const isUnknown = ({ orderId, refused }: Ask) => orderId === undefined && refused === undefined;
    for (const ask of this.asks.filter(isUnknown)) {
      for (await this.#send(url, ask); isUnknown(ask) && performance.now() < patience; await this.#send(url, ask)) {
        await sleep(PAUSE_MS);
      }
    }
  }

  /** All orders that the exchange has of this trader. */
  async orders(url: string): Promise<{ order_id: string; client_order_id: string; filled_qty: string | number }[]> {
    const all = [];
    let cursor = '';
    do {
      const answer = await this.#call(url, 'GET', `/orders?limit=100${cursor}`);
      const body: { orders?: Awaited<ReturnType<Trader['orders']>>; next_cursor?: string } = answer?.body ?? {};
      if (answer?.status !== 200 || body.orders === undefined)
        throw new Error(`GET /orders: ${JSON.stringify(answer)}`);
      all.push(...body.orders);
      cursor = body.next_cursor === undefined ? '' : `&cursor=${encodeURIComponent(body.next_cursor)}`;
    } while (cursor !== '');
    return all;
  }

  /** @returns the status of the answer, undefined without one */
  async #step(url: string, symbols: readonly string[]): Promise<number | undefined> {
    const open = this.asks.slice(-200).filter((ask) => ask.orderId !== undefined);
    const dice = this.#random();
    if (dice < 0.15 && open.length > 0) {
      const ask = open[Math.floor(this.#random() * open.length)]!;
      return (await this.#call(url, 'DELETE', `/orders/${ask.orderId}`))?.status;
    }
    if (dice < 0.25 && open.length > 0) {
      const ask = open[Math.floor(this.#random() * open.length)]!;
      const change = {
        price: 9_000 + Math.floor(this.#random() * 200) * 10,
        remaining: 1 + Math.floor(this.#random() * 30),
      };
      return (await this.#call(url, 'PATCH', `/orders/${ask.orderId}`, change))?.status;
    }
    this.#serial += 1;
    const market = this.#random() < 0.1;
    const ask: Ask = {
      clientOrderId: `${this.userId}-${this.#serial}`,
      body: {
        symbol: symbols[Math.floor(this.#random() * symbols.length)],
        side: this.#random() < 0.5 ? 'BUY' : 'SELL',
        ...(market ? { order_type: 'MARKET' } : { price: 9_000 + Math.floor(this.#random() * 200) * 10 }),
        ...(this.#random() < 0.1 && !market ? { time_in_force: this.#random() < 0.5 ? 'IOC' : 'FOK' } : {}),
        quantity: 1 + Math.floor(this.#random() * 30),
        client_order_id: `${this.userId}-${this.#serial}`,
      },
    };
    this.asks.push(ask);
    return this.#send(url, ask);
  }

  async #send(url: string, ask: Ask): Promise<number | undefined> {
    const answer = await this.#call(url, 'POST', '/orders', ask.body);
    if (answer === undefined) return undefined;
    if (answer.status === 200) {
      ask.orderId = String(answer.body.order_id);
      this.taken += 1;
    } else if (answer.status < 500) ask.refused = String(answer.body.code);
    return answer.status;
  }

  async #call(
    url: string,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: Record<string, unknown> } | undefined> {
    try {
      const response = await documentedFetch(url + path, {
        method,
        headers: { 'x-user-id': this.userId, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      const text = await response.text();
      if (response.status === 503) this.refusedForNow += 1;
      else if (response.status >= 500) this.faults.push(`${method} ${path}: ${response.status} ${text}`);
      const answer: Record<string, unknown> = JSON.parse(text);
      return { status: response.status, body: answer };
    } catch (error) {
      // No answer is what a crash looks like; an answer that is not the documented one is a fault.
      if (error instanceof AssertionError) this.faults.push(error.message);
      return undefined;
    }
  }

  #onMessage(text: string): void {
    const message: { type?: string; data?: { useq?: number; order_id?: string; filled_qty?: number } } =
      JSON.parse(text);
    const useq = message.data?.useq;
    if (typeof useq !== 'number') return;
    const checksum = crc32(text);
    const before = this.messages.get(useq);
    if (before !== undefined) {
      if (before !== checksum) this.conflicts.push(`useq ${useq} named another message before: ${text}`);
      return;
    }
    this.messages.set(useq, checksum);
    this.#last = Math.max(this.#last, useq);
    const { order_id, filled_qty } = message.data ?? {};
    if (message.type === 'FILL' && order_id !== undefined)
      this.told.set(order_id, (this.told.get(order_id) ?? 0) + Number(filled_qty));
  }
}
