import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { admin, DocumentedClient, user } from './documented.ts';
import { startExchange, type TestExchange } from './exchange.ts';
import '../support/property-seed.ts';

let exchange: TestExchange;
let client: DocumentedClient;
let logged: object[] = [];

before(async () => {
  const log = {
    debug() {},
    info() {},
    warn: (fields: object) => logged.push(fields),
    error: (fields: object) => logged.push(fields),
    child: () => log,
  };
  exchange = await startExchange({ log });
  client = await DocumentedClient.of(exchange.app);
  await client.call('POST', '/admin/symbols', admin(), { symbol: 'TEST', reference_price: 15000 });
  await client.call('POST', '/admin/accounts/u/deposit', admin(), { asset: 'KRW', amount: 1_000_000_000 });
  await client.call('POST', '/admin/accounts/u/deposit', admin(), { asset: 'TEST', amount: 1_000_000 });
});
after(() => exchange.close());

const nasty = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -0,
    -1,
    1e-9,
    1e21,
    1e308,
    2 ** 31,
    2 ** 53,
    '',
    ' ',
    '0',
    '-1',
    '1e400',
    '0x10',
    'NaN',
    'Infinity',
    '1'.repeat(59),
    '9'.repeat(200),
    '1.',
    '.5',
    '１５',
    'TEST',
    'test',
    'BUY',
    'LIMIT',
    '__proto__',
    'constructor',
    '\u0000',
    'a\u0000b',
    '\ud800',
    '𝕏'.repeat(40),
    "'; DROP TABLE orders; --",
    '../../etc/passwd',
    '$(id)',
    [],
    {},
    [[]],
    { a: 1 },
  ),
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.double(),
  fc.integer(),
  fc.jsonValue({ maxDepth: 3 }),
);

const fields = [
  'symbol',
  'side',
  'order_type',
  'orderType',
  'price',
  'quantity',
  'qty',
  'time_in_force',
  'post_only',
  'stop_price',
  'display_quantity',
  'stp',
  'client_order_id',
  'clientOrderId',
  'user_id',
  'userId',
  'remaining',
] as const;
const usual = { symbol: 'TEST', side: 'BUY', price: 15000, quantity: 1 };
/** A usual order of which some fields are anything. */
const orderLike = fc
  .dictionary(fc.constantFrom(...fields), nasty, { maxKeys: 4 })
  .map((changes) => ({ ...usual, ...changes }));

const segment = fc.oneof(
  fc.constantFrom('TEST', 'ord_1', '%00', '%', '%ff', '..', '.', 'x'.repeat(300), '%2e%2e%2f', '한글', 'a b'),
  fc.string({ unit: 'binary', maxLength: 40 }).map(encodeOrKeep),
);

/** A lone surrogate cannot be encoded; such a client would send what it has. */
function encodeOrKeep(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return '%ED%A0%80';
  }
}

async function survives(method: string, url: string, headers: Record<string, string>, body?: unknown): Promise<void> {
  const response = await client.call(method, url, headers, body);
  assert.ok(
    response.statusCode < 500,
    `${method} ${url} ${JSON.stringify(body)} -> ${response.statusCode} ${response.body}`,
  );
}

const RUNS = { numRuns: 400 };

test('no order, batch or replace that a client can write makes a 5xx', async () => {
  await fc.assert(
    fc.asyncProperty(orderLike, nasty, async (order, other) => {
      await survives('POST', '/orders', user('u'), order);
      await survives('POST', '/orders', user('u'), other);
      await survives('POST', '/orders/batch', user('u'), { orders: [order, other, usual] });
      await survives('PATCH', '/orders/ord_1', user('u'), order);
    }),
    RUNS,
  );
});

test('no path or query makes a 5xx', async () => {
  const paths = Object.keys(client.document.paths);
  const names = [
    'symbol',
    'limit',
    'cursor',
    'status',
    'interval',
    'end',
    'from',
    'levels',
    'client_order_id',
    'user_id',
    'topic',
  ];
  const query = fc.array(fc.tuple(fc.constantFrom(...names), segment), { maxLength: 4 });
  const methods = fc.constantFrom('GET', 'DELETE', 'PUT', 'PATCH', 'OPTIONS', 'HEAD', 'POST');
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), methods, segment, query, async (path, method, part, pairs) => {
      const url = `${path.replaceAll(/\{[^}]+\}/g, () => part.replaceAll('?', '%3f').replaceAll('#', '%23'))}?${pairs.map((pair) => pair.join('=')).join('&')}`;
      const response = await exchange.app.inject({ method: method as 'GET', url, headers: admin('u') });
      assert.ok(response.statusCode < 500, `${method} ${url} -> ${response.statusCode} ${response.body}`);
      if (response.statusCode >= 400 && method !== 'HEAD') assert.ok(response.json().code, response.body);
    }),
    RUNS,
  );
});

test('no admin body makes a 5xx', async () => {
  const terms = [
    'symbol',
    'name',
    'base',
    'quote',
    'price_decimals',
    'quantity_decimals',
    'tick_size',
    'tick_table',
    'lot_size',
    'max_quantity',
    'reference_price',
    'price_limit_pct',
    'status',
    'calendar',
    'maker_fee_bps',
    'asset',
    'amount',
    'transfer_id',
    'action',
    'topic',
    'partitions',
  ];
  const body = fc.dictionary(fc.constantFrom(...terms), nasty, { maxKeys: 5 });
  await fc.assert(
    fc.asyncProperty(body, segment, async (given, id) => {
      // Only what is refused is of interest here: what is accepted would wait for the disk many hundred times.
      const refused = { ...given, lot_size: 0, amount: 'x', action: 'none' };
      await survives('POST', '/admin/symbols', admin(), { symbol: 'NASTY', ...refused });
      await survives('PATCH', '/admin/symbols/TEST', admin(), refused);
      await survives('POST', '/admin/accounts/u/deposit', admin(), refused);
      await survives('POST', `/admin/accounts/${id.replaceAll(/[?#/]/g, '')}/withdraw`, admin(), refused);
      await survives('POST', '/admin/streams', admin(), refused);
      await survives('POST', '/admin/symbols/TEST/day-close', admin(), { reference_price: given.amount ?? 'x' });
    }),
    { numRuns: 150 },
  );
});

test('no body that is no JSON, and no header, makes a 5xx', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ maxLength: 60 }),
      async (body, value) => {
        await survives('POST', '/orders', user('u'), body);
        const header = value.replaceAll(/[^\x20-\x7e]/g, '') || 'x';
        for (const name of [
          'authorization',
          'x-user-id',
          'x-user-role',
          'content-type',
          'origin',
          'x-api-key',
          'idempotency-key',
        ]) {
          await survives('POST', '/orders', { ...user('u'), [name]: header }, usual);
        }
      },
    ),
    { numRuns: 150 },
  );
});

test('and in all of it nothing was logged as a fault', () => {
  assert.deepEqual(logged, []);
  logged = [];
});
