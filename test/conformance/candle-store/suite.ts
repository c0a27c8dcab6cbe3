import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Bar } from '../../../src/domain/candle.ts';
import { emptyMarketState } from '../../../src/domain/market-state.ts';
import type { CandleStore } from '../../../src/ports/candle-store.ts';

export interface CandleStoreUnderTest {
  store: CandleStore;
  /** The same storage, as the next process finds it. */
  reopen(): Promise<CandleStore>;
  close(): Promise<void>;
}

export function bar(time: number, close = 5): Bar {
  return { time, open: 1, high: 2 ** 31 - 1, low: 1, close, volume: 2 ** 53 - 1 };
}

/** What every adapter of the candle store port promises. */
export function candleStoreSuite(name: string, open: () => Promise<CandleStoreUnderTest>): void {
  const check = (what: string, run: (under: CandleStoreUnderTest) => Promise<void>) =>
    test(`${name}: ${what}`, async () => {
      const under = await open();
      try {
        await run(under);
      } finally {
        await under.close();
      }
    });

  check('bars are read by range, newest within the limit, ascending', async ({ store }) => {
    const bars = [60, 120, 180, 240].map((time) => bar(time));
    await store.putBars([
      { symbol: 'A', interval: '1m', bars: [...bars].reverse() },
      { symbol: 'A', interval: '3m', bars: [bar(0)] },
      { symbol: 'AB', interval: '1m', bars: [bar(60, 9)] },
    ]);
    assert.deepEqual(await store.bars('A', '1m', { limit: 10 }), bars);
    assert.deepEqual(await store.bars('A', '1m', { limit: 2 }), bars.slice(2));
    assert.deepEqual(await store.bars('A', '1m', { limit: 10, from: 120, end: 240 }), bars.slice(1, 3));
    assert.deepEqual(await store.bars('A', '1m', { limit: 1, end: 181 }), [bars[2]]);
    assert.deepEqual(await store.bars('B', '1m', { limit: 10 }), []);
  });

  check('a put replaces by key, and twice is once', async ({ store }) => {
    for (const close of [1, 2, 2]) await store.putBars([{ symbol: 'A', interval: '1m', bars: [bar(60, close)] }]);
    assert.deepEqual(await store.bars('A', '1m', { limit: 10 }), [bar(60, 2)]);
    await store.putBars([{ symbol: 'A', interval: '1m', bars: [{ ...bar(60, 3), volume: 1 }] }]);
    assert.deepEqual(await store.bars('A', '1m', { limit: 10 }), [bar(60, 2)], 'the fuller bar stays');
  });

  check('a put that fails leaves nothing of itself', async ({ store }) => {
    const broken = [bar(60), bar(120, 0.5)];
    await assert.rejects(store.putBars([{ symbol: 'A', interval: '1m', bars: broken }]));
    assert.deepEqual(await store.bars('A', '1m', { limit: 10 }), []);
    await store.putBars([{ symbol: 'A', interval: '1m', bars: [bar(60)] }]);
  });

  check('bars, states and positions are there after a restart', async ({ store, reopen }) => {
    const state = { ...emptyMarketState(), seq: 7, last: 12 };
    await store.putBars([{ symbol: 'A', interval: '1d', bars: [bar(0)] }]);
    await store.putStates([
      { symbol: 'B', state },
      { symbol: 'A', state },
    ]);
    await store.putStates([{ symbol: 'B', state: { ...state, seq: 8 } }]);
    await store.setPosition('fills', 1, 5);
    await store.setPosition('fills', 1, 6);
    assert.equal(await store.position('fills', 0), 0);
    const again = await reopen();
    assert.deepEqual(await again.bars('A', '1d', { limit: 1 }), [bar(0)]);
    assert.deepEqual(await again.states(), [
      { symbol: 'A', state },
      { symbol: 'B', state: { ...state, seq: 8 } },
    ]);
    assert.deepEqual(await again.state('A'), state);
    assert.equal(await again.state('C'), undefined);
    assert.equal(await again.position('fills', 1), 6);
  });
}
