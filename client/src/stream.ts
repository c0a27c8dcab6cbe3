import type {
  AnswerMessage,
  ClientMessage,
  ErrorMessage,
  MarketDataMessage,
  PrivateMessage,
  TickMessage,
} from './generated/websocket.ts';
import type { Credentials } from './rest.ts';

export type ConnectionState = 'connecting' | 'open' | 'waiting' | 'closed';

/** Market data. (`tick` messages come only where they were asked for, and have a handler of their own.) */
export type PublicMessage = Exclude<MarketDataMessage, TickMessage>;

export interface StreamHandlers {
  onPublic?(message: PublicMessage): void;
  /** Each once, in the order of `useq`, without a gap. */
  onPrivate?(message: PrivateMessage): void;
  /** Answers and refusals, and what the exchange says of the session. */
  onControl?(message: AnswerMessage): void;
  onState?(state: ConnectionState): void;
  /** Private messages `from`..`to` are missing and were asked for again (they follow through onPrivate). */
  onGap?(from: number, to: number): void;
  /**
   * What was missed is no longer kept, or the exchange was begun anew: onPrivate goes on with what comes. Read the orders
   * again. Called after onControl got the EVENTS_GONE, or the RESUMED that tells of lower numbers.
   */
  onLost?(): void;
  /** Of the main symbol, when `stamp` is set: the time for which the tick was scheduled is in it. */
  onTick?(message: TickMessage): void;
  /** Round trip of the last ping in milliseconds. */
  onLatency?(ms: number): void;
}

/** The part of a WebSocket that the client uses; a browser's, Node's and that of the package `ws` have it. */
export interface SocketLike {
  readonly readyState: number;
  send(text: string): void;
  close(): void;
  addEventListener(type: 'open' | 'close' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
}

export interface StreamOptions extends StreamHandlers {
  /** Origin of the exchange, e.g. http://localhost:8080. */
  url: string;
  /** Who is logged in; a function is asked at every connect, so that a new token can come before the old one has ended. */
  credentials?: Credentials | (() => Credentials | Promise<Credentials>);
  /** Milliseconds between pings (default 5,000). A connection silent for three of them is dropped and opened again. */
  pingEveryMs?: number;
  /** The first private message wanted, where an earlier session left off: it is resumed from there on the first connect. */
  resumeFrom?: number;
  /** Milliseconds after the loss of the connection at which the exchange cancels the user's open orders; said at every connect. */
  cancelOnDisconnectMs?: number;
  /** Asks for a `tick` message before each tick of the main symbol. */
  stamp?: boolean;
  /** Opens the socket; default: the platform's own WebSocket. */
  socket?(url: string): SocketLike;
}

export interface Subscription {
  main?: string;
  sub?: readonly string[];
}

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;
const OPEN = 1;

/**
 * The exchange's WebSocket with everything a long-lived client needs: reconnect with backoff and jitter, the subscription
 * set again after it, private messages in order of `useq` without a gap or a double. Runs in browsers and in Node.
 */
export class StreamClient {
  readonly #options: StreamOptions;
  #socket: SocketLike | undefined;
  #subscription: Subscription = {};
  #state: ConnectionState = 'closed';
  #retryMs = FIRST_RETRY_MS;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #pingTimer: ReturnType<typeof setInterval> | undefined;
  #lastHeard = 0;
  #pingSentAt: number | undefined;
  /** Counts connects, so that what belongs to an earlier one is told apart. */
  #connects = 0;
  /** The useq that comes next; undefined until the first message of the session tells. */
  #nextUseq: number | undefined;
  /** Messages that came before one that is missing. */
  readonly #early = new Map<number, PrivateMessage>();

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#nextUseq = options.resumeFrom;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The private message that comes next: what `resumeFrom` of a later session wants. Undefined before the first one came. */
  get nextUseq(): number | undefined {
    return this.#nextUseq;
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
    this.#connects += 1;
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
    this.#connects += 1;
    const connect = this.#connects;
    const { credentials } = this.#options;
    if (typeof credentials !== 'function') {
      this.#openSocket(credentials);
      return;
    }
    Promise.resolve()
      .then(credentials)
      .then(
        (current) => {
          if (connect === this.#connects) this.#openSocket(current);
        },
        () => {
          if (connect === this.#connects) this.#retry();
        },
      );
  }

  #openSocket(credentials: Credentials): void {
    const url = socketUrl(this.#options.url, credentials);
    const socket: SocketLike = this.#options.socket?.(url) ?? new WebSocket(url);
    this.#socket = socket;
    socket.addEventListener('open', () => {
      if (socket === this.#socket) this.#onOpen();
    });
    socket.addEventListener('message', ({ data }) => {
      if (socket === this.#socket) this.#onMessage(String(data));
    });
    socket.addEventListener('close', () => this.#onClose(socket));
    socket.addEventListener('error', () => socket.close());
  }

  #onOpen(): void {
    const { cancelOnDisconnectMs, stamp, pingEveryMs = 5_000 } = this.#options;
    this.#setState('open');
    this.#lastHeard = performance.now();
    if (cancelOnDisconnectMs !== undefined)
      this.#send({ action: 'cancel_on_disconnect', after_ms: cancelOnDisconnectMs });
    if (stamp) this.#send({ action: 'stamp' });
    this.#sendSubscription();
    this.#early.clear();
    if (this.#nextUseq !== undefined) this.#send({ action: 'resume', from: this.#nextUseq });
    clearInterval(this.#pingTimer);
    this.#ping(pingEveryMs);
    this.#pingTimer = setInterval(() => this.#ping(pingEveryMs), pingEveryMs);
  }

  #ping(everyMs: number): void {
    if (performance.now() - this.#lastHeard > 3 * everyMs) {
      this.#lose();
      return;
    }
    this.#pingSentAt = performance.now();
    this.#send({ action: 'ping' });
  }

  /** The connection is of no use any more: a close that the other side never answers is not waited for. */
  #lose(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    socket.close();
    this.#onClose(socket);
  }

  #onClose(socket: SocketLike): void {
    if (socket !== this.#socket || this.#state === 'closed') return;
    clearInterval(this.#pingTimer);
    this.#socket = undefined;
    this.#retry();
  }

  #retry(): void {
    this.#setState('waiting');
    const pause = this.#retryMs * (0.5 + Math.random() / 2);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
    this.#retryTimer = setTimeout(() => this.#connect(), pause);
  }

  #onMessage(text: string): void {
    this.#lastHeard = performance.now();
    // The exchange's messages have the documented shape (its own suites hold them to the AsyncAPI document).
    const message: MarketDataMessage | PrivateMessage | AnswerMessage = JSON.parse(text);
    if ('e' in message) {
      if (message.e === 'tick') this.#options.onTick?.(message);
      else this.#options.onPublic?.(message);
    } else if (message.type === 'ORDER_STATUS' || message.type === 'FILL') this.#onPrivate(message);
    else this.#onControl(message);
  }

  #onControl(message: AnswerMessage): void {
    if (message.type === 'PONG' && this.#pingSentAt !== undefined) {
      // Only a session that works ends the backoff; a connection that opens and breaks again does not.
      this.#retryMs = FIRST_RETRY_MS;
      this.#options.onLatency?.(performance.now() - this.#pingSentAt);
      this.#pingSentAt = undefined;
    }
    this.#options.onControl?.(message);
    if (message.type === 'RESUMED' && message.next < message.from) this.#beginAnew(message.next);
    if (message.type === 'ERROR') this.#onRefusal(message);
  }

  #onRefusal({ code, action }: ErrorMessage): void {
    if (code === 'EVENTS_GONE') {
      this.#nextUseq = undefined;
      this.#early.clear();
      this.#options.onLost?.();
    } else if (code === 'TOKEN_EXPIRED') {
      // Only a new login brings private messages back, and only a source of logins can have one.
      if (typeof this.#options.credentials === 'function') this.#lose();
    } else if (action === 'resume') {
      // What was missed is still missed: a new connection asks for it again.
      this.#lose();
    }
  }

  /** The exchange has lost its past: what was known of its numbers is of no use. */
  #beginAnew(next: number): void {
    this.#nextUseq = next;
    this.#early.clear();
    this.#options.onLost?.();
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
    this.#send({
      action: 'subscribe',
      ...(main === undefined ? {} : { main }),
      ...(sub === undefined ? {} : { sub: [...sub] }),
    });
  }

  #send(message: ClientMessage): void {
    if (this.#socket?.readyState === OPEN) this.#socket.send(JSON.stringify(message));
  }

  #setState(state: ConnectionState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.onState?.(state);
  }
}

function socketUrl(url: string, credentials: Credentials): string {
  const base = url.replace(/^http/, 'ws').replace(/\/$/, '');
  if (credentials === undefined) return `${base}/ws`;
  if ('token' in credentials) return `${base}/ws?token=${encodeURIComponent(credentials.token)}`;
  return `${base}/ws?testMode=true&userId=${encodeURIComponent(credentials.testUserId)}`;
}
