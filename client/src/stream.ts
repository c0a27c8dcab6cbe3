import type { PrivateMessage, PublicMessage } from '../../src/domain/messages.ts';
import type { Credentials } from './rest.ts';

export type ConnectionState = 'connecting' | 'open' | 'waiting' | 'closed';

/** A message that answers one of ours, or tells of the session itself. */
export interface ControlMessage {
  type: 'SUBSCRIBED' | 'PONG' | 'ERROR' | string;
  code?: string;
  error?: string;
}

export interface StreamHandlers {
  onPublic?(message: PublicMessage): void;
  onPrivate?(message: PrivateMessage): void;
  onControl?(message: ControlMessage): void;
  onState?(state: ConnectionState): void;
  /** Private messages `from`..`to` are missing and were asked for again (they follow through onPrivate). */
  onGap?(from: number, to: number): void;
  /** Round trip of the last ping in milliseconds. */
  onLatency?(ms: number): void;
}

export interface StreamOptions extends StreamHandlers {
  /** Origin of the exchange, e.g. http://localhost:8080. */
  url: string;
  credentials?: Credentials;
  /** Milliseconds between pings (default 5,000). A connection silent for three of them is dropped and opened again. */
  pingEveryMs?: number;
}

export interface Subscription {
  main?: string;
  sub?: readonly string[];
}

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;

/**
 * The exchange's WebSocket with everything a long-lived client needs: reconnect with backoff and jitter, the subscription
 * set again after it, private messages in order of `useq` without a gap or a double. Runs in browsers and in Node.
 */
export class StreamClient {
  readonly #options: StreamOptions;
  #socket: WebSocket | undefined;
  #subscription: Subscription = {};
  #state: ConnectionState = 'closed';
  #retryMs = FIRST_RETRY_MS;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #pingTimer: ReturnType<typeof setInterval> | undefined;
  #lastHeard = 0;
  #pingSentAt: number | undefined;
  /** The useq that comes next; undefined until the first message of the session tells. */
  #nextUseq: number | undefined;
  /** Messages that came before one that is missing. */
  readonly #early = new Map<number, PrivateMessage>();

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Milliseconds since anything came over the open connection; a live one is never silent for longer than a ping takes. */
  get silentMs(): number {
    return this.#state === 'open' ? performance.now() - this.#lastHeard : 0;
  }

  /** Opens the connection and keeps it open until close(). */
  open(): void {
    if (this.#state === 'closed') this.#connect();
  }

  close(): void {
    clearTimeout(this.#retryTimer);
    clearInterval(this.#pingTimer);
    this.#setState('closed');
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** Replaces the whole subscription: one main symbol (depth, trades, candle, ticker) and any number of tickers. */
  subscribe(subscription: Subscription): void {
    const { main, sub = [] } = this.#subscription;
    const dropped = sub.filter((symbol) => !subscription.sub?.includes(symbol));
    if (dropped.length > 0) this.#send({ action: 'unsubscribe', sub: dropped });
    if (main !== undefined && subscription.main === undefined) this.#send({ action: 'unsubscribe', main });
    this.#subscription = subscription;
    this.#sendSubscription();
  }

  #connect(): void {
    this.#setState('connecting');
    const socket = new WebSocket(socketUrl(this.#options.url, this.#options.credentials));
    this.#socket = socket;
    socket.onopen = () => this.#onOpen();
    socket.onmessage = ({ data }) => this.#onMessage(String(data));
    socket.onclose = () => this.#onClose(socket);
    socket.onerror = () => socket.close();
  }

  #onOpen(): void {
    this.#setState('open');
    this.#retryMs = FIRST_RETRY_MS;
    this.#lastHeard = performance.now();
    this.#sendSubscription();
    if (this.#nextUseq !== undefined) this.#send({ action: 'resume', from: this.#nextUseq });
    const every = this.#options.pingEveryMs ?? 5_000;
    clearInterval(this.#pingTimer);
    this.#ping(every);
    this.#pingTimer = setInterval(() => this.#ping(every), every);
  }

  #ping(everyMs: number): void {
    if (performance.now() - this.#lastHeard > 3 * everyMs) {
      this.#socket?.close();
      return;
    }
    this.#pingSentAt = performance.now();
    this.#send({ action: 'ping' });
  }

  #onClose(socket: WebSocket): void {
    if (socket !== this.#socket || this.#state === 'closed') return;
    clearInterval(this.#pingTimer);
    this.#socket = undefined;
    this.#setState('waiting');
    const pause = this.#retryMs * (0.5 + Math.random() / 2);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
    this.#retryTimer = setTimeout(() => this.#connect(), pause);
  }

  #onMessage(text: string): void {
    this.#lastHeard = performance.now();
    const message: PublicMessage | PrivateMessage | ControlMessage = JSON.parse(text);
    if ('e' in message) this.#options.onPublic?.(message);
    else if (isPrivate(message)) this.#onPrivate(message);
    else this.#onControl(message);
  }

  #onControl(message: ControlMessage): void {
    if (message.type === 'PONG' && this.#pingSentAt !== undefined) {
      this.#options.onLatency?.(performance.now() - this.#pingSentAt);
      this.#pingSentAt = undefined;
    }
    // What was missed is no longer kept: go on with what comes, and let the caller read the orders again.
    if (message.code === 'EVENTS_GONE') {
      this.#nextUseq = undefined;
      this.#early.clear();
    }
    this.#options.onControl?.(message);
  }

  #onPrivate(message: PrivateMessage): void {
    const { useq } = message.data;
    this.#nextUseq ??= useq;
    if (useq < this.#nextUseq) return;
    if (useq > this.#nextUseq) {
      if (this.#early.size === 0) {
        this.#options.onGap?.(this.#nextUseq, useq - 1);
        this.#send({ action: 'resume', from: this.#nextUseq });
      }
      this.#early.set(useq, message);
      return;
    }
    this.#deliver(message);
    for (let next = this.#early.get(this.#nextUseq); next !== undefined; next = this.#early.get(this.#nextUseq)) {
      this.#early.delete(this.#nextUseq);
      this.#deliver(next);
    }
  }

  #deliver(message: PrivateMessage): void {
    this.#nextUseq = message.data.useq + 1;
    this.#options.onPrivate?.(message);
  }

  #sendSubscription(): void {
    const { main, sub } = this.#subscription;
    if (main === undefined && (sub === undefined || sub.length === 0)) return;
    this.#send({ action: 'subscribe', ...(main === undefined ? {} : { main }), ...(sub === undefined ? {} : { sub }) });
  }

  #send(message: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #setState(state: ConnectionState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.onState?.(state);
  }
}

function isPrivate(message: PrivateMessage | ControlMessage): message is PrivateMessage {
  return message.type === 'ORDER_STATUS' || message.type === 'FILL';
}

function socketUrl(url: string, credentials: Credentials): string {
  const base = url.replace(/^http/, 'ws').replace(/\/$/, '');
  if (credentials === undefined) return `${base}/ws`;
  if ('token' in credentials) return `${base}/ws?token=${encodeURIComponent(credentials.token)}`;
  return `${base}/ws?testMode=true&userId=${encodeURIComponent(credentials.testUserId)}`;
}
