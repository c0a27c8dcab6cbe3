import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { DocumentedClient } from './documented.ts';
import { startExchange, type TestExchange } from './exchange.ts';

let exchange: TestExchange;
let client: DocumentedClient;
let consoleFolder: string;

before(async () => {
  consoleFolder = await mkdtemp(join(tmpdir(), 'supernoba-console-'));
  await mkdir(join(consoleFolder, 'assets'));
  await writeFile(join(consoleFolder, 'index.html'), '<!doctype html><title>console</title>');
  await writeFile(join(consoleFolder, 'assets', 'app-Ab12Cd34.js'), 'console.log(1)');
  exchange = await startExchange({
    settings: { consoleFolder, corsOrigins: ['https://app.example'], supabaseUrl: 'https://p.supabase.co/x' },
  });
  client = await DocumentedClient.of(exchange.app);
});
after(async () => {
  await exchange.close();
  await rm(consoleFolder, { recursive: true });
});

/** Every call of the contract's table that the gateway serves. */
const CALLS = [
  'POST /orders',
  'POST /orders/batch',
  'DELETE /orders/{order_id}',
  'PATCH /orders/{order_id}',
  'DELETE /orders',
  'GET /orders',
  'GET /orders/{order_id}',
  'GET /fills',
  'GET /assets',
  'GET /events',
  'GET /chart',
  'GET /depth',
  'GET /ticker',
  'GET /trades',
  'GET /symbols',
  'GET /admin/symbols',
  'POST /admin/symbols',
  'PATCH /admin/symbols/{symbol}',
  'DELETE /admin/symbols/{symbol}',
  'POST /admin/symbols/{symbol}/day-close',
  'POST /admin/accounts/{id}/deposit',
  'POST /admin/accounts/{id}/withdraw',
  'GET /admin/accounts/{id}',
  'GET /admin/routes',
  'GET /admin/migrations',
  'GET /admin/engines',
  'GET /admin/snapshots',
  'POST /admin/snapshots',
  'POST /admin/backups',
  'GET /admin/streams',
  'POST /admin/streams',
  'DELETE /admin/streams/{topic}',
  'GET /admin/audit',
  'GET /healthz',
  'GET /readyz',
  'GET /metrics',
  'GET /config',
];

test('the document is OpenAPI 3.1 by the official schema', async () => {
  const { valid, errors } = await new Validator().validate(structuredClone({ ...client.document }));
  assert.ok(valid, JSON.stringify(errors, null, 1));
});

test('the document is OpenAPI 3.1 and knows every call of the contract', () => {
  assert.equal(client.document.openapi, '3.1.0');
  const documented = Object.entries(client.document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  assert.deepEqual(
    CALLS.filter((call) => !documented.includes(call)),
    [],
  );
});

interface Described {
  security?: Record<string, string[]>[];
  responses: Record<string, { description: string; headers?: object }>;
}

/** Every node of the document that is an object, with where it stands. */
function* nodes(value: unknown, where = ''): Generator<[where: string, node: Record<string, unknown>]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [where, value as Record<string, unknown>];
  for (const [key, child] of Object.entries(value)) yield* nodes(child, `${where}/${key}`);
}

test('every schema compiles, every reference is met, and every example has the shape it stands for', () => {
  const ajv = new Ajv2020({ strict: false });
  const absolute = JSON.parse(JSON.stringify(client.document).replaceAll('"#/components', '"openapi#/components'));
  ajv.addSchema({ $id: 'openapi', components: absolute.components });
  for (const name of Object.keys(client.document.components.schemas)) {
    assert.ok(ajv.getSchema(`openapi#/components/schemas/${name}`), name);
  }
  let examples = 0;
  for (const [where, node] of nodes(absolute)) {
    const { schema, example, examples: many } = node;
    // Beside a schema (a media type or a parameter), or inside one.
    const given = Array.isArray(many) ? many : Object.values(many ?? {}).map(({ value }) => value);
    if (example !== undefined) given.push(example);
    for (const value of given) {
      examples += 1;
      const validate = ajv.compile(typeof schema === 'object' && schema !== null ? schema : node);
      assert.ok(validate(value), `${where} ${JSON.stringify(value)}: ${ajv.errorsText(validate.errors)}`);
    }
  }
  assert.ok(examples >= 100, `${examples} examples`);
});

test('every operation has a summary, a tag, a documented success and the error form', () => {
  for (const [path, operations] of Object.entries(client.document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const where = `${method} ${path}`;
      assert.ok('summary' in operation && 'tags' in operation, where);
      assert.ok('200' in operation.responses, where);
      if (path !== '/metrics') assert.ok('4XX' in operation.responses && '5XX' in operation.responses, where);
    }
  }
});

test('every operation says which login it needs, and its answers which headers they have', async () => {
  const { paths }: { paths: Record<string, Record<string, Described>> } = (
    await exchange.app.inject('/openapi.json')
  ).json();
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, { security = [], responses }] of Object.entries(operations)) {
      const where = `${method} ${path}`;
      const url = path.replaceAll(/\{[^}]+\}/g, 'TEST');
      const nobody = await client.call(method.toUpperCase(), url, {}, method === 'get' ? undefined : {});
      const ways = security.map((names) => Object.keys(names).join('+'));
      const wanted = path.startsWith('/admin') ? ['bearer', 'testUser+testRole'] : ['bearer', 'testUser'];
      assert.deepEqual(ways, nobody.statusCode === 401 ? wanted : [], where);
      for (const [status, answer] of Object.entries(responses)) {
        const known = Object.keys(answer.headers ?? {});
        assert.ok(known.includes('RateLimit-Remaining'), `${where} ${status}`);
        assert.equal(known.includes('Retry-After'), /^[45]/.test(status), `${where} ${status}`);
        assert.notEqual(answer.description, 'Default Response', `${where} ${status}`);
      }
    }
  }
  const keyed = await startExchange({ settings: { apiKeys: ['key'] } });
  const { paths: withKeys } = (await keyed.app.inject('/openapi.json')).json();
  await keyed.close();
  assert.deepEqual(withKeys['/orders'].post.security[0], { bearer: [], apiKey: [] });
  assert.deepEqual(withKeys['/assets'].get.security[0], { bearer: [] });
});

test('/docs renders the document from local files only', async () => {
  const page = await exchange.app.inject('/docs');
  assert.equal(page.statusCode, 200);
  assert.match(String(page.headers['content-type']), /html/);
  const links = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url!);
  assert.ok(links.length > 3);
  for (const url of links) {
    assert.ok(url.startsWith('/') || url.startsWith('./'), url);
    const asset = await exchange.app.inject(url.replace(/^\./, '/docs'));
    assert.equal(asset.statusCode, 200, url);
  }
  assert.match(String(page.headers['content-security-policy']), /script-src 'self'/);
  assert.doesNotMatch(page.body, /<script>(?!\s*<\/script>)/, 'no inline script, which the policy would stop');
});

test('the console is served at / with its security headers, and its hashed files for good', async () => {
  const page = await exchange.app.inject('/');
  assert.deepEqual([page.statusCode, page.body], [200, '<!doctype html><title>console</title>']);
  assert.equal(page.headers['cache-control'], 'no-cache');
  const policy = String(page.headers['content-security-policy']);
  assert.match(policy, /connect-src 'self' https:\/\/p\.supabase\.co;/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.doesNotMatch(policy, /upgrade-insecure-requests/);
  assert.equal(page.headers['x-content-type-options'], 'nosniff');
  const script = await exchange.app.inject('/assets/app-Ab12Cd34.js');
  assert.match(String(script.headers['cache-control']), /immutable/);
  await writeFile(join(consoleFolder, 'assets', 'later-Ab12Cd34.js'), 'console.log(2)');
  const later = await exchange.app.inject('/assets/later-Ab12Cd34.js');
  assert.equal(later.statusCode, 200, 'a file of a console built anew is served without a restart');
  for (const url of ['/assets/none.js', '/%2e%2e/package.json', '/..%2fpackage.json', '/.sources']) {
    const response = await exchange.app.inject(url);
    assert.deepEqual([response.statusCode, response.json().code], [404, 'NOT_FOUND'], url);
  }
});

test('answers of the API carry security headers and are not cached', async () => {
  for (const url of ['/symbols', '/orders', '/healthz', '/nothing', '/%zz', '/openapi.json', '/asyncapi.json']) {
    const { headers } = await exchange.app.inject(url);
    assert.deepEqual([headers['x-content-type-options'], headers['cache-control']], ['nosniff', 'no-store'], url);
    assert.match(String(headers['content-security-policy']), /default-src 'none'/);
  }
});

test('CORS: only the origins of the settings', async () => {
  const from = (origin: string) => exchange.app.inject({ url: '/symbols', headers: { origin } });
  assert.equal((await from('https://app.example')).headers['access-control-allow-origin'], 'https://app.example');
  assert.equal((await from('https://evil.example')).headers['access-control-allow-origin'], undefined);
  const preflight = await exchange.app.inject({
    method: 'OPTIONS',
    url: '/orders',
    headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
  });
  assert.equal(preflight.statusCode, 204);
  for (const method of ['POST', 'PATCH', 'DELETE']) {
    assert.match(String(preflight.headers['access-control-allow-methods']), new RegExp(method));
  }
});

test('/metrics counts requests by route and status', async () => {
  await exchange.app.inject('/nothing');
  await exchange.app.inject('/depth?symbol=NONE');
  const counted = /supernoba_http_requests_total\{method="GET",route="\/depth",status="404"\} 1/;
  let response = await exchange.app.inject('/metrics');
  // Counts are gathered for a second.
  for (const end = performance.now() + 60_000; !counted.test(response.body) && performance.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    response = await exchange.app.inject('/metrics');
  }
  assert.match(String(response.headers['content-type']), /text\/plain; version=0\.0\.4/);
  assert.match(response.body, counted);
  assert.match(response.body, /supernoba_http_requests_total\{method="GET",route="none",status="404"\} \d/);
});
