import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { InProcessCache } from '../../src/adapters/cache/in-process/in-process-cache.ts';
import { SimulatedClock } from '../../src/adapters/clock/simulated.ts';
import { MarketTime } from '../../src/domain/market-time.ts';
import { silentLog } from '../../src/ports/log.ts';
import { silentMetrics } from '../../src/ports/metrics.ts';
import { MarketDataWriter } from '../../src/services/market-data/writer.ts';
import { Streamer } from '../../src/services/streamer/streamer.ts';
import { batchOf, dayClosed, fill } from './events.ts';
import { Screen } from './screen.ts';

/** 2025-12-16 14:20:00 in Seoul. */
const START = Date.UTC(2025, 11, 16, 5, 20);

/** From the engine's tap to the socket: writer, cache and streamer joined as the exchange joins them. */
let clock: SimulatedClock;
let cache: InProcessCache;
let streamer: Streamer;
let writer: MarketDataWriter;

beforeEach(async () => {
  clock = new SimulatedClock(START);
  cache = new InProcessCache(clock);
  const shared = { cache, clock, log: silentLog, metrics: silentMetrics };
  streamer = new Streamer({ ...shared, source: 'signal' });
  writer = new MarketDataWriter({
    ...shared,
    time: new MarketTime(),
    recover: async () => undefined,
    onWritten: (symbol) => streamer.changed(symbol),
  });
  await writer.start();
  streamer.start();
});
afterEach(async () => {
  streamer.close();
  await writer.close();
  await cache.close();
});

test('what the engine tells is on the screen within a tick, without a poll: writing wakes the streamer', async () => {
  const screen = await Screen.open(streamer, 'TEST');
  for (let seq = 1; seq <= 20; seq++) {
    writer.onBatch([batchOf('TEST', [fill(seq, clock.now(), 1000 + seq, 1)], { bids: [[1000, seq]] })]);
    await clock.advance(60);
    assert.equal(screen.of('trade').length, seq);
    assert.equal(screen.of('d').at(-1)?.u, seq);
    assert.equal(screen.of('t').at(-1)?.p, 1000 + seq);
    assert.equal(screen.of('candle').at(-1)?.v, String(seq));
  }
});

test('every depth carries `u`, which only ascends and tells by its jumps what was conflated', async () => {
  const screen = await Screen.open(streamer, 'TEST');
  let seq = 0;
  for (let tick = 0; tick < 10; tick++) {
    for (let i = 0; i <= tick; i++) {
      seq += 1;
      writer.onBatch([batchOf('TEST', [fill(seq, clock.now(), 1000, 1)], { bids: [[1000, seq]] })]);
    }
    await clock.advance(50);
  }
  // One depth a tick, of 1, 2, 3 ... changes.
  const numbers = screen.of('d').map(({ u }) => Number(u));
  assert.deepEqual(numbers, [1, 3, 6, 10, 15, 21, 28, 36, 45, 55]);
});

test('candle_close comes on time for a minute that fell silent', async () => {
  const screen = await Screen.open(streamer, 'TEST');
  writer.onBatch([batchOf('TEST', [fill(1, START + 5, 1000, 7)])]);
  await clock.advance(59_900);
  assert.deepEqual(screen.of('candle_close'), []);
  await clock.advance(600);
  const [closed] = screen.of('candle_close');
  assert.deepEqual(closed, {
    e: 'candle_close',
    s: 'TEST',
    o: '1000',
    h: '1000',
    l: '1000',
    c: '1000',
    v: '7',
    t: '202512161420',
  });
  await clock.advance(120_000);
  assert.equal(screen.of('candle_close').length, 1);
});

test('a late trade of a closed minute is pushed, and the minute comes again', async () => {
  const screen = await Screen.open(streamer, 'TEST');
  writer.onBatch([batchOf('TEST', [fill(1, START + 5, 1000, 7)])]);
  await clock.advance(61_000);
  writer.onBatch([batchOf('TEST', [fill(2, START + 59_000, 990, 1)])]);
  await clock.advance(100);
  assert.deepEqual(
    screen.of('trade').map(({ id }) => id),
    ['TEST-1', 'TEST-2'],
  );
  assert.deepEqual(
    screen.of('candle_close').map(({ v, l }) => [v, l]),
    [
      ['7', '1000'],
      ['8', '990'],
    ],
  );
});

test('two trades of one price and size in one moment are two trades', async () => {
  const screen = await Screen.open(streamer, 'TEST');
  writer.onBatch([batchOf('TEST', [fill(1, START, 1000, 7), fill(2, START, 1000, 7)])]);
  await clock.advance(60);
  writer.onBatch([batchOf('TEST', [fill(3, START, 1000, 7)])]);
  await clock.advance(60);
  assert.deepEqual(
    screen.of('trade').map(({ id }) => id),
    ['TEST-1', 'TEST-2', 'TEST-3'],
  );
});

test('the day close is on the screen: a new reference, today from zero, yesterday as it ended', async () => {
  const screen = await Screen.open(streamer, 'TEST');
  writer.onBatch([batchOf('TEST', [dayClosed(1, START, null, 1000), fill(2, START, 1025, 1)])]);
  await clock.advance(60);
  writer.onBatch([batchOf('TEST', [dayClosed(3, START + 50, 1025, 1025)])]);
  await clock.advance(60);
  assert.deepEqual(
    screen.of('t').map(({ p, c, yc }) => [p, c, yc]),
    [
      [1025, 2.5, 0],
      [1025, 0, 2.5],
    ],
  );
});

test('a tape that comes back behind what was shown shows nothing twice', async () => {
  const screen = await Screen.open(streamer, 'TEST');
  const fills = [1, 2, 3, 4].map((seq) => fill(seq, START + seq, 1000, seq));
  writer.onBatch([batchOf('TEST', fills)]);
  await clock.advance(60);
  const tape = await cache.listRange('trades:TEST', 0, -1);
  const state = await cache.get('candle:state:TEST');
  await cache.flush();
  await cache.set('candle:state:TEST', `${state} `);
  await cache.listPush('trades:TEST', tape.slice(2).reverse(), { max: 50, ttlSeconds: 60 });
  streamer.changed('TEST');
  await clock.advance(60);
  await cache.set('candle:state:TEST', state!);
  await cache.listPush('trades:TEST', [tape[1]!, tape[0]!], { max: 50, ttlSeconds: 60 });
  streamer.changed('TEST');
  await clock.advance(60);
  assert.deepEqual(
    screen.of('trade').map(({ q }) => q),
    [1, 2, 3, 4],
  );
});
