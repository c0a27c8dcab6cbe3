import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededChance, SimulatedClock } from './simulated.ts';
import { SystemChance, SystemClock } from './system.ts';

test('ids have 22 url-safe characters, are unique and ascend, also within one millisecond and when the clock goes back', () => {
  let now = 1_765_843_200_000;
  const chance = new SystemChance({ now: () => now });
  const ids: string[] = [];
  for (let i = 0; i < 50_000; i++) {
    if (i === 10_000) now += 1;
    if (i === 20_000) now -= 500;
    ids.push(chance.id());
  }
  for (const id of ids) assert.match(id, /^[A-Za-z0-9_-]{22}$/);
  for (let i = 1; i < ids.length; i++) assert.ok(ids[i - 1]! < ids[i]!, `${ids[i - 1]} before ${ids[i]}`);
});

test('ids stay ascending past the end of the counter of a millisecond', () => {
  const chance = new SystemChance({ now: () => 1_765_843_200_000 });
  let last = '';
  for (let i = 0; i < 300_000; i++) {
    const id = chance.id();
    assert.ok(id > last);
    last = id;
  }
});

test('two makers at one millisecond give different ids', () => {
  const clock = { now: () => 1_765_843_200_000 };
  const first = new SystemChance(clock);
  const second = new SystemChance(clock);
  const ids = new Set<string>();
  for (let i = 0; i < 10_000; i++) ids.add(first.id()).add(second.id());
  assert.equal(ids.size, 20_000);
});

test('random is uniform in [0, 1)', () => {
  for (const chance of [new SystemChance(), new SeededChance(7)]) {
    const buckets = new Array<number>(10).fill(0);
    for (let i = 0; i < 20_000; i++) {
      const value = chance.random();
      assert.ok(value >= 0 && value < 1);
      buckets[Math.floor(value * 10)]!++;
    }
    for (const count of buckets) assert.ok(count > 1_700 && count < 2_300, `bucket of ${count}`);
  }
});

test('a seed fixes the numbers, the ids and the forks', () => {
  const draw = (seed: number) => {
    const chance = new SeededChance(seed, new SimulatedClock());
    return [chance.random(), chance.id(), chance.int(1, 6), chance.fork().random(), chance.id()];
  };
  assert.deepEqual(draw(42), draw(42));
  assert.notDeepEqual(draw(42), draw(43));
});

test('the system clock measures, fires and cancels', async () => {
  const clock = new SystemClock();
  const start = clock.monotonic();
  let fired = 0;
  const interval = clock.setInterval(() => fired++, 1);
  clock.setTimeout(() => assert.fail('cancelled'), 5).cancel();
  await clock.sleep(20);
  interval.cancel();
  assert.ok(clock.monotonic() - start >= 19);
  assert.ok(fired > 0);
  const [before, now, after] = [Date.now(), clock.now(), Date.now()];
  assert.ok(before <= now && now <= after);
});

test('virtual timers fire in order of time, then of setting, and what they start runs before the next one', async () => {
  const clock = new SimulatedClock(1_000);
  const seen: string[] = [];
  const note = (what: string) => seen.push(`${what}@${clock.now()}`);
  clock.setTimeout(() => note('late'), 30);
  clock.setTimeout(() => void Promise.resolve().then(() => note('reaction')), 10);
  clock.setTimeout(() => note('second'), 10);
  clock.setTimeout(() => note('cancelled'), 15).cancel();
  const interval = clock.setInterval(() => note('tick'), 12);
  void clock.sleep(20).then(() => note('slept'));
  await clock.advance(25);
  interval.cancel();
  await clock.advance(25);
  assert.deepEqual(seen, ['reaction@1010', 'second@1010', 'tick@1012', 'slept@1020', 'tick@1024', 'late@1030']);
  assert.equal(clock.monotonic(), 50);
});

test('a skewed wall clock moves no timer', async () => {
  const clock = new SimulatedClock(1_000);
  let fired = false;
  clock.setTimeout(() => {
    fired = true;
  }, 10);
  clock.skew(-500);
  await clock.advance(9);
  assert.equal(fired, false);
  await clock.advance(1);
  assert.equal(fired, true);
  assert.equal(clock.now(), 510);
});

test('runUntil stops at its condition, or says that it never came', async () => {
  const clock = new SimulatedClock(0);
  let count = 0;
  clock.setInterval(() => count++, 5);
  assert.equal(await clock.runUntil(() => count === 3, 1_000), true);
  assert.equal(clock.monotonic(), 15);
  assert.equal(await clock.runUntil(() => count === 1_000, 100), false);
});
