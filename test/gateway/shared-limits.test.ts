import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ValkeyCache } from '../../src/adapters/cache/valkey/valkey-cache.ts';
import { SimulatedClock } from '../../src/adapters/clock/simulated.ts';
import { silentLog } from '../../src/ports/log.ts';
import { CacheCounters } from '../../src/services/gateway/limits/counters.ts';
import { createLimits, type LimitSettings, type Limits } from '../../src/services/gateway/limits/limits.ts';
import { type RedisServer, redisMissing, startRedis } from '../servers/redis.ts';
import { user } from './documented.ts';
import { startExchange, type TestExchange } from './exchange.ts';

const why = redisMissing();
if (why !== undefined) console.log(`not run: ${why}`);
else suite();

/** Two gateways, each with its own connection to one real server. */
function suite(): void {
  let redis: RedisServer;
  const caches: ValkeyCache[] = [];
  const two: TestExchange[] = [];
  /** The limits of each gateway; a test sets what it needs. */
  let current: Limits[] = [];
  const told: string[] = [];
  const log = { ...silentLog, warn: (_fields: object, message: string) => told.push(message) };
  const none = Promise.resolve(undefined);

  before(async () => {
    redis = await startRedis();
    for (let i = 0; i < 2; i++) {
      caches.push(await ValkeyCache.connect({ ...redis, log: silentLog }));
      const limits: Limits = {
        perIp: (address) => current[i]?.perIp?.(address) ?? none,
        perKey: () => (keyId) => current[i]?.perKey()?.(keyId) ?? none,
      };
      two.push(await startExchange({ settings: { apiKeys: ['key-one', 'key-two'] }, overrides: { limits } }));
    }
  });
  after(async () => {
    for (const exchange of two) await exchange.close();
    for (const cache of caches) await cache.close();
    await redis.stop();
  });

  function limit(limits: Partial<LimitSettings>): void {
    const settings = { keyRps: 0, keyBurst: 0, keyMonth: 0, ipRpm: 0, ...limits };
    // The log is told now and then, by this clock; the windows are the server's.
    const clock = new SimulatedClock();
    current = caches.map((cache) => createLimits(settings, { counters: new CacheCounters(cache), clock, log }));
  }

  /** Statuses of requests that go to the gateways in turn, all at once. */
  async function storm(requests: number, apiKey = 'key-one'): Promise<number[]> {
    const sent = Array.from({ length: requests }, (_, i) =>
      two[i % 2]!.app.inject({ url: '/orders', headers: { ...user('u'), 'x-api-key': apiKey } }),
    );
    return (await Promise.all(sent)).map(({ statusCode }) => statusCode);
  }
  const passed = (statuses: readonly number[]) => statuses.filter((status) => status === 200).length;

  test("an address's requests a minute are counted over both", async () => {
    limit({ ipRpm: 25 });
    const statuses = await storm(60);
    assert.equal(passed(statuses), 25);
    assert.ok(statuses.every((status) => status === 200 || status === 429));
    const refused = await two[1]!.app.inject('/symbols');
    assert.equal(refused.statusCode, 429);
    assert.ok(Number(refused.headers['retry-after']) >= 1 && Number(refused.headers['retry-after']) <= 60);
    assert.deepEqual([refused.headers['ratelimit-limit'], refused.headers['ratelimit-remaining']], ['25', '0']);
  });

  test("a key's month is counted over both, and each key has its own", async () => {
    limit({ keyMonth: 30 });
    assert.equal(passed(await storm(50)), 30);
    assert.equal(passed(await storm(50, 'key-two')), 30);
  });

  test('the server holds no key in the clear, and every counter ends', async () => {
    const names = await caches[0]!.keys('*');
    assert.ok(names.some((name) => name.startsWith('rl:key:m:')) && names.some((name) => name.startsWith('rl:ip:')));
    for (const name of names) {
      assert.ok(!name.includes('key-one') && !name.includes('key-two'), name);
      assert.ok((await caches[0]!.increment(name, 0, 1)).msLeft > 0, name);
    }
  });

  test('while the server is away requests pass, and the log says so once', async () => {
    limit({ ipRpm: 1 });
    const { port } = redis;
    await redis.stop();
    told.length = 0;
    assert.equal(passed(await storm(20)), 20);
    // Each gateway tells for itself.
    assert.equal(told.length, 2);
    redis = await startRedis(port);
  });
}
