import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SignJWT, UnsecuredJWT } from 'jose';
import { WebSocket } from 'ws';
import { secretToken } from '../gateway/issuer.ts';
import { type RunningExchange, startExchange } from '../servers/exchange.ts';
import { type Answer, ask } from './ask.ts';

// The real server with a token issuer: who is whom, and who may what.

const SECRET = 'the-secret-of-an-issuer-for-the-abuse-suite-1';
const AUDIENCE = 'supernoba';
let folder: string;
let exchange: RunningExchange;
let [alice, mallory, root] = ['', '', ''];
let order = '';

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const token = (claims: object) => secretToken(SECRET, { aud: AUDIENCE, ...claims });
const call = (method: string, path: string, who: string, body?: unknown) =>
  ask(exchange.url, method, path, bearer(who), body);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supernoba-abuse-'));
  const env = { SUPABASE_JWT_SECRET: SECRET, JWT_AUDIENCE: AUDIENCE };
  exchange = await startExchange({ dataDir: folder, env });
  [alice, mallory] = [await token({ sub: 'alice' }), await token({ sub: 'mallory' })];
  root = await token({ sub: 'root', role: 'admin' });
  must(await call('POST', '/admin/symbols', root, { symbol: 'ABUSE', reference_price: 100 }));
  must(await call('POST', '/admin/accounts/alice/deposit', root, { asset: 'KRW', amount: 1_000_000 }));
  const placed = must(await call('POST', '/orders', alice, { symbol: 'ABUSE', side: 'BUY', price: 100, quantity: 10 }));
  order = String(placed.body.order_id);
});
after(async () => {
  exchange?.process.kill('SIGKILL');
  await exchange?.exited;
  await rm(folder, { recursive: true, force: true });
});

function must(answer: Answer): Answer {
  assert.equal(answer.status, 200, answer.text);
  return answer;
}

async function forgeries(): Promise<Record<string, string>> {
  const now = Math.floor(Date.now() / 1000);
  const claims = { sub: 'alice', aud: AUDIENCE, role: 'admin', exp: now + 600 };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const [header, , signature] = alice.split('.');
  const signed = (alg: string, key: string) =>
    new SignJWT(claims).setProtectedHeader({ alg }).sign(new TextEncoder().encode(key));
  return {
    'signed by somebody else': await signed('HS256', 'another-secret-of-more-than-thirty-two-characters'),
    'payload exchanged': `${header}.${part(claims)}.${signature}`,
    'alg none': new UnsecuredJWT(claims).encode(),
    'alg None, with the old signature': `${part({ alg: 'None' })}.${part(claims)}.${signature}`,
    'alg of another family': await signed('HS512', SECRET.repeat(2)),
    'empty signature': `${part({ alg: 'HS256' })}.${part(claims)}.`,
    'key named inside': `${part({ alg: 'HS256', jwk: { kty: 'oct', k: 'AAAA' } })}.${part(claims)}.${signature}`,
    expired: await token({ sub: 'alice', exp: now - 3_600 }),
    'not yet valid': await token({ sub: 'alice', nbf: now + 3_600 }),
    'another audience': await secretToken(SECRET, { sub: 'alice', aud: 'another-shop' }),
    'no audience': await secretToken(SECRET, { sub: 'alice' }),
    'no expiry': await token({ sub: 'alice', exp: undefined }),
    'no subject': await token({}),
    "the exchange's own account": await token({ sub: 'exchange' }),
    garbage: 'not.a.token',
  };
}

test('a forged, expired, unsigned or wrong-audience token is nobody, over REST and WebSocket', async () => {
  for (const [name, forged] of Object.entries(await forgeries())) {
    for (const [method, path] of [
      ['GET', '/assets'],
      ['POST', '/orders'],
      ['POST', '/admin/symbols'],
    ] as const) {
      const answer = await call(method, path, forged, method === 'POST' ? { symbol: 'ABUSE' } : undefined);
      assert.ok([401, 403].includes(answer.status), `${name}: ${method} ${path} -> ${answer.status}`);
    }
    assert.ok([401, 403].includes(await upgradeStatus(`?token=${encodeURIComponent(forged)}`)), `${name}: /ws`);
  }
});

/** The status that an upgrade is refused with; 101 when it is not. */
function upgradeStatus(query: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${exchange.url.replace('http', 'ws')}/ws${query}`);
    socket.once('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.once('unexpected-response', (_request, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', (error) => reject(error));
  });
}

test("another user's order cannot be read, cancelled or replaced, and is as if it were not there", async () => {
  for (const [method, path, body] of [
    ['GET', `/orders/${order}`],
    ['DELETE', `/orders/${order}`],
    ['PATCH', `/orders/${order}`, { quantity: 1 }],
    ['GET', '/orders/ord_00000000000000000000000000'],
  ] as const) {
    const answer = await call(method, path, mallory, body);
    assert.deepEqual([answer.status, answer.body.code], [404, 'ORDER_UNKNOWN'], `${method} ${path}`);
  }
  must(await call('DELETE', '/orders?symbol=ABUSE', mallory));
  const named = await call('POST', '/orders', mallory, {
    symbol: 'ABUSE',
    side: 'BUY',
    price: 1,
    quantity: 1,
    user_id: 'alice',
  });
  assert.ok(named.status >= 400, 'a body that names alice is still from mallory, who has nothing');
  for (const path of ['/orders', '/orders?user_id=alice', '/fills?userId=alice', '/events?from=1&user_id=alice']) {
    const { text } = must(await call('GET', path, mallory));
    assert.ok(!text.includes(order), path);
  }
  assert.deepEqual(must(await call('GET', '/assets?user_id=alice', mallory)).body.wallets, []);
  const own = must(await call('GET', `/orders/${order}`, alice));
  assert.equal(own.body.status, 'ACCEPTED');
});

test("nobody's private messages are pushed to another user's socket", async () => {
  const heard: string[] = [];
  const socket = new WebSocket(`${exchange.url.replace('http', 'ws')}/ws?token=${mallory}&userId=alice`);
  socket.on('message', (data) => heard.push(String(data)));
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send('{"action":"resume","from":1}');
  must(await call('POST', '/orders', alice, { symbol: 'ABUSE', side: 'BUY', price: 100, quantity: 1 }));
  socket.send('{"action":"ping","id":"end"}');
  while (!heard.some((text) => text.includes('"end"'))) await new Promise((resolve) => setTimeout(resolve, 10));
  socket.terminate();
  assert.ok(!heard.some((text) => text.includes('ORDER_STATUS')), heard.join('\n'));
});

test('every admin call is refused to users and strangers, whatever they say they are', async () => {
  const document: { paths: Record<string, Record<string, unknown>> } = JSON.parse(
    (await ask(exchange.url, 'GET', '/openapi.json')).text,
  );
  const calls = Object.entries(document.paths)
    .filter(([path]) => path.startsWith('/admin'))
    .flatMap(([path, operations]) => Object.keys(operations).map((method) => [method.toUpperCase(), path] as const));
  assert.ok(calls.length > 8, `${calls.length} admin calls`);
  const claims = [{ user_metadata: { role: 'admin' } }, { role: 'Admin' }, { role: 'authenticated', admin: true }];
  const pretenders = await Promise.all(claims.map((claim) => token({ sub: 'mallory', ...claim })));
  for (const [method, path] of calls) {
    const target = path.replaceAll(/\{[^}]+\}/g, 'ABUSE');
    const body = method === 'GET' || method === 'DELETE' ? undefined : {};
    const nobody = await ask(exchange.url, method, target, { 'x-user-id': 'ops', 'x-user-role': 'admin' }, body);
    assert.equal(nobody.status, 401, `${method} ${target} by test-mode headers`);
    for (const pretender of [mallory, ...pretenders]) {
      const answer = await ask(exchange.url, method, target, { ...bearer(pretender), 'x-user-role': 'admin' }, body);
      assert.deepEqual([answer.status, answer.body.code], [403, 'FORBIDDEN'], `${method} ${target}`);
    }
  }
});

test('with an identity provider test mode is off by itself, for local callers too', async () => {
  const answer = await ask(exchange.url, 'GET', '/assets', { 'x-user-id': 'alice' });
  assert.equal(answer.status, 401);
  assert.equal((await ask(exchange.url, 'GET', '/assets?user_id=alice')).status, 401);
  assert.ok([401, 403].includes(await upgradeStatus('?testMode=true&userId=alice')));
});
