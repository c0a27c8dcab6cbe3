import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPostgresStore } from '../../src/adapters/store/postgres/store.ts';
import { rebuildStopped } from '../../src/entrypoints/node/commands/stopped-exchange.ts';
import { readConfig } from '../../src/entrypoints/node/config.ts';
import { createExchange, type Exchange } from '../../src/entrypoints/node/exchange.ts';
import { silentLog } from '../../src/ports/log.ts';
import { startPostgres } from '../servers/postgres.ts';

const ORDER = { symbol: 'TEST', price: 1000, quantity: 4 } as const;

async function ask(exchange: Exchange, path: string, userId: string): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(exchange.url + path, { headers: { 'x-user-id': userId } });
  return { status: answer.status, body: await answer.json() };
}

test('an exchange on PostgreSQL: its database is its log’s, and can be made again; when the server goes away it says so, and stops all the same', async (t) => {
  const server = await startPostgres();
  if ('notRun' in server) return t.skip(`not run: ${server.notRun}`);
  const folder = mkdtempSync(join(tmpdir(), 'supernoba-postgres-away-'));
  let away = false;
  try {
    const config = readConfig({ PORT: '0', DATA_DIR: folder, DATABASE_URL: await server.database(), DEMO: 'false' });
    const first = await createExchange(config, silentLog);
    const { accounts, symbols } = first.admin;
    await symbols.create('ops', { symbol: 'TEST', reference_price: 1000 });
    await accounts.transfer('ops', { action: 'DEPOSIT', userId: 'ann', asset: 'KRW', amount: 10_000 });
    await accounts.transfer('ops', { action: 'DEPOSIT', userId: 'bob', asset: 'TEST', amount: 10 });
    await first.router.place('bob', { ...ORDER, side: 'SELL', quantity: 10 });
    await first.router.place('ann', { ...ORDER, side: 'BUY' });
    await first.stop();

    const other = (url: string) => createExchange({ ...config, databaseUrl: url }, silentLog);
    await assert.rejects(other(await server.database()), /does not hold the orders of the log .* supernoba rebuild/);
    const half = await server.database();
    const unfinished = openPostgresStore({ url: half });
    await unfinished.migrate();
    await unfinished.beginRebuild();
    await unfinished.close();
    await assert.rejects(other(half), /did not come to its end; .* supernoba rebuild/);

    await assert.rejects(
      rebuildStopped(config, () => {}),
      /a rebuild needs an empty database/,
    );
    const databaseUrl = await server.database();
    const { events } = await rebuildStopped({ ...config, databaseUrl }, () => {});
    assert.ok(events > 0);

    const second = await other(databaseUrl);
    await second.router.place('ann', { ...ORDER, side: 'BUY' });
    await second.quiesce();
    const { body } = await ask(second, '/assets', 'ann');
    assert.match(JSON.stringify(body), /"currency":"KRW","balance":2000,.*"symbol":"TEST","qty":8,/);

    away = true;
    await server.stop();
    await assert.rejects(second.router.place('ann', { ...ORDER, side: 'BUY' }), { code: 'UNAVAILABLE' });
    for (const path of ['/assets', '/orders', '/fills'])
      assert.equal((await ask(second, path, 'ann')).status, 503, path);
    // The engine goes on, and what it says now cannot be settled before the server is back.
    await second.admin.symbols.dayClose('ops', 'TEST', undefined);
    await second.stop();
  } finally {
    if (!away) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
