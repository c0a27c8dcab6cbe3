import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { connect } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HubUnderTest, startHub } from '../../../../test/support/hub.ts';
import { SystemClock } from '../../../adapters/clock/system.ts';
import { ExchangeError } from '../../../domain/errors.ts';
import type { Timer } from '../../../ports/clock.ts';
import { silentLog } from '../../../ports/log.ts';
import { createAuthenticator } from '../../auth/authenticator.ts';
import { LIMITS } from './limits.ts';

const SECRET = 'a-secret-of-at-least-thirty-two-bytes!';
const HOUR_MS = 3_600_000;

/** The machine's clock, on which an hour is over when the test says so: nothing depends on how fast the machine is. */
class TestClock extends SystemClock {
  #aheadMs = 0;
  readonly #waiting = new Set<() => void>();

  override now(): number {
    return super.now() + this.#aheadMs;
  }

  override setTimeout(callback: () => void, ms: number): Timer {
    if (ms < HOUR_MS) return super.setTimeout(callback, ms);
    this.#waiting.add(callback);
    return { cancel: () => this.#waiting.delete(callback) };
  }

  passAnHour(): void {
    this.#aheadMs += HOUR_MS;
    for (const callback of this.#waiting) callback();
    this.#waiting.clear();
  }
}

/** Stands in for the notifier: numbers 1 to `last` of anybody's messages. */
let log: { last: number; delayMs: number; keptFrom?: number };
let clock: TestClock;
let t: HubUnderTest;

beforeEach(async () => {
  log = { last: 0, delayMs: 0 };
  clock = new TestClock();
  t = await startHub({
    clock,
    authenticator: createAuthenticator(
      { allowTestMode: true, jwtSecret: SECRET, leewaySeconds: 0 },
      { clock, log: silentLog },
    ),
    privateTexts: async (_, from, limit) => {
      await sleep(log.delayMs);
      if (from < (log.keptFrom ?? 0)) throw new ExchangeError('EVENTS_GONE');
      const to = Math.min(log.last, from + limit - 1);
      return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => message(from + i));
    },
    lastUseq: () => log.last,
  });
});
afterEach(() => t.close());

function message(useq: number): string {
  const terms = { order_id: 'o', client_order_id: null, symbol: 'TEST', side: 'BUY' };
  const trade = { filled_qty: 1, filled_price: 1, remaining_qty: 0, status: 'FILLED', trade_id: 'TEST-1', fee: 0 };
  return JSON.stringify({ type: 'FILL', data: { ...terms, ...trade, seq: 1, useq } });
}

async function until(right: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  while (!right()) {
    assert.ok(performance.now() < end, `not in time: ${right}`);
    await sleep(5);
  }
}

/** A token that ends within the hour. */
function token(sub: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(clock.now() / 1_000);
  const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub, iat: now, exp: now + HOUR_MS / 1_000 })}`;
  return `${body}.${createHmac('sha256', SECRET).update(body).digest('base64url')}`;
}

test('who resumes from beyond the end is told where the end is, and misses nothing that comes', async () => {
  log = { last: 5, delayMs: 20 };
  const client = await t.connect('?testMode=true&userId=u1');
  client.send({ action: 'resume', from: 900, id: 'r' });
  await sleep(5);
  log.last = 6;
  t.hub.toUser('u1', [message(6)], 6);
  const resumed = await client.until((m) => m.type === 'RESUMED');
  assert.deepEqual([resumed.from, resumed.next], [900, 7]);
  await client.until((m) => m.type === 'FILL' && m.data?.useq === 6);
});

test('resume sends what was missed and then goes over to live messages, without a gap, a double or a change of order', async () => {
  log = { last: 950, delayMs: 20 };
  const client = await t.connect('?testMode=true&userId=u1');
  client.send({ action: 'resume', from: 11, id: 'r' });
  await sleep(15);
  const until = Date.now() + 200;
  while (Date.now() < until) {
    // Durable first, then pushed, as the notifier does.
    log.last += 1;
    t.hub.toUser('u1', [message(log.last)], log.last);
    await sleep(1);
  }
  const resumed = await client.until((m) => m.type === 'RESUMED');
  log.last += 1;
  t.hub.toUser('u1', [message(log.last)], log.last);
  await client.until((m) => m.data?.useq === log.last);
  const numbers = client.received.flatMap((m) => (m.data ? [m.data.useq] : []));
  assert.deepEqual(
    numbers,
    Array.from({ length: log.last - 10 }, (_, i) => 11 + i),
  );
  assert.deepEqual([resumed.from, resumed.id], [11, 'r']);
});

test('a live message that a failing resume held back comes right after the refusal', async () => {
  log = { last: 900, delayMs: 20, keptFrom: 500 };
  const client = await t.connect('?testMode=true&userId=u1');
  client.send({ action: 'resume', from: 11, id: 'r' });
  await sleep(5);
  log.last = 901;
  t.hub.toUser('u1', [message(901)], 901);
  await client.until((m) => m.data?.useq === 901);
  assert.deepEqual(
    client.received.map((m) => m.code ?? m.data?.useq),
    ['EVENTS_GONE', 901],
  );
  log.last = 902;
  t.hub.toUser('u1', [message(902)], 902);
  await client.until((m) => m.data?.useq === 902);
});

test('a token that expires ends the private feed with a clear message; public data goes on at the anonymous pace', async () => {
  const client = await t.connect(`?token=${token('u1')}`);
  const answer = await client.ask({ action: 'subscribe', main: 'TEST' });
  assert.equal(answer.tier, 'realtime');
  t.hub.toUser('u1', [message(1)], 1);
  await client.until((m) => m.data?.useq === 1);
  clock.passAnHour();
  const ended = await client.until((m) => m.type === 'ERROR', 'end of the login');
  assert.equal(ended.code, 'TOKEN_EXPIRED');
  assert.match(String(ended.error), /private messages have ended/);
  assert.equal(t.hub.toUser('u1', [message(2)], 2), false);
  assert.equal((await client.ask({ action: 'resume', from: 1 })).code, 'UNAUTHENTICATED');
  assert.equal((await client.ask({ action: 'subscribe', sub: ['A'] })).tier, 'public');
  await t.hub.flushKeys();
  assert.deepEqual(await t.cache.setMembers('user:u1:connections'), []);
  assert.deepEqual(await t.cache.setMembers('realtime:connections'), []);
});

test('nothing private goes out after the expiry, even before anybody swept', async () => {
  const client = await t.connect(`?token=${token('u1')}`);
  clock.passAnHour();
  t.hub.toUser('u1', [message(1)], 1);
  await client.until((m) => m.code === 'TOKEN_EXPIRED');
  await sleep(20);
  assert.equal(client.received.length, 1);
});

test('cancel_on_disconnect cancels after the grace, unless the user came back and asked again', async () => {
  const first = await t.connect('?testMode=true&userId=u1');
  assert.equal((await first.ask({ action: 'cancel_on_disconnect', after_ms: 80 })).type, 'CANCEL_ON_DISCONNECT');
  const lostAt = performance.now();
  first.ws.terminate();
  await until(() => t.massCancels.length > 0);
  assert.equal(t.massCancels.length, 1);
  assert.ok(t.massCancels[0]!.at - lostAt >= 79);

  const second = await t.connect('?testMode=true&userId=u1');
  await second.ask({ action: 'cancel_on_disconnect', after_ms: HOUR_MS });
  second.ws.terminate();
  await until(() => t.hub.size === 0);
  const third = await t.connect('?testMode=true&userId=u1');
  await third.ask({ action: 'cancel_on_disconnect', after_ms: 80 });
  clock.passAnHour();
  await sleep(150);
  assert.equal(t.massCancels.length, 1, 'the new connection took over');

  await third.ask({ action: 'cancel_on_disconnect', after_ms: null });
  third.ws.close();
  await sleep(150);
  assert.equal(t.massCancels.length, 1, 'turned off');

  const fourth = await t.connect('?testMode=true&userId=u2');
  await fourth.ask({ action: 'cancel_on_disconnect', after_ms: 0 });
  const fifth = await t.connect('?testMode=true&userId=u2');
  fourth.ws.close();
  await until(() => t.massCancels.length > 1);
  assert.equal(t.massCancels.length, 2, 'another open connection that did not ask calls nothing off');
  fifth.ws.close();
});

test('who came back and asked again in time keeps his orders, even where the cache was wiped since', async () => {
  const before = t.massCancels.length;
  const ask = async (after_ms: number) => {
    const client = await t.connect('?testMode=true&userId=u3');
    await client.ask({ action: 'cancel_on_disconnect', after_ms });
    return client;
  };
  const first = await ask(HOUR_MS);
  first.ws.terminate();
  await until(() => t.hub.size === 0);
  const second = await ask(0);
  const third = await ask(0);
  await t.cache.flush();
  clock.passAnHour();
  second.ws.terminate();
  await until(() => t.hub.size === 1);
  await sleep(50);
  assert.equal(t.massCancels.length, before, 'the third connection has taken over from both');
  third.ws.terminate();
  await until(() => t.massCancels.length > before);
});

test('the cache knows connections, users, symbols and main symbols, and forgets them', async () => {
  const client = await t.connect('?testMode=true&userId=u1');
  const anonymous = await t.connect();
  await client.ask({ action: 'subscribe', main: 'TEST', sub: ['A'] });
  await anonymous.ask({ action: 'subscribe', main: 'B', symbols: ['TEST'] });
  await t.hub.flushKeys();
  const [one, two] = t.hub.connections();
  const [id, anonymousId] = [one!.id, two!.id];
  const info = JSON.parse((await t.cache.get(`ws:${id}`)) ?? '');
  assert.deepEqual([info.userId, info.isLoggedIn, typeof info.connectedAt], ['u1', true, 'number']);
  assert.deepEqual(JSON.parse((await t.cache.get(`ws:${anonymousId}`)) ?? '').isLoggedIn, false);
  const sets = async () =>
    Promise.all(
      [
        'user:u1:connections',
        'realtime:connections',
        'symbol:TEST:main',
        'symbol:A:sub',
        'symbol:TEST:subscribers',
        'subscribed:symbols',
      ].map(async (key) => (await t.cache.setMembers(key)).sort()),
    );
  assert.deepEqual(await sets(), [[id], [id], [id], [id], [anonymousId], ['A', 'B', 'TEST']]);
  assert.equal(await t.cache.get(`conn:${id}:main`), 'TEST');
  await client.ask({ action: 'subscribe', main: 'A' });
  await t.hub.flushKeys();
  assert.equal(await t.cache.get(`conn:${id}:main`), 'A');
  assert.deepEqual(await t.cache.setMembers('symbol:TEST:main'), []);
  client.ws.close();
  anonymous.ws.terminate();
  await Promise.all([client.closed, anonymous.closed]);
  await until(() => t.hub.size === 0);
  await t.hub.flushKeys();
  assert.deepEqual(await sets(), [[], [], [], [], [], []]);
  assert.deepEqual(
    (await t.cache.keys('*')).filter((key) => !key.startsWith('gateway:') && !key.startsWith('cod:')),
    [],
  );
});

test('the sweep removes connections of a gateway that died, and leaves those of a living one', async () => {
  await t.cache.set('gateway:alive', '1');
  await t.cache.set('ws:dead.1', '{}');
  await t.cache.set('conn:dead.1:main', 'TEST');
  await t.cache.setAdd('realtime:connections', 'dead.1', 'alive.1');
  await t.cache.setAdd('user:u9:connections', 'dead.1');
  await t.cache.setAdd('symbol:TEST:main', 'dead.1');
  await t.cache.setAdd('symbol:A:sub', 'alive.1');
  await t.cache.setAdd('subscribed:symbols', 'TEST', 'A');
  await t.hub.sweepKeys();
  assert.deepEqual(await t.cache.setMembers('realtime:connections'), ['alive.1']);
  assert.deepEqual(await t.cache.setMembers('user:u9:connections'), []);
  assert.deepEqual(await t.cache.setMembers('subscribed:symbols'), ['A']);
  assert.equal(await t.cache.get('ws:dead.1'), undefined);
  assert.equal(await t.cache.get('conn:dead.1:main'), undefined);
});

/** What the kernel takes for a client that does not read is far less than so many depths of 200 KB. */
const CHANGES_MAX = 1_000;

/** A client that says hello and then never reads. */
async function deafClient(query: string, ...messages: object[]) {
  const socket = connect({ port: t.port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  const gone = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.write(
    `GET /ws${query} HTTP/1.1\r\nHost: 127.0.0.1:${t.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  await new Promise((resolve) => socket.once('data', resolve));
  for (const message of messages) {
    const body = Buffer.from(JSON.stringify(message));
    socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | body.length, 0, 0, 0, 0]), body]));
  }
  await sleep(50);
  socket.pause();
  return { socket, gone };
}

test('a client that does not read is conflated: memory stays bounded, others are served, and it gets the newest state', async () => {
  const deaf = await deafClient('?testMode=true&userId=deaf', { action: 'subscribe', main: 'TEST' });
  const reader = await t.connect('?testMode=true&userId=u1');
  await reader.ask({ action: 'subscribe', main: 'TEST' });
  const wide = Array.from({ length: 10 }, (_, i) => [1_000_000_000 + i, 1_000_000_000]);
  let u = 0;
  const change = async () => {
    u += 1;
    // Depth padded so that the kernel's buffers fill up within the test.
    const pad = 'x'.repeat(200_000);
    await t.cache.set('depth:TEST', JSON.stringify({ e: 'd', s: 'TEST', t: u, b: wide, a: wide, pad, u }));
    t.streamer.changed('TEST');
  };
  const deafs = () => t.hub.connections().find(({ userId }) => userId === 'deaf')!;
  const read = () => reader.received.filter((m) => m.e === 'd').length;
  // The kernel may take more at any time, so that it is behind only for moments.
  while (t.streamer.counts.conflated.realtime < 10 || deafs().behindMs === 0 || read() < 10) {
    assert.ok(u < CHANGES_MAX, `${t.streamer.counts.conflated.realtime} times conflated, ${read()} depths read`);
    await change();
    await sleep(20);
  }
  const { waitingBytes } = deafs();
  assert.ok(waitingBytes < LIMITS.softBytes + 250_000, `${waitingBytes} bytes wait`);
  const last = u;
  let text = '';
  deaf.socket.on('data', (bytes) => {
    text = (text + bytes.toString('latin1')).slice(-2_000);
  });
  deaf.socket.resume();
  await until(() => text.includes(`"u":${last}}`));
  deaf.socket.destroy();
});

test('private messages are never dropped from a queue: past the hard limit the connection is closed', async () => {
  const deaf = await deafClient('?testMode=true&userId=deaf');
  const reader = await t.connect('?testMode=true&userId=u1');
  const big = JSON.stringify({ type: 'FILL', data: { useq: 1, pad: 'x'.repeat(100_000) } });
  let pushed = 0;
  while (t.hub.toUser('deaf', [big], ++pushed)) {
    assert.ok(pushed < 200, 'nobody closes the deaf client');
    await sleep(1);
  }
  deaf.socket.resume();
  await deaf.gone;
  assert.equal(t.hub.connections().length, 1);
  assert.equal((await reader.ask({ action: 'ping' })).type, 'PONG');
});
