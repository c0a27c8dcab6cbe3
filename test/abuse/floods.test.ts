import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { type RunningExchange, startExchange } from '../servers/exchange.ts';
import { as, asAdmin, ask } from './ask.ts';

// The real server under floods: others are served, memory stays bounded, and afterwards nothing of it is left.

const SLOW = 400;
const IDLE = 1_000;
const SOCKETS = 50;
const SUBSCRIBES = 1_500;
/** What a flood may cost: a few hundred connections are a few megabytes, the rest is the collector's slack. */
const GROWTH_MAX_KB = 300 * 1024;
/** Served meanwhile means: within this, on a machine that does other things too. */
const SERVED_MS = 60_000;

let folder: string;
let exchange: RunningExchange;
let port: number;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supernoba-abuse-'));
  exchange = await startExchange({ dataDir: folder });
  port = Number(new URL(exchange.url).port);
  const made = await ask(exchange.url, 'POST', '/admin/symbols', asAdmin, { symbol: 'ABUSE', reference_price: 100 });
  assert.equal(made.status, 200, made.text);
  await ask(exchange.url, 'POST', '/admin/accounts/u/deposit', asAdmin, { asset: 'KRW', amount: 1_000_000 });
});
after(async () => {
  exchange?.process.kill('SIGKILL');
  await exchange?.exited;
  await rm(folder, { recursive: true, force: true });
});

/** Resident memory of the server in KB; undefined where the system does not tell. */
function memoryKb(): number | undefined {
  try {
    const status = readFileSync(`/proc/${exchange.process.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  } catch {
    return undefined;
  }
}

function assertBounded(before: number | undefined): void {
  const now = memoryKb();
  if (before === undefined || now === undefined) return;
  assert.ok(now - before < GROWTH_MAX_KB, `memory grew from ${before} to ${now} KB`);
}

/** Others trade and look while the flood goes on. */
async function assertOthersAreServed(): Promise<void> {
  for (let i = 0; i < 10; i += 1) {
    const started = performance.now();
    const order = { symbol: 'ABUSE', side: 'BUY', price: 100, quantity: 1 };
    const placed = await ask(exchange.url, 'POST', '/orders', as('u'), order);
    assert.equal(placed.status, 200, placed.text);
    assert.equal((await ask(exchange.url, 'GET', '/depth?symbol=ABUSE')).status, 200);
    assert.ok(performance.now() - started < SERVED_MS, `${Math.round(performance.now() - started)} ms`);
  }
}

function open(count: number): Promise<Socket[]> {
  return Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<Socket>((resolve) => {
          const socket = connect(port, '127.0.0.1', () => resolve(socket));
          socket.on('error', () => resolve(socket));
          socket.on('data', () => {});
        }),
    ),
  );
}

const closed = (sockets: readonly Socket[]) => sockets.filter(({ destroyed }) => destroyed).length;

test(`${SLOW} clients that drip their headers and bodies are hung up on, and meanwhile others are served`, async (t) => {
  const before = memoryKb();
  const slow = await open(SLOW);
  const head = 'POST /orders HTTP/1.1\r\nHost: localhost\r\nx-user-id: u\r\nContent-Type: application/json\r\n';
  slow.forEach((socket, i) => {
    socket.write(i % 2 === 0 ? head : `${head}Content-Length: 60000\r\n\r\n{`);
  });
  const dripping = setInterval(() => {
    for (const socket of slow) if (socket.writable) socket.write('x');
  }, 500);
  try {
    await assertOthersAreServed();
    assertBounded(before);
    const patience = performance.now() + 200_000;
    while (closed(slow) < SLOW && performance.now() < patience) await sleep(200);
    assert.equal(closed(slow), SLOW, 'slow clients that still hold a connection');
    t.diagnostic(`memory ${before} -> ${memoryKb()} KB`);
  } finally {
    clearInterval(dripping);
    for (const socket of slow) socket.destroy();
  }
});

test(`${IDLE} connections that say nothing keep nobody out`, async () => {
  const before = memoryKb();
  const idle = await open(IDLE);
  try {
    await assertOthersAreServed();
    assertBounded(before);
  } finally {
    for (const socket of idle) socket.destroy();
  }
});

test(`${SOCKETS} sockets that each send ${SUBSCRIBES} subscribes at once are told to slow down, and closed`, async (t) => {
  const before = memoryKb();
  const codes: number[] = [];
  const told = new Set<WebSocket>();
  const sockets = await Promise.all(
    Array.from(
      { length: SOCKETS },
      () =>
        new Promise<WebSocket>((resolve) => {
          const socket = new WebSocket(`${exchange.url.replace('http', 'ws')}/ws`);
          socket.once('open', () => resolve(socket));
          socket.on('error', () => {});
          socket.on('close', (code) => codes.push(code));
          socket.on('message', (data) => {
            if (String(data).includes('RATE_LIMITED')) told.add(socket);
          });
        }),
    ),
  );
  const many = JSON.stringify({ action: 'subscribe', sub: Array.from({ length: 100 }, (_, i) => `S${i}`) });
  for (const socket of sockets) {
    for (let i = 0; i < SUBSCRIBES; i += 1) socket.send(i % 2 === 0 ? many : '{"action":"subscribe","main":"ABUSE"}');
    await sleep(1); // the flood shares its process with those who want to be served
  }
  await assertOthersAreServed();
  // A server that is slow itself sees them come more slowly: then it has told them, and goes on telling. One goes on.
  const isMet = (socket: WebSocket) => socket.readyState === WebSocket.CLOSED || told.has(socket);
  const [stubborn] = sockets;
  const patience = performance.now() + 150_000;
  while (!(sockets.every(isMet) && codes.length > 0) && performance.now() < patience) {
    if (stubborn?.bufferedAmount === 0) for (let i = 0; i < SUBSCRIBES; i += 1) stubborn.send('{"action":"ping"}');
    await sleep(50);
  }
  for (const socket of sockets) socket.terminate();
  assert.ok(sockets.every(isMet), 'every flood was told to slow down, or closed');
  assert.ok(codes.includes(1008), `close codes ${[...new Set(codes)]}`);
  assertBounded(before);
  t.diagnostic(`memory ${before} -> ${memoryKb()} KB`);
});

test('a limit per address is not evaded by headers that name other addresses', async () => {
  const limited = await startExchange({
    dataDir: join(folder, 'limited'),
    env: { RATE_LIMIT_IP_RPM: '40' },
  });
  try {
    const names = [
      'x-forwarded-for',
      'x-real-ip',
      'x-client-ip',
      'cf-connecting-ip',
      'true-client-ip',
      'forwarded',
      'via',
    ];
    const statuses: number[] = [];
    for (let i = 0; i < 80; i += 1) {
      const name = names[i % names.length]!;
      const address = `10.0.0.${i}`;
      const headers = { [name]: name === 'forwarded' ? `for=${address}` : address };
      statuses.push((await ask(limited.url, 'GET', '/symbols', headers)).status);
    }
    // The minute may turn once on the way, which opens a second window and no third.
    const passed = statuses.filter((status) => status === 200).length;
    assert.ok(statuses.includes(429) && passed <= 80 - 1, `${passed} of 80 passed`);
    assert.ok(passed >= 40 && statuses.every((status) => status === 200 || status === 429), String(statuses));
    const refused = await ask(limited.url, 'GET', '/symbols', { 'x-forwarded-for': '203.0.113.9' });
    assert.ok(refused.status === 200 || /^\d+$/.test(String(refused.headers['retry-after'])));
  } finally {
    limited.process.kill('SIGKILL');
    await limited.exited;
  }
});

test('after the floods the server is well and stops in order', async () => {
  assert.equal((await ask(exchange.url, 'GET', '/readyz')).status, 200);
  exchange.process.kill('SIGTERM');
  assert.equal(await exchange.exited, 0, exchange.stderr());
});
