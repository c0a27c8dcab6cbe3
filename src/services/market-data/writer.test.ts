import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchOf, dayClosed, fill } from '../../../test/market-data/events.ts';
import { InProcessCache } from '../../adapters/cache/in-process/in-process-cache.ts';
import { SimulatedClock } from '../../adapters/clock/simulated.ts';
import type { FillEvent } from '../../domain/events.ts';
import { emptyMarketState, foldMarket } from '../../domain/market-state.ts';
import { MarketTime } from '../../domain/market-time.ts';
import type { Cache } from '../../ports/cache.ts';
import { silentLog } from '../../ports/log.ts';
import { silentMetrics } from '../../ports/metrics.ts';
import { marketItem } from './items.ts';
import type { RecoveredMarket } from './trades-backup.ts';
import { MarketDataWriter } from './writer.ts';

/** 2025-12-16 14:20:00 in Seoul. */
const START = Date.UTC(2025, 11, 16, 5, 20);

async function setUp(options: { maxPending?: number } = {}) {
  const clock = new SimulatedClock(START);
  const cache = new InProcessCache(clock);
  const recovered: string[] = [];
  const warnings: string[] = [];
  /** What the cold side knows. */
  const known: FillEvent[] = [];
  const time = new MarketTime();
  const writer = new MarketDataWriter({
    cache,
    clock,
    time,
    log: { ...silentLog, warn: (_fields, message) => void warnings.push(message) },
    metrics: silentMetrics,
    recover: async (symbol) => {
      recovered.push(symbol);
      return known.length === 0 ? undefined : recoveredFrom(known, time);
    },
    ...options,
  });
  await writer.start();
  return { clock, cache, writer, recovered, warnings, known };
}

function recoveredFrom(events: readonly FillEvent[], time: MarketTime): RecoveredMarket {
  const state = emptyMarketState();
  foldMarket(
    state,
    events.flatMap((event) => marketItem(event, time) ?? []),
  );
  return { state, trades: [] };
}

test('a batch is in the cache as the contract spells it', async () => {
  const { cache, writer } = await setUp();
  const events = [fill(1, START + 5, 1000, 60), fill(2, START + 9, 1050, 40)];
  writer.onBatch([batchOf('TEST', events, { bids: [[1000, 30]], asks: [[1051, 5]], reference: 1000 })]);
  await writer.drained();
  assert.equal(
    await cache.get('depth:TEST'),
    `{"e":"d","s":"TEST","t":${START + 9},"b":[[1000,30]],"a":[[1051,5]],"u":2}`,
  );
  assert.deepEqual(await cache.hashGetAll('candle:1m:TEST'), {
    o: '1000',
    h: '1050',
    l: '1000',
    c: '1050',
    v: '100',
    t: '202512161420',
    t_epoch: String(START / 1000),
  });
  assert.deepEqual(await cache.listRange('trades:TEST', 0, 0), [
    `{"e":"trade","s":"TEST","t":${START + 9},"p":1050,"q":40,"side":"BUY","id":"TEST-2"}`,
  ]);
  assert.equal(
    await cache.get('ohlc:TEST'),
    `{"o":1000,"h":1050,"l":1000,"c":1050,"v":100,"change":0,"t":${START + 9}}`,
  );
});

test('the day rolls: prev, a new reference, changes of today and yesterday', async () => {
  const { cache, writer } = await setUp();
  writer.onBatch([batchOf('TEST', [dayClosed(1, START, null, 1000), fill(2, START, 1025, 1)])]);
  writer.onBatch([batchOf('TEST', [dayClosed(3, START + 1, 1025, 1025)])]);
  await writer.drained();
  assert.equal(await cache.get('prev:TEST'), `{"o":1025,"h":1025,"l":1025,"c":1025,"v":1,"change":2.5,"t":${START}}`);
  assert.equal(await cache.get('ohlc:TEST'), undefined);
  assert.equal(await cache.get('ticker:TEST'), `{"e":"t","s":"TEST","t":${START + 1},"p":1025,"c":0,"yc":2.5}`);
  writer.onBatch([batchOf('TEST', [fill(4, START + 2, 1013, 1)])]);
  await writer.drained();
  assert.equal(await cache.get('ticker:TEST'), `{"e":"t","s":"TEST","t":${START + 2},"p":1013,"c":-1.17,"yc":2.5}`);
});

test('what the engine tells again after a restart changes nothing, and depth never goes back', async () => {
  const { cache, clock, writer } = await setUp();
  const events = [fill(1, START, 10, 1), fill(2, START, 11, 2), fill(3, START, 12, 3)];
  writer.onBatch([batchOf('TEST', events)]);
  await writer.drained();
  const before = await cache.get('candle:state:TEST');
  const depth = await cache.get('depth:TEST');
  const restarted = new MarketDataWriter({
    cache,
    clock,
    time: new MarketTime(),
    log: silentLog,
    metrics: silentMetrics,
    recover: async () => undefined,
  });
  await restarted.start();
  restarted.onBatch([batchOf('TEST', events.slice(0, 2))]);
  await restarted.drained();
  assert.equal(await cache.get('candle:state:TEST'), before);
  assert.equal(await cache.get('depth:TEST'), depth);
  restarted.onBatch([batchOf('TEST', [...events.slice(1), fill(4, START, 9, 4)])]);
  await restarted.drained();
  assert.equal((await cache.hashGetAll('candle:1m:TEST'))?.v, '10');
});

test('a record that made no event leaves the depth as it was told, also after a restart', async () => {
  const { cache, clock, writer } = await setUp();
  const batch = batchOf('TEST', [fill(1, START, 10, 1)], { bids: [[9, 5]] });
  const nothing = { ...batch, events: [], timestamp: START + 5 };
  writer.onBatch([batch]);
  await writer.drained();
  const depth = await cache.get('depth:TEST');
  writer.onBatch([nothing]);
  await writer.drained();
  assert.equal(await cache.get('depth:TEST'), depth);
  const restarted = new MarketDataWriter({
    ...{ cache, clock, time: new MarketTime(), log: silentLog, metrics: silentMetrics },
    recover: async () => undefined,
  });
  await restarted.start();
  restarted.onBatch([nothing]);
  await restarted.drained();
  assert.equal(await cache.get('depth:TEST'), depth);
});

test('the timer closes a quiet minute soon after its end, also one an earlier process left open', async () => {
  const { cache, clock, writer } = await setUp();
  writer.onBatch([batchOf('TEST', [fill(1, START, 10, 1)])]);
  await writer.drained();
  await clock.advance(60_000);
  assert.equal((await cache.listRange('candle:closed:1m:TEST', 0, -1)).length, 0);
  await clock.advance(500);
  const [closed] = await cache.listRange('candle:closed:1m:TEST', 0, -1);
  assert.equal(closed, `{"o":"10","h":"10","l":"10","c":"10","v":"1","t":"202512161420","t_epoch":"${START / 1000}"}`);
  assert.equal(await cache.hashGetAll('candle:1m:TEST'), undefined);

  writer.onBatch([batchOf('TEST', [fill(2, START + 61_000, 12, 1)])]);
  await writer.close();
  const next = new MarketDataWriter({
    cache,
    clock,
    time: new MarketTime(),
    log: silentLog,
    metrics: silentMetrics,
    recover: async () => undefined,
  });
  await next.start();
  await clock.advance(60_000);
  assert.equal((await cache.listRange('candle:closed:1m:TEST', 0, -1)).length, 2);
});

test('a minute that the cache closed without an answer is told all the same', async () => {
  const clock = new SimulatedClock(START);
  const cache = new InProcessCache(clock);
  let lost = 0;
  const told: number[] = [];
  const writer = new MarketDataWriter({
    ...{ clock, time: new MarketTime(), log: silentLog, metrics: silentMetrics, recover: async () => undefined },
    cache: new Proxy<Cache>(cache, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          const answer: unknown = await value.apply(target, args);
          if (name === 'closeMinute' && ++lost === 1) throw new Error('the answer was lost');
          return answer;
        };
      },
    }),
    onWritten: () => told.push(clock.now()),
  });
  writer.onBatch([batchOf('TEST', [fill(1, START, 10, 1)])]);
  await writer.start();
  await clock.advance(50_000);
  assert.equal(told.length, 1);
  await clock.advance(15_000);
  assert.equal((await cache.listRange('candle:closed:1m:TEST', 0, -1)).length, 1);
  assert.equal(told.length, 2);
  await writer.close();
});

test('a late trade of a minute that the timer closed lands in that minute', async () => {
  const { cache, clock, writer } = await setUp();
  writer.onBatch([batchOf('TEST', [fill(1, START, 10, 1)])]);
  await clock.advance(61_000);
  writer.onBatch([batchOf('TEST', [fill(2, START + 59_999, 8, 2), fill(3, START + 60_000, 9, 1)])]);
  await writer.drained();
  assert.deepEqual(await cache.listRange('candle:closed:1m:TEST', 0, -1), [
    `{"o":"10","h":"10","l":"8","c":"8","v":"3","t":"202512161420","t_epoch":"${START / 1000}"}`,
  ]);
  assert.equal((await cache.hashGetAll('candle:1m:TEST'))?.v, '1');
});

test('an emptied cache is noticed and the symbol asked back', async () => {
  const { cache, clock, writer, recovered } = await setUp();
  writer.onBatch([batchOf('TEST', [fill(1, START, 10, 1)])]);
  await writer.drained();
  await cache.flush();
  writer.onBatch([batchOf('TEST', [fill(2, START, 11, 1)])]);
  await clock.advance(50);
  assert.deepEqual(recovered, ['TEST']);
  assert.equal(await cache.get('candle:state:TEST'), undefined);
  writer.onBatch([batchOf('OTHER', [fill(1, START, 11, 1, 'OTHER')])]);
  await clock.advance(1);
  assert.equal((await cache.hashGetAll('candle:1m:OTHER'))?.v, '1', 'others do not wait');
});

test('a cache that comes back as it stood long ago gets its quiet symbols back too', async () => {
  const { cache, clock, writer, known } = await setUp();
  writer.onBatch([batchOf('TEST', [fill(1, START, 10, 1)], { bids: [[9, 1]] })]);
  await writer.drained();
  const old = await Promise.all(['depth:TEST', 'candle:state:TEST'].map((key) => cache.get(key)));
  writer.onBatch([batchOf('TEST', [fill(2, START, 11, 1)], { bids: [[9, 2]] })]);
  await writer.drained();
  const newest = await cache.get('depth:TEST');
  await cache.set('depth:TEST', old[0]!);
  await cache.set('candle:state:TEST', old[1]!);
  known.push(fill(1, START, 10, 1), fill(2, START, 11, 1));
  await clock.advance(5_000);
  assert.equal(await cache.get('depth:TEST'), newest);
  assert.match((await cache.get('ticker:TEST')) ?? '', /"p":11,/);
  assert.match((await cache.get('candle:state:TEST')) ?? '', /"seq":2,/);
});

test('a full queue gives items up and asks them back, the engine never waits', async () => {
  const { clock, writer, recovered } = await setUp({ maxPending: 2 });
  writer.onBatch([batchOf('TEST', [fill(1, START, 10, 1), fill(2, START, 10, 1), fill(3, START, 10, 1)])]);
  writer.onBatch([batchOf('TEST', [fill(4, START, 10, 1)])]);
  await clock.advance(50);
  assert.deepEqual(recovered, ['TEST']);
});

test('what a full queue gave up comes back although nothing more happens to the symbol', async () => {
  const clock = new SimulatedClock(START);
  const cache = new InProcessCache(clock);
  const time = new MarketTime();
  const events = [1, 2, 3].map((seq) => fill(seq, START, 10, 1));
  let away = true;
  const writer = new MarketDataWriter({
    ...{ clock, time, log: silentLog, metrics: silentMetrics, maxPending: 2 },
    cache: new Proxy<Cache>(cache, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => (away ? Promise.reject(new Error('away')) : value.apply(target, args));
      },
    }),
    recover: async () => recoveredFrom(events, time),
  });
  writer.onBatch([batchOf('TEST', events)]);
  await clock.advance(500);
  away = false;
  await clock.advance(5_000);
  assert.equal((await cache.hashGetAll('candle:1m:TEST'))?.v, '3');
  await writer.close();
});

test('a thousand symbols at once are written in rounds, and all of them', async () => {
  const { cache, clock, writer } = await setUp();
  const symbols = Array.from({ length: 1_000 }, (_, i) => `S${i}`);
  writer.onBatch(symbols.map((symbol) => batchOf(symbol, [fill(1, START, 10, 1, symbol)])));
  await clock.advance(100);
  await writer.drained();
  const depths = await cache.getMany(symbols.map((symbol) => `depth:${symbol}`));
  assert.equal(depths.filter((text) => text?.endsWith('"u":1}')).length, 1_000);
  const volumes = await Promise.all(symbols.map((symbol) => cache.hashGetAll(`candle:1m:${symbol}`)));
  assert.ok(volumes.every((candle) => candle?.v === '1'));
});

test('while the cache is away, minutes that cannot be closed are a line a second, not one for each symbol and look', async () => {
  const { clock, cache, writer, warnings } = await setUp();
  const symbols = Array.from({ length: 50 }, (_, i) => `S${i}`);
  writer.onBatch(symbols.map((symbol) => batchOf(symbol, [{ ...fill(1, START, 1000, 1), symbol }])));
  await writer.drained();
  const { closeMinute } = cache;
  cache.closeMinute = async () => {
    throw new Error('away');
  };
  await clock.advance(65_000);
  assert.ok(warnings.length >= 4 && warnings.length <= 6, `${warnings.length} lines in 5 s`);
  cache.closeMinute = closeMinute;
  await clock.advance(2_000);
  for (const symbol of symbols) assert.equal((await cache.listRange(`candle:closed:1m:${symbol}`, 0, -1)).length, 1);
  await writer.close();
});
