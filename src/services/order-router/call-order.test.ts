import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SystemChance, SystemClock } from '../../adapters/clock/system.ts';
import { MemoryStore } from '../../adapters/store/memory/store.ts';
import { EmbeddedStream } from '../../adapters/stream/embedded/stream.ts';
import type { OrderRecord } from '../../domain/records.ts';
import { DEFAULT_TOPICS } from '../../domain/topics.ts';
import { silentLog } from '../../ports/log.ts';
import { silentMetrics } from '../../ports/metrics.ts';
import { buildInstrument } from '../admin/build-instrument.ts';
import { InstrumentRegistry } from '../instruments/registry.ts';
import { BatchingOrderRouter } from './router.ts';

test('commands called in one moment reach the stream in the order of the calls, replaces and cancels included', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'supernoba-router-'));
  const [clock, chance] = [new SystemClock(), new SystemChance()];
  const stream = await EmbeddedStream.open({ folder, clock, chance });
  try {
    await stream.ensureTopic(DEFAULT_TOPICS.orders, { partitions: 1 });
    const store = new MemoryStore();
    const instruments = new InstrumentRegistry();
    instruments.put(buildInstrument({ symbol: 'TEST' }, (code) => instruments.asset(code), clock.now()));
    const deposit = { v: 1, action: 'DEPOSIT', asset: 'KRW', amount: 1_000_000, timestamp: 1 } as const;
    const items = ['u', 'v'].map((user_id) => ({ ...deposit, user_id, transfer_id: user_id, actor: 'ops' }));
    await store.applyLedger({ topic: 'ledger', partition: 0, next_offset: 2, items });
    const router = new BatchingOrderRouter({
      store,
      stream,
      instruments,
      clock,
      chance,
      ordersTopic: DEFAULT_TOPICS.orders,
      marketPrices: async () => ({ last: undefined, bestBid: undefined, bestAsk: undefined }),
      overloaded: () => false,
      log: silentLog,
      metrics: silentMetrics,
    });
    const order = { symbol: 'TEST', side: 'BUY', price: 100, quantity: 5 } as const;
    const [a, b] = await Promise.all([router.place('u', order), router.place('u', order)]);
    await Promise.all([
      router.replace('u', a.order_id, { price: 101 }),
      router.place('u', { ...order, quantity: 1 }),
      router.cancel('u', b.order_id),
      router.replace('u', a.order_id, { remaining: 3 }),
      router.place('u', { ...order, quantity: 2 }),
      router.cancel('u', a.order_id),
    ]);
    const records = await stream.read(DEFAULT_TOPICS.orders, 0, 2, 100);
    const said = records.map(({ value }): OrderRecord => JSON.parse(Buffer.from(value).toString()));
    assert.deepEqual(
      said.map(({ action }) => action),
      ['REPLACE', 'ADD', 'CANCEL', 'REPLACE', 'ADD', 'CANCEL'],
    );
    const before = 2 + said.length;
    await Promise.all([
      router.place('v', order),
      router.massCancel('v'),
      router.place('v', { ...order, quantity: 2 }),
      router.massCancel('v', 'TEST'),
    ]);
    const later = await stream.read(DEFAULT_TOPICS.orders, 0, before, 100);
    assert.deepEqual(
      later.map(({ value }) => JSON.parse(Buffer.from(value).toString()).action),
      ['ADD', 'MASS_CANCEL', 'ADD', 'MASS_CANCEL'],
    );
    await assert.rejects(router.replace('stranger', b.order_id, { price: 0.5 }), { code: 'ORDER_UNKNOWN' });
    await router.close();
  } finally {
    await stream.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
