import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { DEFAULT_TOPICS } from '../../src/domain/topics.ts';
import { admin, DocumentedClient, user } from './documented.ts';
import { startExchange, type TestExchange } from './exchange.ts';

/** What becomes of a request whose client hangs up. test/simulation does the same to the router, thousands of times. */

const IN_FLIGHT = 3;
const PATIENCE_MS = 60_000;

let exchange: TestExchange;
let client: DocumentedClient;
let port: number;
/** Appends to the orders stream wait for it. */
let gate: Promise<void> | undefined;
let appends = 0;

before(async () => {
  exchange = await startExchange({ settings: { maxInFlight: IN_FLIGHT } });
  client = await DocumentedClient.of(exchange.app);
  await exchange.app.listen({ host: '127.0.0.1', port: 0 });
  const address = exchange.app.server.address();
  assert.ok(typeof address === 'object' && address !== null);
  port = address.port;
  const { stream } = exchange;
  const append = stream.append.bind(stream);
  stream.append = async (topic, records) => {
    if (topic === DEFAULT_TOPICS.orders) {
      appends += 1;
      await gate;
    }
    return append(topic, records);
  };
  await client.call('POST', '/admin/symbols', admin(), { symbol: 'TEST', reference_price: 100 });
  await client.call('POST', '/admin/accounts/u/deposit', admin(), { asset: 'KRW', amount: 1_000 });
});
after(() => exchange.close());

/** Appends to the orders stream wait until the work is done; it is told when one does. */
async function held(work: (waits: () => Promise<void>) => Promise<void>): Promise<void> {
  const before = appends;
  const { promise, resolve: open } = Promise.withResolvers<void>();
  gate = promise;
  try {
    await work(() => until(() => appends > before));
  } finally {
    gate = undefined;
    open();
  }
}

function orderOf(client_order_id: string, quantity = 1) {
  return { symbol: 'TEST', side: 'BUY', price: 100, quantity, client_order_id };
}

/** Sends the first so many bytes of a POST and leaves the connection open. */
async function post(path: string, body: object, bytes = Number.POSITIVE_INFINITY): Promise<Socket> {
  const text = JSON.stringify(body);
  const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\nx-user-id: u\r\ncontent-type: application/json\r\n`;
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    socket.write(`${head}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`.slice(0, head.length + bytes), () =>
      resolve(),
    );
  });
  return socket;
}

/** The connection is gone, and the server knows. */
async function hangUp(socket: Socket): Promise<void> {
  socket.destroy();
  await until(
    () =>
      new Promise<boolean>((resolve, reject) => {
        exchange.app.server.getConnections((error, count) => (error ? reject(error) : resolve(count === 0)));
      }),
  );
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await isTrue())) {
    assert.ok(performance.now() < end, `it was never true that ${isTrue}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function ordersOf(clientOrderId: string): Promise<{ order_id: string; status: string }[]> {
  return (await client.call('GET', `/orders?client_order_id=${clientOrderId}`, user('u'))).json().orders;
}

async function lockedKrw(): Promise<number> {
  const { wallets } = (await client.call('GET', '/assets', user('u'))).json();
  return wallets.find(({ currency }: { currency: string }) => currency === 'KRW').locked;
}

test('a batch whose client hangs up is worked on to its end, and its place among the orders in work comes back', async () => {
  await held(async (waits) => {
    const socket = await post('/orders/batch', { orders: ['a', 'b', 'c'].map((id) => orderOf(id)) });
    await waits();
    const refused = await client.call('POST', '/orders', user('u'), orderOf('d'));
    assert.equal(refused.json().code, 'OVERLOADED', 'the batch is in work');
    await hangUp(socket);
  });
  const ids = ['a', 'b', 'c'];
  await until(async () => (await Promise.all(ids.map(ordersOf))).every(([order]) => order?.status === 'ACCEPTED'));
  assert.equal(await lockedKrw(), 300);
  const again = (
    await client.call('POST', '/orders/batch', user('u'), { orders: ids.map((id) => orderOf(id)) })
  ).json();
  const kept = await Promise.all(ids.map(ordersOf));
  assert.deepEqual(
    again.results.map(({ order_id }: { order_id: string }) => order_id),
    kept.map(([order]) => order?.order_id),
    'the first answer again',
  );
  const next = await client.call('POST', '/orders', user('u'), orderOf('d'));
  assert.equal(next.statusCode, 200, 'there is room again');
  assert.equal(await lockedKrw(), 400);
});

test('a refused request whose client hangs up gives its place back too', async () => {
  await held(async (waits) => {
    const socket = await post('/orders/batch', { orders: [orderOf('e'), orderOf('f', 1_000)] });
    await waits();
    await hangUp(socket);
  });
  await until(async () => (await ordersOf('e'))[0]?.status === 'ACCEPTED');
  assert.deepEqual(await ordersOf('f'), []);
  assert.equal(await lockedKrw(), 500);
  const full = { orders: ['g', 'h', 'i'].map((id) => orderOf(id)) };
  await until(async () => (await client.call('POST', '/orders/batch', user('u'), full)).statusCode === 200);
  assert.equal(await lockedKrw(), 800);
});

test('a request whose client hangs up before its end has no effect', async () => {
  const before = appends;
  for (const bytes of [10, 40, 90]) await hangUp(await post('/orders', orderOf('never'), bytes));
  assert.equal((await client.call('POST', '/orders', user('u'), orderOf('last'))).statusCode, 200);
  assert.equal(appends, before + 1);
  assert.deepEqual(await ordersOf('never'), []);
});
