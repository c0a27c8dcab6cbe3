import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SqliteCandleStore } from '../../../src/adapters/candle-store/sqlite/sqlite-candle-store.ts';
import { bar, type CandleStoreUnderTest, candleStoreSuite } from './suite.ts';

async function open(): Promise<CandleStoreUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'supernoba candles '));
  const path = join(folder, 'candles.sqlite');
  let store = new SqliteCandleStore(path);
  return {
    store,
    reopen: async () => {
      await store.close();
      store = new SqliteCandleStore(path);
      return store;
    },
    close: async () => {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

candleStoreSuite('sqlite', open);

test('sqlite: a damaged file is one clear error', () => {
  const folder = mkdtempSync(join(tmpdir(), 'supernoba-candles-'));
  const path = join(folder, 'candles.sqlite');
  writeFileSync(path, 'this is no database, and long enough to be looked at'.repeat(100));
  assert.throws(
    () => new SqliteCandleStore(path),
    /candle store .*candles\.sqlite cannot be used: file is not a database/,
  );
  rmSync(folder, { recursive: true });
});

test('sqlite: in memory for simulations', async () => {
  const store = new SqliteCandleStore(':memory:');
  await store.putBars([{ symbol: 'A', interval: '1m', bars: [bar(60)] }]);
  assert.equal((await store.bars('A', '1m', { limit: 5 })).length, 1);
  await store.close();
});
