import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lives, START, Teller, type Trade } from './testing/lives.ts';
import { World } from './testing/world.ts';

test('every timeframe equals a straight computation, whatever crashes, replays, splits and backups lie between', async () => {
  await fc.assert(lives(), { numRuns: Number(process.env.RUNS ?? 60) });
});

test('an emptied cache comes back with the next trade, whole', async () => {
  const world = await World.open(START);
  const teller = new Teller();
  const some = (count: number): Trade[] =>
    Array.from({ length: count }, (_, i) => ({
      symbol: 'AAA',
      afterMs: 9_000,
      price: 10 + i,
      quantity: 1,
      dayEnds: false,
    }));
  await world.tell(await teller.events(world, some(40)), 7, false);
  await world.emptyCache();
  await world.tell(await teller.events(world, some(3)), 7, false);
  await world.finish(world.check('AAA'));
  assert.equal((await world.market.reader.today('AAA'))?.v, 43);
  await world.close();
});
