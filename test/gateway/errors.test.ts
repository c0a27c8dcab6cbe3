import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { ExchangeError } from '../../src/domain/errors.ts';
import { silentLog } from '../../src/ports/log.ts';
import { DocumentedClient, user } from './documented.ts';
import { startExchange, type TestExchange } from './exchange.ts';

let exchange: TestExchange;
let client: DocumentedClient;
let port: number;

before(async () => {
  exchange = await startExchange();
  client = await DocumentedClient.of(exchange.app);
  await exchange.app.listen({ host: '127.0.0.1', port: 0 });
  const address = exchange.app.server.address();
  assert.ok(typeof address === 'object' && address !== null);
  port = address.port;
});
after(() => exchange.close());

interface RawAnswer {
  status: number;
  headers: string;
  body: string;
}

/** Writes bytes on a bare connection and reads until the other side ends it. */
function raw(bytes: string | Buffer): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', (error) => (text === '' ? reject(error) : undefined));
    socket.on('close', () => {
      const [head = '', body = ''] = text.split('\r\n\r\n', 2);
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), headers: head.toLowerCase(), body });
    });
  });
}

const close = 'Connection: close\r\n\r\n';

test('unknown paths are 404 and known paths with another method are 405, in the error form', async () => {
  for (const url of [
    '/nothing',
    '/orders/a/b',
    '/admin',
    '/admin/nothing',
    '/symbols/TEST',
    '/../etc/passwd',
    '/ORDERS',
  ]) {
    const response = await client.call('GET', url, user('u'));
    assert.deepEqual([response.statusCode, response.json().code], [404, 'NOT_FOUND'], url);
  }
  for (const [method, url, allowed] of [
    ['PUT', '/orders', 'DELETE, GET, HEAD, POST'],
    ['POST', '/orders/ord_1', 'DELETE, GET, HEAD, PATCH'],
    ['POST', '/depth', 'GET, HEAD'],
    ['DELETE', '/healthz?x=1', 'GET, HEAD'],
    ['TRACE', '/symbols/', 'GET, HEAD'],
    ['OPTIONS', '/orders', 'DELETE, GET, HEAD, POST'],
  ] as const) {
    const response = await client.call(method, url, user('u'));
    assert.deepEqual(
      [response.statusCode, response.json().code, response.headers.allow],
      [405, 'METHOD_NOT_ALLOWED', allowed],
      url,
    );
  }
  const patch = await client.call('GET', '/orders/batch', user('u'));
  assert.equal(patch.json().code, 'ORDER_UNKNOWN');
});

test('bodies: malformed, too large, of another type, poisoned', async () => {
  const cases: [string, number, string, Record<string, string>?][] = [
    ['INVALID_JSON', 400, '{"symbol":'],
    ['INVALID_JSON', 400, 'null{}'],
    ['INVALID_JSON', 400, '{"__proto__":{"isAdmin":true},"symbol":"TEST"}'],
    ['INVALID_JSON', 400, '{"constructor":{"prototype":{"x":1}}}'],
    ['INVALID_JSON', 400, '{"a":1,}'],
    ['BODY_TOO_LARGE', 413, JSON.stringify({ symbol: 'x'.repeat(66_000) })],
    ['UNSUPPORTED_MEDIA_TYPE', 415, 'symbol=TEST', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['UNSUPPORTED_MEDIA_TYPE', 415, '{}', { 'content-type': 'text/plain' }],
    ['UNSUPPORTED_MEDIA_TYPE', 415, '{}', { 'content-type': 'nonsense' }],
    ['INVALID_REQUEST', 400, '[]'],
    ['INVALID_REQUEST', 400, 'null'],
    ['INVALID_REQUEST', 400, '"text"'],
    ['INVALID_REQUEST', 400, '17'],
  ];
  for (const [code, status, body, headers] of cases) {
    const response = await client.call('POST', '/orders', { ...user('u'), ...headers }, body);
    assert.deepEqual([response.statusCode, response.json().code], [status, code], body.slice(0, 60));
  }
  const none = await client.call('POST', '/orders', { ...user('u'), 'content-type': 'application/json' });
  assert.equal(none.json().code, 'INVALID_REQUEST');
});

test('deeply nested JSON is refused without harm', async () => {
  const deep = `${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}`;
  assert.equal((await client.call('POST', '/orders', user('u'), deep)).statusCode, 400);
  const deepLong = `${'['.repeat(9_000)}1.00000000000000001${']'.repeat(9_000)}`;
  assert.equal((await client.call('POST', '/orders', user('u'), deepLong)).statusCode, 400);
});

test('malformed URLs and parts that are too long', async () => {
  for (const url of [
    '/orders/%',
    '/orders/%zz',
    '/%c0%ae',
    '/orders/%00',
    `/orders/${'x'.repeat(65)}`,
    `/orders/${'x'.repeat(3000)}`,
  ]) {
    const response = await client.call('GET', url, user('u'));
    assert.ok([400, 404].includes(response.statusCode), `${url.slice(0, 40)} ${response.statusCode}`);
  }
});

test('what is no HTTP is answered in the error form on the bare connection', async () => {
  const cases: [string, number, string][] = [
    ['hello\r\n\r\n', 400, 'INVALID_REQUEST'],
    [`GET /healthz HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n${close}`, 431, 'HEADERS_TOO_LARGE'],
    [`GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n${close}`, 431, 'HEADERS_TOO_LARGE'],
    [`GET /healthz HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n${close}`, 400, 'INVALID_REQUEST'],
    [`FOO /healthz HTTP/1.1\r\nHost: a\r\n${close}`, 400, 'INVALID_REQUEST'],
    [
      `POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n${close}`,
      400,
      'INVALID_REQUEST',
    ],
    [`POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n${close}`, 400, 'INVALID_REQUEST'],
  ];
  for (const [bytes, status, code] of cases) {
    const answer = await raw(bytes);
    assert.deepEqual([answer.status, JSON.parse(answer.body).code], [status, code], bytes.slice(0, 60));
  }
});

test('unusual but valid HTTP is served', async () => {
  assert.equal((await raw(`GET /healthz HTTP/1.1\r\n${close}`)).status, 200);
  assert.equal((await raw('GET /healthz HTTP/1.0\r\n\r\n')).status, 200);
  assert.equal((await raw(`GET /healthz HTTP/1.1\r\nHost: a\r\nExpect: nonsense\r\n${close}`)).status, 200);
  assert.equal((await raw(`GET //healthz HTTP/1.1\r\nHost: a\r\n${close}`)).status, 404);
});

test('test mode without a Host is refused over the wire', async () => {
  const answer = await raw(`GET /assets HTTP/1.1\r\nx-user-id: u1\r\n${close}`);
  assert.deepEqual([answer.status, JSON.parse(answer.body).code], [403, 'TEST_MODE_REFUSED']);
});

test('a login is asked for, and the answer says how', async () => {
  for (const [method, url] of [
    ['POST', '/orders'],
    ['POST', '/orders/batch'],
    ['GET', '/orders'],
    ['DELETE', '/orders'],
    ['GET', '/orders/x'],
    ['PATCH', '/orders/x'],
    ['DELETE', '/orders/x'],
    ['GET', '/assets'],
    ['GET', '/fills'],
    ['GET', '/events'],
  ] as const) {
    const response = await client.call(method, url, {}, method === 'POST' || method === 'PATCH' ? {} : undefined);
    assert.deepEqual([response.statusCode, response.json().code], [401, 'UNAUTHENTICATED'], url);
    assert.equal(response.headers['www-authenticate'], 'Bearer');
    const junk = await client.call(method, url, { authorization: 'Bearer junk' }, method === 'POST' ? {} : undefined);
    assert.deepEqual([junk.statusCode, junk.json().code], [401, 'INVALID_TOKEN'], url);
    const proxied = await client.call(
      method,
      url,
      { ...user('u'), 'x-forwarded-for': '1.2.3.4' },
      method === 'POST' ? {} : undefined,
    );
    assert.deepEqual([proxied.statusCode, proxied.json().code], [403, 'TEST_MODE_REFUSED'], url);
  }
});

test('a fault of ours is a 500 in the error form that shows nothing of its inside, and it is logged', async () => {
  const logged: object[] = [];
  const log = { debug() {}, info() {}, warn() {}, error: (fields: object) => logged.push(fields), child: () => log };
  const broken = await startExchange({
    log,
    overrides: { privateEvents: { events: async () => assert.fail('secret inside') } },
  });
  const brokenClient = await DocumentedClient.of(broken.app);
  const response = await brokenClient.call('GET', '/events', user('u'));
  assert.deepEqual([response.statusCode, response.json().code], [500, 'INTERNAL']);
  assert.doesNotMatch(response.body, /secret/);
  assert.equal(logged.length, 1);
  await broken.close();
});

test('a store that cannot be asked now is a 503 with Retry-After, and the log says why', async () => {
  const full = async () => {
    throw new Error('could not extend file: No space left on device');
  };
  const logged: string[] = [];
  const log = {
    ...silentLog,
    error(_fields: object, message: string) {
      logged.push(message);
    },
  };
  const away = await startExchange({
    log,
    overrides: { store: { order: full, orders: full, fills: full, wallets: full } },
  });
  try {
    const other = await DocumentedClient.of(away.app);
    for (const url of ['/orders', '/orders/ord_1', '/fills', '/assets']) {
      const answer = await other.call('GET', url, user('u'));
      const { statusCode, headers } = answer;
      assert.deepEqual([statusCode, headers['retry-after'], answer.json().code], [503, '1', 'UNAVAILABLE'], url);
    }
    assert.equal(logged.length, 4);
  } finally {
    await away.close();
  }
});

test('past the bound on orders in work: 503 with Retry-After, before the router is asked', async () => {
  let asked = 0;
  const gate = Promise.withResolvers<void>();
  const busy = await startExchange({
    settings: { maxInFlight: 2 },
    overrides: {
      router: {
        place: async (_user, { symbol }) => {
          asked += 1;
          await gate.promise;
          return {
            message: 'Order accepted',
            topic: 't',
            symbol,
            order_id: 'ord_1',
            client_order_id: null,
            status: 'PENDING',
          };
        },
        placeBatch: async () => [],
        cancel: async (_user, order_id) => ({ order_id, status: 'ACCEPTED', request_id: 'r' }),
        replace: async (_user, order_id) => ({ order_id, status: 'ACCEPTED', request_id: 'r' }),
        massCancel: async () => ({ symbols: [], request_id: 'r' }),
      },
    },
  });
  const busyClient = await DocumentedClient.of(busy.app);
  const place = () =>
    busyClient.call('POST', '/orders', user('u'), { symbol: 'TEST', side: 'BUY', price: 1, quantity: 1 });
  const first = [place(), place()];
  while (asked < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  const refused = await place();
  assert.deepEqual([refused.statusCode, refused.json().code, refused.headers['retry-after']], [503, 'OVERLOADED', '1']);
  assert.equal(asked, 2);
  gate.resolve();
  for (const response of await Promise.all(first)) assert.equal(response.statusCode, 200);
  assert.equal((await place()).statusCode, 200);
  await busy.close();
});

test('what is not ready says so, with what is wrong', async () => {
  const starting = await startExchange({
    overrides: { readiness: async () => ({ ready: false, checks: { stream: 'ok', store: 'replaying' } }) },
  });
  const startingClient = await DocumentedClient.of(starting.app);
  const response = await startingClient.call('GET', '/readyz');
  assert.deepEqual(
    [response.statusCode, response.json().code, response.json().details.checks.store],
    [503, 'UNAVAILABLE', 'replaying'],
  );
  assert.equal((await startingClient.call('GET', '/healthz')).statusCode, 200);
  await starting.close();
});

test('a refusal of the router keeps its code, details and Retry-After', async () => {
  const refusing = await startExchange({
    overrides: {
      router: {
        place: async () => {
          throw new ExchangeError('OVERLOADED', undefined, { queue: 1 }, 7);
        },
        placeBatch: async () => [],
        cancel: async () => {
          throw new ExchangeError('UNAVAILABLE');
        },
        replace: async () => {
          throw new ExchangeError('ORDER_CLOSED');
        },
        massCancel: async () => ({ symbols: [], request_id: 'r' }),
      },
    },
  });
  const refusingClient = await DocumentedClient.of(refusing.app);
  const place = await refusingClient.call('POST', '/orders', user('u'), {
    symbol: 'A',
    side: 'BUY',
    price: 1,
    quantity: 1,
  });
  assert.deepEqual([place.statusCode, place.headers['retry-after'], place.json().details], [503, '7', { queue: 1 }]);
  const cancel = await refusingClient.call('DELETE', '/orders/x', user('u'));
  assert.deepEqual([cancel.statusCode, cancel.headers['retry-after']], [503, '1']);
  assert.equal((await refusingClient.call('PATCH', '/orders/x', user('u'), { price: 1 })).statusCode, 409);
  await refusing.close();
});
