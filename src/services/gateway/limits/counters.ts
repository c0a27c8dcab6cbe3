import { RateLimiterRes } from 'rate-limiter-flexible';
import RateLimiterStoreAbstract from 'rate-limiter-flexible/lib/RateLimiterStoreAbstract.js';
import type { Cache } from '../../../ports/cache.ts';
import type { Clock } from '../../../ports/clock.ts';

/** Counts of requests in windows. One in the cache is shared by all gateways. */
export interface CounterStore {
  /** Adds to a counter, which starts at 0 when its window does; the window starts with the first addition. */
  increment(key: string, by: number, windowMs: number): Promise<Count>;
}

export interface Count {
  value: number;
  /** Until the window ends. */
  msLeft: number;
}

/** The window counter of rate-limiter-flexible over any CounterStore. */
export class CounterLimiter extends RateLimiterStoreAbstract {
  readonly #counters: CounterStore;

  constructor(options: { keyPrefix: string; points: number; duration: number }, counters: CounterStore) {
    super({ ...options, storeClient: counters });
    this.#counters = counters;
  }

  /** The base class calls these three by name; they are its extension points. */
  _upsert(key: string, points: number, windowMs: number): Promise<Count> {
    return this.#counters.increment(key, points, windowMs);
  }

  _get(key: string): Promise<Count> {
    return this.#counters.increment(key, 0, this.duration * 1000);
  }

  _getRateLimiterRes(_key: string, changed: number, { value, msLeft }: Count): RateLimiterRes {
    return new RateLimiterRes(Math.max(0, this.points - value), msLeft, value, value === changed);
  }
}

/** Counters in the cache: every gateway on the same cache counts together. */
export class CacheCounters implements CounterStore {
  readonly #cache: Pick<Cache, 'increment'>;

  constructor(cache: Pick<Cache, 'increment'>) {
    this.#cache = cache;
  }

  increment(key: string, by: number, windowMs: number): Promise<Count> {
    return this.#cache.increment(key, by, Math.ceil(windowMs / 1000));
  }
}

const SWEEP_ABOVE = 10_000;

/** Counters of one process. Ended windows are swept when there are many, so that strangers cannot fill the memory. */
export class LocalCounters implements CounterStore {
  readonly #clock: Clock;
  readonly #windows = new Map<string, { value: number; endsAt: number }>();
  #sweepAbove = SWEEP_ABOVE;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Windows held. */
  get size(): number {
    return this.#windows.size;
  }

  increment(key: string, by: number, windowMs: number): Promise<Count> {
    const now = this.#clock.monotonic();
    let window = this.#windows.get(key);
    if (window === undefined || window.endsAt <= now) {
      window = { value: 0, endsAt: now + windowMs };
      this.#windows.set(key, window);
      if (this.#windows.size > this.#sweepAbove) this.#sweep(now);
    }
    window.value += by;
    // Rounded: a window that has just begun has its whole length left, whatever fractions the clock has.
    return Promise.resolve({ value: window.value, msLeft: Math.round(window.endsAt - now) });
  }

  #sweep(now: number): void {
    for (const [key, { endsAt }] of this.#windows) if (endsAt <= now) this.#windows.delete(key);
    this.#sweepAbove = Math.max(SWEEP_ABOVE, this.#windows.size * 2);
  }
}
