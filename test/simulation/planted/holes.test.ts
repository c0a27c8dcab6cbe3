import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededChance, SimulatedClock } from '../../../src/adapters/clock/simulated.ts';
import { MemoryStore } from '../../../src/adapters/store/memory/store.ts';
import type { AddRecord } from '../../../src/domain/records.ts';
import { silentLog } from '../../../src/ports/log.ts';
import { silentMetrics } from '../../../src/ports/metrics.ts';
import { InstrumentRegistry } from '../../../src/services/instruments/registry.ts';
import { BatchingOrderRouter } from '../../../src/services/order-router/router.ts';
import { FaultyDisk } from '../../faults/faulty-disk.ts';
import { append, openLog, TOPIC, valuesOf } from '../../faults/log-harness.ts';

/** What nobody looked at until a planted bug went unnoticed. */

const SEEDS = 60;

test('a group of several sectors of which power loss leaves only some is cut off whole', async () => {
  let torn = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const chance = new SeededChance(seed);
    const disk = new FaultyDisk();
    const stream = await openLog(disk, { tailBytes: 0 });
    await append(stream, 'A-kept');
    const gone = new Promise<void>((resolve) => {
      disk.hook = ({ kind }) => {
        if (kind !== 'sync') return undefined;
        disk.powerLoss(() => chance.random());
        resolve();
        return undefined;
      };
    });
    const lost = Array.from({ length: 4 }, (_, i) => `B-${i}-${'x'.repeat(700)}`);
    await Promise.race([append(stream, ...lost), gone]);
    disk.hook = undefined;
    const found = await valuesOf(await openLog(disk, { tailBytes: 0 }));
    if (found.length === 1) torn++;
    assert.deepEqual(found.slice(1), found.length === 1 ? [] : lost, `seed ${seed}`);
    assert.equal(found[0], 'A-kept', `seed ${seed}`);
  }
  assert.ok(torn > SEEDS / 4, 'most of these groups must have been torn');
});

test('a start puts an order into the log that the store recorded and no client asks for again', async () => {
  const clock = new SimulatedClock();
  const stream = await openLog(new FaultyDisk());
  const store = new MemoryStore();
  const deposit = { action: 'DEPOSIT', transfer_id: 't', user_id: 'u', asset: 'KRW', amount: 10, actor: 'a' } as const;
  const ledger = {
    topic: 'ledger',
    partition: 0,
    next_offset: 1,
    items: [{ v: 1, timestamp: 1, ...deposit } as const],
  };
  await store.applyLedger(ledger);
  const record: AddRecord = {
    ...{ v: 1, action: 'ADD', symbol: 'S', timestamp: 1, route_epoch: 0, order_id: 'o1', user_id: 'u' },
    ...{ is_buy: true, price: 10, quantity: 1, order_type: 'LIMIT', time_in_force: 'GTC', hold: 10 },
    ...{ maker_fee_bps: 0, taker_fee_bps: 0 },
  };
  const terms = { hold_asset: 'KRW', credit_asset: 'S', credit: 1, amount_scale: 1, base_scale: 1, content_hash: '' };
  assert.deepEqual(await store.enter([{ kind: 'ORDER', record, ...terms }]), [{ kind: 'HELD' }]);
  const router = new BatchingOrderRouter({
    ...{ store, stream, clock, chance: new SeededChance(1, clock), log: silentLog, metrics: silentMetrics },
    ordersTopic: TOPIC,
    instruments: new InstrumentRegistry(),
    marketPrices: async () => ({ last: undefined, bestBid: undefined, bestAsk: undefined }),
    overloaded: () => false,
  });
  assert.equal(await router.recover(), 1);
  assert.deepEqual(
    (await valuesOf(stream)).map((value) => JSON.parse(value)),
    [record],
  );
});
