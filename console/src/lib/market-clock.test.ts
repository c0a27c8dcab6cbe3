import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MarketTime } from '../../../src/domain/market-time.ts';
import { INTERVALS, MarketClock } from './market-clock.ts';

const at = (iso: string) => Date.parse(iso) / 1_000;
const ZONES = ['Asia/Seoul', 'UTC', 'America/New_York', 'Europe/London', 'Australia/Lord_Howe', 'Asia/Kathmandu'];

test('bars begin where the exchange begins them, in every zone and over every change of the clocks', () => {
  for (const zone of ZONES) {
    const [clock, exchange] = [new MarketClock(zone), new MarketTime(zone)];
    for (let moment = at('2026-01-01T00:07:00Z'); moment < at('2027-01-01T00:00:00Z'); moment += 3_607) {
      for (const interval of INTERVALS) {
        assert.equal(clock.barStart(moment, interval), exchange.bucketStart(interval, moment), `${zone} ${moment}`);
      }
      const minute = Math.floor(moment / 60) * 60;
      assert.equal(clock.minuteToEpoch(exchange.label(minute * 1_000), moment), minute, `${zone} ${moment}`);
    }
  }
});

test('an hour that comes twice is told apart by what time it is', () => {
  const clock = new MarketClock('America/New_York');
  const [first, second] = [at('2026-11-01T05:30:00Z'), at('2026-11-01T06:30:00Z')];
  assert.equal(clock.minuteToEpoch('202611010130', first + 10), first);
  assert.equal(clock.minuteToEpoch('202611010130', second + 10), second);
});

test('the axis reads like the clock face, and always grows', () => {
  const clock = new MarketClock('America/New_York');
  const face = (iso: string) => new Date(clock.axisTime(at(iso)) * 1_000).toISOString().slice(0, 16);
  assert.equal(face('2026-07-01T13:30:00Z'), '2026-07-01T09:30');
  assert.equal(face('2026-12-01T14:30:00Z'), '2026-12-01T09:30');
  for (const zone of ZONES) {
    const each = new MarketClock(zone);
    for (const day of ['2026-03-08', '2026-03-29', '2026-04-04', '2026-10-03', '2026-10-25', '2026-11-01']) {
      let last = -Infinity;
      for (let moment = at(`${day}T00:00:00Z`); moment < at(`${day}T00:00:00Z`) + 90_000; moment += 60) {
        assert.ok(each.axisTime(moment) > last, `${zone} ${new Date(moment * 1_000).toISOString()}`);
        last = each.axisTime(moment);
      }
    }
  }
});
