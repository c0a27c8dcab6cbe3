import fc from 'fast-check';
import type { EngineEvent } from '../../src/domain/events.ts';
import type { Cache } from '../../src/ports/cache.ts';
import { dayClosed, fill } from './events.ts';
import { World } from './world.ts';

/** 2025-12-16 23:50:00 in Seoul: ten minutes to a new day. */
export const START = Date.UTC(2025, 11, 16, 14, 50);
const SYMBOLS = ['AAA', 'BBB'];

type Step =
  | { do: 'trade'; trades: Trade[]; size: number; appendFirst: boolean }
  | { do: 'wait'; seconds: number }
  | { do: 'snapshot' | 'backup' | 'read while a backup runs' | 'empty the cache' }
  | { do: 'backup fails'; after: number }
  | { do: 'crash'; keepCache: boolean; untold: Trade[] };

export interface Trade {
  symbol: string;
  afterMs: number;
  price: number;
  quantity: number;
  dayEnds: boolean;
}

const trade: fc.Arbitrary<Trade> = fc.record({
  symbol: fc.constantFrom(...SYMBOLS),
  afterMs: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 20_000 }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 600_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 40_000_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: -50_000, max: 0 }) },
  ),
  price: fc.integer({ min: 1, max: 99 }),
  quantity: fc.integer({ min: 1, max: 99 }),
  dayEnds: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant<'trade'>('trade'),
      trades: fc.array(trade, { minLength: 1, maxLength: 30, size: 'max' }),
      size: fc.integer({ min: 1, max: 12 }),
      appendFirst: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant<'wait'>('wait'), seconds: fc.integer({ min: 1, max: 400 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom<'snapshot' | 'backup' | 'read while a backup runs' | 'empty the cache'>(
        'snapshot',
        'backup',
        'read while a backup runs',
        'empty the cache',
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant<'backup fails'>('backup fails'), after: fc.integer({ min: 0, max: 9 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant<'crash'>('crash'),
      keepCache: fc.boolean(),
      untold: fc.array(trade, { maxLength: 5 }),
    }),
  },
);

/** Gives trades their seq (other events lie between them) and keeps the clock at the newest of them. */
export class Teller {
  readonly #seq = new Map<string, number>();
  #now = START;

  async events(world: World, trades: readonly Trade[]): Promise<EngineEvent[]> {
    const events = trades.map((each) => {
      this.#now = Math.max(START, this.#now + each.afterMs);
      const seq = (this.#seq.get(each.symbol) ?? 0) + 1 + (each.price % 3);
      this.#seq.set(each.symbol, seq);
      if (each.dayEnds) return dayClosed(seq, this.#now, each.price, each.price, each.symbol);
      return fill(seq, this.#now, each.price, each.quantity, each.symbol);
    });
    const behind = this.#now - world.clock.now();
    if (behind > 0) await this.#pass(world, behind);
    return events;
  }

  async wait(world: World, ms: number): Promise<void> {
    await this.#pass(world, ms);
    this.#now = Math.max(this.#now, world.clock.now());
  }

  /**
   * Long waits would fire a hundred thousand timers one by one; the wall clock jumps most of the way, and the backup that the
   * timers would have run is run.
   */
  async #pass(world: World, ms: number): Promise<void> {
    if (ms >= 600_000) await world.finish(world.market.backup.run());
    const walked = Math.min(ms, 2_000);
    world.clock.skew(ms - walked);
    await world.clock.advance(walked);
  }
}

async function take(world: World, teller: Teller, step: Step): Promise<void> {
  if (step.do === 'trade') await world.tell(await teller.events(world, step.trades), step.size, step.appendFirst);
  else if (step.do === 'wait') await teller.wait(world, step.seconds * 1000);
  else if (step.do === 'snapshot') world.snapshot();
  else if (step.do === 'backup') await world.finish(world.market.backup.run());
  else if (step.do === 'empty the cache') await world.emptyCache();
  else if (step.do === 'backup fails') {
    world.failAfter(step.after);
    await world.finish(world.market.backup.run().catch(() => undefined));
    await world.restart({ keepCache: true, untold: [] });
  } else if (step.do === 'crash') {
    await world.restart({ keepCache: step.keepCache, untold: await teller.events(world, step.untold) });
  } else {
    const backup = world.market.backup.run();
    const reads = SYMBOLS.map((symbol) => world.check(symbol));
    await world.finish(Promise.all([backup, ...reads]));
  }
}

/** A random life of market data; after every step every timeframe equals the straight computation over all trades. */
export function lives(openCache?: () => Promise<Cache>): fc.IAsyncPropertyWithHooks<[Step[]]> {
  return fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 20, size: 'max' }), async (steps) => {
    const world = await World.open(START, openCache);
    try {
      await live(world, steps);
    } finally {
      await world.close();
    }
  });
}

async function live(world: World, steps: readonly Step[]): Promise<void> {
  const teller = new Teller();
  let emptied = false;
  for (const step of steps) {
    // An emptied cache comes back with the next trade of a symbol or the next start; until then it may not be asked.
    if (emptied && step.do === 'read while a backup runs') continue;
    await take(world, teller, step);
    emptied = step.do === 'empty the cache' || (emptied && step.do !== 'crash' && step.do !== 'backup fails');
    if (!emptied) for (const symbol of SYMBOLS) await world.finish(world.check(symbol));
  }
  await world.restart({ keepCache: false, untold: [] });
  await world.finish(world.market.backup.run());
  for (const symbol of SYMBOLS) {
    await world.finish(world.check(symbol));
    await world.checkArchive(symbol);
  }
}
