import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { admin, DocumentedClient, user } from './documented.ts';
import { startExchange, type TestExchange } from './exchange.ts';

let exchange: TestExchange;
let client: DocumentedClient;

before(async () => {
  exchange = await startExchange();
  client = await DocumentedClient.of(exchange.app);
});
after(() => exchange.close());

async function ok(method: string, url: string, body?: unknown) {
  const response = await client.call(method, url, admin(), body);
  assert.equal(response.statusCode, 200, `${method} ${url}: ${response.body}`);
  return response.json();
}

async function refused(code: string, method: string, url: string, body?: unknown) {
  const response = await client.call(method, url, admin(), body);
  assert.equal(response.json().code, code, `${method} ${url} ${JSON.stringify(body)}: ${response.body}`);
  return response;
}

test('what orders and wallets count in is fixed: another value is refused, the same changes nothing', async () => {
  const made = await ok('POST', '/admin/symbols', { symbol: 'FIXED', quote: 'USD', price_decimals: 1 });
  const same = { base: 'FIXED', quote: 'USD', price_decimals: 1, quantity_decimals: 0 };
  for (const other of [{ base: 'X' }, { quote: 'KRW' }, { price_decimals: 2 }, { quantity_decimals: 1 }]) {
    await refused('INVALID_INSTRUMENT', 'PATCH', '/admin/symbols/FIXED', { ...same, ...other, status: 'HALTED' });
    await refused('INVALID_INSTRUMENT', 'PATCH', '/admin/symbols', { symbol: 'FIXED', ...other });
  }
  assert.deepEqual(await ok('PATCH', '/admin/symbols/FIXED', same), made);
});

test("only the symbol is required, and the defaults are the contract's", async () => {
  const made = await ok('POST', '/admin/symbols', { symbol: 'PLAIN' });
  assert.deepEqual(made, {
    symbol: 'PLAIN',
    name: 'PLAIN',
    base: 'PLAIN',
    quote: 'KRW',
    base_decimals: 0,
    quote_decimals: 0,
    price_decimals: 0,
    quantity_decimals: 0,
    tick_size: 1,
    tick_table: [{ from: 0, tick: 1 }],
    lot_size: 1,
    min_quantity: 1,
    max_quantity: 1_000_000,
    reference_price: null,
    price_limit_pct: 30,
    lower_limit: null,
    upper_limit: null,
    status: 'ACTIVE',
    calendar: 'ALWAYS',
    maker_fee_bps: 0,
    taker_fee_bps: 0,
    order_types: ['LIMIT', 'MARKET'],
    time_in_force: ['GTC', 'IOC', 'FOK', 'DAY'],
  });
  assert.deepEqual(await ok('POST', '/admin/symbols', { symbol: 'PLAIN' }), made);
  const { symbols, assets } = (await client.call('GET', '/symbols')).json();
  assert.ok(symbols.some(({ symbol }: { symbol: string }) => symbol === 'PLAIN'));
  assert.ok(assets.some(({ code }: { code: string }) => code === 'PLAIN'));
});

test('an instrument takes all its terms in human decimals', async () => {
  const terms = {
    symbol: 'COIN',
    name: '코인',
    base: 'COIN',
    quote: 'USDT',
    price_decimals: 2,
    quantity_decimals: 4,
    reference_price: '60000.5',
    tick_size: 0.5,
    lot_size: 0.001,
    max_quantity: 1000,
    price_limit_pct: 12.5,
    maker_fee_bps: 10,
    taker_fee_bps: 20,
    calendar: 'KRX',
  };
  const made = await ok('POST', '/admin/symbols', terms);
  assert.deepEqual(
    [made.tick_size, made.lot_size, made.max_quantity, made.reference_price, made.price_limit_pct, made.name],
    [0.5, 0.001, 1000, 60000.5, 12.5, '코인'],
  );
  assert.deepEqual([made.lower_limit, made.upper_limit], [52500.5, 67500.5]);
  const krx = await ok('POST', '/admin/symbols', { symbol: 'KRX1', tick_table: 'KRX', reference_price: 71000 });
  assert.equal(krx.tick_size, 100);
  assert.deepEqual(krx.tick_table.at(-1), { from: 500_000, tick: 1000 });
  const upbit = await ok('POST', '/admin/symbols', { symbol: 'UPB', tick_table: 'UPBIT', reference_price: 499_900 });
  assert.deepEqual([upbit.tick_size, upbit.lower_limit, upbit.upper_limit], [100, 350_000, 649_500]);
  const free = await ok('POST', '/admin/symbols', { symbol: 'FREE', reference_price: 100, price_limit_pct: null });
  assert.deepEqual([free.price_limit_pct, free.upper_limit], [null, null]);
  const dated = [
    { effective_at: 0, bands: [{ from: 0, tick: 1 }] },
    {
      effective_at: 1_700_000_000_000,
      bands: [
        { from: 0, tick: 5 },
        { from: 1000, tick: 10 },
      ],
    },
  ];
  assert.equal((await ok('POST', '/admin/symbols', { symbol: 'DATED', tick_table: dated })).tick_size, 5);
});

test('a tick table for a date to come leaves the ticks of today as they are', async () => {
  await ok('POST', '/admin/symbols', { symbol: 'SOON', reference_price: 1000, tick_size: 10 });
  const tables = (tick: number) => [{ effective_at: Date.now() + 86_400_000 * tick, bands: [{ from: 0, tick }] }];
  for (const tick of [5, 3, 4]) {
    const changed = await ok('PATCH', '/admin/symbols/SOON', { tick_table: tables(tick) });
    assert.equal(changed.tick_size, 10);
  }
  const [known] = (await exchange.store.instruments()).filter(({ symbol }) => symbol === 'SOON');
  assert.deepEqual(
    known?.tick_tables.map(({ bands }) => bands[0]?.tick),
    [10, 3, 4],
  );
  const now = await ok('PATCH', '/admin/symbols/SOON', {
    tick_table: [{ effective_at: 1, bands: [{ from: 0, tick: 2 }] }],
  });
  assert.equal(now.tick_size, 2);
});

test('an instrument that breaks a rule is refused', async () => {
  const broken: object[] = [
    { quote: 'KRW', price_decimals: 1 },
    { quote: 'USD', price_decimals: 2, quantity_decimals: 1 },
    { quantity_decimals: 1 },
    { base: 'KRW' },
    { tick_size: 0 },
    { tick_size: 0.5 },
    { tick_size: 1, tick_table: 'KRX' },
    { tick_table: 'NASDAQ' },
    { tick_table: 'constructor' },
    { tick_table: [] },
    { tick_table: [{ from: 1, tick: 1 }] },
    {
      tick_table: [
        { from: 0, tick: 1 },
        { from: 7, tick: 5 },
      ],
    },
    {
      tick_table: [
        { from: 0, tick: 1 },
        { from: 10, tick: 5 },
        { from: 10, tick: 10 },
      ],
    },
    { lot_size: 0 },
    { lot_size: 10, max_quantity: 5 },
    { max_quantity: 3e9 },
    { reference_price: 0 },
    { reference_price: 1e12 },
    { reference_price: 3, tick_size: 10 },
    { price_limit_pct: 0.001 },
    { price_limit_pct: 1001 },
    { name: 'half of a character: \ud83d' },
  ];
  for (const terms of broken)
    await refused('INVALID_INSTRUMENT', 'POST', '/admin/symbols', { symbol: 'BROKEN', ...terms });
  await refused('ASSET_UNKNOWN', 'POST', '/admin/symbols', { symbol: 'BROKEN', quote: 'EUR' });
  const malformed: object[] = [
    {},
    { symbol: 'toolongsymbol' },
    { symbol: 'X', name: 'a\u0000b' },
    { symbol: 'X', status: 'GONE' },
    { symbol: 'X', maker_fee_bps: 1.5 },
    { symbol: 'X', tick_table: [{ from: 0 }] },
  ];
  for (const body of malformed) await refused('INVALID_REQUEST', 'POST', '/admin/symbols', body);
  const { symbols } = await ok('GET', '/admin/symbols');
  assert.ok(!symbols.some(({ symbol }: { symbol: string }) => symbol === 'BROKEN' || symbol === 'X'));
});

test('the same terms again answer the same; other terms are refused; what wallets count in never changes', async () => {
  const terms = { symbol: 'SAME', reference_price: 1000, tick_size: 5 };
  const made = await ok('POST', '/admin/symbols', terms);
  assert.deepEqual(await ok('POST', '/admin/symbols', terms), made);
  assert.deepEqual(await ok('POST', '/admin/symbols', { ...terms, tick_size: '5.0' }), made);
  for (const other of [{ tick_size: 10 }, { reference_price: 2000 }, { quote: 'USD' }, { name: 'Other' }]) {
    await refused('SYMBOL_EXISTS', 'POST', '/admin/symbols', { ...terms, ...other });
  }
  await ok('DELETE', '/admin/symbols/SAME');
  await refused('SYMBOL_EXISTS', 'POST', '/admin/symbols', { ...terms, quote: 'USD' });
  assert.equal((await ok('POST', '/admin/symbols', terms)).status, 'ACTIVE');
});

test('a change holds for the very next order', async () => {
  await ok('POST', '/admin/symbols', { symbol: 'HALT', reference_price: 1000 });
  await ok('POST', '/admin/accounts/h/deposit', { asset: 'KRW', amount: 100_000 });
  const order = { symbol: 'HALT', side: 'BUY', price: 1000, quantity: 1 };
  const place = async () => (await client.call('POST', '/orders', user('h'), order)).json();
  assert.equal((await place()).status, 'PENDING');
  assert.equal((await ok('PATCH', '/admin/symbols/HALT', { status: 'HALTED' })).status, 'HALTED');
  assert.equal((await place()).code, 'SYMBOL_HALTED');
  assert.equal((await ok('PATCH', '/admin/symbols', { symbol: 'HALT', status: 'CANCEL_ONLY' })).status, 'CANCEL_ONLY');
  assert.equal((await place()).code, 'SYMBOL_CANCEL_ONLY');
  await ok('PATCH', '/admin/symbols/HALT', { status: 'ACTIVE', tick_size: 10, name: 'Halting' });
  assert.equal((await client.call('POST', '/orders', user('h'), { ...order, price: 1001 })).json().code, 'OFF_TICK');
  assert.equal((await ok('DELETE', '/admin/symbols?symbol=HALT')).status, 'DELISTED');
  assert.equal((await ok('DELETE', '/admin/symbols/HALT')).status, 'DELISTED');
  assert.equal((await place()).code, 'SYMBOL_DELISTED');
  await refused('SYMBOL_UNKNOWN', 'PATCH', '/admin/symbols/NEVER', { status: 'HALTED' });
  await refused('SYMBOL_UNKNOWN', 'DELETE', '/admin/symbols/NEVER');
  await refused('INVALID_INSTRUMENT', 'PATCH', '/admin/symbols/HALT', { lot_size: 0 });
});

test('a day close rolls the reference', async () => {
  await ok('POST', '/admin/symbols', { symbol: 'DAY', reference_price: 1000 });
  assert.equal((await ok('POST', '/admin/symbols/DAY/day-close', { reference_price: 1200 })).reference_price, 1200);
  await ok('POST', '/admin/symbols/DAY/day-close');
  await refused('INVALID_REQUEST', 'POST', '/admin/symbols/DAY/day-close', { reference_price: 0.5 });
  await refused('INVALID_INSTRUMENT', 'POST', '/admin/symbols/DAY/day-close', { reference_price: 2 ** 31 });
  await ok('PATCH', '/admin/symbols/DAY', { tick_size: 10 });
  await refused('INVALID_INSTRUMENT', 'POST', '/admin/symbols/DAY/day-close', { reference_price: 3 });
  await refused('SYMBOL_UNKNOWN', 'POST', '/admin/symbols/NEVER/day-close');
});

test('deposits and withdrawals are exact, and once per transfer id', async () => {
  const first = await ok('POST', '/admin/accounts/w/deposit', { asset: 'USD', amount: '10.25', transfer_id: 'in-1' });
  assert.deepEqual(first.wallet, { currency: 'USD', balance: 10.25, locked: 0, available: 10.25, decimals: 2 });
  assert.deepEqual(
    await ok('POST', '/admin/accounts/w/deposit', { asset: 'USD', amount: 10.25, transfer_id: 'in-1' }),
    first,
  );
  await refused('DUPLICATE_TRANSFER', 'POST', '/admin/accounts/w/deposit', {
    asset: 'USD',
    amount: 10,
    transfer_id: 'in-1',
  });
  await refused('DUPLICATE_TRANSFER', 'POST', '/admin/accounts/v/deposit', {
    asset: 'USD',
    amount: 10.25,
    transfer_id: 'in-1',
  });
  const headers = { ...admin(), 'idempotency-key': 'out-1' };
  for (let i = 0; i < 3; i++) {
    const out = await client.call('POST', '/admin/accounts/w/withdraw', headers, { asset: 'USD', amount: 4 });
    assert.equal(out.statusCode, 200, out.body);
    assert.deepEqual([out.json().transfer_id, out.json().wallet.balance], ['out-1', 6.25]);
  }
  const short = await refused('INSUFFICIENT_FUNDS', 'POST', '/admin/accounts/w/withdraw', {
    asset: 'USD',
    amount: 6.26,
  });
  assert.match(short.json().error, /withdrawal/);
  assert.deepEqual(short.json().details, { asset: 'USD', needed: 6.26, available: 6.25 });
  await refused('TOO_MANY_DECIMALS', 'POST', '/admin/accounts/w/withdraw', { asset: 'USD', amount: 0.001 });
  await refused('NUMBER_OUT_OF_RANGE', 'POST', '/admin/accounts/w/deposit', { asset: 'USD', amount: 0 });
  await refused('ASSET_UNKNOWN', 'POST', '/admin/accounts/w/deposit', { asset: 'EUR', amount: 1 });
  await refused('NUMBER_OUT_OF_RANGE', 'POST', '/admin/accounts/w/deposit', { asset: 'USD', amount: -1 });
  await refused('INVALID_REQUEST', 'POST', '/admin/accounts/w/deposit', { asset: 'USD' });
  await ok('POST', '/admin/accounts/rich/deposit', { asset: 'KRW', amount: Number.MAX_SAFE_INTEGER });
  await refused('BALANCE_LIMIT', 'POST', '/admin/accounts/rich/deposit', { asset: 'KRW', amount: 1 });
  const account = await ok('GET', '/admin/accounts/w');
  assert.deepEqual(
    account.wallets.map(({ currency, balance }: { currency: string; balance: number }) => [currency, balance]),
    [['USD', 6.25]],
  );
});

test('a header that is malformed is called one', async () => {
  const headers = { ...admin(), 'idempotency-key': 'with a space' };
  const answer = await client.call('POST', '/admin/accounts/w/deposit', headers, { asset: 'KRW', amount: 1 });
  assert.deepEqual([answer.statusCode, answer.json().code], [400, 'INVALID_REQUEST']);
  assert.match(answer.json().error, /"idempotency-key" in the headers/);
});

test('many retries of one transfer at once move its money once', async () => {
  const call = () => ok('POST', '/admin/accounts/storm/deposit', { asset: 'KRW', amount: 500, transfer_id: 'storm' });
  const answers = await Promise.all(Array.from({ length: 20 }, call));
  for (const { wallet } of answers) assert.equal(wallet.balance, 500);
});

test("streams are listed with their lag, made and deleted; the exchange's own stay", async () => {
  const { streams } = await ok('GET', '/admin/streams');
  const orders = streams.find(({ topic }: { topic: string }) => topic === 'supernoba-orders');
  assert.deepEqual(
    [orders.partitions.length, orders.protected, orders.consumers],
    [4, true, [{ group: 'matching-engine', lag: 0 }]],
  );
  assert.deepEqual(await ok('POST', '/admin/streams', { action: 'create', topic: 'mine' }), {
    success: true,
    result: { topic: 'mine', created: true },
  });
  assert.equal(
    (await ok('POST', '/admin/streams', { action: 'createTopic', topic: 'mine', partitions: 3, replicationFactor: 2 }))
      .result.created,
    false,
  );
  await refused('STREAM_EXISTS', 'POST', '/admin/streams', { action: 'create', topic: 'mine', partitions: 4 });
  assert.ok((await ok('POST', '/admin/streams', { action: 'listTopics' })).result.topics.includes('mine'));
  for (const topic of [
    'supernoba-orders',
    'supernoba-fills',
    'supernoba-ledger',
    'supernoba-private',
    'supernoba-audit',
  ]) {
    await refused('STREAM_PROTECTED', 'DELETE', `/admin/streams/${topic}`);
  }
  assert.equal((await ok('DELETE', '/admin/streams/mine')).result.deleted, true);
  assert.equal((await ok('POST', '/admin/streams', { action: 'deleteTopic', topic: 'mine' })).result.deleted, false);
  for (const body of [
    {},
    { action: 'drop', topic: 'x' },
    { action: 'create' },
    { action: 'create', topic: '../x' },
    { action: 'create', topic: 'x', partitions: 0 },
  ]) {
    await refused('INVALID_REQUEST', 'POST', '/admin/streams', body);
  }
});

test('engines, snapshots, routes and migrations are shown', async () => {
  assert.equal((await ok('GET', '/admin/engines')).engines[0].engine_id, 'engine-1');
  assert.deepEqual(await ok('GET', '/admin/snapshots'), { snapshots: [] });
  assert.equal((await ok('POST', '/admin/snapshots')).snapshots.length, 1);
  const { routes } = await ok('GET', '/admin/routes');
  const route = routes.find(({ symbol }: { symbol: string }) => symbol === 'PLAIN');
  assert.deepEqual([route.status, route.target_instance, route.epoch], ['ACTIVE', null, 0]);
  assert.deepEqual(await ok('GET', '/admin/migrations'), { migrations: [] });
});

test('a backup is run when asked for; one that fails is 503, with nothing of its inside', async () => {
  assert.ok(Number.isInteger((await ok('POST', '/admin/backups')).stored_until));
  const backUpTrades = () => Promise.reject(new Error('/the/disk is full'));
  const failing = await startExchange({ overrides: { backUpTrades } });
  const answer = await failing.app.inject({ method: 'POST', url: '/admin/backups', headers: admin() });
  await failing.close();
  assert.deepEqual([answer.statusCode, answer.json().code], [503, 'UNAVAILABLE']);
  assert.doesNotMatch(answer.body, /disk/);
});

test('every act is in the audit log once: who, what, when, before and after; refusals and repeats are not', async () => {
  await ok('POST', '/admin/symbols', { symbol: 'AUDIT', reference_price: 100 });
  await ok('POST', '/admin/symbols', { symbol: 'AUDIT', reference_price: 100 });
  await client.call('PATCH', '/admin/symbols/AUDIT', admin('second'), { status: 'HALTED' });
  await refused('SYMBOL_EXISTS', 'POST', '/admin/symbols', { symbol: 'AUDIT', reference_price: 200 });
  const { entries } = await ok('GET', '/admin/audit?limit=2');
  const [halt, create] = entries;
  assert.deepEqual(
    [halt.actor, halt.action, halt.target, halt.before.status, halt.after.status],
    ['second', 'SET_STATUS', 'AUDIT', 'ACTIVE', 'HALTED'],
  );
  assert.deepEqual(
    [create.actor, create.action, create.target, create.before, create.after.reference_price],
    ['root', 'CREATE_SYMBOL', 'AUDIT', null, 100],
  );
  assert.ok(Number.isInteger(halt.timestamp));
  const all: { audit_id: string; action: string; target: string; before: unknown; after: unknown }[] = [];
  for (let cursor = ''; ; ) {
    const page = await ok('GET', `/admin/audit?limit=5${cursor}`);
    all.push(...page.entries);
    if (page.next_cursor === undefined) break;
    cursor = `&cursor=${page.next_cursor}`;
  }
  assert.equal(new Set(all.map(({ audit_id }) => audit_id)).size, all.length);
  const acts = (wanted: string, on: string) => all.filter(({ action, target }) => action === wanted && target === on);
  for (const [action, target] of [
    ['DEPOSIT', 'storm'],
    ['WITHDRAW', 'w'],
    ['DELIST_SYMBOL', 'HALT'],
    ['CREATE_STREAM', 'mine'],
    ['DELETE_STREAM', 'mine'],
    ['CREATE_SNAPSHOT', 'engines'],
  ] as const) {
    assert.equal(acts(action, target).length, 1, `${action} ${target}`);
  }
  const [withdrawal] = acts('WITHDRAW', 'w');
  assert.deepEqual(
    [withdrawal?.before, withdrawal?.after],
    [
      { asset: 'USD', balance: 1025, locked: 0 },
      { transfer_id: 'out-1', asset: 'USD', amount: 400 },
    ],
  );
  assert.deepEqual(await ok('GET', '/admin/audit?cursor=0'), { entries: [] });
});

test('nobody but an admin comes in', async () => {
  for (const [path, operations] of Object.entries(client.document.paths)) {
    if (!path.startsWith('/admin')) continue;
    for (const method of Object.keys(operations)) {
      const url = path.replaceAll(/\{[^}]+\}/g, 'TEST');
      const anonymous = await client.call(method.toUpperCase(), url, {}, method === 'post' ? {} : undefined);
      assert.deepEqual([anonymous.statusCode, anonymous.json().code], [401, 'UNAUTHENTICATED'], `${method} ${url}`);
      const plain = await client.call(method.toUpperCase(), url, user('u1'), method === 'post' ? {} : undefined);
      assert.deepEqual([plain.statusCode, plain.json().code], [403, 'FORBIDDEN'], `${method} ${url}`);
    }
  }
});
