import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Outlet, StreamClient } from '../../streamer/client.ts';
import { textFrame, textFrames } from '../../streamer/frame.ts';
import { LIMITS } from './limits.ts';
import type { Refusal } from './protocol.ts';

/** A ping without data. */
const PING = Buffer.from([0x89, 0]);

/**
 * One open WebSocket. `ws` does the handshake, reads frames and closes; messages go out as frames of our own, because a
 * frame that many clients get is made once. Nothing is written after the close handshake began.
 */
export class Connection implements Outlet {
  readonly id: string;
  readonly ws: WebSocket;
  readonly connectedAt: number;
  /** Counts the connections of this process. */
  readonly number: number;
  /** Epoch ms at which the cache was last told of it. */
  keyedAt: number;
  /** Who it speaks for; undefined while anonymous. */
  userId: string | undefined;
  /** Epoch ms at which the login ends. */
  expiresAt: number | undefined;
  /** Set right after it was made. */
  stream!: StreamClient;
  /** Symbols for which the cache lists this connection. */
  listedMain: string | undefined;
  /** Whose orders are cancelled, after how much grace, when it closes. Outlives the login. */
  armed: { userId: string; afterMs: number } | undefined;
  /** While a resume runs, live private messages are left to it: the first number left so, and the highest. */
  resuming: { firstLeftOut: number | undefined; leftOut: number } | undefined;
  /** Subscriptions are done one after the other; how many wait. */
  pending = 0;
  queue: Promise<void> = Promise.resolve();
  /** Monotonic ms of the last sign of life, and of the last ping. */
  seenAt: number;
  pingedAt: number;
  #allowance: number = LIMITS.messagesBurst;
  #allowedAt: number;
  #refused = 0;
  readonly #socket: Duplex;
  readonly #onTooSlow: (connection: Connection) => void;

  constructor(init: {
    id: string;
    number: number;
    ws: WebSocket;
    socket: Duplex;
    connectedAt: number;
    seenAt: number;
    onTooSlow: (connection: Connection) => void;
  }) {
    this.id = init.id;
    this.ws = init.ws;
    this.connectedAt = init.connectedAt;
    this.number = init.number;
    this.keyedAt = init.connectedAt;
    this.seenAt = init.seenAt;
    this.pingedAt = init.seenAt;
    this.#allowedAt = init.seenAt;
    this.#socket = init.socket;
    this.#onTooSlow = init.onTooSlow;
  }

  get open(): boolean {
    return this.ws.readyState === this.ws.OPEN;
  }

  /** Bytes that the kernel has not taken yet. */
  get waitingBytes(): number {
    return this.#socket.writableLength;
  }

  get congested(): boolean {
    return this.#socket.writableLength > LIMITS.softBytes;
  }

  /** One write to the socket under `ws`: a prepared frame needs nothing of what its Sender does (header, mask, deflate). */
  send(frames: Buffer): boolean {
    if (!this.open) return true;
    this.#socket.write(frames);
    const waiting = this.#socket.writableLength;
    if (waiting > LIMITS.hardBytes) this.#onTooSlow(this);
    return waiting === 0;
  }

  ping(now: number): void {
    this.pingedAt = now;
    this.send(PING);
  }

  sendTexts(texts: readonly string[]): void {
    this.send(textFrames(texts));
  }

  reply(message: object): void {
    this.send(textFrame(JSON.stringify(message)));
  }

  refuse({ code, message, ...more }: Refusal & { details?: object }): void {
    this.reply({ type: 'ERROR', code, error: message, ...more });
  }

  /** Resolves when the kernel has taken what waits, or the socket is gone. */
  drained(): Promise<void> {
    if (!this.#socket.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.#socket.off('drain', done);
        this.#socket.off('close', done);
        resolve();
      };
      this.#socket.on('drain', done);
      this.#socket.on('close', done);
    });
  }

  /** Takes one message out of the client's rate, at a monotonic time in ms. */
  allow(now: number): 'yes' | 'no' | 'abuse' {
    const passedMs = now - this.#allowedAt;
    this.#allowedAt = now;
    this.seenAt = now;
    this.#allowance = Math.min(LIMITS.messagesBurst, this.#allowance + (passedMs * LIMITS.messagesPerSecond) / 1_000);
    if (this.#allowance >= 1) {
      this.#allowance -= 1;
      return 'yes';
    }
    this.#refused += 1;
    return this.#refused > LIMITS.refusedMessages ? 'abuse' : 'no';
  }
}
