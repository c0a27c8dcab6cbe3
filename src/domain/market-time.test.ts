import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUILT_FROM, INTERVALS } from './candle.ts';
import { MarketTime } from './market-time.ts';

const MINUTE = 60_000;

test('Seoul: labels, days and buckets from its midnight', () => {
  const time = new MarketTime();
  const at = Date.UTC(2025, 11, 16, 5, 20, 59, 999);
  assert.equal(time.label(at), '202512161420');
  assert.equal(time.date(Date.UTC(2025, 11, 16, 15)), '2025-12-17');
  assert.equal(time.dayStart(at), Date.UTC(2025, 11, 15, 15));
  assert.equal(time.dayStart(Date.UTC(2025, 11, 15, 15)), Date.UTC(2025, 11, 15, 15));
  assert.equal(time.dayStart(Date.UTC(2025, 11, 15, 15) - 1), Date.UTC(2025, 11, 14, 15));
  const minute = time.minute(at);
  assert.equal(minute.start, Date.UTC(2025, 11, 16, 5, 20) / 1000);
  assert.deepEqual(
    minute.buckets.map(({ label }) => label),
    ['202512161418', '202512161420', '202512161415', '202512161400'],
  );
  assert.equal(time.bucketStart('4h', at / 1000), Date.UTC(2025, 11, 16, 3) / 1000);
});

test('days of 23 and 25 hours, half-hour offsets and a midnight that does not exist', () => {
  const days = [
    { zone: 'America/New_York', noon: Date.UTC(2025, 2, 9, 17), start: Date.UTC(2025, 2, 9, 5), hours: 23 },
    { zone: 'America/New_York', noon: Date.UTC(2025, 10, 2, 17), start: Date.UTC(2025, 10, 2, 4), hours: 25 },
    { zone: 'Asia/Kolkata', noon: Date.UTC(2025, 5, 1, 6), start: Date.UTC(2025, 4, 31, 18, 30), hours: 24 },
    { zone: 'Asia/Kathmandu', noon: Date.UTC(2025, 5, 1, 6), start: Date.UTC(2025, 4, 31, 18, 15), hours: 24 },
    { zone: 'Africa/Cairo', noon: Date.UTC(2025, 3, 25, 10), start: Date.UTC(2025, 3, 24, 22), hours: 23 },
    { zone: 'UTC', noon: Date.UTC(2024, 1, 29, 12), start: Date.UTC(2024, 1, 29), hours: 24 },
  ];
  for (const { zone, noon, start, hours } of days) {
    const time = new MarketTime(zone);
    assert.equal(time.dayStart(noon), start, zone);
    const end = start + hours * 60 * MINUTE;
    assert.equal(time.dayStart(end - 1), start, `${zone} to its last moment`);
    assert.equal(time.dayStart(end), end, `${zone} and not further`);
    const dates = new Set(Array.from({ length: hours * 4 }, (_, i) => time.date(start + i * 15 * MINUTE)));
    assert.equal(dates.size, 1, zone);
  }
});

test('buckets nest: each is made of whole buckets of its source, in every zone, over changes of the clock', () => {
  for (const zone of ['Asia/Seoul', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe']) {
    const time = new MarketTime(zone);
    for (let at = Date.UTC(2025, 3, 1) / 1000; at < Date.UTC(2025, 3, 9) / 1000; at += 60) {
      for (const interval of INTERVALS) {
        if (interval === '1m') continue;
        const inner = time.bucketStart(BUILT_FROM[interval], at);
        assert.equal(time.bucketStart(interval, inner), time.bucketStart(interval, at), `${zone} ${interval} ${at}`);
      }
    }
  }
});

test('an unknown zone is refused', () => {
  assert.throws(() => new MarketTime('Asia/Atlantis'), RangeError);
});
