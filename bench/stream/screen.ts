import { connect, type Socket } from 'node:net';

/** A server frame is at most this long here: snapshots are many frames, not one. */
const HEADER_MAX = 10;

export interface ScreenHandlers {
  /** One text frame: the bytes from `start` to `end`. */
  frame(screen: Screen, bytes: Buffer, start: number, end: number): void;
  closed(screen: Screen): void;
}

/**
 * One client: a bare socket that speaks just enough WebSocket. Ten thousand and more of them share a core with each other: a
 * WebSocket and a JSON.parse for every message, as the client package has them, would measure the bench's own lateness
 * instead of the server's. What the package's sessions get is looked at beside them (sessions.ts).
 */
export class Screen {
  readonly index: number;
  readonly tier: 'realtime' | 'public';
  readonly symbol: string;
  /** Newest depth. */
  u = -1;
  /** Monotonic ms at which the connection was begun, and its first depth came. */
  begunAt = 0;
  shownAt = 0;
  readonly #handlers: ScreenHandlers;
  #socket: Socket | undefined;
  #rest: Buffer | undefined;
  #upgraded = false;

  constructor(index: number, tier: Screen['tier'], symbol: string, handlers: ScreenHandlers) {
    this.index = index;
    this.tier = tier;
    this.symbol = symbol;
    this.#handlers = handlers;
  }

  open(port: number, from: string): void {
    this.begunAt = performance.now();
    this.shownAt = 0;
    this.u = -1;
    this.#rest = undefined;
    this.#upgraded = false;
    const socket = connect({ port, host: '127.0.0.1', localAddress: from, noDelay: true });
    this.#socket = socket;
    const query = this.tier === 'realtime' ? `?testMode=true&userId=user${this.index}` : '';
    socket.write(
      `GET /ws${query} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    socket.on('data', (bytes) => this.#read(bytes));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.#socket === socket) this.#handlers.closed(this);
    });
  }

  /** Changes the main symbol, once connected. */
  subscribe(symbol: string): void {
    if (this.#upgraded) this.#socket?.write(clientFrame(JSON.stringify({ action: 'subscribe', main: symbol })));
  }

  drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.resetAndDestroy();
  }

  #read(bytes: Buffer): void {
    let data = this.#rest === undefined ? bytes : Buffer.concat([this.#rest, bytes]);
    this.#rest = undefined;
    if (!this.#upgraded) {
      const end = data.indexOf('\r\n\r\n');
      if (end === -1) {
        this.#rest = data;
        return;
      }
      if (!data.subarray(0, 12).equals(SWITCHING)) throw new Error(data.subarray(0, end).toString());
      this.#upgraded = true;
      this.#socket!.write(
        Buffer.concat([
          clientFrame('{"action":"stamp"}'),
          clientFrame(JSON.stringify({ action: 'subscribe', main: this.symbol })),
        ]),
      );
      data = data.subarray(end + 4);
    }
    let at = 0;
    for (;;) {
      const next = this.#frame(data, at);
      if (next === -1) break;
      at = next;
    }
    if (at < data.length) this.#rest = data.subarray(at);
  }

  /** Handles the frame at `at`; the offset behind it, or -1 when it is not whole yet. */
  #frame(data: Buffer, at: number): number {
    if (data.length < at + 2) return -1;
    const short = data[at + 1]!;
    let start = at + 2;
    let length = short;
    if (short >= 126) {
      if (data.length < at + HEADER_MAX) return -1;
      length = short === 126 ? data.readUInt16BE(at + 2) : data.readUInt32BE(at + 6);
      start = at + (short === 126 ? 4 : HEADER_MAX);
    }
    const end = start + length;
    if (data.length < end) return -1;
    const opcode = data[at]!;
    if (opcode === 0x81) this.#handlers.frame(this, data, start, end);
    else if (opcode === 0x89) this.#socket!.write(EMPTY_PONG);
    else if (opcode !== 0x88) throw new Error(`frame of unknown kind ${opcode}`);
    return end;
  }
}

const SWITCHING = Buffer.from('HTTP/1.1 101');
/** Masked with zeros, which is a mask like any other. */
const EMPTY_PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

function clientFrame(text: string): Buffer {
  const body = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | body.length, 0, 0, 0, 0]), body]);
}
