import { WebSocket } from 'ws';

/**
 * A client that keeps honest books through crashes: what it asked, what it was told, what it does not know. Every order has a
 * client_order_id; an answer that never came is asked for again after the restart and must then name one order.
 */
export interface Ask {
  clientOrderId: string;
  body: Record<string, unknown>;
  /** Set once the exchange has acknowledged the order. */
  orderId?: string;
  /** Refused with a code: no order came of it. */
  refused?: string;
}

export class Trader {
  readonly userId: string;
  readonly asks: Ask[] = [];
  readonly #random: () => number;
  #serial = 0;
  /** Private messages by useq, as seen over any socket; a number must never name two messages. */
  readonly messages = new Map<number, string>();
  readonly conflicts: string[] = [];
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
      socket.send(JSON.stringify({ action: 'resume', from: Math.max(0, ...this.messages.keys()) + 1 }));
    }
  }

  hangUp(): void {
    this.#socket?.terminate();
  }

  /** Sends orders, cancels and replaces one after the other until the exchange stops answering. */
  async trade(url: string, symbols: readonly string[]): Promise<void> {
    for (;;) {
      const done = await this.#step(url, symbols);
      if (!done) return;
    }
  }

  /** Asks again for everything whose answer never came. */
  async settleUnknown(url: string): Promise<void> {
    for (const ask of this.asks) {
      if (ask.orderId === undefined && ask.refused === undefined) await this.#send(url, ask);
    }
  }

  async #step(url: string, symbols: readonly string[]): Promise<boolean> {
    const open = this.asks.filter((ask) => ask.orderId !== undefined);
    const dice = this.#random();
    if (dice < 0.15 && open.length > 0) {
      const ask = open[Math.floor(this.#random() * open.length)]!;
      return (await this.#call(url, 'DELETE', `/orders/${ask.orderId}`)) !== undefined;
    }
    if (dice < 0.25 && open.length > 0) {
      const ask = open[Math.floor(this.#random() * open.length)]!;
      const change = {
        price: 9_000 + Math.floor(this.#random() * 200) * 10,
        remaining: 1 + Math.floor(this.#random() * 30),
      };
      return (await this.#call(url, 'PATCH', `/orders/${ask.orderId}`, change)) !== undefined;
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

  async #send(url: string, ask: Ask): Promise<boolean> {
    const answer = await this.#call(url, 'POST', '/orders', ask.body);
    if (answer === undefined) return false;
    if (answer.status === 200) ask.orderId = String(answer.body.order_id);
    else if (answer.status < 500) ask.refused = String(answer.body.code);
    return true;
  }

  async #call(
    url: string,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: Record<string, unknown> } | undefined> {
    try {
      const response = await fetch(url + path, {
        method,
        headers: { 'x-user-id': this.userId, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(10_000),
      });
      const answer: Record<string, unknown> = JSON.parse(await response.text());
      return { status: response.status, body: answer };
    } catch {
      return undefined;
    }
  }

  #onMessage(text: string): void {
    const message: { type?: string; data?: { useq?: number } } = JSON.parse(text);
    const useq = message.data?.useq;
    if (typeof useq !== 'number') return;
    const before = this.messages.get(useq);
    if (before !== undefined && before !== text) this.conflicts.push(`useq ${useq}: ${before} and ${text}`);
    this.messages.set(useq, text);
  }
}
