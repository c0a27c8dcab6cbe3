import { connect, type Socket } from 'node:net';

export type OnAnswer = (status: number, body: string) => void;

/**
 * A keep-alive HTTP/1.1 connection that carries one request at a time, with as little work as that can be: the load
 * generator shares two cores with the exchange it measures. It understands answers with a content-length only.
 */
export class HttpConnection {
  readonly #socket: Socket;
  #onAnswer: OnAnswer | undefined;
  #pending = '';
  readonly #fail: (error: Error) => void;

  private constructor(socket: Socket, fail: (error: Error) => void) {
    this.#socket = socket;
    this.#fail = fail;
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => this.#take(chunk));
    socket.on('error', fail);
    socket.on('close', () => {
      if (this.#onAnswer !== undefined) fail(new Error('the exchange closed a connection with a request on it'));
    });
  }

  static open(host: string, port: number, fail: (error: Error) => void): Promise<HttpConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, host, () => {
        socket.off('error', reject);
        resolve(new HttpConnection(socket, fail));
      });
      socket.once('error', reject);
    });
  }

  /** Sends a whole request (ASCII). The next one may be sent when `onAnswer` is called. */
  send(request: string, onAnswer: OnAnswer): void {
    this.#onAnswer = onAnswer;
    this.#socket.write(request, 'latin1');
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
    const length = /content-length: (\d+)/i.exec(text.slice(0, head))?.[1];
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
    onAnswer?.(Number(text.slice(9, 12)), text.slice(head + 4, end));
  }
}
