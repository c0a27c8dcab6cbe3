import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { exportSPKI, SignJWT, UnsecuredJWT } from 'jose';
import { SimulatedClock } from '../../src/adapters/clock/simulated.ts';
import { ExchangeError } from '../../src/domain/errors.ts';
import { silentLog } from '../../src/ports/log.ts';
import { createAuthenticator } from '../../src/services/auth/authenticator.ts';
import { jwksUrlOf } from '../../src/services/auth/tokens.ts';
import type { Authenticator, AuthSettings } from '../../src/services/auth/types.ts';
import { DocumentedClient } from './documented.ts';
import { startExchange } from './exchange.ts';
import { Issuer, secretToken } from './issuer.ts';

const SECRET = 'a-secret-of-at-least-32-characters-for-hs256';
/** Time stands still unless a test moves it. (The published keys' cache has a clock of its own.) */
const clock = new SimulatedClock(Date.now());
let issuer: Issuer;

before(async () => {
  issuer = await Issuer.start();
  await issuer.addKey('rsa', 'RS256');
  await issuer.addKey('ec', 'ES256');
});
after(() => issuer.close());
beforeEach(() => {
  issuer.status = 200;
});

function authenticator(settings: Partial<AuthSettings>): Authenticator {
  return createAuthenticator({ allowTestMode: false, ...settings }, { clock, log: silentLog });
}

function bearer(token: string) {
  return { headers: { authorization: `Bearer ${token}` } };
}

async function refusal(auth: Authenticator, token: string): Promise<string> {
  try {
    await auth.rest(bearer(token));
  } catch (error) {
    assert.ok(error instanceof ExchangeError, String(error));
    return error.code;
  }
  return 'accepted';
}

const inSeconds = (seconds: number) => Math.floor(clock.now() / 1000) + seconds;

test('a token of the shared secret names its user and when the login ends', async () => {
  const auth = authenticator({ jwtSecret: SECRET });
  const exp = inSeconds(60);
  const token = await secretToken(SECRET, { sub: 'user-1', exp, role: 'authenticated' });
  assert.deepEqual(await auth.rest(bearer(token)), { userId: 'user-1', isAdmin: false, expiresAt: exp * 1000 });
  assert.deepEqual(await auth.rest({ headers: { authorization: `bearer ${token}` } }), await auth.rest(bearer(token)));
});

test('published keys of several algorithms verify, by JWKS_URL and by SUPABASE_URL alone', async () => {
  for (const jwksUrl of [`${issuer.url}/keys`, jwksUrlOf(`${issuer.url}/`)]) {
    const auth = authenticator({ jwksUrl });
    for (const kid of ['rsa', 'ec']) {
      const caller = await auth.rest(bearer(await issuer.token(kid, { sub: `${kid}-user` })));
      assert.equal(caller?.userId, `${kid}-user`);
    }
  }
  assert.equal(jwksUrlOf('https://p.supabase.co/'), 'https://p.supabase.co/auth/v1/.well-known/jwks.json');
});

test('a role claim makes an admin wherever an issuer puts it, and nothing else does', async () => {
  const auth = authenticator({ jwtSecret: SECRET });
  const isAdmin = async (claims: object) =>
    (await auth.rest(bearer(await secretToken(SECRET, { sub: 'u', ...claims }))))?.isAdmin;
  for (const claims of [
    { role: 'admin' },
    { user_role: 'admin' },
    { app_metadata: { role: 'admin' } },
    { role: ['authenticated', 'admin'] },
  ]) {
    assert.equal(await isAdmin(claims), true, JSON.stringify(claims));
  }
  for (const claims of [
    { role: 'authenticated' },
    { role: 'Admin' },
    { role: { admin: true } },
    { user_metadata: { role: 'admin' } },
    { app_metadata: 'admin' },
    { admin: true },
  ]) {
    assert.equal(await isAdmin(claims), false, JSON.stringify(claims));
  }
});

test('expiry, not-before, audience and issuer are checked with the leeway', async () => {
  const auth = authenticator({
    jwtSecret: SECRET,
    audience: 'supernoba',
    issuer: 'https://id.example',
    leewaySeconds: 10,
  });
  const good = { sub: 'u', aud: 'supernoba', iss: 'https://id.example' };
  const code = async (claims: object) => refusal(auth, await secretToken(SECRET, { ...good, ...claims }));
  assert.equal(await code({}), 'accepted');
  assert.equal(await code({ exp: inSeconds(-5) }), 'accepted');
  assert.equal(await code({ exp: inSeconds(-15) }), 'TOKEN_EXPIRED');
  assert.equal(await code({ nbf: inSeconds(5) }), 'accepted');
  assert.equal(await code({ nbf: inSeconds(60) }), 'INVALID_TOKEN');
  assert.equal(await code({ aud: 'other' }), 'INVALID_TOKEN');
  assert.equal(await code({ aud: ['other', 'supernoba'] }), 'accepted');
  assert.equal(await code({ iss: 'https://evil.example' }), 'INVALID_TOKEN');
  assert.equal(await code({ exp: undefined }), 'INVALID_TOKEN');
  for (const sub of [undefined, '', 'a b', 'x'.repeat(129), 'zero\u0000', 7]) {
    assert.equal(await code({ sub }), 'INVALID_TOKEN', String(sub));
  }
  assert.equal(await code({ sub: 'exchange' }), 'FORBIDDEN');
});

test('a remembered token ends with its expiry', async () => {
  const short = authenticator({ jwtSecret: SECRET, leewaySeconds: 0 });
  const token = await secretToken(SECRET, { sub: 'u', exp: inSeconds(2) });
  assert.equal(await refusal(short, token), 'accepted');
  await clock.advance(2_000);
  assert.equal(await refusal(short, token), 'TOKEN_EXPIRED');
});

test('a forged token gets nowhere: wrong key, no algorithm, a public key taken for a secret, a changed payload', async () => {
  const both = authenticator({ jwtSecret: SECRET, jwksUrl: `${issuer.url}/keys` });
  const good = await issuer.token('rsa', { sub: 'u' });
  const [header, , signature] = good.split('.');
  const forged = Buffer.from(JSON.stringify({ sub: 'root', role: 'admin', exp: inSeconds(60) })).toString('base64url');
  const pem = await exportSPKI(issuer.publicKey('rsa'));
  const confused = await new SignJWT({ sub: 'root', exp: inSeconds(60) })
    .setProtectedHeader({ alg: 'HS256', kid: 'rsa' })
    .sign(new TextEncoder().encode(pem));
  const tokens = {
    'payload exchanged': `${header}.${forged}.${signature}`,
    'alg none': new UnsecuredJWT({ sub: 'root', exp: inSeconds(60) }).encode(),
    'alg none with a signature': `${Buffer.from('{"alg":"none"}').toString('base64url')}.${forged}.${signature}`,
    'other secret': await secretToken('another-secret-of-at-least-32-characters', { sub: 'u' }),
    'HS512 with the secret': await secretToken(SECRET.repeat(2), { sub: 'u' }, 'HS512'),
    'public key as secret': confused,
    'unknown key': await issuer.token('rsa', { sub: 'u' }, { kid: 'nobody' }),
    'not a token': 'abc',
    'two parts': 'abc.def',
    'no JSON in its header': `${Buffer.from('{').toString('base64url')}.e30.`,
    'too long': `${header}.${'a'.repeat(9000)}.${signature}`,
    'critical extension': `${Buffer.from('{"alg":"HS256","crit":["x"],"x":1}').toString('base64url')}.${forged}.${signature}`,
  };
  for (const [name, token] of Object.entries(tokens)) assert.equal(await refusal(both, token), 'INVALID_TOKEN', name);
  assert.equal(await refusal(both, good), 'accepted');
  const onlySecret = authenticator({ jwtSecret: SECRET });
  assert.equal(await refusal(onlySecret, good), 'INVALID_TOKEN');
  const onlyKeys = authenticator({ jwksUrl: `${issuer.url}/keys` });
  assert.equal(await refusal(onlyKeys, await secretToken(SECRET, { sub: 'u' })), 'INVALID_TOKEN');
  for (const value of ['Basic dTpw', 'Bearer', 'Bearer a b', '']) {
    assert.throws(() => onlyKeys.rest({ headers: { authorization: value } }), { code: 'INVALID_TOKEN' }, value);
  }
});

test('keys are fetched once, again when they rotate, and forged key ids do not make more fetches', async () => {
  const rotating = await Issuer.start();
  await rotating.addKey('old', 'ES256');
  const jwksUrl = `${rotating.url}/keys`;
  const auth = authenticator({ jwksUrl, jwksCooldownMs: 200 });
  for (let i = 0; i < 20; i++) await auth.rest(bearer(await rotating.token('old', { sub: `u${i}` })));
  assert.equal(rotating.fetches, 1);
  await rotating.addKey('new', 'RS256');
  rotating.dropKey('old');
  await sleep(250);
  assert.equal(await refusal(auth, await rotating.token('new', { sub: 'u' })), 'accepted');
  assert.equal(rotating.fetches, 2);
  const careful = authenticator({ jwksUrl, jwksCooldownMs: 600_000 });
  assert.equal(await refusal(careful, await rotating.token('new', { sub: 'v' })), 'accepted');
  const forged = await rotating.token('new', { sub: 'u' }, { kid: 'forged' });
  await Promise.all(Array.from({ length: 50 }, () => refusal(careful, forged)));
  assert.equal(rotating.fetches, 3);
  await rotating.close();
});

test('a withdrawn key: its tokens end when the published keys are next read, those already verified at most 30 s later', async () => {
  const rotating = await Issuer.start();
  await rotating.addKey('stolen', 'ES256');
  await rotating.addKey('kept', 'ES256');
  const time = new SimulatedClock(Date.now());
  const auth = createAuthenticator(
    { allowTestMode: false, jwksUrl: `${rotating.url}/keys`, jwksMaxAgeMs: 50, jwksCooldownMs: 50 },
    { clock: time, log: silentLog },
  );
  const [used, unused] = [await rotating.token('stolen', { sub: 'u' }), await rotating.token('stolen', { sub: 'v' })];
  assert.equal(await refusal(auth, used), 'accepted');
  rotating.dropKey('stolen');
  await sleep(120);
  assert.equal(await refusal(auth, unused), 'INVALID_TOKEN');
  assert.equal(await refusal(auth, used), 'accepted');
  await time.advance(30_000);
  assert.equal(await refusal(auth, used), 'INVALID_TOKEN');
  assert.equal(await refusal(auth, await rotating.token('kept', { sub: 'u' })), 'accepted');
  await rotating.close();
});

test('expiry ends a remembered token to the millisecond; within the leeway each use is verified anew', async () => {
  const time = new SimulatedClock(Math.floor(Date.now() / 1000) * 1000);
  const auth = createAuthenticator(
    { allowTestMode: false, jwtSecret: SECRET, leewaySeconds: 2 },
    { clock: time, log: silentLog },
  );
  const token = await secretToken(SECRET, { sub: 'u', exp: time.now() / 1000 + 10 });
  const isRemembered = () => !(auth.rest(bearer(token)) instanceof Promise);
  assert.equal(await refusal(auth, token), 'accepted');
  await time.advance(9_999);
  assert.ok(isRemembered());
  await time.advance(1);
  assert.ok(!isRemembered());
  assert.equal(await refusal(auth, token), 'accepted');
  assert.ok(!isRemembered());
  await time.advance(2_000);
  assert.equal(await refusal(auth, token), 'TOKEN_EXPIRED');
});

test('an issuer that is away: 503 before its keys were ever had, and the last keys go on serving after', async () => {
  const away = await Issuer.start();
  await away.addKey('k', 'ES256');
  away.status = 500;
  const auth = authenticator({ jwksUrl: `${away.url}/keys`, jwksMaxAgeMs: 50 });
  assert.equal(await refusal(auth, await away.token('k', { sub: 'u' })), 'UNAVAILABLE');
  away.status = 200;
  assert.equal(await refusal(auth, await away.token('k', { sub: 'u' })), 'accepted');
  away.status = 500;
  await sleep(80);
  assert.equal(await refusal(auth, await away.token('k', { sub: 'u2' })), 'accepted');
  await away.close();
  assert.equal(await refusal(auth, await secretToken(SECRET, { sub: 'u' })), 'INVALID_TOKEN');
});

test('a socket logs in by the token of its query, or stays anonymous', async () => {
  const auth = authenticator({ jwtSecret: SECRET });
  const token = await secretToken(SECRET, { sub: 'ws-user' });
  assert.equal((await auth.socket({ headers: {}, query: { token } }))?.userId, 'ws-user');
  assert.equal(auth.socket({ headers: {}, query: {} }), undefined);
  assert.throws(() => auth.socket({ headers: {}, query: { testMode: 'true', userId: 'u1' } }), {
    code: 'TEST_MODE_REFUSED',
  });
  await assert.rejects(async () => auth.socket({ headers: {}, query: { token: 'junk' } }), { code: 'INVALID_TOKEN' });
});

test('over HTTP: a bearer trades as its user, an admin role opens the admin calls, and test headers are nothing', async () => {
  const exchange = await startExchange({
    auth: { allowTestMode: false, jwtSecret: SECRET, jwksUrl: `${issuer.url}/keys` },
  });
  const client = await DocumentedClient.of(exchange.app);
  const root = {
    authorization: `Bearer ${await issuer.token('ec', { sub: 'root', app_metadata: { role: 'admin' } })}`,
  };
  const alice = { authorization: `Bearer ${await secretToken(SECRET, { sub: 'alice', role: 'authenticated' })}` };
  const made = await client.call('POST', '/admin/symbols', root, { symbol: 'TEST' });
  assert.equal(made.statusCode, 200, made.body);
  await client.call('POST', '/admin/accounts/alice/deposit', root, { asset: 'KRW', amount: 1000 });
  const order = { symbol: 'TEST', side: 'BUY', price: 10, quantity: 1, user_id: 'bob' };
  const placed = await client.call('POST', '/orders', { ...alice, 'x-user-id': 'bob' }, order);
  assert.equal(placed.statusCode, 200, placed.body);
  const own = await client.call('GET', '/orders', alice);
  assert.equal(own.json().orders[0].order_id, placed.json().order_id);
  const forbidden = await client.call('GET', '/admin/symbols', { ...alice, 'x-user-role': 'admin' });
  assert.deepEqual([forbidden.statusCode, forbidden.json().code], [403, 'FORBIDDEN']);
  const nobody = await client.call('GET', '/assets', { 'x-user-id': 'alice' });
  assert.deepEqual([nobody.statusCode, nobody.json().code], [401, 'UNAUTHENTICATED']);
  const expired = await secretToken(SECRET, { sub: 'alice', exp: inSeconds(-60) });
  const late = await client.call('GET', '/assets', { authorization: `Bearer ${expired}` });
  assert.deepEqual([late.statusCode, late.json().code], [401, 'TOKEN_EXPIRED']);
  await exchange.close();
});
