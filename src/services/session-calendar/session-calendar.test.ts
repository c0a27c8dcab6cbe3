import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { FolderArchive } from '../../adapters/archive/folder/folder-archive.ts';
import { SimulatedClock } from '../../adapters/clock/simulated.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { MarketTime } from '../../domain/market-time.ts';
import type { Archive } from '../../ports/archive.ts';
import { silentLog } from '../../ports/log.ts';
import { SessionCalendar } from './session-calendar.ts';

const HOUR_MS = 3_600_000;
/** 21:00 in Seoul, where the day ends at 15:00 UTC. */
const EVENING = Date.UTC(2026, 10, 20, 12, 0, 0);
const folder = mkdtempSync(join(tmpdir(), 'supernoba-calendar-'));
after(() => rmSync(folder, { recursive: true, force: true }));

// Only what the calendar reads of an instrument.
const instruments = (...symbols: string[]) => ({
  list: () => symbols.map((symbol) => ({ symbol, status: symbol === 'OLD' ? 'DELISTED' : 'ACTIVE' }) as Instrument),
});

async function calendarAt(
  clock: SimulatedClock,
  name: string,
  close: (symbol: string) => Promise<unknown>,
  symbols: readonly string[] = ['A', 'OLD', 'B'],
): Promise<SessionCalendar> {
  const disk = await FolderArchive.open(join(folder, name));
  // A real disk takes no virtual time, however slow it is.
  const archive: Archive = {
    put: (key, value) => clock.outside(disk.put(key, value)),
    get: (key) => clock.outside(disk.get(key)),
    list: (prefix) => clock.outside(disk.list(prefix)),
    delete: (key) => clock.outside(disk.delete(key)),
  };
  const time = new MarketTime('Asia/Seoul');
  return new SessionCalendar({
    clock,
    log: silentLog,
    time,
    archive,
    instruments: instruments(...symbols),
    close,
  });
}

test('every symbol that trades is closed once, at the market’s midnight', async () => {
  const clock = new SimulatedClock(EVENING);
  const closed: string[] = [];
  const calendar = await calendarAt(clock, 'once', async (symbol) => closed.push(`${symbol} ${clock.now()}`));
  await calendar.start();
  await clock.advance(3 * HOUR_MS - 1);
  assert.deepEqual(closed, []);
  await clock.advance(1);
  const midnight = Date.UTC(2026, 10, 20, 15, 0, 0);
  assert.deepEqual(closed, [`A ${midnight}`, `B ${midnight}`]);
  await clock.advance(HOUR_MS);
  assert.equal(closed.length, 2);
  await calendar.stop();
});

test('a midnight that found the exchange stopped is made up for at the start, and no other', async () => {
  const clock = new SimulatedClock(EVENING);
  const closed: string[] = [];
  const close = async (symbol: string) => closed.push(symbol);
  const first = await calendarAt(clock, 'missed', close);
  await first.start();
  await first.stop();
  await clock.advance(5 * HOUR_MS);
  const second = await calendarAt(clock, 'missed', close);
  await second.start();
  assert.deepEqual(closed, ['A', 'B']);
  await second.stop();
  const third = await calendarAt(clock, 'missed', close);
  await third.start();
  assert.deepEqual(closed, ['A', 'B']);
  await third.stop();
});

test('what could not be closed is tried again, what was closed is not', async () => {
  const clock = new SimulatedClock(EVENING);
  const closed: string[] = [];
  let refuses = true;
  const calendar = await calendarAt(clock, 'refused', async (symbol) => {
    if (symbol === 'B' && refuses) throw new Error('the log refuses');
    closed.push(symbol);
  });
  await calendar.start();
  await clock.advance(3 * HOUR_MS + 1);
  assert.deepEqual(closed, ['A']);
  refuses = false;
  await clock.advance(60_000);
  assert.deepEqual(closed, ['A', 'B']);
  await calendar.stop();
});

test('a symbol that cannot be closed for days keeps no other from its own midnights', async () => {
  const clock = new SimulatedClock(EVENING);
  const closed: string[] = [];
  let refuses = true;
  const calendar = await calendarAt(clock, 'days', async (symbol) => {
    if (symbol === 'B' && refuses) throw new Error('its shard stands still');
    closed.push(symbol);
  });
  await calendar.start();
  await clock.advance(4 * HOUR_MS);
  assert.deepEqual(closed, ['A']);
  await clock.advance(24 * HOUR_MS);
  assert.deepEqual(closed, ['A', 'A']);
  refuses = false;
  await clock.advance(60_000);
  assert.deepEqual(closed, ['A', 'A', 'B']);
  await calendar.stop();
});

test('a start after a day that could be closed only in part closes the rest, not the others again', async () => {
  const clock = new SimulatedClock(EVENING);
  const closed: string[] = [];
  let refuses = true;
  const close = async (symbol: string) => {
    if (symbol === 'B' && refuses) throw new Error('its shard stands still');
    closed.push(symbol);
  };
  const first = await calendarAt(clock, 'part', close);
  await first.start();
  await clock.advance(34 * HOUR_MS);
  assert.deepEqual(closed, ['A', 'A']);
  await first.stop();
  refuses = false;
  const second = await calendarAt(clock, 'part', close);
  await second.start();
  assert.deepEqual(closed, ['A', 'A', 'B']);
  await clock.advance(24 * HOUR_MS);
  assert.deepEqual(closed, ['A', 'A', 'B', 'A', 'B']);
  await second.stop();
});

test('one symbol among many that cannot be closed holds up none of the others', async () => {
  const clock = new SimulatedClock(EVENING);
  const closed: string[] = [];
  const close = async (symbol: string) => {
    if (symbol === 'S0') throw new Error('its shard stands still');
    closed.push(symbol);
  };
  const symbols = Array.from({ length: 130 }, (_, i) => `S${i}`);
  const calendar = await calendarAt(clock, 'many', close, symbols);
  await calendar.start();
  await clock.advance(3 * HOUR_MS + 1);
  assert.deepEqual(closed, symbols.slice(1));
  await calendar.stop();
});

test('a calendar that was stopped ends no day any more, also when the stop met a close under way', async () => {
  const clock = new SimulatedClock(EVENING);
  const closed: string[] = [];
  let fail = () => {};
  const calendar = await calendarAt(clock, 'stopped', async (symbol) => {
    if (symbol === 'A') return closed.push(symbol);
    return new Promise((_, reject) => {
      fail = () => reject(new Error('it stops'));
    });
  });
  await calendar.start();
  await clock.advance(27 * HOUR_MS - 10_000);
  const stopped = calendar.stop();
  fail();
  await stopped;
  await clock.advance(HOUR_MS);
  assert.deepEqual(closed, ['A']);
});

test('a clock that was far ahead ends one day early, and no midnight is left out once it is set right', async () => {
  const clock = new SimulatedClock(EVENING);
  const closed: string[] = [];
  const calendar = await calendarAt(clock, 'ahead', async (symbol) => closed.push(symbol));
  await calendar.start();
  const wrongBy = 400 * 24 * HOUR_MS;
  clock.skew(wrongBy);
  await clock.advance(60_000);
  assert.deepEqual(closed, ['A', 'B']);
  clock.skew(-wrongBy);
  await clock.advance(3 * HOUR_MS);
  assert.deepEqual(closed, ['A', 'B', 'A', 'B']);
  // An hour back over midnight is no wrong clock: the day that has ended is not ended again.
  clock.skew(-HOUR_MS);
  await clock.advance(2 * HOUR_MS);
  assert.equal(closed.length, 4);
  await calendar.stop();
});
