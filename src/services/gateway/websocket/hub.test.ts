import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { type HubUnderTest, startHub } from '../../../../test/support/hub.ts';
import { accepted, fill } from '../../../../test/support/notifier.ts';
import { silentLog } from '../../../ports/log.ts';
import { draftsOf } from '../../notifier/messages.ts';
import { addressReader } from '../client-address.ts';
import { LocalCounters } from '../limits/counters.ts';
import { createLimits } from '../limits/limits.ts';

let t: HubUnderTest;
before(async () => {
  t = await startHub();
});
after(() => t.close());

const depth = (s: string, u: number) => JSON.stringify({ e: 'd', s, t: u, b: [[100, u]], a: [[101, 5]], u });
const trade = (s: string, n: number) =>
  JSON.stringify({ e: 'trade', s, t: n, p: 100, q: 1, side: 'BUY', id: `${s}-${n}` });

async function setMarket(symbol: string, u: number): Promise<void> {
  await t.cache.set(`depth:${symbol}`, depth(symbol, u));
  await t.cache.set(`ticker:${symbol}`, JSON.stringify({ e: 't', s: symbol, t: u, p: 100, c: 0, yc: 0 }));
  await t.cache.hashSet(`candle:1m:${symbol}`, candle(u, '202512161420', 1_765_862_400));
  await t.cache.listPush(`trades:${symbol}`, [trade(symbol, u)], { max: 100, ttlSeconds: 60 });
  t.streamer.changed(symbol);
}

function candle(volume: number, label: string, start: number): Record<string, string> {
  return { o: '100', h: '100', l: '100', c: '100', v: String(volume), t: label, t_epoch: String(start) };
}

test('subscribe answers SUBSCRIBED and the current state at once, then only changes', async () => {
  await setMarket('TEST', 1);
  await setMarket('A', 1);
  const client = await t.connect('?testMode=true&userId=u1');
  const answer = await client.ask({ action: 'subscribe', main: 'TEST', sub: ['A'] });
  assert.deepEqual([answer.type, answer.main, answer.sub, answer.tier], ['SUBSCRIBED', 'TEST', ['A'], 'realtime']);
  await client.until((m) => m.e === 't' && m.s === 'A');
  assert.deepEqual(
    client.received.slice(1).map((m) => `${m.e}:${m.s}`),
    ['d:TEST', 'trade:TEST', 'candle:TEST', 't:TEST', 't:A'],
  );
  assert.deepEqual(client.received[3], {
    e: 'candle',
    s: 'TEST',
    o: '100',
    h: '100',
    l: '100',
    c: '100',
    v: '1',
    t: '202512161420',
  });
  client.received.length = 0;
  await sleep(150);
  assert.equal(client.received.length, 0);
  await setMarket('A', 2);
  await client.until((m) => m.e === 't' && m.s === 'A' && m.t === 2);
  assert.equal(client.received.length, 1);
  await setMarket('TEST', 2);
  await client.until((m) => m.e === 't' && m.s === 'TEST' && m.t === 2);
  assert.deepEqual(
    client.received.slice(1).map((m) => m.e),
    ['d', 'trade', 'candle', 't'],
  );
});

test('a connection has one main symbol: the next one replaces it', async () => {
  const client = await t.connect();
  await client.ask({ action: 'subscribe', main: 'TEST' });
  const answer = await client.ask({ action: 'subscribe', main: 'B' });
  assert.equal(answer.main, 'B');
  await sleep(50);
  client.received.length = 0;
  await setMarket('TEST', 77);
  await setMarket('B', 78);
  await client.until((m) => m.e === 'd' && m.s === 'B');
  await sleep(550);
  assert.ok(client.received.every((m) => m.s === 'B'));
});

test('the older symbols form gives everything for each symbol', async () => {
  await setMarket('A', 10);
  await setMarket('B', 10);
  const client = await t.connect();
  const answer = await client.ask({ action: 'subscribe', symbols: ['A', 'B'] });
  assert.deepEqual(answer.symbols, ['A', 'B']);
  await client.until((m) => m.e === 'd' && m.s === 'A');
  await client.until((m) => m.e === 'd' && m.s === 'B');
});

test('unsubscribe ends the feeds', async () => {
  const client = await t.connect('?testMode=true&userId=u2');
  await client.ask({ action: 'subscribe', main: 'TEST', sub: ['A', 'B'] });
  assert.equal((await client.ask({ action: 'unsubscribe', main: 'B' })).main, 'TEST', 'not its main symbol');
  for (const main of [5, 'no symbol', ['TEST'], {}]) {
    const refusal = await client.ask({ action: 'unsubscribe', main });
    assert.deepEqual([refusal.type, refusal.code], ['ERROR', 'INVALID_REQUEST'], JSON.stringify(main));
  }
  const answer = await client.ask({ action: 'unsubscribe', sub: ['A'] });
  assert.deepEqual([answer.main, answer.sub], ['TEST', ['B']]);
  const last = await client.ask({ action: 'unsubscribe' });
  assert.deepEqual([last.main, last.sub, last.symbols], [null, [], []]);
  client.received.length = 0;
  await setMarket('TEST', 99);
  await sleep(150);
  assert.equal(client.received.length, 0);
});

test('a closed minute is told as candle_close, once', async () => {
  await setMarket('C', 1);
  const client = await t.connect('?testMode=true&userId=u3');
  await client.ask({ action: 'subscribe', main: 'C' });
  await t.cache.listPush('candle:closed:1m:C', [JSON.stringify(candle(1, '202512161420', 1_765_862_400))], {
    max: 10,
    ttlSeconds: 60,
  });
  await t.cache.delete('candle:1m:C');
  t.streamer.changed('C');
  const closed = await client.until((m) => m.e === 'candle_close');
  assert.deepEqual([closed.s, closed.t, closed.v], ['C', '202512161420', '1']);
  await t.cache.hashSet('candle:1m:C', candle(5, '202512161421', 1_765_862_460));
  t.streamer.changed('C');
  await client.until((m) => m.e === 'candle' && m.t === '202512161421');
  assert.equal(client.received.filter((m) => m.e === 'candle_close').length, 1);
});

test('a trade reaches a client once, however it came: 50 newest a tick', async () => {
  const client = await t.connect('?testMode=true&userId=u4');
  await setMarket('B', 1_000);
  await client.ask({ action: 'subscribe', main: 'B' });
  await client.until((m) => m.id === 'B-1000');
  const many = Array.from({ length: 120 }, (_, i) => trade('B', 2_000 + i));
  await t.cache.listPush('trades:B', many, { max: 200, ttlSeconds: 60 });
  await t.cache.hashSet('candle:1m:B', candle(9_999, '202512161420', 1_765_862_400));
  t.streamer.changed('B');
  await client.until((m) => m.id === 'B-2119');
  const ids = client.received.flatMap((m) => (m.e === 'trade' && Number(m.t) >= 2_000 ? [m.id] : []));
  assert.deepEqual(
    ids,
    Array.from({ length: 50 }, (_, i) => `B-${2_070 + i}`),
  );
});

test('ping, unknown symbols, broken JSON, binary, no action: an answer with a code, and the connection lives on', async () => {
  const client = await t.connect();
  assert.equal((await client.ask({ action: 'ping' })).type, 'PONG');
  const unknown = await client.ask({ action: 'subscribe', main: 'NOPE', sub: ['A'] });
  assert.deepEqual([unknown.type, unknown.code, unknown.action], ['ERROR', 'SYMBOL_UNKNOWN', 'subscribe']);
  for (const bad of ['{"action":', '', 'null', '[]', '"x"', '{}', '{"action":1}', '{"action":"fly"}']) client.send(bad);
  for (const bad of [
    { action: 'subscribe' },
    { action: 'subscribe', main: 5 },
    { action: 'subscribe', main: 'lower' },
    { action: 'subscribe', sub: 'A' },
    { action: 'subscribe', sub: Array(501).fill('A') },
    { action: 'subscribe', symbols: [{}] },
    { action: 'resume', from: -1 },
    { action: 'resume', from: 'x' },
    { action: 'cancel_on_disconnect', after_ms: 1e12 },
    JSON.parse('{"action":"subscribe","main":"__proto__"}'),
  ]) {
    client.send(bad);
  }
  client.ws.send(Buffer.from([1, 2, 3]), { binary: true });
  client.send(JSON.stringify({ action: 'ping', pad: 'x'.repeat(17_000) }));
  assert.equal((await client.ask({ action: 'ping' })).type, 'PONG');
  const errors = client.received.filter((m) => m.type === 'ERROR');
  assert.equal(errors.length, 21);
  assert.ok(errors.every((m) => typeof m.code === 'string' && typeof m.error === 'string'));
  assert.equal(errors.at(-1)!.code, 'MESSAGE_TOO_LARGE');
});

test('what needs a login is refused without one', async () => {
  const client = await t.connect();
  assert.equal((await client.ask({ action: 'resume', from: 1 })).code, 'UNAUTHENTICATED');
  assert.equal((await client.ask({ action: 'cancel_on_disconnect', after_ms: 5 })).code, 'UNAUTHENTICATED');
});

test('a huge message ends the connection with 1009, a flood of fragments with a protocol error, and others go on', async () => {
  const huge = await t.connect();
  huge.send('x'.repeat(70_000));
  assert.equal(await huge.closed, 1009);
  const fragments = await t.connect();
  fragments.ws.send('{"action"', { fin: false });
  for (let i = 0; i < 100; i++) fragments.ws.send(' ', { fin: false });
  assert.ok((await fragments.closed) >= 1002);
  const broken = await t.connect();
  (broken.ws as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(
    Buffer.from([0xff, 0xff, 0xff, 0xff]),
  );
  assert.equal(await broken.closed, 1002);
  const client = await t.connect();
  client.ws.send('{"action"', { fin: false });
  client.ws.send(':"ping"', { fin: false });
  client.ws.send('}', { fin: true });
  await client.until((m) => m.type === 'PONG');
});

test('a client beyond its rate is told, and closed with 1008 when it goes on', async () => {
  const client = await t.connect();
  for (let i = 0; i < 4_000; i++) client.send('{"action":"ping"}');
  assert.equal(await client.closed, 1008);
  assert.ok(client.received.some((m) => m.code === 'RATE_LIMITED'));
});

test('an upgrade elsewhere, or by somebody the authenticator refuses, gets an HTTP error', async () => {
  const status = (path: string, headers: Record<string, string> = {}) =>
    new Promise((resolve) => {
      const ws = new WebSocket(`ws://127.0.0.1:${t.port}${path}`, { headers });
      ws.on('unexpected-response', (_, response) => resolve(response.statusCode));
      ws.on('error', () => undefined);
    });
  assert.equal(await status('/nowhere'), 404);
  assert.equal(await status('/ws?token=forged'), 401);
  assert.equal(await status('/ws?testMode=true&userId=u1', { origin: 'https://evil.example' }), 403);
  assert.equal(await status('/ws?testMode=true&userId=exchange'), 403);
});

test('who is still being identified when the hub closes is turned away: no socket outlives it', async () => {
  let identified = () => {};
  let asked = () => {};
  const asking = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const closing = await startHub({
    authenticator: {
      socket: () => {
        asked();
        return new Promise((resolve) => {
          identified = () => resolve({ userId: 'u1', isAdmin: false });
        });
      },
    },
  });
  const answer = new Promise((resolve) => {
    const ws = new WebSocket(`ws://127.0.0.1:${closing.port}/ws`);
    ws.on('open', () => resolve('open'));
    ws.on('unexpected-response', (_, response) => resolve(response.statusCode));
    ws.on('error', () => undefined);
  });
  await asking;
  await closing.hub.close();
  identified();
  assert.equal(await answer, 503);
  assert.equal(closing.hub.size, 0);
  await closing.close();
});

test('an upgrade counts against the limit of its address: 429 with Retry-After and limit headers', async () => {
  const { perIp } = createLimits(
    { keyRps: 0, keyBurst: 0, keyMonth: 0, ipRpm: 2 },
    { counters: new LocalCounters(t.clock), clock: t.clock, log: silentLog },
  );
  assert.ok(perIp !== undefined);
  const limited = await startHub({ addressLimit: { take: perIp, addressOf: addressReader(['127.0.0.1']) } });
  const answer = (address: string) =>
    new Promise<number | IncomingMessage>((resolve) => {
      const ws = new WebSocket(`ws://127.0.0.1:${limited.port}/ws`, { headers: { 'x-forwarded-for': address } });
      ws.on('open', () => resolve(101));
      ws.on('unexpected-response', (_, response) => resolve(response));
      ws.on('error', () => undefined);
    });
  const answers = [await answer('9.9.9.9'), await answer('9.9.9.9'), await answer('9.9.9.9'), await answer('8.8.8.8')];
  const [, , refused] = answers;
  assert.deepEqual([answers[0], answers[1], answers[3]], [101, 101, 101]);
  assert.ok(typeof refused === 'object');
  const { statusCode, headers } = refused;
  assert.deepEqual([statusCode, headers['ratelimit-limit'], headers['ratelimit-remaining']], [429, '2', '0']);
  assert.match(String(headers['retry-after']), /^\d+$/);
  await limited.close();
});

test('private messages reach all sockets of their user and nobody else', async () => {
  const [one, two, other] = await Promise.all(
    ['u5', 'u5', 'u6'].map((user) => t.connect(`?testMode=true&userId=${user}`)),
  );
  const [first, second] = [accepted('TEST', 1, 'u5'), fill('TEST', 2, 'u5', 'u6')].map((event, i) =>
    draftsOf(event)[0]!.text(i + 1),
  );
  assert.equal(t.hub.toUser('u5', [first!, second!], 1), true);
  assert.equal(t.hub.toUser('nobody', ['{}'], 1), false);
  for (const client of [one!, two!]) {
    await client.until((m) => m.data?.useq === 2);
    assert.deepEqual(
      client.received.map((m) => m.data?.useq),
      [1, 2],
    );
  }
  assert.equal((await other!.ask({ action: 'ping' })).type, 'PONG');
  assert.equal(other!.received.length, 1);
});
