import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SystemClock } from '../../adapters/clock/system.ts';
import { silentLog } from '../../ports/log.ts';
import { createAuthenticator } from './authenticator.ts';

const deps = { clock: new SystemClock(), log: silentLog };
const auth = createAuthenticator({ allowTestMode: true }, deps);
const local = { host: 'localhost:8080' };

test('test mode: the header names the caller, then body or query, and a role header makes an admin', () => {
  assert.deepEqual(auth.rest({ headers: { ...local, 'x-user-id': 'u1' }, namedUser: 'other' }), {
    userId: 'u1',
    isAdmin: false,
  });
  assert.deepEqual(auth.rest({ headers: local, namedUser: 'u2' }), { userId: 'u2', isAdmin: false });
  assert.deepEqual(auth.rest({ headers: local, namedUser: 12345 }), { userId: '12345', isAdmin: false });
  assert.deepEqual(auth.rest({ headers: { ...local, 'x-user-id': 'r', 'x-user-role': 'admin' } }), {
    userId: 'r',
    isAdmin: true,
  });
  assert.deepEqual(auth.rest({ headers: { ...local, 'x-user-role': 'admin' } }), { userId: 'admin', isAdmin: true });
  assert.deepEqual(auth.rest({ headers: { ...local, 'x-user-id': 'u', 'x-user-role': 'Admin' } }), {
    userId: 'u',
    isAdmin: false,
  });
  assert.equal(auth.rest({ headers: local }), undefined);
  assert.deepEqual(auth.socket({ headers: local, query: { testMode: 'true', userId: 'u1' } }), {
    userId: 'u1',
    isAdmin: false,
  });
});

test('test mode refuses whatever came over a proxy', () => {
  for (const name of [
    'forwarded',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-forwarded-anything',
  ]) {
    const headers = { ...local, 'x-user-id': 'u1', [name]: 'x' };
    assert.throws(() => auth.rest({ headers }), { code: 'TEST_MODE_REFUSED' }, name);
    assert.throws(() => auth.socket({ headers, query: { testMode: 'true', userId: 'u1' } }), {
      code: 'TEST_MODE_REFUSED',
    });
  }
});

test('test mode refuses a Host or an Origin that is not local', () => {
  const localNames = [
    'localhost',
    'LOCALHOST:1',
    '127.0.0.1',
    '127.8.9.1:8080',
    '[::1]',
    '[::1]:80',
    'dev.localhost:3000',
  ];
  const foreignNames = [
    'example.com',
    'localhost.example.com',
    '127.0.0.1.example.com',
    '127.0.0.1@example.com',
    'notlocalhost',
    '128.0.0.1',
    '10.0.0.1',
    '0.0.0.0',
    '[::2]',
    '::1',
    '127.0.0.256',
    'localhost:8080:1',
    'localhost/',
    '',
  ];
  for (const host of localNames) {
    assert.ok(auth.rest({ headers: { host, 'x-user-id': 'u' } }), host);
    assert.ok(auth.rest({ headers: { ...local, origin: `http://${host}`, 'x-user-id': 'u' } }), host);
  }
  for (const host of foreignNames) {
    const refused = { code: 'TEST_MODE_REFUSED' };
    assert.throws(() => auth.rest({ headers: { host, 'x-user-id': 'u' } }), refused, host);
    const headers = { ...local, origin: `https://${host}`, 'x-user-id': 'u' };
    assert.throws(() => auth.rest({ headers }), refused, `origin ${host}`);
  }
  for (const origin of ['null', 'file://localhost', 'localhost', 'chrome-extension://localhost']) {
    assert.throws(() => auth.rest({ headers: { ...local, origin, 'x-user-id': 'u' } }), { code: 'TEST_MODE_REFUSED' });
  }
  assert.throws(() => auth.rest({ headers: { 'x-user-id': 'u' } }), { code: 'TEST_MODE_REFUSED' });
});

test('test mode that is off believes nobody, and nobody is the exchange itself', () => {
  const off = createAuthenticator({ allowTestMode: false }, deps);
  assert.equal(off.rest({ headers: { ...local, 'x-user-id': 'u1', 'x-user-role': 'admin' } }), undefined);
  assert.throws(() => auth.rest({ headers: { ...local, 'x-user-id': 'exchange' } }), { code: 'FORBIDDEN' });
  for (const userId of ['', 'a b', 'x'.repeat(129), 'nul\u0000', '한글', ['a', 'b'], {}]) {
    assert.throws(() => auth.rest({ headers: local, namedUser: userId }), { code: 'INVALID_REQUEST' });
  }
});
