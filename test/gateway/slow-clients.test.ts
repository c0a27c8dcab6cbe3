import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { startExchange, type TestExchange } from './exchange.ts';

let exchange: TestExchange;
let port: number;

before(async () => {
  exchange = await startExchange({ settings: { patience: { headers: 400, request: 800, idle: 1_500 } } });
  await exchange.app.listen({ host: '127.0.0.1', port: 0 });
  const address = exchange.app.server.address();
  assert.ok(typeof address === 'object' && address !== null);
  port = address.port;
});
after(() => exchange.close());

/** Far longer than this exchange's patience, for a busy machine, and shorter than the usual one. */
const SOON_MS = 25_000;

interface Ending {
  afterMs: number;
  text: string;
}

/** Connects, lets the test write, and tells when and with which words the connection ended. */
function meet(write: (socket: Socket) => void): Promise<Ending> {
  const started = performance.now();
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => write(socket));
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve({ afterMs: performance.now() - started, text }));
  });
}

/** Sends a text one character at a time. */
function drip(socket: Socket, text: string, everyMs: number): void {
  let next = 0;
  const timer = setInterval(() => {
    if (socket.destroyed || next === text.length) clearInterval(timer);
    else socket.write(text[next++]!);
  }, everyMs);
}

test('headers that drip in end with 408 in the error form', async () => {
  const { afterMs, text } = await meet((socket) =>
    drip(socket, `GET /healthz HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(500)}`, 20),
  );
  assert.match(text, /^HTTP\/1\.1 408 .*REQUEST_TIMEOUT/s);
  assert.ok(afterMs >= 400 && afterMs < SOON_MS, `${afterMs} ms`);
});

test('a body that drips in ends with 408', async () => {
  const head =
    'POST /orders HTTP/1.1\r\nHost: localhost\r\nx-user-id: u\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n';
  const { afterMs, text } = await meet((socket) => {
    socket.write(head);
    drip(socket, `{"symbol":"${'X'.repeat(480)}`, 20);
  });
  assert.match(text, /^HTTP\/1\.1 408 /);
  assert.ok(afterMs >= 800 && afterMs < SOON_MS, `${afterMs} ms`);
});

test('a connection that says nothing is closed', async () => {
  const { afterMs } = await meet(() => undefined);
  assert.ok(afterMs < SOON_MS, `${afterMs} ms`);
});

test('meanwhile others are served, before any slow one is given up', async (t) => {
  const patient = await startExchange({ settings: { patience: { headers: 60_000, request: 60_000, idle: 60_000 } } });
  t.after(() => patient.close());
  const url = await patient.app.listen({ host: '127.0.0.1', port: 0 });
  const slow = Array.from({ length: 50 }, () => connect(Number(new URL(url).port), '127.0.0.1'));
  for (const socket of slow) {
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost:');
  }
  const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(60_000) });
  assert.equal(response.status, 200);
  await response.text();
  assert.ok(slow.every((socket) => !socket.destroyed));
  for (const socket of slow) socket.destroy();
});
