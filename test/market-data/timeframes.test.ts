import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InProcessCache } from '../../src/adapters/cache/in-process/in-process-cache.ts';
import { SqliteCandleStore } from '../../src/adapters/candle-store/sqlite/sqlite-candle-store.ts';
import { SimulatedClock } from '../../src/adapters/clock/simulated.ts';
import { INTERVALS } from '../../src/domain/candle.ts';
import { marketKeys } from '../../src/domain/market-keys.ts';
import { MarketTime } from '../../src/domain/market-time.ts';
import { RecordsLostError } from '../../src/ports/stream.ts';
import { restoreCandles } from '../../src/services/market-data/archived-candles.ts';
import { marketItem } from '../../src/services/market-data/items.ts';
import { fill } from './events.ts';
import { lives, START, Teller, type Trade } from './lives.ts';
import { straightBars } from './straight.ts';
import { TOPIC, World } from './world.ts';

test('every timeframe equals a straight computation, whatever crashes, replays, splits and backups lie between', async () => {
  // A life that fails or hangs is told as it is: making it shorter would take longer than the test may.
  await fc.assert(lives(), { numRuns: Number(process.env.RUNS ?? 40), timeout: 300_000, endOnFailure: true });
});

function tradesOf(symbol: string, count: number): Trade[] {
  return Array.from({ length: count }, (_, i) => ({
    symbol,
    afterMs: 9_000,
    price: 10 + i,
    quantity: 1,
    dayEnds: false,
  }));
}

test('an emptied cache comes back with the next trade, whole', async () => {
  const world = await World.open(START);
  const teller = new Teller();
  await world.tell(await teller.events(world, tradesOf('AAA', 40)), 7, false);
  await world.emptyCache();
  await world.tell(await teller.events(world, tradesOf('AAA', 3)), 7, false);
  await world.finish(world.check('AAA'));
  assert.equal((await world.market.reader.today('AAA'))?.v, 43);
  await world.close();
});

test('an emptied cache comes back by itself, for symbols that nothing happens to as well', async () => {
  const world = await World.open(START);
  const teller = new Teller();
  const trades = [...tradesOf('AAA', 40), ...tradesOf('BBB', 5)];
  await world.tell(await teller.events(world, trades), 7, false);
  const keys = ['depth:AAA', 'depth:BBB', 'ticker:AAA', 'ticker:BBB', 'ohlc:AAA'];
  const before = await world.cache.getMany(keys);
  await world.emptyCache();
  await world.clock.advance(1_100);
  await world.finish(world.market.writer.drained());
  assert.deepEqual(await world.cache.getMany(keys), before);
  for (const symbol of ['AAA', 'BBB']) await world.finish(world.check(symbol));
  await world.close();
});

test('a lost candle store comes back from the archive and the stream', async () => {
  const world = await World.open(START);
  const teller = new Teller();
  await world.tell(await teller.events(world, tradesOf('AAA', 40)), 7, false);
  await world.finish(world.market.backup.run());
  await world.tell(await teller.events(world, tradesOf('AAA', 40)), 7, false);
  await world.loseCandles();
  await world.restart({ keepCache: false, untold: [] });
  await world.finish(world.check('AAA'));
  await world.close();
});

test('the minutes in the archive alone are enough for every timeframe', async () => {
  const world = await World.open(START);
  const teller = new Teller();
  await world.tell(await teller.events(world, tradesOf('AAA', 400)), 50, false);
  await world.finish(world.market.backup.run());
  const candles = new SqliteCandleStore(':memory:');
  assert.equal(
    await restoreCandles(world.archive, candles, new MarketTime()),
    straightBars(world.fills('AAA'), '1m').length,
  );
  for (const interval of INTERVALS) {
    const bars = await candles.bars('AAA', interval, { limit: 10_000 });
    assert.deepEqual(bars, straightBars(world.fills('AAA'), interval), interval);
  }
  await candles.close();
  await world.close();
});

test('what a cache holds of an exchange that was begun anew since does not stand in the way of the new one', async () => {
  const cache = new InProcessCache(new SimulatedClock(START));
  const old = marketItem(fill(900, START - 3_600_000, 77, 5, 'AAA'), new MarketTime());
  assert.ok(old);
  await cache.applyMarket('AAA', [old]);
  await cache.set(marketKeys.depth('AAA'), JSON.stringify({ e: 'd', s: 'AAA', t: 1, b: [], a: [], u: 900 }));
  const world = await World.open(START, async () => cache);
  const teller = new Teller();
  await world.tell(await teller.events(world, tradesOf('AAA', 10)), 7, false);
  await world.finish(world.check('AAA'));
  assert.equal((await world.market.reader.depth('AAA'))?.u, world.fills('AAA').at(-1)?.seq);
  assert.equal((await world.market.reader.ticker('AAA'))?.p, 19);
  await world.close();
});

test('a candle store of another log is refused, not mixed in', async () => {
  const world = await World.open(START);
  await world.candles.setPosition(TOPIC, 0, 5);
  await assert.rejects(world.finish(world.market.backup.run()), RecordsLostError);
  await world.close();
});
