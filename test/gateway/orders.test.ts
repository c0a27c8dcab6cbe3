import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { admin, DocumentedClient, user } from './documented.ts';
import { startExchange, type TestExchange } from './exchange.ts';

let exchange: TestExchange;
let client: DocumentedClient;

before(async () => {
  exchange = await startExchange();
  client = await DocumentedClient.of(exchange.app);
  await ok('POST', '/admin/symbols', admin(), { symbol: 'TEST', reference_price: 15000 });
  await ok('POST', '/admin/symbols', admin(), { symbol: 'USX', quote: 'USD', reference_price: 250 });
  for (const id of ['buyer', 'seller', 'both']) {
    await ok('POST', `/admin/accounts/${id}/deposit`, admin(), { asset: 'KRW', amount: 100_000_000 });
    await ok('POST', `/admin/accounts/${id}/deposit`, admin(), { asset: 'USD', amount: '100000.55' });
    await ok('POST', `/admin/accounts/${id}/deposit`, admin(), { asset: 'TEST', amount: 10_000 });
  }
});
after(() => exchange.close());

async function ok(method: string, url: string, headers = {}, body?: unknown) {
  const response = await client.call(method, url, headers, body);
  assert.equal(response.statusCode, 200, `${method} ${url}: ${response.body}`);
  return response.json();
}

async function refused(code: string, method: string, url: string, headers = {}, body?: unknown) {
  const response = await client.call(method, url, headers, body);
  assert.equal(response.json().code, code, `${method} ${url}: ${response.body}`);
  return response;
}

/** Waits until an order has left PENDING. */
async function settled(id: string, who: string) {
  for (;;) {
    const order = await ok('GET', `/orders/${id}`, user(who));
    if (order.status !== 'PENDING') return order;
    await pause();
  }
}

/** Calls that are answered from memory would never let the disk speak. */
function pause(ms = 2): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

test("an order answers with the contract shape and is then the caller's to read, in human decimals", async () => {
  const placed = await ok('POST', '/orders', user('buyer'), { symbol: 'USX', side: 'BUY', price: 250.5, quantity: 2 });
  assert.deepEqual(
    { ...placed, order_id: '' },
    {
      message: 'Order accepted',
      topic: 'supernoba-orders',
      symbol: 'USX',
      order_id: '',
      client_order_id: null,
      status: 'PENDING',
    },
  );
  const order = await settled(placed.order_id, 'buyer');
  assert.equal(order.price, 250.5);
  assert.equal(order.status, 'ACCEPTED');
  assert.deepEqual([order.quantity, order.filled_qty, order.remaining_qty, order.avg_price], [2, 0, 2, null]);
  assert.ok(Number.isInteger(order.created_at) && order.created_at > 1_700_000_000_000);
  const assets = await ok('GET', '/assets', user('buyer'));
  const usd = assets.wallets.find(({ currency }: { currency: string }) => currency === 'USD');
  assert.deepEqual(usd, { currency: 'USD', balance: 100000.55, locked: 501, available: 99499.55, decimals: 2 });
  await refused('ORDER_UNKNOWN', 'GET', `/orders/${placed.order_id}`, user('seller'));
});

test('every spelling of the seeds is understood', async () => {
  const body = {
    userId: 'buyer',
    symbol: 'TEST',
    side: 'BUY',
    orderType: 'LIMIT',
    price: '15000',
    qty: '3',
    clientOrderId: 'spell-1',
  };
  const placed = await ok('POST', '/orders', {}, body);
  assert.equal(placed.client_order_id, 'spell-1');
  const { orders } = await ok('GET', '/orders?clientOrderId=spell-1&userId=buyer');
  assert.deepEqual(
    orders.map(({ order_id, quantity }: { order_id: string; quantity: number }) => [order_id, quantity]),
    [[placed.order_id, 3]],
  );
  const none = await ok('GET', '/orders?client_order_id=never&user_id=buyer');
  assert.deepEqual(none, { orders: [] });
});

test('no term of an order is passed over because it is spelled in camel case', async () => {
  const order = { symbol: 'TEST', side: 'BUY', price: 14000, quantity: 1 };
  const { order_id } = await ok('POST', '/orders', user('buyer'), { ...order, timeInForce: 'DAY', postOnly: true });
  const { time_in_force, post_only } = await ok('GET', `/orders/${order_id}`, user('buyer'));
  assert.deepEqual([time_in_force, post_only], ['DAY', true]);
  for (const [code, more] of [
    ['INVALID_REQUEST', { postOnly: true, timeInForce: 'IOC' }],
    ['INVALID_REQUEST', { stopPrice: 13000 }],
    ['ORDER_TYPE_UNSUPPORTED', { orderType: 'STOP_LIMIT', stopPrice: 13000 }],
    ['ORDER_TYPE_UNSUPPORTED', { displayQuantity: '1' }],
    ['INVALID_REQUEST', { timeInForce: 'DAY', time_in_force: 'GTC' }],
    ['INVALID_REQUEST', { postOnly: false, post_only: true }],
    ['INVALID_REQUEST', { timeInForce: 'day' }],
  ] as const) {
    await refused(code, 'POST', '/orders', user('buyer'), { ...order, ...more });
    const batch = await ok('POST', '/orders/batch', user('buyer'), { orders: [{ ...order, ...more }] });
    assert.equal(batch.results[0].code, code);
  }
  await ok('DELETE', `/orders/${order_id}`, user('buyer'));
});

test('an optional field that is null says as little as one that is left out', async () => {
  const more = { order_type: null, time_in_force: null, post_only: null, stp: null, qty: null, client_order_id: null };
  const order = {
    symbol: 'TEST',
    side: 'BUY',
    price: 14000,
    quantity: 2,
    stop_price: null,
    display_quantity: null,
    ...more,
  };
  const { order_id } = await ok('POST', '/orders', user('buyer'), order);
  const placed = await settled(order_id, 'buyer');
  assert.deepEqual(
    [placed.order_type, placed.time_in_force, placed.post_only, placed.stp],
    ['LIMIT', 'GTC', false, 'NONE'],
  );
  await ok('PATCH', `/orders/${order_id}`, user('buyer'), { price: null, quantity: 1, remaining: null });
  await ok('DELETE', `/orders/${order_id}`, user('buyer'));
  const { results } = await ok('POST', '/orders/batch', user('buyer'), { orders: [order, { ...order, symbol: null }] });
  assert.equal(results[1].code, 'INVALID_REQUEST');
  await ok('DELETE', `/orders/${results[0].order_id}`, user('buyer'));
  for (const none of [{ quantity: null }, { price: null }, { side: null }, { symbol: null }]) {
    await refused('INVALID_REQUEST', 'POST', '/orders', user('buyer'), { ...order, ...none });
  }
  await refused('INVALID_REQUEST', 'PATCH', '/orders/none', user('buyer'), { price: null });
});

test('the same client order id and content is answered as the first time; other content is refused', async () => {
  const body = { symbol: 'TEST', side: 'BUY', price: 14000, quantity: 1, client_order_id: 'twice' };
  const first = await ok('POST', '/orders', user('buyer'), body);
  const second = await ok('POST', '/orders', user('buyer'), { ...body, price: '14000.0' });
  assert.deepEqual(second, first);
  const order = await settled(first.order_id, 'buyer');
  assert.notEqual(order.status, first.status);
  assert.deepEqual(await ok('POST', '/orders', user('buyer'), body), first, 'whatever became of it meanwhile');
  const other = await refused('DUPLICATE_ORDER', 'POST', '/orders', user('buyer'), { ...body, quantity: 2 });
  assert.equal(other.statusCode, 409);
});

test('a retry hears the first answer where the market would refuse it now: no other side, changed terms, a halt', async () => {
  await ok('POST', '/admin/symbols', admin(), { symbol: 'RETRY', reference_price: 1000 });
  await ok('POST', '/admin/accounts/seller/deposit', admin(), { asset: 'RETRY', amount: 10 });
  const say = (body: object) => ok('POST', '/orders', user('buyer'), body);
  const other = (body: object) => refused('DUPLICATE_ORDER', 'POST', '/orders', user('buyer'), body);
  const isEmpty = async () => (await ok('GET', '/depth?symbol=RETRY')).asks.length === 0;
  await ok('POST', '/orders', user('seller'), { symbol: 'RETRY', side: 'SELL', price: 1000, quantity: 2 });
  while (await isEmpty()) await pause();
  const market = { symbol: 'RETRY', side: 'BUY', order_type: 'MARKET', quantity: 2, client_order_id: 'retry-market' };
  const taken = await say({ ...market, time_in_force: 'GTC' });
  while (!(await isEmpty())) await pause();
  await refused('NO_LIQUIDITY', 'POST', '/orders', user('buyer'), { ...market, client_order_id: 'retry-new' });
  for (const same of [{}, { time_in_force: 'GTC' }, { time_in_force: 'DAY' }, { price: 1 }]) {
    assert.deepEqual(await say({ ...market, ...same }), taken, JSON.stringify(same));
  }
  for (const more of [{ time_in_force: 'FOK' }, { quantity: 1 }, { side: 'SELL' }]) await other({ ...market, ...more });

  const limit = { symbol: 'RETRY', side: 'BUY', price: 900, quantity: 5, client_order_id: 'retry-limit' };
  const placed = await say(limit);
  await settled(placed.order_id, 'buyer');
  await ok('PATCH', `/orders/${placed.order_id}`, user('buyer'), { price: 910, quantity: 6 });
  while ((await ok('GET', `/orders/${placed.order_id}`, user('buyer'))).price !== 910) await pause();
  await ok('PATCH', '/admin/symbols/RETRY', admin(), { status: 'HALTED', tick_size: 50 });
  assert.deepEqual(await say(limit), placed);
  assert.deepEqual(await say({ ...limit, price: '900.0', time_in_force: 'GTC', stp: 'NONE' }), placed);
  await other({ ...limit, price: 910, quantity: 6 });
  for (const more of [{ order_type: 'STOP_LIMIT', stop_price: 890 }, { stop_price: 890 }, { display_quantity: 1 }]) {
    await other({ ...limit, ...more });
  }
  await refused('SYMBOL_HALTED', 'POST', '/orders', user('buyer'), { ...limit, client_order_id: 'retry-free' });
});

test('refusals of orders carry their code and status', async () => {
  const order = { symbol: 'TEST', side: 'BUY', price: 15000, quantity: 1 };
  const cases: [string, number, object][] = [
    ['SYMBOL_UNKNOWN', 404, { ...order, symbol: 'NOPE' }],
    ['INVALID_REQUEST', 400, { ...order, symbol: 'no-symbol' }],
    ['INVALID_REQUEST', 400, { ...order, side: 'HOLD' }],
    ['INVALID_REQUEST', 400, { ...order, quantity: undefined }],
    ['INVALID_REQUEST', 400, { ...order, qty: 2 }],
    ['INVALID_REQUEST', 400, { ...order, order_type: 'LIMIT', orderType: 'MARKET' }],
    ['INVALID_REQUEST', 400, { ...order, client_order_id: 'mine', clientOrderId: 'yours' }],
    ['INVALID_REQUEST', 400, { ...order, price: undefined }],
    ['INVALID_REQUEST', 400, { ...order, price: null }],
    ['INVALID_REQUEST', 400, { ...order, price: '15,000' }],
    ['INVALID_REQUEST', 400, { ...order, price: true }],
    ['INVALID_REQUEST', 400, { ...order, client_order_id: 'a\u0000b' }],
    ['INVALID_REQUEST', 400, { ...order, client_order_id: 'x'.repeat(65) }],
    ['INVALID_REQUEST', 400, { ...order, client_order_id: '' }],
    ['INVALID_REQUEST', 400, { ...order, post_only: 'yes' }],
    ['INVALID_REQUEST', 400, { ...order, post_only: true, time_in_force: 'IOC' }],
    ['TOO_MANY_DECIMALS', 400, { ...order, price: 15000.5 }],
    ['TOO_MANY_DECIMALS', 400, { ...order, quantity: '1.5' }],
    ['NUMBER_OUT_OF_RANGE', 400, { ...order, quantity: 0 }],
    ['NUMBER_OUT_OF_RANGE', 400, { ...order, price: 1e300 }],
    ['QUANTITY_TOO_LARGE', 400, { ...order, quantity: 1_000_001 }],
    ['PRICE_OUT_OF_LIMITS', 400, { ...order, price: 19_501 }],
    ['INSUFFICIENT_FUNDS', 409, { ...order, quantity: 1_000_000 }],
    ['NO_LIQUIDITY', 409, { symbol: 'USX', side: 'SELL', order_type: 'MARKET', quantity: 1, userId: 'nobody' }],
    ['ORDER_TYPE_UNSUPPORTED', 400, { ...order, order_type: 'STOP', stop_price: 14000 }],
    ['ORDER_TYPE_UNSUPPORTED', 400, { ...order, display_quantity: 1 }],
  ];
  await ok('DELETE', '/orders', user('buyer'));
  // A market order finds nobody once the bids are gone from the book that it is priced by.
  while ((await ok('GET', '/depth?symbol=USX')).bids.length > 0) await pause();
  for (const [code, status, body] of cases) {
    const response = await refused(code, 'POST', '/orders', user('buyer'), body);
    assert.equal(response.statusCode, status, response.body);
  }
});

test('what a refusal says of money is in human decimals, as everything over REST', async () => {
  const poor = user('poor');
  for (const asset of ['USD', 'USX']) {
    await ok('POST', '/admin/accounts/poor/deposit', admin(), { asset, amount: asset === 'USD' ? '100.25' : 3 });
  }
  const details = async (method: string, url: string, body: object) =>
    (await refused('INSUFFICIENT_FUNDS', method, url, poor, body)).json().details;
  const order = { symbol: 'USX', side: 'BUY', price: 250.5, quantity: 1 };
  const bought = { asset: 'USD', needed: 250.5, available: 100.25 };
  assert.deepEqual(await details('POST', '/orders', order), bought);
  assert.deepEqual(await details('POST', '/orders', { ...order, side: 'SELL', quantity: 4 }), {
    asset: 'USX',
    needed: 4,
    available: 3,
  });
  const batch = await ok('POST', '/orders/batch', poor, { orders: [order] });
  assert.deepEqual(batch.results[0].details, bought);
  const { order_id } = await ok('POST', '/orders', poor, { ...order, price: 300, side: 'SELL', quantity: 2 });
  await settled(order_id, 'poor');
  assert.deepEqual(await details('PATCH', `/orders/${order_id}`, { quantity: 5 }), {
    asset: 'USX',
    needed: 3,
    available: 1,
  });
});

test('what a refusal says of quantities is in the units of the instrument, finer units of its asset or not', async () => {
  await ok('POST', '/admin/symbols', admin(), { symbol: 'USDTKRW', base: 'USDT', reference_price: 1400 });
  await ok('POST', '/admin/accounts/seller/deposit', admin(), { asset: 'USDT', amount: 10 });
  const order = { symbol: 'USDTKRW', side: 'BUY', price: 1400, quantity: 20 };
  const { order_id } = await ok('POST', '/orders', user('buyer'), order);
  await ok('POST', '/orders', user('seller'), { ...order, side: 'SELL', quantity: 5 });
  while ((await ok('GET', `/orders/${order_id}`, user('buyer'))).filled_qty === 0) await pause();
  const { details } = (
    await refused('QUANTITY_NOT_ABOVE_FILLED', 'PATCH', `/orders/${order_id}`, user('buyer'), { quantity: 5 })
  ).json();
  assert.deepEqual(details, { filled_qty: 5 });
  await ok('DELETE', `/orders/${order_id}`, user('buyer'));
});

test('a refusal of the shape names the field', async () => {
  const response = await refused('INVALID_REQUEST', 'POST', '/orders', user('buyer'), {
    symbol: 'TEST',
    price: 1,
    quantity: 1,
  });
  assert.equal(response.json().details.fields[0].field, 'side');
  assert.match(response.json().error, /"side" in the body is required/);
});

test('a number that a double cannot hold is read as it was written, not as it would be rounded', async () => {
  const text = (price: string) => `{"symbol":"USX","side":"BUY","price":${price},"quantity":1}`;
  for (const price of ['250.50000000000000001', '250.4999999999999999999']) {
    await refused('TOO_MANY_DECIMALS', 'POST', '/orders', user('buyer'), text(price));
  }
  await ok('POST', '/orders', user('buyer'), text('250.5000000000000000000'));
  await refused(
    'NUMBER_OUT_OF_RANGE',
    'POST',
    '/admin/accounts/buyer/deposit',
    admin(),
    '{"asset":"KRW","amount":9007199254740993}',
  );
});

test('amounts of money are told to the unit where a double would round them', async () => {
  const amount = '90071992547409.89';
  const deposit = await client.call('POST', '/admin/accounts/whale/deposit', admin(), { asset: 'USD', amount });
  assert.match(deposit.body, /"amount":90071992547409\.89,.*"balance":90071992547409\.89,/);
  await ok('POST', '/admin/accounts/whale/deposit', admin(), { asset: 'USX', amount: 5 });
  const order = { symbol: 'USX', side: 'BUY', price: 200.01, quantity: 1 };
  await ok('POST', '/orders', user('whale'), order);
  const assets = await client.call('GET', '/assets', user('whale'));
  const told = '"balance":90071992547409.89,"locked":200.01,"available":90071992547209.88,';
  assert.ok(assets.body.includes(told), assets.body);
  assert.ok((await client.call('GET', '/admin/accounts/whale', admin())).body.includes(told));
  const short = { symbol: 'USX', side: 'BUY', price: 300, quantity: 1_000_000 };
  await ok('POST', '/admin/accounts/whale/withdraw', admin(), { asset: 'USD', amount: '90071992547209.88' });
  assert.match(
    (await refused('INSUFFICIENT_FUNDS', 'POST', '/orders', user('whale'), short)).body,
    /"needed":300000000,/,
  );
});

test('a trade shows in orders, fills, assets, events and market data alike', async () => {
  await ok('DELETE', '/orders?symbol=TEST', user('buyer'));
  const sell = await ok('POST', '/orders', user('seller'), {
    symbol: 'TEST',
    side: 'SELL',
    price: 15100,
    quantity: 10,
  });
  await settled(sell.order_id, 'seller');
  const buy = await ok('POST', '/orders', user('both'), {
    symbol: 'TEST',
    side: 'BUY',
    order_type: 'MARKET',
    quantity: 4,
  });
  const filled = await settled(buy.order_id, 'both');
  assert.deepEqual([filled.status, filled.price, filled.avg_price, filled.filled_qty], ['FILLED', null, 15100, 4]);
  const { fills } = await ok('GET', '/fills?symbol=TEST', user('both'));
  assert.deepEqual(
    [fills[0].order_id, fills[0].price, fills[0].quantity, fills[0].amount, fills[0].fee, fills[0].liquidity],
    [buy.order_id, 15100, 4, 60400, 0, 'TAKER'],
  );
  const { positions } = await ok('GET', '/assets', user('both'));
  assert.equal(positions[0].qty, 10_004);
  // A message may be read once it is durable, which is a moment after the trade.
  let events: { type: string; data: { useq: number } }[] = [];
  while (!events.some(({ type }) => type === 'FILL')) {
    await pause();
    ({ events } = await ok('GET', '/events?from=1', user('both')));
  }
  assert.deepEqual(
    events.map(({ data }) => data.useq),
    events.map((_, index) => index + 1),
  );
  assert.deepEqual((await ok('GET', `/events?from=${events.length + 1}`, user('both'))).events, []);
  const fromZero = (await ok('GET', '/events?from=0', user('both'))).events;
  assert.deepEqual(fromZero.slice(0, events.length), events, 'as on the WebSocket');
  const { trades } = await ok('GET', '/trades?symbol=TEST');
  assert.deepEqual([trades[0].price, trades[0].quantity, trades[0].taker_side], [15100, 4, 'BUY']);
  const depth = await ok('GET', '/depth?symbol=TEST');
  assert.deepEqual(depth.asks[0], { price: 15100, quantity: 6 });
  const ticker = await ok('GET', '/ticker?symbol=TEST');
  assert.equal(ticker.price, 15100);
  const chart = await ok('GET', '/chart?symbol=TEST&interval=1m&limit=5');
  assert.equal(chart.data.at(-1).close, 15100);
  await ok('DELETE', `/orders/${sell.order_id}`, user('seller'));
});

test('a batch answers in order, with an error in the place of each order that is none', async () => {
  const good = { symbol: 'TEST', side: 'BUY', price: 12000, quantity: 1 };
  const { results } = await ok('POST', '/orders/batch', user('buyer'), {
    orders: [
      good,
      { ...good, side: 'X' },
      { ...good, symbol: 'NOPE' },
      17,
      { ...good, quantity: undefined },
      { ...good, client_order_id: 'b6' },
    ],
  });
  assert.deepEqual(
    results.map((result: { code?: string; status?: string }) => result.code ?? result.status),
    ['PENDING', 'INVALID_REQUEST', 'SYMBOL_UNKNOWN', 'INVALID_REQUEST', 'INVALID_REQUEST', 'PENDING'],
  );
  assert.equal(results[5].client_order_id, 'b6');
  await refused('INVALID_REQUEST', 'POST', '/orders/batch', user('buyer'), { orders: [] });
  await refused('INVALID_REQUEST', 'POST', '/orders/batch', user('buyer'), { orders: Array(101).fill(good) });
  await refused('INVALID_REQUEST', 'POST', '/orders/batch', user('buyer'), { orders: 'all' });
});

test('cancel and replace answer once durable, and only to the owner', async () => {
  const { order_id } = await ok('POST', '/orders', user('buyer'), {
    symbol: 'TEST',
    side: 'BUY',
    price: 12000,
    quantity: 5,
  });
  await settled(order_id, 'buyer');
  assert.deepEqual(await ok('PATCH', `/orders/${order_id}`, user('buyer'), { price: 12100, quantity: 7 }), {
    order_id,
    status: 'ACCEPTED',
  });
  await refused('ORDER_UNKNOWN', 'PATCH', `/orders/${order_id}`, user('seller'), { price: 1 });
  await refused('ORDER_UNKNOWN', 'DELETE', `/orders/${order_id}`, user('seller'));
  await refused('INVALID_REQUEST', 'PATCH', `/orders/${order_id}`, user('buyer'), {});
  await refused('INVALID_REQUEST', 'PATCH', `/orders/${order_id}`, user('buyer'));
  await refused('INVALID_REQUEST', 'PATCH', `/orders/${order_id}`, user('buyer'), { quantity: 1, remaining: 1 });
  await ok('DELETE', `/orders/${order_id}`, user('buyer'));
  for (let status = 'ACCEPTED'; status !== 'CANCELLED'; await pause()) {
    ({ status } = await ok('GET', `/orders/${order_id}`, user('buyer')));
  }
  const order = await ok('GET', `/orders/${order_id}`, user('buyer'));
  assert.deepEqual([order.price, order.quantity, order.reason], [12100, 7, 'BY_REQUEST']);
  await refused('ORDER_CLOSED', 'DELETE', `/orders/${order_id}`, user('buyer'));
});

test('the answer to a cancel, replace or mass cancel names the request as the message of its outcome does', async () => {
  const order = { symbol: 'TEST', side: 'SELL', price: 15900, quantity: 1 };
  await ok('POST', '/admin/accounts/asker/deposit', admin(), { asset: 'TEST', amount: 10 });
  const place = async () => (await ok('POST', '/orders', user('asker'), order)).order_id;
  const [one, two] = [await place(), await place()];
  await settled(two, 'asker');
  const ask = async (method: string, url: string, body?: object) => {
    const { statusCode, headers } = await client.call(method, url, user('asker'), body);
    assert.equal(statusCode, 200);
    return headers['x-request-id'];
  };
  const { paths } = (await exchange.app.inject('/openapi.json')).json();
  for (const call of [paths['/orders/{order_id}'].patch, paths['/orders/{order_id}'].delete, paths['/orders'].delete])
    assert.ok('X-Request-Id' in call.responses['200'].headers);
  const asked = [await ask('PATCH', `/orders/${one}`, { price: 15950 }), await ask('DELETE', `/orders/${one}`)];
  asked.push(await ask('DELETE', '/orders'));
  let told: { request_id?: string; event: string }[] = [];
  while (told.length < 3) {
    await pause();
    const { events } = await ok('GET', '/events', user('asker'));
    told = events.map(({ data }: { data: object }) => data).filter((data: object) => 'request_id' in data);
  }
  assert.deepEqual(
    told.map(({ request_id }) => request_id),
    asked,
  );
  assert.deepEqual(
    told.map(({ event }) => event),
    ['REPLACED', 'CANCELLED', 'CANCELLED'],
  );
});

test('a mass cancel that is misspelled or puts its symbol elsewhere cancels nothing', async () => {
  await ok('POST', '/admin/accounts/careful/deposit', admin(), { asset: 'TEST', amount: 10 });
  const order = { symbol: 'TEST', side: 'SELL', price: 15900, quantity: 1 };
  const { order_id } = await ok('POST', '/orders', user('careful'), order);
  await settled(order_id, 'careful');
  for (const query of ['symbl=USX', 'Symbol=USX', 'symbol=USX&side=BUY', 'symbol=']) {
    const refusal = await refused('INVALID_REQUEST', 'DELETE', `/orders?${query}`, user('careful'));
    if (query === 'symbl=USX') assert.equal(refusal.json().error, '"symbl" in the query is not known here.');
  }
  await refused('INVALID_REQUEST', 'DELETE', '/orders', user('careful'), { symbol: 'USX' });
  await ok('DELETE', '/orders?symbol=USX', user('careful'));
  await ok('DELETE', '/orders?symbol=USX&user_id=careful');
  await pause(50);
  assert.equal((await ok('GET', `/orders/${order_id}`, user('careful'))).status, 'ACCEPTED');
  assert.deepEqual((await ok('DELETE', '/orders', {}, { user_id: 'careful' })).symbols, ['TEST']);
});

test('the list of orders is filtered, paged to its end, and refuses what it cannot read', async () => {
  await ok('POST', '/admin/accounts/pager/deposit', admin(), { asset: 'TEST', amount: 100 });
  const placed = new Set<string>();
  for (let i = 0; i < 7; i++) {
    placed.add(
      (await ok('POST', '/orders', user('pager'), { symbol: 'TEST', side: 'SELL', price: 15200 + i, quantity: 1 }))
        .order_id,
    );
  }
  const seen = new Set<string>();
  let cursor = '';
  do {
    const page = await ok('GET', `/orders?limit=3&symbol=TEST&status=open${cursor}`, user('pager'));
    assert.ok(page.orders.length <= 3);
    for (const { order_id } of page.orders) seen.add(order_id);
    cursor = page.next_cursor === undefined ? '' : `&cursor=${encodeURIComponent(page.next_cursor)}`;
  } while (cursor !== '');
  assert.deepEqual([...seen].sort(), [...placed].sort());
  assert.deepEqual((await ok('GET', '/orders?status=FILLED,REJECTED', user('pager'))).orders, []);
  for (const query of [
    'limit=0',
    'limit=501',
    'limit=2.5',
    'limit=abc',
    'limit=',
    'limit=1&limit=2',
    'status=SOLD',
    'symbol=a',
    'cursor=garbage',
    'cursor=%00',
    'client_order_id=%00',
  ]) {
    await refused('INVALID_REQUEST', 'GET', `/orders?${query}`, user('pager'));
  }
  await refused('INVALID_REQUEST', 'GET', '/fills?cursor=bm90IGEgY3Vyc29y', user('pager'));
});
