import { after, before, describe, it } from 'node:test';
import { MemoryStore } from '../../../src/adapters/store/memory/store.ts';
import type { StoreMaker } from './suite.ts';
import { World } from './world.ts';

/** The first `count` seeds, beginning at STORE_SEED (default 1). */
export function seeds(count: number): number[] {
  const first = Number(process.env.STORE_SEED ?? 1);
  return Array.from({ length: count }, (_, n) => first + n);
}

/** Random lives, each in the store under test and in the memory store at once. A failing seed repeats. */
export function randomLives(
  name: string,
  maker: StoreMaker | undefined,
  seeds: readonly number[],
  steps: number,
): void {
  describe(`random lives: ${name}`, () => {
    before(() => maker?.start());
    after(() => maker?.stop());
    for (const seed of seeds)
      it(`seed ${seed}: the same answers and the same money as in memory, after every call`, async () => {
        const tested = maker === undefined ? [] : [await maker.fresh()];
        const stores = [new MemoryStore(), ...tested];
        for (const store of stores) await store.migrate();
        const world = new World(seed, stores);
        await world.start();
        for (let step = 0; step < steps; step += 1) await world.step();
        await world.finish();
      });
  });
}
