import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../../adapters/clock/simulated.ts';
import { caughtUp } from './catch-up.ts';

test('a start waits as long as something moves, however slowly', async () => {
  const clock = new SimulatedClock();
  let left = 5;
  clock.setInterval(() => {
    left -= 1;
  }, 20_000);
  let done = false;
  void caughtUp(async () => left, clock).then(() => {
    done = true;
  });
  assert.ok(await clock.runUntil(() => done, 200_000));
  assert.equal(clock.monotonic() >= 100_000, true);
});

test('a start on which nothing moves ends and says so', async () => {
  const clock = new SimulatedClock();
  let said = '';
  void caughtUp(async () => 7, clock).catch((error: Error) => {
    said = error.message;
  });
  assert.ok(await clock.runUntil(() => said !== '', 200_000));
  assert.match(said, /the start stands still, 7 records/);
});
