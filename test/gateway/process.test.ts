import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ApiError, type PrivateMessage, RestClient, StreamClient } from '../../client/src/index.ts';
import { type RunningExchange, startExchange } from '../servers/exchange.ts';
import { documentedFetch } from '../support/documented-fetch.ts';
import { Issuer } from './issuer.ts';

/**
 * The exchange as `npm start` runs it, in a process of its own, configured by its environment alone: a Supabase project
 * (a real issuer on this machine) and API keys on usage plans.
 */
/** Long enough to connect and to trade once on a machine that stands still for seconds now and then. */
const FIRST_LOGIN_S = 15;

let issuer: Issuer;
let stranger: Issuer;
let exchange: RunningExchange | undefined;
const dataDir = mkdtempSync(join(tmpdir(), 'supernoba-process-'));

function start(): Promise<RunningExchange> {
  const env = {
    SUPABASE_URL: issuer.url,
    API_KEYS: 'key-usual,key-small@small',
    USAGE_PLANS: 'small=0/0/3',
    RATE_LIMIT_KEY_RPS: '0',
    RATE_LIMIT_KEY_MONTH: '1000',
  };
  return startExchange({ dataDir, env });
}

function urlOf(): string {
  assert.ok(exchange !== undefined);
  return exchange.url;
}

async function stop(): Promise<void> {
  exchange?.process.kill('SIGTERM');
  await exchange?.exited;
}

before(async () => {
  issuer = await Issuer.start();
  stranger = await Issuer.start();
  for (const each of [issuer, stranger]) await each.addKey('rsa', 'RS256');
  exchange = await start();
});
after(async () => {
  await stop();
  await issuer.close();
  await stranger.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function client(sub: string, options: { admin?: boolean; apiKey?: string; from?: Issuer } = {}) {
  const { admin = false, apiKey = 'key-usual', from = issuer } = options;
  const token = await from.token('rsa', { sub, ...(admin ? { app_metadata: { role: 'admin' } } : {}) });
  return new RestClient({ fetch: documentedFetch, url: urlOf(), credentials: { token }, apiKey });
}

async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error));
    return error.code;
  }
  return 'accepted';
}

test("with SUPABASE_URL alone the project's tokens are logins, and nothing else is", async () => {
  const root = await client('root', { admin: true });
  await root.request('POST /admin/symbols', { body: { symbol: 'TEST', reference_price: 1000 } });
  assert.deepEqual((await (await client('alice')).assets()).wallets, []);
  assert.equal(await refusal((await client('alice')).request('GET /admin/symbols')), 'FORBIDDEN');
  assert.equal(await refusal((await client('alice', { from: stranger })).assets()), 'INVALID_TOKEN');
  const named = new RestClient({
    fetch: documentedFetch,
    url: urlOf(),
    credentials: { testUserId: 'alice', admin: true },
  });
  assert.equal(await refusal(named.assets()), 'UNAUTHENTICATED');
});

test('transfer ids and the month of a key hold over a restart, which forgets the cache', async () => {
  const deposit = async (amount: number, id = 'alice') =>
    (await client('root', { admin: true })).request('POST /admin/accounts/{id}/deposit', {
      path: { id },
      body: { asset: 'KRW', amount, transfer_id: 'in-1' },
    });
  const withdraw = async (amount: number, transferId: string) =>
    (await client('root', { admin: true })).request('POST /admin/accounts/{id}/withdraw', {
      path: { id: 'alice' },
      body: { asset: 'KRW', amount, transfer_id: transferId },
    });
  await deposit(100_000);
  await withdraw(30_000, 'out-1');
  const small = await client('alice', { apiKey: 'key-small' });
  for (let i = 0; i < 2; i++) await small.orders();

  await stop();
  exchange = await start();
  const again = await client('alice', { apiKey: 'key-small' });
  await again.orders();
  assert.equal(await refusal(again.orders()), 'RATE_LIMITED');
  assert.equal((await deposit(100_000)).wallet.balance, 70_000);
  assert.equal((await withdraw(30_000, 'out-1')).wallet.balance, 70_000);
  assert.equal(await refusal(deposit(99_999)), 'DUPLICATE_TRANSFER');
  assert.equal(await refusal(deposit(100_000, 'bob')), 'DUPLICATE_TRANSFER');
  assert.equal(await refusal(withdraw(30_001, 'out-1')), 'DUPLICATE_TRANSFER');
  assert.equal(await refusal(withdraw(100_000, 'in-1')), 'DUPLICATE_TRANSFER');
  const { entries } = await (await client('root', { admin: true })).request('GET /admin/audit');
  assert.deepEqual(
    entries.map(({ action, target }) => `${action} ${target}`),
    ['WITHDRAW alice', 'DEPOSIT alice', 'CREATE_SYMBOL TEST'],
  );
});

test('a token that ends during a session ends its private feed; the client comes back with a new one and misses nothing', async () => {
  let logins = 0;
  const codes: string[] = [];
  const got: PrivateMessage[] = [];
  const session = new StreamClient({
    resumeFrom: 1,
    url: urlOf(),
    // Only the end of the login may end the connection: never given up for being silent.
    pingEveryMs: 600_000,
    async credentials() {
      logins += 1;
      const lifeS = logins === 1 ? FIRST_LOGIN_S : 3_600;
      return { token: await issuer.token('rsa', { sub: 'alice', exp: Math.floor(Date.now() / 1000) + lifeS }) };
    },
    onControl: (message) => {
      if (message.type === 'ERROR') codes.push(message.code);
    },
    onPrivate: (message) => got.push(message),
  });
  session.open();
  const alice = await client('alice');
  const place = (quantity: number) => alice.placeOrder({ symbol: 'TEST', side: 'BUY', price: 900, quantity });
  await until(() => session.state === 'open');
  await place(1);
  await until(() => got.length === 1);
  await until(() => codes.includes('TOKEN_EXPIRED'));
  await place(2);
  await until(() => got.length === 2);
  assert.deepEqual(codes, ['TOKEN_EXPIRED']);
  assert.equal(logins, 2);
  assert.deepEqual(
    got.map(({ data }) => [data.useq - got[0]!.data.useq, data.status, data.remaining_qty]),
    [
      [0, 'ACCEPTED', 1],
      [1, 'ACCEPTED', 2],
    ],
  );
  session.close();
});

test('a backup that an admin asks for has stored the trades when it answers', async () => {
  const root = await client('root', { admin: true });
  const pay = (id: string, asset: string, amount: number) =>
    root.request('POST /admin/accounts/{id}/deposit', { path: { id }, body: { asset, amount } });
  await root.request('POST /admin/symbols', { body: { symbol: 'KEPT', reference_price: 1000 } });
  await Promise.all([pay('seller', 'KEPT', 5), pay('buyer', 'KRW', 5_000)]);
  const order = { symbol: 'KEPT', price: 1000, quantity: 5 };
  await (await client('seller')).placeOrder({ ...order, side: 'SELL' });
  const buyer = await client('buyer');
  const { order_id } = await buyer.placeOrder({ ...order, side: 'BUY' });
  const end = performance.now() + 90_000;
  while ((await buyer.order(order_id)).status !== 'FILLED') assert.ok(performance.now() < end, 'not filled in time');
  const archived = () => readdirSync(join(dataDir, 'archive'), { recursive: true }).map(String);
  assert.ok(!archived().some((file) => file.includes('symbol=KEPT')));
  const { stored_until } = await root.request('POST /admin/backups');
  assert.ok(stored_until <= Date.now());
  assert.ok(
    archived().some((file) => /^trades.symbol=KEPT.*ndjson\.gz$/.test(file)),
    archived().join('\n'),
  );
  const { entries } = await root.request('GET /admin/audit', { query: { limit: 1 } });
  assert.deepEqual([entries[0]?.actor, entries[0]?.action], ['root', 'RUN_BACKUP']);
});

async function until(right: () => boolean): Promise<void> {
  const end = performance.now() + 90_000;
  while (!right()) {
    assert.ok(performance.now() < end, `not in time: ${right}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}
