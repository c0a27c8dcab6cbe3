import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Side } from '../../../../domain/order.ts';
import { CommandError } from '../command.ts';

/** A private message as it came: integers of the instrument; `at_ms` is performance.now() when it was read. */
export interface Outcome {
  order_id: string;
  seq: number;
  at_ms: number;
  /** The engine's event: ACCEPTED, REPLACED, REPLACE_REJECTED, CANCELLED, ... */
  event: string;
}

export interface FillMessage {
  order_id: string;
  seq: number;
  at_ms: number;
  side: Side;
  trade_id: string;
  price: number;
  quantity: number;
}

interface Message {
  type?: string;
  data?: {
    order_id: string;
    side: Side;
    event?: string;
    filled_qty: number;
    filled_price?: number;
    trade_id?: string;
    seq: number;
    useq: number;
  };
}

/** The private messages of several accounts, one socket each, with a check that none is missing (`useq`). */
export class PrivateFeed {
  readonly #sockets: WebSocket[] = [];
  readonly #onOutcome: (outcome: Outcome) => void;
  readonly #onFill: (fill: FillMessage) => void;
  #closing = false;
  /** What was not as promised: a gap in useq, a socket that closed. */
  readonly faults: string[] = [];
  /** performance.now() of the last message. */
  last_ms = 0;

  constructor(onOutcome: (outcome: Outcome) => void, onFill: (fill: FillMessage) => void) {
    this.#onOutcome = onOutcome;
    this.#onFill = onFill;
  }

  async open(url: string, users: readonly string[]): Promise<void> {
    const base = `${url.replace(/^http/, 'ws').replace(/\/$/, '')}/ws?testMode=true&userId=`;
    for (const user of users) {
      const socket = new WebSocket(base + encodeURIComponent(user), { perMessageDeflate: false });
      this.#sockets.push(socket);
      let useq = 0;
      socket.on('message', (data) => {
        useq = this.#take(String(data), user, useq);
      });
      await once(socket, 'open').catch((error) => {
        throw new CommandError(`The WebSocket of ${url} does not open: ${String(error.message)}`);
      });
      socket.on('error', (error) => this.faults.push(`${user}: the socket failed: ${error.message}`));
      socket.on('close', (code) => {
        if (!this.#closing) this.faults.push(`${user}: the socket closed with code ${code}`);
      });
    }
  }

  close(): void {
    this.#closing = true;
    for (const socket of this.#sockets) socket.close();
  }

  #take(text: string, user: string, useq: number): number {
    const now = performance.now();
    const message: Message = JSON.parse(text);
    const { type, data } = message;
    if (data === undefined || (type !== 'FILL' && type !== 'ORDER_STATUS')) return useq;
    this.last_ms = now;
    if (data.useq !== useq + 1) this.faults.push(`${user}: useq jumps from ${useq} to ${data.useq}`);
    const { order_id, seq } = data;
    if (type === 'ORDER_STATUS') this.#onOutcome({ order_id, seq, at_ms: now, event: data.event ?? '' });
    else {
      const trade = { side: data.side, trade_id: data.trade_id ?? '', price: data.filled_price ?? 0 };
      this.#onFill({ order_id, seq, at_ms: now, ...trade, quantity: data.filled_qty });
    }
    return data.useq;
  }
}
