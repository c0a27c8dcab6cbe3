import type { SimulatedClock } from '../../src/adapters/clock/simulated.ts';
import { openPgliteStore } from '../../src/adapters/store/pglite/store.ts';
import type { RebuildStore } from '../../src/ports/store.ts';

/**
 * PGlite in memory, in its own thread, as the store of a simulated exchange: virtual time stands still while it works, and
 * it is asked one thing after the other, so that a seed does the same things every time.
 */
export async function openSimulatedPglite(clock: SimulatedClock): Promise<RebuildStore> {
  const store = await clock.outside(openMigrated());
  let last: Promise<unknown> = Promise.resolve();
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      if (name === 'dump' || name === 'exportRows')
        return (...args: unknown[]) => outsideRows(clock, Reflect.apply(member, target, args));
      return (...args: unknown[]) => {
        const answer = last.then(() => Reflect.apply(member, target, args));
        last = answer.catch(() => {});
        return clock.outside(answer);
      };
    },
  });
}

async function openMigrated(): Promise<RebuildStore> {
  const store = await openPgliteStore();
  await store.migrate();
  return store;
}

async function* outsideRows<T>(clock: SimulatedClock, rows: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = rows[Symbol.asyncIterator]();
  for (;;) {
    const { value, done } = await clock.outside(iterator.next());
    if (done === true) return;
    yield value;
  }
}
