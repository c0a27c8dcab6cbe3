import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Bar } from '@supernoba/client';
import { Bars } from './bars.ts';
import { LiveBar } from './candles.ts';
import { GapWatch } from './gap.ts';
import { deepened, rungsOf } from './ladder.ts';
import { marketClock } from './market-clock.ts';
import { Sparkline, sparkPath } from './sparkline.ts';

const bar = (time: number, close = 100, volume = 1): Bar => ({ time, open: 100, high: 110, low: 90, close, volume });

test('a depth that does not catch up with an event heard of is a gap, and one that does is none', () => {
  const gap = new GapWatch();
  gap.event(5, 0);
  assert.equal(gap.behindMs(10_000), 0, 'before the first depth nothing can be behind');
  gap.depth(5, 10_000);
  gap.event(8, 10_100);
  gap.event(9, 10_300);
  assert.equal(gap.behindMs(10_600), 500);
  gap.depth(8, 10_700);
  assert.equal(gap.behindMs(10_800), 700, 'still behind');
  gap.depth(9, 10_900);
  assert.equal(gap.behindMs(20_000), 0);
  gap.event(12, 20_000);
  gap.reset();
  assert.equal(gap.behindMs(30_000), 0);
});

test('a deep reading adds only what lies behind the live levels', () => {
  const live = [
    [100, 1],
    [99, 2],
  ] as const;
  const deep = [
    [100, 9],
    [99, 9],
    [98, 3],
    [95, 4],
  ] as const;
  assert.deepEqual(deepened(live, deep, 2), [
    [100, 1],
    [99, 2],
    [98, 3],
    [95, 4],
  ]);
  assert.deepEqual(
    deepened(live, deep, 10),
    [
      [100, 1],
      [99, 2],
    ],
    'a live side that is not full has no more',
  );
  const asks = deepened(
    [
      [101, 1],
      [102, 2],
    ],
    [
      [100, 7],
      [102, 9],
      [103, 3],
    ],
    2,
  );
  assert.deepEqual(asks, [
    [101, 1],
    [102, 2],
    [103, 3],
  ]);
  assert.deepEqual(
    rungsOf(asks, 2).map(({ cumulative }) => cumulative),
    [1, 3],
  );
});

test('pages of bars are put together without a gap or a double, and bars are found by time', () => {
  const bars = new Bars();
  assert.equal(bars.merge([bar(180), bar(240)]), 2);
  bars.put(bar(240, 105));
  bars.put(bar(300));
  assert.equal(bars.merge([bar(60), bar(120), bar(180, 101)]), 2);
  assert.deepEqual(
    bars.all.map(({ time }) => time),
    [60, 120, 180, 240, 300],
  );
  assert.deepEqual([bars.at(180)?.close, bars.at(240)?.close, bars.at(200)], [101, 105, undefined]);
  assert.equal(bars.merge([bar(60)]), 0, 'nothing older');
});

test('the live bar of a wide interval grows by minutes, and counts none twice', () => {
  const start = marketClock().minuteToEpoch('202512161420');
  const live = new LiveBar('5m', { ...bar(start, 100, 30), high: 120 }, bar(start + 60, 100, 10));
  assert.deepEqual(live.update(bar(start + 60, 104, 15)), { ...bar(start, 104, 35), high: 120 });
  assert.equal(live.update(bar(start + 120, 99, 4))?.volume, 39);
  assert.equal(live.update(bar(start + 120, 98, 6))?.volume, 41);
  assert.deepEqual(live.update(bar(start + 300, 97, 2)), bar(start + 300, 97, 2));
  assert.equal(live.update(bar(start, 1, 1)), undefined, 'older than the bar');
});

test('bars of a day begin at midnight of the market, minutes are read in its time', () => {
  assert.equal(marketClock().minuteToEpoch('202512161420'), Date.UTC(2025, 11, 16, 5, 20) / 1_000);
  assert.equal(marketClock().barStart(Date.UTC(2025, 11, 16, 5, 20) / 1_000, '1d'), Date.UTC(2025, 11, 15, 15) / 1_000);
});

test('a sparkline keeps one price a minute, with history before what came live', () => {
  const line = new Sparkline(4);
  line.add(10, 60_000 * 5);
  line.add(12, 60_000 * 5 + 30_000);
  line.begin([
    { time: 60 * 3, price: 8 },
    { time: 60 * 4, price: 9 },
    { time: 60 * 5, price: 99 },
  ]);
  assert.deepEqual(line.prices, [8, 9, 12]);
  line.add(13, 60_000 * 6);
  line.add(14, 60_000 * 7);
  line.add(1, 60_000 * 2);
  assert.deepEqual(line.prices, [9, 12, 13, 14]);
  assert.equal(sparkPath([1, 2], 50, 22), '0.0,20.0 50.0,2.0');
});

test('bars that the newest page does not reach are forgotten, for those between are not known', () => {
  const bars = new Bars();
  for (const time of [60, 120, 180]) bars.put(bar(time));
  assert.equal(bars.renew([bar(120, 101), bar(180), bar(240)]), false, 'the page goes on where the bars ended');
  assert.deepEqual(
    bars.all.map(({ time, close }) => [time, close]),
    [
      [60, 100],
      [120, 101],
      [180, 100],
      [240, 100],
    ],
  );
  bars.put(bar(900));
  assert.equal(bars.renew([bar(600), bar(660), bar(840)]), true, 'away for longer than a page');
  assert.deepEqual(
    bars.all.map(({ time }) => time),
    [600, 660, 840, 900],
    'the live bar after the page stays',
  );
  assert.equal(bars.renew([]), false);
});
