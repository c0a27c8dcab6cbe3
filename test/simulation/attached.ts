import type { SeededChance } from '../../src/adapters/clock/simulated.ts';
import type { Cache } from '../../src/ports/cache.ts';
import type { CandleStore } from '../../src/ports/candle-store.ts';
import { type Life, never } from './life.ts';
import type { Machine } from './machine.ts';

const CACHE_MS = 0.1;

/** The cache did not take a call, or took it and could not say so. */
export class CacheAwayError extends Error {
  constructor() {
    super('the cache does not answer');
  }
}

/** The cache as a server beside the process: calls take time, fail, and may be the last thing that a process did. */
export function cacheServer(machine: Machine, life: Life, cache: Cache): Cache {
  return withCalls(cache, (name, call) => async () => {
    if (machine.chance(machine.plan.cacheFailures)) throw machine.failed(new CacheAwayError());
    const answer = await machine.effect(life, `cache ${name}`, machine.spread(CACHE_MS), call);
    if (machine.chance(machine.plan.cacheFailures)) throw machine.failed(new CacheAwayError());
    return answer;
  });
}

/** A file of the process's own: what a dead process still asks for never happens. */
export function candleFile(machine: Machine, life: Life, candles: CandleStore): CandleStore {
  return withCalls(candles, (name, call) => () => {
    if (!life.alive) return never();
    return isWrite(name) ? machine.effect(life, `candles ${name}`, 0, call) : call();
  });
}

function isWrite(name: string): boolean {
  return name.startsWith('put') || name === 'setPosition';
}

function withCalls<T extends object>(
  target: T,
  wrap: (name: string, call: () => Promise<unknown>) => () => Promise<unknown>,
): T {
  return new Proxy(target, {
    get(_, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => wrap(String(name), async () => Reflect.apply(member, target, args))();
    },
  });
}

const SNAPSHOTS = 'snapshot*';
/** Not the manifests, which tell where symbols are: that is not to be turned back while symbols move. */
const SYMBOLS_ONLY = 'snapshot:*';

/** What happens to a cache of its own while the exchange runs: it is wiped, or a copy of old snapshots is put back into it. */
export class CacheFate {
  readonly #cache: Cache;
  readonly #machine: Machine;
  readonly #chance: SeededChance;
  #kept: [string, string][] = [];

  constructor(cache: Cache, machine: Machine, chance: SeededChance) {
    this.#cache = cache;
    this.#machine = machine;
    this.#chance = chance;
  }

  /** Now and then keeps a copy of the snapshots that the cache holds. */
  async keepCopy(): Promise<void> {
    if (!this.#chance.chance(0.3)) return;
    const keys = await this.#cache.keys(this.#machine.plan.moves ? SYMBOLS_ONLY : SNAPSHOTS);
    const texts = await this.#cache.getMany(keys);
    this.#kept = keys.flatMap((key, i) => (texts[i] === undefined ? [] : [[key, texts[i]] as [string, string]]));
  }

  /** Before a start: everything gone, or the snapshots of some time ago. */
  async beforeStart(): Promise<void> {
    const { plan, trace } = this.#machine;
    if (this.#machine.chance(plan.wipedCaches)) {
      trace.note('the cache is wiped');
      await this.#cache.flush();
    } else if (this.#kept.length > 0 && this.#machine.chance(plan.staleSnapshots)) {
      trace.note('the cache holds older snapshots');
      await this.#cache.setMany(this.#kept);
    }
  }

  async wipe(): Promise<void> {
    this.#machine.trace.note('the cache is wiped while it is used');
    await this.#cache.flush();
  }
}
