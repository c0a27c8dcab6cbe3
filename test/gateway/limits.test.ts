import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InProcessCache } from '../../src/adapters/cache/in-process/in-process-cache.ts';
import { SimulatedClock } from '../../src/adapters/clock/simulated.ts';
import { CacheCounters, type CounterStore, LocalCounters } from '../../src/services/gateway/limits/counters.ts';
import { createLimits, DEFAULT_LIMITS, type Limits } from '../../src/services/gateway/limits/limits.ts';
import { DocumentedClient, user } from './documented.ts';
import { startExchange } from './exchange.ts';

const START = Date.UTC(2026, 0, 31, 23, 59, 0);

/** How many of `count` requests a limit lets through, and the refusal of the last one it did not. */
async function spend(take: () => Promise<unknown>, count: number) {
  let passed = 0;
  let refusal: { code?: string; retryAfter?: number } | undefined;
  for (let i = 0; i < count; i++) {
    try {
      await take();
      passed += 1;
    } catch (error) {
      refusal = error as typeof refusal;
    }
  }
  return { passed, refusal };
}

function limitsOf(settings: Partial<typeof DEFAULT_LIMITS>, clock: SimulatedClock, counters: CounterStore): Limits {
  return createLimits({ keyRps: 0, keyBurst: 0, keyMonth: 0, ipRpm: 0, ...settings }, { clock, counters });
}

for (const [name, counters] of [
  ['of this process', (clock: SimulatedClock) => new LocalCounters(clock)],
  ['in the cache', (clock: SimulatedClock) => new CacheCounters(new InProcessCache(clock))],
] as const) {
  test(`counters ${name}: an address has its requests a minute, the next minute again, and each its own`, async () => {
    const clock = new SimulatedClock(START);
    const { perIp } = limitsOf({ ipRpm: 5 }, clock, counters(clock));
    const first = await spend(() => perIp!('1.1.1.1'), 8);
    assert.equal(first.passed, 5);
    assert.deepEqual([first.refusal?.code, first.refusal?.retryAfter], ['RATE_LIMITED', 60]);
    assert.equal((await spend(() => perIp!('2.2.2.2'), 8)).passed, 5);
    await clock.advance(59_000);
    assert.equal((await spend(() => perIp!('1.1.1.1'), 1)).refusal?.retryAfter, 1);
    await clock.advance(1_001);
    assert.deepEqual(await perIp!('1.1.1.1'), { limit: 5, remaining: 4, reset: 60 });
  });

  test(`counters ${name}: a key has its rate a second, its burst above it, and its month`, async () => {
    const clock = new SimulatedClock(START);
    const { perKey } = limitsOf({ keyRps: 10, keyBurst: 20, keyMonth: 50 }, clock, counters(clock));
    assert.equal((await spend(() => perKey!('k'), 30)).passed, 20);
    await clock.advance(1_001);
    assert.equal((await spend(() => perKey!('k'), 30)).passed, 10);
    assert.equal((await spend(() => perKey!('other'), 30)).passed, 20);
    await clock.advance(1_001);
    assert.equal((await spend(() => perKey!('k'), 10)).passed, 10);
    await clock.advance(1_001);
    assert.equal((await spend(() => perKey!('k'), 10)).passed, 10);
    await clock.advance(1_001);
    const month = await spend(() => perKey!('k'), 10);
    assert.deepEqual([month.passed, month.refusal?.code], [0, 'RATE_LIMITED']);
    await clock.advance(60_000);
    assert.equal((await spend(() => perKey!('k'), 10)).passed, 10, 'a new month has begun');
  });

  test(`counters ${name}: two gateways that share them share the limit`, async () => {
    const clock = new SimulatedClock(START);
    const shared = counters(clock);
    const gateways = [limitsOf({ ipRpm: 10 }, clock, shared), limitsOf({ ipRpm: 10 }, clock, shared)];
    let turn = 0;
    assert.equal((await spend(() => gateways[turn++ % 2]!.perIp!('a'), 30)).passed, 10);
  });
}

test("0 switches a limit off; the defaults are the contract's", () => {
  const clock = new SimulatedClock(START);
  assert.deepEqual(limitsOf({}, clock, new LocalCounters(clock)), { perIp: undefined, perKey: undefined });
  assert.deepEqual(DEFAULT_LIMITS, { keyRps: 1000, keyBurst: 2000, keyMonth: 1_000_000, ipRpm: 1000 });
});

test('while the counters fail, requests pass', async () => {
  const clock = new SimulatedClock(START);
  const failing: CounterStore = { increment: () => Promise.reject(new Error('the cache is away')) };
  const { perIp, perKey } = limitsOf({ ipRpm: 1, keyRps: 1, keyBurst: 1, keyMonth: 1 }, clock, failing);
  assert.equal((await spend(() => perIp!('a'), 5)).passed, 5);
  assert.equal((await spend(() => perKey!('k'), 5)).passed, 5);
});

test('many strangers do not fill the memory for longer than their window', async () => {
  const clock = new SimulatedClock(START);
  const counters = new LocalCounters(clock);
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 9_000; i++) await counters.increment(`${round}:${i}`, 1, 1_000);
    await clock.advance(1_001);
  }
  assert.ok(counters.size <= 20_000, `${counters.size} windows`);
});

test('over HTTP: 429 with Retry-After and limit headers; health stays open; proxies count only when trusted', async (t) => {
  const exchange = await startExchange({ limits: { ipRpm: 3 } });
  t.after(() => exchange.close());
  const client = await DocumentedClient.of(exchange.app);
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) statuses.push((await client.call('GET', '/symbols')).statusCode);
  // The document itself was the first request of the minute.
  assert.deepEqual(statuses, [200, 200, 429]);
  const refused = await client.call('GET', '/symbols', { 'x-forwarded-for': '9.9.9.9' });
  assert.equal(refused.json().code, 'RATE_LIMITED');
  assert.match(String(refused.headers['retry-after']), /^\d+$/);
  for (const url of ['/healthz', '/readyz', '/metrics']) assert.equal((await client.call('GET', url)).statusCode, 200);

  const proxied = await startExchange({ limits: { ipRpm: 3 }, settings: { trustedProxies: ['127.0.0.0/8'] } });
  t.after(() => proxied.close());
  const from = (address: string) => proxied.app.inject({ url: '/symbols', headers: { 'x-forwarded-for': address } });
  const first = await from('9.9.9.9');
  assert.deepEqual(
    [first.headers['ratelimit-limit'], first.headers['ratelimit-remaining'], first.headers['ratelimit-reset']],
    ['3', '2', '60'],
  );
  for (let i = 0; i < 3; i++) await from('9.9.9.9');
  assert.equal((await from('9.9.9.9')).statusCode, 429);
  assert.equal((await from('8.8.8.8')).statusCode, 200);
  // Only what the trusted proxy itself saw counts, not what the client put before it.
  assert.equal((await from('1.2.3.4, 9.9.9.9')).statusCode, 429);
});

test('with API keys set, orders need one, and its plan counts', async (t) => {
  const exchange = await startExchange({
    settings: { apiKeys: ['key-one', 'key-two'] },
    limits: { keyRps: 2, keyBurst: 2 },
  });
  t.after(() => exchange.close());
  const client = await DocumentedClient.of(exchange.app);
  for (const headers of [user('u'), { ...user('u'), 'x-api-key': 'wrong' }, { ...user('u'), 'x-api-key': '' }]) {
    const response = await client.call('GET', '/orders', headers);
    assert.deepEqual([response.statusCode, response.json().code], [401, 'API_KEY_REQUIRED']);
  }
  const one = { ...user('u'), 'x-api-key': 'key-one' };
  const first = await client.call('GET', '/orders', one);
  assert.deepEqual(
    [first.statusCode, first.headers['ratelimit-limit'], first.headers['ratelimit-remaining']],
    [200, '2', '1'],
  );
  await client.call('POST', '/orders', one, {});
  const third = await client.call('GET', '/orders', one);
  assert.deepEqual([third.statusCode, third.json().code, third.headers['retry-after']], [429, 'RATE_LIMITED', '1']);
  assert.equal((await client.call('GET', '/orders', { ...user('u'), 'x-api-key': 'key-two' })).statusCode, 200);
  assert.equal((await client.call('GET', '/assets', user('u'))).statusCode, 200);
  assert.equal((await client.call('GET', '/symbols')).statusCode, 200);
});
