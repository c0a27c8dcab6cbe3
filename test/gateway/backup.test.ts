import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type RunningExchange, runSupernoba, startExchange } from '../servers/exchange.ts';
import { documentedFetch } from '../support/documented-fetch.ts';

const folder = mkdtempSync(join(tmpdir(), 'supernoba backup '));
after(() => rmSync(folder, { recursive: true, force: true }));

const JSON_TYPE = { 'content-type': 'application/json' };
const ADMIN = { ...JSON_TYPE, 'x-user-id': 'ops', 'x-user-role': 'admin' };

async function send(exchange: RunningExchange, path: string, headers: Record<string, string>, body?: object) {
  const response = await documentedFetch(exchange.url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return text;
}

test(
  'archive and log, copied in this order from a running exchange, are the exchange of that moment',
  {
    timeout: 600_000,
  },
  async () => {
    const [dataDir, copy] = [join(folder, 'data'), join(folder, 'copy')];
    mkdirSync(copy);
    let ordering = true;
    const exchange = await startExchange({ dataDir });
    let restored: RunningExchange | undefined;
    try {
      await send(exchange, '/admin/symbols', ADMIN, { symbol: 'NOVA', reference_price: 15_000, tick_size: 10 });
      await send(exchange, '/admin/accounts/alice/deposit', ADMIN, { asset: 'KRW', amount: 1_000_000_000 });
      await send(exchange, '/admin/accounts/alice/deposit', ADMIN, { asset: 'NOVA', amount: 100_000 });
      const acknowledged: string[] = [];
      const orders = (async () => {
        for (let count = 0; ordering; count += 1) {
          const order = { symbol: 'NOVA', side: count % 2 === 0 ? 'SELL' : 'BUY', price: 15_000, quantity: 3 };
          const answer = await send(exchange, '/orders', { ...JSON_TYPE, 'x-user-id': 'alice' }, order);
          acknowledged.push(JSON.parse(answer).order_id);
        }
      })();
      while (acknowledged.length < 50) await new Promise((resolve) => setTimeout(resolve, 10));
      await send(exchange, '/admin/snapshots', ADMIN, {});
      await send(exchange, '/admin/backups', ADMIN, {});
      const before = acknowledged.length;
      for (const part of ['archive', 'log']) await cp(join(dataDir, part), join(copy, part), { recursive: true });
      ordering = false;
      await orders;

      restored = await startExchange({ dataDir: copy });
      for (const id of [acknowledged[0], acknowledged[before - 1]]) {
        await send(restored, `/orders/${id}`, { 'x-user-id': 'alice' });
      }
      const metrics = await send(restored, '/metrics', {});
      assert.match(metrics, /supernoba_lag_records\{consumer="fill-processor",topic="supernoba-fills"\} 0\n/);
      assert.match(metrics, /supernoba_lag_records\{consumer="matching-engine",topic="supernoba-orders"\} 0\n/);
      assert.match(metrics, /supernoba_ready\{check="database"\} 1\n/);
      restored.process.kill('SIGTERM');
      assert.equal(await restored.exited, 0, restored.stderr());
      const audit = await runSupernoba(['audit', '--data-dir', copy]);
      assert.equal(audit.code, 0, audit.stdout + audit.stderr);
    } finally {
      ordering = false;
      exchange.process.kill('SIGKILL');
      restored?.process.kill('SIGKILL');
    }
  },
);

test(
  'an older log under a newer store is refused in one line; alone it is the exchange of then',
  {
    timeout: 600_000,
  },
  async () => {
    const dataDir = join(folder, 'copy');
    const older = join(folder, 'older');
    await cp(join(dataDir, 'log'), older, { recursive: true });
    const exchange = await startExchange({ dataDir });
    const deposit = { asset: 'KRW', amount: 1 };
    try {
      await send(exchange, '/admin/accounts/bob/deposit', ADMIN, deposit);
      const order = { symbol: 'NOVA', side: 'BUY', price: 14_000, quantity: 1 };
      await send(exchange, '/orders', { ...JSON_TYPE, 'x-user-id': 'alice' }, order);
    } finally {
      exchange.process.kill('SIGTERM');
      assert.equal(await exchange.exited, 0, exchange.stderr());
    }
    rmSync(join(dataDir, 'log'), { recursive: true });
    await cp(older, join(dataDir, 'log'), { recursive: true });

    const refused = await runSupernoba(['start', '--port', '0', '--no-demo', '--data-dir', dataDir]);
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /^supernoba: supernoba-[a-z]+\/\d ends at \d+, but [^\n]* up to \d+: records are lost[^\n]*\n$/,
    );

    for (const part of readdirSync(dataDir)) if (part !== 'log') rmSync(join(dataDir, part), { recursive: true });
    const again = await startExchange({ dataDir });
    again.process.kill('SIGTERM');
    assert.equal(await again.exited, 0, again.stderr());
    const audit = await runSupernoba(['audit', '--data-dir', dataDir]);
    assert.equal(audit.code, 0, audit.stdout + audit.stderr);
  },
);
