import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { RestClient } from '../../client/src/index.ts';
import { admin, DocumentedClient } from './documented.ts';
import { startExchange, type TestExchange } from './exchange.ts';

let exchange: TestExchange;
let client: DocumentedClient;

before(async () => {
  exchange = await startExchange();
  client = await DocumentedClient.of(exchange.app);
  await client.call('POST', '/admin/symbols', admin(), { symbol: 'ONE' });
});

after(() => exchange.close());

const asked = (etag?: string) => client.call('GET', '/symbols', etag === undefined ? {} : { 'if-none-match': etag });

test('instruments that have not changed are not sent again; a halt is, at once', async () => {
  const first = await asked();
  const etag = String(first.headers.etag);
  assert.match(etag, /^"[\w-]{43}"$/);
  assert.equal(first.json().symbols[0].status, 'ACTIVE');
  for (const named of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const again = await asked(named);
    assert.deepEqual([again.statusCode, again.body, again.headers.etag], [304, '', etag], named);
  }
  const changed = await client.call('PATCH', '/admin/symbols/ONE', admin(), { status: 'HALTED' });
  assert.equal(changed.statusCode, 200, changed.body);
  const halted = await asked(etag);
  assert.deepEqual([halted.statusCode, halted.json().symbols[0].status], [200, 'HALTED']);
  await client.call('PATCH', '/admin/symbols/ONE', admin(), { status: 'ACTIVE' });
  const resumed = await asked(String(halted.headers.etag));
  assert.deepEqual(
    [resumed.statusCode, resumed.headers.etag],
    [200, etag],
    'the same contents have the same name again',
  );
  for (const named of ['"other"', '']) assert.equal((await asked(named)).statusCode, 200, named);
});

test('a new instrument and its asset are in the next answer', async () => {
  const before = await asked();
  await client.call('POST', '/admin/symbols', admin(), { symbol: 'TWO' });
  const { symbols, assets } = (await asked(String(before.headers.etag))).json();
  assert.deepEqual(
    symbols.map(({ symbol }: { symbol: string }) => symbol),
    ['ONE', 'TWO'],
  );
  assert.ok(assets.some(({ code }: { code: string }) => code === 'TWO'));
});

test('a client that asks again gets the same object until something changes', async () => {
  const seen: number[] = [];
  const rest = new RestClient({
    url: '',
    transport: async ({ path, headers }) => {
      const response = await client.call('GET', path, headers);
      seen.push(response.statusCode);
      return {
        status: response.statusCode,
        header: (name) => response.headers[name]?.toString(),
        text: response.body,
      };
    },
  });
  const first = await rest.symbols();
  assert.equal(await rest.symbols(), first);
  await client.call('PATCH', '/admin/symbols/ONE', admin(), { status: 'HALTED' });
  const halted = await rest.symbols();
  assert.equal(halted.symbols.find(({ symbol }) => symbol === 'ONE')?.status, 'HALTED');
  assert.equal(await rest.symbols(), halted);
  assert.deepEqual(seen, [200, 304, 200, 304]);
});
