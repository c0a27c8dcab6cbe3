import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InProcessCache } from '../../../src/adapters/cache/in-process/in-process-cache.ts';
import { SimulatedClock } from '../../../src/adapters/clock/simulated.ts';
import { MarketTime } from '../../../src/domain/market-time.ts';
import { marketSuite } from './market-suite.ts';
import { type CacheUnderTest, cacheSuite } from './suite.ts';

async function open(): Promise<CacheUnderTest> {
  const clock = new SimulatedClock();
  const cache = new InProcessCache(clock);
  return { cache, pass: (seconds) => clock.advance(seconds * 1000), close: () => cache.close() };
}

cacheSuite('in process', open);
marketSuite('in process', open);

test('in process: candles expire as the contract says, and the minute they belong to still counts whole', async () => {
  const clock = new SimulatedClock();
  const cache = new InProcessCache(clock);
  const time = new MarketTime();
  const start = clock.now();
  const trade = (seq: number, timestamp: number) => {
    const minute = time.minute(timestamp);
    const item = { kind: 'TRADE', seq, timestamp, minute, price: 5, quantity: 1, side: 'BUY', id: `T-${seq}` } as const;
    return cache.applyMarket('T', [item]);
  };
  await trade(1, start);
  await clock.advance(299_000);
  assert.equal((await cache.hashGetAll('candle:1m:T'))?.v, '1');
  await clock.advance(1_000);
  assert.equal(await cache.hashGetAll('candle:1m:T'), undefined);
  await trade(2, start + 59_000);
  assert.equal((await cache.hashGetAll('candle:1m:T'))?.v, '2');
  await trade(3, start + 60_000);
  assert.equal((await cache.listRange('candle:closed:1m:T', 0, -1)).length, 1);
  await clock.advance(3_600_000);
  assert.deepEqual(await cache.listRange('candle:closed:1m:T', 0, -1), []);
  await cache.close();
});
