import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../../adapters/clock/simulated.ts';
import { SystemChance } from '../../adapters/clock/system.ts';
import { MemoryStore } from '../../adapters/store/memory/store.ts';
import { DEFAULT_TOPICS } from '../../domain/topics.ts';
import { silentLog } from '../../ports/log.ts';
import { silentMetrics } from '../../ports/metrics.ts';
import { buildInstrument } from '../admin/build-instrument.ts';
import { InstrumentRegistry } from '../instruments/registry.ts';
import { BatchingOrderRouter } from './router.ts';

test('a store that cannot be asked makes every command UNAVAILABLE, also those that only look something up', async () => {
  const clock = new SimulatedClock();
  const instruments = new InstrumentRegistry();
  instruments.put(buildInstrument({ symbol: 'TEST' }, (code) => instruments.asset(code), clock.now()));
  const full = async () => {
    throw new Error('could not extend file: No space left on device');
  };
  const store = Object.assign(new MemoryStore(), { order: full, clientOrder: full, openSymbols: full, enter: full });
  const router = new BatchingOrderRouter({
    ...{ store, instruments, clock, chance: new SystemChance(), log: silentLog, metrics: silentMetrics },
    stream: { append: full, read: full, bounds: full, topics: full },
    ordersTopic: DEFAULT_TOPICS.orders,
    marketPrices: async () => ({ last: undefined, bestBid: undefined, bestAsk: undefined }),
    overloaded: () => false,
  });
  const order = { symbol: 'TEST', side: 'BUY', quantity: 5, client_order_id: 'c' } as const;
  const unavailable = { code: 'UNAVAILABLE' };
  await assert.rejects(router.place('u', { ...order, order_type: 'MARKET' }), unavailable);
  await assert.rejects(router.place('u', { ...order, price: 100 }), unavailable);
  await assert.rejects(router.replace('u', 'ord_unknown', { price: 101 }), unavailable);
  await assert.rejects(router.cancel('u', 'ord_unknown'), unavailable);
  await assert.rejects(router.massCancel('u'), unavailable);
});
