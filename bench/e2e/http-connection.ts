import { connect, type Socket } from 'node:net';
import type { HttpAnswer, HttpRequest, Transport } from '../../client/src/index.ts';

/** Well under the 10 s that the exchange gives a new connection for its first request. */
const IDLE_MS = 5_000;

/**
 * A keep-alive HTTP/1.1 connection that carries one request at a time, with as little work as that can be: the load
 * generator shares two cores with the exchange it measures, and a fetch costs it several times what the exchange's answer
 * does. It understands answers with a content-length only.
 */
class HttpConnection {
  readonly #socket: Socket;
  #onAnswer: ((answer: HttpAnswer) => void) | undefined;
  #pending = '';
  readonly #fail: (error: Error) => void;
  #lastUsed = performance.now();

  private constructor(socket: Socket, fail: (error: Error) => void, onIdleClose: () => void) {
    this.#socket = socket;
    this.#fail = fail;
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => this.#take(chunk));
    socket.on('error', fail);
    socket.on('close', () => {
      if (this.#onAnswer !== undefined) fail(new Error('the exchange closed a connection with a request on it'));
      else onIdleClose();
    });
  }

  /** @param onIdleClose the exchange has closed it with no request on it, as it does with connections that long say nothing */
  static open(
    host: string,
    port: number,
    fail: (error: Error) => void,
    onIdleClose: () => void,
  ): Promise<HttpConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, host, () => {
        socket.off('error', reject);
        resolve(new HttpConnection(socket, fail, onIdleClose));
      });
      socket.once('error', reject);
    });
  }

  /** Sends a whole request (ASCII). The next one may be sent when `onAnswer` is called. */
  send(request: string, onAnswer: (answer: HttpAnswer) => void): void {
    this.#onAnswer = onAnswer;
    this.#lastUsed = performance.now();
    this.#socket.write(request, 'latin1');
  }

  /** Whether a request may be sent on it: one that was idle for long may be closed by the exchange at this moment. */
  get isFresh(): boolean {
    return !this.#socket.destroyed && this.#socket.writable && performance.now() - this.#lastUsed < IDLE_MS;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: string): void {
    const text = this.#pending === '' ? chunk : this.#pending + chunk;
    const head = text.indexOf('\r\n\r\n');
    if (head === -1) {
      this.#pending = text;
      return;
    }
    const headers = text.slice(0, head);
    const length = /content-length: (\d+)/i.exec(headers)?.[1];
    if (length === undefined) {
      this.#fail(new Error(`an answer without content-length: ${text.slice(0, 200)}`));
      return;
    }
    const end = head + 4 + Number(length);
    if (text.length < end) {
      this.#pending = text;
      return;
    }
    this.#pending = text.slice(end);
    const onAnswer = this.#onAnswer;
    this.#onAnswer = undefined;
    onAnswer?.({
      status: Number(text.slice(9, 12)),
      header: (name) => new RegExp(`^${name}: *(.*)$`, 'im').exec(headers)?.[1],
      text: text.slice(head + 4, end),
    });
  }
}

interface Waiting {
  request: string;
  onAnswer(answer: HttpAnswer): void;
}

/** Connections for the clients of one load; a request that finds none free waits its turn. */
export class HttpPool {
  readonly #free: HttpConnection[] = [];
  #closed = false;
  readonly #queue: Waiting[] = [];
  /** The headers of a client are one object for all its requests: their text is made once. */
  readonly #texts = new WeakMap<HttpRequest['headers'], string>();
  /** Requests that had to wait for a free connection. */
  waited = 0;

  static async open(
    { host, port, connections }: { host: string; port: number; connections: number },
    fail: (error: Error) => void,
  ): Promise<HttpPool> {
    const pool = new HttpPool();
    const connect = () => HttpConnection.open(host, port, fail, replace);
    const replace = () => {
      if (pool.#closed) return;
      connect().then((connection) => pool.#give(connection), fail);
    };
    for (let i = 0; i < connections; i++) pool.#free.push(await connect());
    return pool;
  }

  /** The way of the clients' requests. */
  readonly transport: Transport = (request) =>
    new Promise((onAnswer) => {
      const waiting = { request: this.#textOf(request), onAnswer };
      const connection = this.#takeFree();
      if (connection !== undefined) {
        this.#send(connection, waiting);
        return;
      }
      this.waited += 1;
      this.#queue.push(waiting);
    });

  close(): void {
    this.#closed = true;
    for (const connection of this.#free) connection.close();
  }

  /** The one that was used last, so that few are used at a low rate; those that were idle for long are closed, and replaced. */
  #takeFree(): HttpConnection | undefined {
    for (let connection = this.#free.pop(); connection !== undefined; connection = this.#free.pop()) {
      if (connection.isFresh) return connection;
      connection.close();
    }
    return undefined;
  }

  #send(connection: HttpConnection, { request, onAnswer }: Waiting): void {
    connection.send(request, (answer) => {
      this.#give(connection);
      onAnswer(answer);
    });
  }

  /** A connection is free: for who waits first, else for the next. */
  #give(connection: HttpConnection): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#free.push(connection);
    else this.#send(connection, next);
  }

  #textOf({ method, path, headers, body }: HttpRequest): string {
    let text = this.#texts.get(headers);
    if (text === undefined) {
      text = Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('');
      this.#texts.set(headers, text);
    }
    const head = `${method} ${path} HTTP/1.1\r\nhost: localhost\r\n${text}`;
    return body === undefined ? `${head}\r\n` : `${head}content-length: ${body.length}\r\n\r\n${body}`;
  }
}
