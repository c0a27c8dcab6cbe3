import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { WebSocket } from 'ws';
import { parse } from 'yaml';
import { InProcessCache } from '../../src/adapters/cache/in-process/in-process-cache.ts';
import { SystemChance, SystemClock } from '../../src/adapters/clock/system.ts';
import { silentLog } from '../../src/ports/log.ts';
import { silentMetrics } from '../../src/ports/metrics.ts';
import { createAuthenticator } from '../../src/services/auth/authenticator.ts';
import { Hub, type HubDeps } from '../../src/services/gateway/websocket/hub.ts';
import { Streamer } from '../../src/services/streamer/streamer.ts';

/** A hub with everything real around it (server, sockets, cache, clock, test mode of the authenticator). */
export interface HubUnderTest {
  hub: Hub;
  streamer: Streamer;
  cache: InProcessCache;
  clock: SystemClock;
  server: Server;
  port: number;
  massCancels: { userId: string; at: number }[];
  connect(query?: string): Promise<TestClient>;
  close(): Promise<void>;
}

export async function startHub(overrides: Partial<HubDeps> = {}): Promise<HubUnderTest> {
  const clock = new SystemClock();
  const cache = new InProcessCache(clock);
  const log = silentLog;
  const metrics = silentMetrics;
  const streamer = new Streamer({ cache, clock, log, metrics, source: 'signal' });
  const massCancels: HubUnderTest['massCancels'] = [];
  const hub = new Hub({
    authenticator: createAuthenticator({ allowTestMode: true }, { clock, log }),
    streamer,
    cache,
    router: {
      async massCancel(userId) {
        massCancels.push({ userId, at: clock.monotonic() });
        return { symbols: [], request_id: 'r' };
      },
    },
    privateTexts: async () => [],
    lastUseq: () => 0,
    knowsSymbol: (symbol) => ['TEST', 'A', 'B', 'C'].includes(symbol),
    clock,
    chance: new SystemChance(clock),
    log,
    metrics,
    ...overrides,
  });
  const server = createServer((_, response) => response.end('hello'));
  hub.attach(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  streamer.start();
  const { port } = server.address() as AddressInfo;
  const clients: TestClient[] = [];
  return {
    hub,
    streamer,
    cache,
    clock,
    server,
    port,
    massCancels,
    async connect(query = '') {
      const client = await TestClient.open(port, query);
      clients.push(client);
      return client;
    },
    async close() {
      for (const client of clients) client.ws.terminate();
      await hub.close();
      streamer.close();
      await cache.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The documented schemas of messages, by their kind on the wire. */
const SCHEMAS: Record<string, string> = {
  d: 'Depth',
  trade: 'Trade',
  candle: 'Candle',
  candle_close: 'Candle',
  t: 'Ticker',
  tick: 'Tick',
  SUBSCRIBED: 'Subscribed',
  RESUMED: 'Resumed',
  CANCEL_ON_DISCONNECT: 'CancelOnDisconnectSet',
  PONG: 'Pong',
  ERROR: 'Error',
  ORDER_STATUS: 'OrderStatus',
  FILL: 'Fill',
};
const root = join(import.meta.dirname, '..', '..');
const ajv = new Ajv2020({ strict: false });
ajv.addSchema(parse(readFileSync(join(root, 'docs', 'asyncapi.yaml'), 'utf8')), 'asyncapi');

/** Throws when the AsyncAPI document does not know a message, or describes it otherwise. */
export function assertDocumented(message: Received): void {
  const kind = String(message.e ?? message.type);
  const validate = ajv.getSchema(`asyncapi#/components/schemas/${SCHEMAS[kind]}`);
  if (!validate) throw new Error(`undocumented message ${JSON.stringify(message)}`);
  if (!validate(message)) throw new Error(`${JSON.stringify(message)}: ${ajv.errorsText(validate.errors)}`);
}

/** Loosely typed on purpose: a test looks at whatever came. */
export type Received = Record<string, unknown> & { data?: Record<string, unknown> };

/** A client that keeps everything it gets. */
export class TestClient {
  readonly ws: WebSocket;
  readonly received: Received[] = [];
  readonly closed: Promise<number>;
  #wake: () => void = () => {};

  static async open(port: number, query: string): Promise<TestClient> {
    const ws = new WebSocket(`ws://127.0.0.1:${port}/ws${query}`);
    const client = new TestClient(ws);
    await new Promise((resolve, reject) => {
      ws.once('open', resolve);
      ws.once('error', reject);
    });
    return client;
  }

  private constructor(ws: WebSocket) {
    this.ws = ws;
    ws.on('message', (data) => {
      const message = JSON.parse(String(data)) as Received;
      assertDocumented(message);
      this.received.push(message);
      this.#wake();
    });
    this.closed = new Promise((resolve) => ws.on('close', resolve));
  }

  send(message: unknown): void {
    this.ws.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The first message (already here or still to come) that fits. */
  async until(fits: (message: Received) => boolean, what = 'message', ms = 60_000): Promise<Received> {
    const end = Date.now() + ms;
    for (;;) {
      const found = this.received.find(fits);
      if (found) return found;
      const left = end - Date.now();
      if (left <= 0) throw new Error(`no ${what} within ${ms} ms; got ${JSON.stringify(this.received).slice(0, 500)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Sends and waits for the answer that carries the same id. */
  async ask(message: Record<string, unknown>): Promise<Received> {
    const id = `q${Math.random()}`;
    this.send({ ...message, id });
    return this.until((one) => one.id === id, `answer to ${JSON.stringify(message)}`);
  }
}
