import type { Archive } from '../../../ports/archive.ts';
import type { Clock, Timer } from '../../../ports/clock.ts';
import type { Log } from '../../../ports/log.ts';
import { type Count, type CounterStore, LocalCounters } from './counters.ts';

const BLOB = 'limits/long-counts.json';
/** Windows from this length on outlive the process. */
const KEPT_FROM_MS = 24 * 3_600_000;
const SAVE_EVERY_MS = 10_000;

/** Epoch ms: a window that outlives the process ends by the wall clock. */
interface Window {
  value: number;
  endsAt: number;
}

/**
 * Counters of one gateway on its own, of which the long windows (a month's requests) are kept in the archive: saved every
 * ten seconds and at the end, so that a stop loses nothing and a crash at most the last ten seconds of counts.
 * Several gateways share counters through the cache instead (`CacheCounters`).
 */
export class KeptCounters implements CounterStore {
  readonly #archive: Pick<Archive, 'get' | 'put'>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #short: LocalCounters;
  readonly #long: Map<string, Window>;
  readonly #timer: Timer;
  #changed = false;
  #saving: Promise<void> = Promise.resolve();

  private constructor(deps: KeptCountersDeps, long: Map<string, Window>) {
    this.#archive = deps.archive;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#short = new LocalCounters(deps.clock);
    this.#long = long;
    this.#timer = deps.clock.setInterval(() => void this.#save(), SAVE_EVERY_MS);
  }

  static async open(deps: KeptCountersDeps): Promise<KeptCounters> {
    return new KeptCounters(deps, await load(deps));
  }

  increment(key: string, by: number, windowMs: number): Promise<Count> {
    if (windowMs < KEPT_FROM_MS) return this.#short.increment(key, by, windowMs);
    const now = this.#clock.now();
    let window = this.#long.get(key);
    if (window === undefined || window.endsAt <= now) {
      window = { value: 0, endsAt: now + windowMs };
      this.#long.set(key, window);
    }
    window.value += by;
    this.#changed ||= by !== 0;
    return Promise.resolve({ value: window.value, msLeft: window.endsAt - now });
  }

  /** Saves what is not saved yet, and no more after that. */
  async close(): Promise<void> {
    this.#timer.cancel();
    await this.#save();
  }

  #save(): Promise<void> {
    this.#saving = this.#saving.then(async () => {
      if (!this.#changed) return;
      this.#changed = false;
      const now = this.#clock.now();
      for (const [key, { endsAt }] of this.#long) if (endsAt <= now) this.#long.delete(key);
      const text = JSON.stringify(Object.fromEntries(this.#long));
      try {
        await this.#archive.put(BLOB, new TextEncoder().encode(text));
      } catch (err) {
        this.#changed = true;
        this.#log.warn({ err }, 'monthly counts of API keys could not be saved; they are tried again');
      }
    });
    return this.#saving;
  }
}

export interface KeptCountersDeps {
  archive: Pick<Archive, 'get' | 'put'>;
  clock: Clock;
  log: Log;
}

/** A blob that cannot be read is no reason not to trade: the counts start again, and the log says so. */
async function load({ archive, log }: KeptCountersDeps): Promise<Map<string, Window>> {
  const blob = await archive.get(BLOB);
  if (blob === undefined) return new Map();
  try {
    const windows: unknown = JSON.parse(new TextDecoder().decode(blob));
    if (typeof windows !== 'object' || windows === null) throw new Error('not an object');
    const entries = Object.entries(windows);
    if (!entries.every(([, window]) => isWindow(window))) throw new Error('not windows');
    return new Map(entries);
  } catch (err) {
    log.error({ err, blob: BLOB }, 'the saved monthly counts of API keys are damaged; counting starts again');
    return new Map();
  }
}

function isWindow(value: unknown): value is Window {
  return (
    typeof value === 'object' &&
    value !== null &&
    'value' in value &&
    Number.isSafeInteger(value.value) &&
    'endsAt' in value &&
    Number.isSafeInteger(value.endsAt)
  );
}
