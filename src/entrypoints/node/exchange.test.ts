import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '../../ports/log.ts';
import { openStopped } from './commands/stopped-exchange.ts';
import { readConfig } from './config.ts';
import { createExchange } from './exchange.ts';

test('whoever follows a stream is listed with it, and is not behind once all is done', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'supernoba-exchange-'));
  const exchange = await createExchange(readConfig({ PORT: '0', DATA_DIR: folder }), silentLog);
  try {
    await exchange.admin.symbols.create('ops', { symbol: 'TEST', reference_price: 100 });
    await exchange.admin.accounts.transfer('ops', { action: 'DEPOSIT', userId: 'ann', asset: 'KRW', amount: 5 });
    await exchange.quiesce();
    const streams = await exchange.admin.streams.list();
    const followers = (topic: string) =>
      streams.find((stream) => stream.topic === topic)?.consumers.map(({ group }) => group);
    assert.deepEqual(followers('supernoba-orders'), ['matching-engine', 'store-writer']);
    assert.deepEqual(followers('supernoba-fills')?.sort(), ['fill-processor', 'history-saver', 'notifier']);
    assert.deepEqual(followers('supernoba-ledger'), ['account-processor']);
    const isBehind = async () =>
      (await exchange.admin.streams.list()).some(({ consumers }) => consumers.some(({ lag }) => lag > 0));
    const patience = performance.now() + 60_000;
    while (await isBehind()) {
      assert.ok(performance.now() < patience, JSON.stringify(await exchange.admin.streams.list()));
      await sleep(20);
    }
  } finally {
    await exchange.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

test('a folder keeps the names that its streams were begun with: another name stops the start, and an audit', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'supernoba-exchange-'));
  const named = (more: Record<string, string>) =>
    readConfig({ PORT: '0', DATA_DIR: folder, ORDERS_TOPIC: 'orders', ...more });
  try {
    await (await createExchange(named({}), silentLog)).stop();
    for (const [name, topic] of [
      ['ORDERS_TOPIC', 'supernoba-orders'],
      ['FILLS_TOPIC', 'fills'],
    ] as const) {
      const other = { [name]: topic };
      const refusal = { name: 'ConfigError', message: new RegExp(`^${name}: `) };
      await assert.rejects(createExchange(named(other), silentLog), refusal);
      await assert.rejects(openStopped(named(other)), refusal);
    }
    await (await openStopped(named({}))).close();
    await (await createExchange(named({}), silentLog)).stop();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
