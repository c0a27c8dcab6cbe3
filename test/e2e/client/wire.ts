import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Wire } from './scenario.ts';

const root = resolve(import.meta.dirname, '..', '..', '..');
/** Modules for a browser: the client package and the scenario, with their types taken out. */
const MODULES: Record<string, string> = { client: join(root, 'client', 'src'), scenario: import.meta.dirname };

/**
 * Stands between a client and the exchange: passes requests and WebSockets on, breaks them when it is told to, and serves
 * the client's modules to a browser on the same origin.
 */
export class TroubledWire implements Wire {
  readonly #server: Server;
  readonly #target: URL;
  readonly #sockets = new Set<Duplex>();
  #isCut = false;
  #losing = false;

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((incoming, outgoing) => {
      const module = moduleText(incoming.url ?? '');
      if (module !== undefined) {
        outgoing.setHeader('content-type', module.type);
        outgoing.end(module.text);
        return;
      }
      const { method, url: path, headers } = incoming;
      const passed = request(this.#target, { method, path, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      passed.on('error', () => outgoing.destroy());
      incoming.pipe(passed);
    });
    this.#server.on('upgrade', (incoming, client) => this.#upgrade(incoming, client));
  }

  static async open(target: string): Promise<TroubledWire> {
    const wire = new TroubledWire(target);
    await new Promise<void>((done) => wire.#server.listen(0, '127.0.0.1', done));
    return wire;
  }

  get url(): string {
    // A listening TCP server has an address with a port.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async cut(): Promise<void> {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  async mend(): Promise<void> {
    this.#isCut = false;
  }

  async loseNext(): Promise<void> {
    this.#losing = true;
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.closeAllConnections();
    return new Promise((done) => this.#server.close(() => done()));
  }

  #upgrade({ url, rawHeaders }: IncomingMessage, client: Duplex): void {
    client.on('error', () => client.destroy());
    if (this.#isCut) {
      client.destroy();
      return;
    }
    const exchange = connect(Number(this.#target.port), this.#target.hostname, () => {
      const pairs = Array.from({ length: rawHeaders.length / 2 }, (_, i) =>
        rawHeaders.slice(i * 2, i * 2 + 2).join(': '),
      );
      exchange.write(`GET ${url} HTTP/1.1\r\n${pairs.join('\r\n')}\r\n\r\n`);
      client.pipe(exchange);
      this.#passOn(exchange, client);
    });
    for (const [one, other] of [
      [client, exchange],
      [exchange, client],
    ] as const) {
      this.#sockets.add(one);
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    exchange.on('error', () => exchange.destroy());
  }

  /** The exchange writes whole frames, and private messages in a write of their own. */
  #passOn(exchange: Socket, client: Duplex): void {
    exchange.on('data', (bytes) => {
      if (this.#losing && bytes.includes('"type":"ORDER_STATUS"')) this.#losing = false;
      else client.write(bytes);
    });
  }
}

function moduleText(path: string): { type: string; text: string } | undefined {
  if (path === '/blank') return { type: 'text/html', text: '<!doctype html><title>client</title>' };
  const match = /^\/modules\/(\w+)\/([\w/.-]+\.ts)$/.exec(path);
  const folder = MODULES[match?.[1] ?? ''];
  if (folder === undefined || match?.[2] === undefined) return undefined;
  const text = stripTypeScriptTypes(readFileSync(join(folder, match[2]), 'utf8'));
  return { type: 'text/javascript', text };
}
