import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type RunningExchange, runSupernoba, startExchange } from '../servers/exchange.ts';
import { type Answer, as, asAdmin, ask } from './ask.ts';

// The real server as `npm start` runs it: test mode on the local machine, limits, CORS, SQL in every text.

const APP = 'https://app.example';
const KEY = 'a-key';
const KEYED = { 'x-api-key': KEY };
let folder: string;
let exchange: RunningExchange;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supernoba-abuse-'));
  exchange = await startExchange({
    dataDir: folder,
    env: {
      CORS_ORIGINS: APP,
      API_KEYS: KEY,
      RATE_LIMIT_KEY_RPS: '0',
      RATE_LIMIT_KEY_BURST: '0',
      RATE_LIMIT_KEY_MONTH: '0',
    },
  });
  await must('POST', '/admin/symbols', asAdmin, { symbol: 'ABUSE', reference_price: 100 });
  await must('POST', '/admin/accounts/u/deposit', asAdmin, { asset: 'KRW', amount: 1_000_000 });
});
after(async () => {
  exchange?.process.kill('SIGKILL');
  await exchange?.exited;
  await rm(folder, { recursive: true, force: true });
});

async function must(method: string, path: string, headers: Record<string, string>, body?: unknown): Promise<Answer> {
  const answer = await ask(exchange.url, method, path, headers, body);
  assert.equal(answer.status, 200, `${method} ${path}: ${answer.text}`);
  return answer;
}

test('test mode is only for direct local callers: no proxy header, no foreign Host or Origin opens it', async () => {
  const local: Record<string, string>[] = [
    {},
    { host: 'localhost' },
    { host: '127.0.0.1:1' },
    { origin: 'http://localhost:3000' },
  ];
  for (const headers of local) await must('GET', '/assets', { ...as('u'), ...headers });
  const foreign: Record<string, string>[] = [
    { 'x-forwarded-for': '127.0.0.1' },
    { 'x-forwarded-host': 'localhost' },
    { 'x-forwarded-proto': 'http' },
    { forwarded: 'for=127.0.0.1;host=localhost' },
    { host: 'evil.example' },
    { host: 'localhost.evil.example' },
    { host: '127.0.0.1.evil.example' },
    { host: '127.0.0.999' },
    { host: 'localhost@evil.example' },
    { host: '0x7f000001' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost.evil.example' },
    { origin: 'file://' },
  ];
  for (const headers of foreign) {
    for (const path of ['/assets', '/admin/symbols']) {
      const answer = await ask(exchange.url, 'GET', path, { ...asAdmin, ...headers });
      assert.ok(
        answer.status === 403 || answer.status === 400,
        `${path} ${JSON.stringify(headers)} -> ${answer.status}`,
      );
    }
  }
});

test('CORS: the listed origin may read, every other gets no permission, and there are no credentials to ride on', async () => {
  const preflight = (origin: string) =>
    ask(exchange.url, 'OPTIONS', '/orders', { origin, 'access-control-request-method': 'POST' });
  assert.equal((await preflight(APP)).headers['access-control-allow-origin'], APP);
  for (const origin of [
    'https://evil.example',
    'null',
    `${APP}.evil.example`,
    `${APP}:444`,
    APP.replace('https', 'http'),
  ]) {
    for (const answer of [await preflight(origin), await ask(exchange.url, 'GET', '/symbols', { origin })]) {
      const allowed = answer.headers['access-control-allow-origin'];
      assert.ok(allowed === undefined || allowed === APP, `${origin} -> ${allowed}`);
      assert.equal(answer.headers['access-control-allow-credentials'], undefined);
      assert.equal(answer.headers['set-cookie'], undefined);
    }
  }
});

test('orders need the API key, whatever else is sent', async () => {
  const order = { symbol: 'ABUSE', side: 'BUY', price: 100, quantity: 1 };
  for (const key of ['', 'A-KEY', 'a-key ', 'a-key,b', "' OR '1'='1", 'a-ke']) {
    const answer = await ask(exchange.url, 'POST', `/orders?x-api-key=${KEY}`, { ...as('u'), 'x-api-key': key }, order);
    // Spaces around a header's value are not part of it.
    assert.equal(answer.status, key.trim() === KEY ? 200 : 401, JSON.stringify(key));
  }
});

/** What would end a statement, a string or a comment, in the dialects that may stand behind the port. */
const SQL = [
  "'",
  "''; DROP TABLE wallets; --",
  "' OR '1'='1",
  "x'); DELETE FROM orders; --",
  '"; TRUNCATE orders; --',
  '$$; DROP SCHEMA public CASCADE; $$',
  "\\'; SELECT pg_sleep(30); --",
  '1; UPDATE wallets SET balance = balance + 1000000; --',
  "%' UNION SELECT * FROM wallets --",
  '{"$gt":""}',
];

test('SQL in every text a client can write is a text, or refused', async () => {
  await nothingLocked();
  for (const [i, sql] of SQL.entries()) {
    const [path, json] = [encodeURIComponent(sql), { ...as('u'), ...KEYED }];
    const order = { symbol: 'ABUSE', side: 'BUY', price: 1, quantity: 1 };
    const calls: [method: string, path: string, headers: Record<string, string>, body?: unknown][] = [
      ...Object.keys({ ...order, order_type: 0, time_in_force: 0, stp: 0, stop_price: 0, client_order_id: 0 }).map(
        (field): [string, string, Record<string, string>, unknown] => [
          'POST',
          '/orders',
          json,
          { ...order, [field]: sql },
        ],
      ),
      ['POST', '/orders/batch', json, { orders: [{ ...order, symbol: sql }] }],
      ['PATCH', `/orders/${path}`, json, { price: 1 }],
      ['PATCH', '/orders/ord_1', json, { price: sql, remaining: sql }],
      ['DELETE', `/orders/${path}`, json],
      ['DELETE', `/orders?symbol=${path}`, json],
      ['GET', `/orders/${path}`, json],
      ['GET', `/orders?client_order_id=${path}`, json],
      ['GET', `/orders?symbol=${path}&status=${path}&cursor=${path}&limit=${path}`, json],
      ['GET', `/orders?cursor=${path}`, json],
      ['GET', `/fills?symbol=${path}`, json],
      ['GET', `/fills?cursor=${path}`, json],
      ['GET', `/events?from=${path}`, json],
      ['GET', `/chart?symbol=${path}&interval=1m`, {}],
      ['GET', `/chart?symbol=ABUSE&interval=${path}&end=${path}`, {}],
      ['GET', `/trades?symbol=${path}`, {}],
      ['GET', `/depth?symbol=${path}`, {}],
      ['GET', '/assets', as(sql)],
      ['GET', `/assets?user_id=${path}`, {}],
      ['POST', '/admin/symbols', asAdmin, { symbol: sql }],
      ['POST', '/admin/symbols', asAdmin, { symbol: `SQL${i}`, name: sql, quote: sql }],
      ['PATCH', '/admin/symbols/ABUSE', asAdmin, { name: sql }],
      ['PATCH', `/admin/symbols/${path}`, asAdmin, { name: 'x' }],
      ['POST', `/admin/accounts/${path}/withdraw`, asAdmin, { asset: 'KRW', amount: 1 }],
      ['POST', '/admin/accounts/u/withdraw', asAdmin, { asset: sql, amount: 1 }],
      ['POST', '/admin/accounts/u/withdraw', asAdmin, { asset: 'KRW', amount: sql }],
      ['POST', '/admin/accounts/poor/withdraw', asAdmin, { asset: 'KRW', amount: 1, transfer_id: sql }],
      ['POST', '/admin/streams', asAdmin, { action: 'create', topic: sql }],
    ];
    for (const [method, target, headers, body] of calls) {
      const started = performance.now();
      const answer = await ask(exchange.url, method, target, headers, body);
      assert.ok(answer.status < 500, `${method} ${target} ${JSON.stringify(body)} -> ${answer.status} ${answer.text}`);
      assert.doesNotMatch(answer.text, /syntax error|SQLSTATE|relation "|PL\/pgSQL/i, 'the database speaks to nobody');
      assert.ok(performance.now() - started < 25_000, 'nothing sleeps in the database');
    }
  }
  await nothingLocked();
});

/** Cancels what u has open; then u has what was paid in, and nothing of it is locked. */
async function nothingLocked(): Promise<void> {
  await must('DELETE', '/orders', { ...as('u'), ...KEYED });
  const wallet = async () => JSON.stringify((await must('GET', '/assets', as('u'))).body.wallets);
  const expected = '[{"currency":"KRW","balance":1000000,"locked":0,"available":1000000,"decimals":0}]';
  const patience = performance.now() + 30_000;
  while ((await wallet()) !== expected && performance.now() < patience)
    await new Promise((done) => setTimeout(done, 50));
  assert.equal(await wallet(), expected);
}

test('and after all of it the audit is clean', async () => {
  exchange.process.kill('SIGTERM');
  assert.equal(await exchange.exited, 0, exchange.stderr());
  const { code, stdout, stderr } = await runSupernoba(['audit', `--data-dir=${folder}`]);
  assert.equal(code, 0, stdout + stderr);
});
