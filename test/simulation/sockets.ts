import { EventEmitter } from 'node:events';
import { IncomingMessage, type Server } from 'node:http';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Clock } from '../../src/ports/clock.ts';

/** A server without a port: what arrives at it is made by the simulation. */
export class SimulatedServer extends EventEmitter {
  /** As the hub takes it: of a server it uses the event `upgrade` only. */
  get asServer(): Server {
    return this as unknown as Server;
  }

  /** Asks for a WebSocket on a line. */
  upgrade(line: SimulatedLine, url: string): void {
    const request = new IncomingMessage(new Socket());
    request.method = 'GET';
    request.url = url;
    request.headers = {
      host: 'localhost',
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'c2ltdWxhdGVkIGxpbmU9PQ==',
      'sec-websocket-version': '13',
    };
    this.emit('upgrade', request, line, Buffer.alloc(0));
  }
}

/**
 * The server's end of a connection. A slow reader takes a write only after a while, and until then its bytes are the
 * server's to keep: they are looked at when they are taken.
 */
export class SimulatedLine extends Duplex {
  readonly #clock: Clock;
  readonly #slowMs: number;
  readonly #onBytes: (bytes: Buffer) => void;

  constructor(clock: Clock, slowMs: number, onBytes: (bytes: Buffer) => void) {
    super({ allowHalfOpen: false });
    this.#clock = clock;
    this.#slowMs = slowMs;
    this.#onBytes = onBytes;
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const take = () => {
      this.#onBytes(Buffer.from(bytes));
      done();
    };
    if (this.#slowMs === 0) take();
    else this.#clock.setTimeout(take, this.#slowMs);
  }
}

const TEXT = 0x1;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;
const HEAD_END = '\r\n\r\n';

/** The client's side of the protocol (RFC 6455): reads what a server writes, in pieces as they come. */
export class FrameReader {
  readonly #handlers: { onOpen(): void; onRefused(head: string): void; onText(text: string): void; onClose(): void };
  readonly #pong: (payload: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);
  #isOpen = false;

  constructor(
    handlers: { onOpen(): void; onRefused(head: string): void; onText(text: string): void; onClose(): void },
    pong: (payload: Buffer) => void,
  ) {
    this.#handlers = handlers;
    this.#pong = pong;
  }

  push(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    if (!this.#isOpen && !this.#readHead()) return;
    for (let frame = this.#frame(); frame !== undefined; frame = this.#frame()) this.#take(frame.kind, frame.payload);
  }

  #readHead(): boolean {
    const end = this.#rest.indexOf(HEAD_END);
    if (end === -1) return false;
    const head = this.#rest.toString('latin1', 0, end);
    this.#rest = this.#rest.subarray(end + HEAD_END.length);
    if (!head.startsWith('HTTP/1.1 101')) {
      this.#handlers.onRefused(head);
      return false;
    }
    this.#isOpen = true;
    this.#handlers.onOpen();
    return true;
  }

  #frame(): { kind: number; payload: Buffer } | undefined {
    const bytes = this.#rest;
    if (bytes.length < 2) return undefined;
    const short = bytes[1]! & 0x7f;
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length < head) return undefined;
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < head + length) return undefined;
    this.#rest = bytes.subarray(head + length);
    return { kind: bytes[0]! & 0xf, payload: bytes.subarray(head, head + length) };
  }

  #take(kind: number, payload: Buffer): void {
    if (kind === TEXT) this.#handlers.onText(payload.toString());
    else if (kind === PING) this.#pong(payload);
    else if (kind === CLOSE) this.#handlers.onClose();
  }
}

/** A text as a client sends it: masked. */
export function clientText(text: string): Buffer {
  return clientFrame(TEXT, Buffer.from(text));
}

export function clientPong(payload: Buffer): Buffer {
  return clientFrame(PONG, payload);
}

/** Payloads of a client are short here: below 126 bytes a frame has a head of two bytes and a mask of four. */
function clientFrame(kind: number, payload: Buffer): Buffer {
  if (payload.length > 125) throw new RangeError('the simulated client sends short messages only');
  const mask = [0x37, 0xfa, 0x21, 0x3d];
  const frame = Buffer.alloc(6 + payload.length);
  frame[0] = 0x80 | kind;
  frame[1] = 0x80 | payload.length;
  frame.set(mask, 2);
  payload.forEach((byte, i) => {
    frame[6 + i] = byte ^ mask[i % 4]!;
  });
  return frame;
}
