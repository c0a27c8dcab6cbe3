import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FolderArchive } from '../../src/adapters/archive/folder/folder-archive.ts';
import { InProcessCache } from '../../src/adapters/cache/in-process/in-process-cache.ts';
import { SimulatedClock } from '../../src/adapters/clock/simulated.ts';
import { readConfig } from '../../src/entrypoints/node/config.ts';
import { type Log, silentLog } from '../../src/ports/log.ts';
import { CacheCounters, type CounterStore, LocalCounters } from '../../src/services/gateway/limits/counters.ts';
import { KeptCounters } from '../../src/services/gateway/limits/kept-counters.ts';
import { createLimits, type LimitSettings, type Limits } from '../../src/services/gateway/limits/limits.ts';
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

async function until(right: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await right())) {
    assert.ok(performance.now() < end, `not in time: ${right}`);
    await new Promise((done) => setTimeout(done, 5));
  }
}

function limitsOf(
  settings: Partial<LimitSettings>,
  clock: SimulatedClock,
  counters: CounterStore,
  log: Log = silentLog,
): Limits {
  return createLimits({ keyRps: 0, keyBurst: 0, keyMonth: 0, ipRpm: 0, ...settings }, { clock, counters, log });
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
    assert.equal((await spend(() => perKey()!('k'), 30)).passed, 20);
    await clock.advance(1_001);
    assert.equal((await spend(() => perKey()!('k'), 30)).passed, 10);
    assert.equal((await spend(() => perKey()!('other'), 30)).passed, 20);
    await clock.advance(1_001);
    assert.equal((await spend(() => perKey()!('k'), 10)).passed, 10);
    await clock.advance(1_001);
    assert.equal((await spend(() => perKey()!('k'), 10)).passed, 10);
    await clock.advance(1_001);
    const month = await spend(() => perKey()!('k'), 10);
    assert.deepEqual([month.passed, month.refusal?.code], [0, 'RATE_LIMITED']);
    await clock.advance(60_000);
    assert.equal((await spend(() => perKey()!('k'), 10)).passed, 10, 'a new month has begun');
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
  const none = limitsOf({}, clock, new LocalCounters(clock));
  assert.deepEqual([none.perIp, none.perKey()], [undefined, undefined]);
  const { rateLimitKeyRps, rateLimitKeyBurst, rateLimitKeyMonth, rateLimitIpRpm } = readConfig({});
  assert.deepEqual(
    [rateLimitKeyRps, rateLimitKeyBurst, rateLimitKeyMonth, rateLimitIpRpm],
    [1_000, 2_000, 1_000_000, 1_000],
  );
});

test('a key on a plan of its own has what the plan says, the others have the default', async () => {
  const clock = new SimulatedClock(START);
  const plans = new Map([
    ['pro', { rps: 50, burst: 80, month: 100 }],
    ['free', { rps: 0, burst: 0, month: 0 }],
  ]);
  const { perKey } = limitsOf({ keyRps: 5, keyBurst: 5, plans }, clock, new LocalCounters(clock));
  assert.equal((await spend(() => perKey()!('usual'), 200)).passed, 5);
  assert.equal((await spend(() => perKey('pro')!('k'), 200)).passed, 80);
  await clock.advance(1_001);
  assert.equal((await spend(() => perKey('pro')!('k'), 200)).passed, 20, 'its month is spent');
  assert.equal(perKey('free'), undefined);
  assert.throws(() => perKey('none'), /no usage plan "none"/);
});

test('while the counters fail, requests pass, and the log says so now and then', async () => {
  const clock = new SimulatedClock(START);
  const failing: CounterStore = { increment: () => Promise.reject(new Error('the cache is away')) };
  const told: object[] = [];
  const log = { ...silentLog, warn: (fields: object) => told.push(fields) };
  const { perIp, perKey } = limitsOf({ ipRpm: 1, keyRps: 1, keyBurst: 1, keyMonth: 1 }, clock, failing, log);
  assert.equal((await spend(() => perIp!('a'), 500)).passed, 500);
  assert.equal((await spend(() => perKey()!('k'), 5)).passed, 5);
  assert.equal(told.length, 1);
  await clock.advance(10_000);
  await spend(() => perIp!('a'), 500);
  assert.equal(told.length, 2);
  assert.ok(told[1] !== undefined && 'requests' in told[1] && Number(told[1].requests) > 500);
});

test('the count of a month outlives a stop; a crash loses at most ten seconds of it; short windows start again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'supernoba-limits-'));
  const archive = await FolderArchive.open(folder);
  const clock = new SimulatedClock(START);
  const settings = { ipRpm: 10, keyMonth: 50 };
  const start = async () => {
    const counters = await KeptCounters.open({ archive, clock, log: silentLog });
    return { counters, limits: limitsOf(settings, clock, counters) };
  };
  const first = await start();
  assert.equal((await spend(() => first.limits.perKey()!('k'), 20)).passed, 20);
  assert.equal((await spend(() => first.limits.perIp!('a'), 20)).passed, 10);
  await first.counters.close();

  const second = await start();
  assert.equal((await spend(() => second.limits.perIp!('a'), 20)).passed, 10);
  assert.equal((await spend(() => second.limits.perKey()!('k'), 10)).passed, 10);
  await clock.advance(10_000);
  await until(async () => Buffer.from((await archive.get('limits/long-counts.json')) ?? []).includes('"value":30,'));
  assert.equal((await spend(() => second.limits.perKey()!('k'), 5)).passed, 5);

  // Crashed: the last five are forgotten, the thirty before them are not.
  const third = await start();
  assert.equal((await spend(() => third.limits.perKey()!('k'), 50)).passed, 20);
  await clock.advance(60_000);
  assert.equal((await spend(() => third.limits.perKey()!('k'), 60)).passed, 50, 'a new month has begun');
  await third.counters.close();

  await writeFile(join(folder, 'limits', 'long-counts.json'), '{"rl:key:m:k:2026-02": 7}');
  const damaged = await start();
  assert.equal((await spend(() => damaged.limits.perKey()!('k'), 60)).passed, 50, 'a damaged file is no obstacle');
  await second.counters.close();
  await damaged.counters.close();
  await rm(folder, { recursive: true });
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
  // Time stands still: all of it happens within one second, however slow the machine is.
  const clock = new SimulatedClock(START);
  const plans = new Map([['pro', { rps: 100, burst: 100, month: 0 }]]);
  const exchange = await startExchange({
    settings: { apiKeys: ['key-one', 'key-two', 'key-pro'], keyPlans: new Map([['key-pro', 'pro']]) },
    overrides: { limits: limitsOf({ keyRps: 2, keyBurst: 2, plans }, clock, new LocalCounters(clock)) },
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
  assert.deepEqual([third.headers['ratelimit-limit'], third.headers['ratelimit-remaining']], ['2', '0']);
  const pro = await client.call('GET', '/orders', { ...user('u'), 'x-api-key': 'key-pro' });
  assert.deepEqual([pro.headers['ratelimit-limit'], pro.headers['ratelimit-remaining']], ['100', '99']);
  assert.equal((await client.call('GET', '/orders', { ...user('u'), 'x-api-key': 'key-two' })).statusCode, 200);
  assert.equal((await client.call('GET', '/assets', user('u'))).statusCode, 200);
  assert.equal((await client.call('GET', '/symbols')).statusCode, 200);
});
