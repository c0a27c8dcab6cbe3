import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cacheServers, keyPlans, readConfig } from './config.ts';
import { ConfigError, SETTINGS } from './settings.ts';

test('an empty environment gives the documented defaults, with test mode on because the host is loopback', () => {
  const config = readConfig({});
  assert.equal(config.port, 8080);
  assert.equal(config.host, '127.0.0.1');
  assert.equal(config.allowTestMode, true);
  assert.equal(config.cache, 'in-process');
});

test('a variable that is empty is not set: it opens no door and moves nothing', () => {
  const names = Object.values(SETTINGS).map(({ env }) => env);
  assert.deepEqual(readConfig(Object.fromEntries(names.map((name) => [name, '']))), readConfig({}));
  assert.equal(readConfig({ HOST: '0.0.0.0', ALLOW_TEST_MODE: '' }).allowTestMode, false);
  for (const flag of ['host', 'data-dir', 'orders-topic', 'port']) {
    assert.throws(() => readConfig({}, { [flag]: '' }), ConfigError, flag);
  }
});

test('a flag wins over the environment', () => {
  assert.equal(readConfig({ PORT: '1000' }, { port: '2000' }).port, 2000);
  assert.equal(readConfig({}, { debug: true }).logLevel, 'debug');
});

test('test mode is off beyond loopback and where an identity provider is set, unless asked for', () => {
  assert.equal(readConfig({ HOST: '0.0.0.0' }).allowTestMode, false);
  assert.equal(readConfig({ SUPABASE_JWT_SECRET: 's' }).allowTestMode, false);
  assert.equal(readConfig({ SUPABASE_JWT_SECRET: 's', ALLOW_TEST_MODE: 'true' }).allowTestMode, true);
});

test('the demo and its money are not put into an exchange that is open to others, unless asked for', () => {
  assert.equal(readConfig({}).demo, true);
  assert.equal(readConfig({}, { demo: false }).demo, false);
  assert.equal(readConfig({ HOST: '0.0.0.0' }).demo, false);
  assert.equal(readConfig({ JWKS_URL: 'https://issuer.example/keys' }).demo, false);
  assert.equal(readConfig({ HOST: '0.0.0.0', DEMO: 'true' }).demo, true);
});

test('proxies and origins as they should be are taken', () => {
  const given = {
    TRUSTED_PROXIES: 'loopback, 10.0.0.0/8,2001:db8::/32',
    CORS_ORIGINS: 'https://a.example,http://b:3000',
  };
  const config = readConfig(given);
  assert.deepEqual(config.trustedProxies, ['loopback', '10.0.0.0/8', '2001:db8::/32']);
  assert.deepEqual(config.corsOrigins, ['https://a.example', 'http://b:3000']);
});

test('VALKEY_HOST alone switches the cache', () => {
  assert.equal(readConfig({ VALKEY_HOST: 'localhost' }).cache, 'valkey');
});

test('each cache has its own server, else that of VALKEY_HOST, else that of the other', () => {
  const at = (environment: Record<string, string>) => {
    const config = readConfig(environment);
    assert.equal(config.cache, 'valkey');
    const { depth, backup } = cacheServers(config);
    return [depth, backup].map(({ host, port }) => `${host}:${port}`);
  };
  assert.deepEqual(at({ VALKEY_HOST: 'v' }), ['v:6379', 'v:6379']);
  assert.deepEqual(at({ VALKEY_HOST: 'v', VALKEY_PORT: '7', DEPTH_CACHE_HOST: 'd' }), ['d:7', 'v:7']);
  assert.deepEqual(at({ VALKEY_HOST: 'v', REDIS_HOST: 'r', REDIS_PORT: '8' }), ['v:6379', 'r:8']);
  assert.deepEqual(at({ DEPTH_CACHE_HOST: 'd', DEPTH_CACHE_PORT: '9' }), ['d:9', 'd:9']);
  assert.deepEqual(at({ DEPTH_CACHE_HOST: 'd', REDIS_HOST: 'r' }), ['d:6379', 'r:6379']);
  assert.throws(() => readConfig({ CACHE: 'valkey' }), ConfigError);
  assert.equal(readConfig({ CACHE: 'in-process', REDIS_HOST: 'r' }).cache, 'in-process');
});

test('API keys may be on usage plans, and are taken whole where there are none', () => {
  const planned = readConfig({ API_KEYS: 'a, b@pro', USAGE_PLANS: 'pro=50/80/1000, free=0/0/0' });
  assert.deepEqual(planned.usagePlans[0], { name: 'pro', rps: 50, burst: 80, month: 1000 });
  assert.deepEqual(keyPlans(planned), { apiKeys: ['a', 'b'], keyPlans: new Map([['b', 'pro']]) });
  assert.deepEqual(keyPlans(readConfig({ API_KEYS: 'a@b' })), { apiKeys: ['a@b'], keyPlans: new Map() });
});

for (const [name, environment] of [
  ['a port that is no number', { PORT: 'http' }],
  ['a port out of range', { PORT: '70000' }],
  ['an unknown stream engine', { STREAM: 'pulsar' }],
  ['a stream engine of the cluster', { STREAM: 'kafka' }],
  ['a boolean that is none', { ALLOW_TEST_MODE: 'maybe' }],
  ['a time zone that is none', { MARKET_TIME_ZONE: 'Mars/Base' }],
  ['a usage plan that is none', { USAGE_PLANS: 'pro=fast' }],
  ['a key of an unknown plan', { API_KEYS: 'a@gold', USAGE_PLANS: 'pro=1/1/1' }],
  ['a trusted proxy that is no address', { TRUSTED_PROXIES: '10.0.0.1,proxy.example' }],
  ['a block that is none', { TRUSTED_PROXIES: '10.0.0.0/33' }],
  ['an origin that is none', { CORS_ORIGINS: 'app.example' }],
  ['an origin with a path', { CORS_ORIGINS: 'https://app.example/' }],
  ['an archive that is no folder', { ARCHIVE: 's3://bucket/prefix' }],
  ['a database url that is none', { DATABASE_URL: 'nonsense' }],
  ['a database url of another kind', { DATABASE_URL: 'http://localhost/x' }],
  ['published keys at no web address', { JWKS_URL: 'ftp://issuer.example/keys' }],
  ['keys that are none', { API_KEYS: ' , ' }],
  ['a stream with the name of another', { ORDERS_TOPIC: 'supernoba-fills' }],
  ['two streams of one name', { ORDERS_TOPIC: 'mine', FILLS_TOPIC: 'mine' }],
  ['a stream named as the audit', { FILLS_TOPIC: 'supernoba-audit' }],
  ['a name no stream can have', { ORDERS_TOPIC: 'a/b' }],
] as const) {
  test(`${name} is one clear line`, () => {
    assert.throws(
      () => readConfig(environment),
      (error: unknown) => error instanceof ConfigError && !error.message.includes('\n'),
    );
  });
}
