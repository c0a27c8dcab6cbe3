import type { Instrument } from '../../domain/instrument.ts';
import type { MarketTime } from '../../domain/market-time.ts';
import type { Archive } from '../../ports/archive.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';

export interface SessionCalendarDeps {
  clock: Clock;
  log: Log;
  /** Whose midnight ends the trading day. */
  time: MarketTime;
  archive: Archive;
  instruments: { list(): readonly Instrument[] };
  /** Publishes the end of a symbol's day (DAY_CLOSE). */
  close(symbol: string): Promise<unknown>;
}

/** Where it is kept which day was closed last. */
const KEY = 'session-calendar/closed.json';
const VERSION = 1;
/** The wall clock may be set: it is looked at this often, not once for the whole day. */
const LOOK_EVERY_MS = 30_000;
/** Days that are closed at a time: each waits for the log and the engine, and many can wait together. */
const CLOSED_AT_ONCE = 50;
/** A clock that stands more than this before the last close stood wrong then. */
const WRONG_BY_MS = 36 * 3_600_000;

/**
 * Ends the trading day of every symbol at the market's midnight: DAY orders expire, the reference price and with it the price
 * limits roll over, the ticker counts from a new previous close. A midnight that found the exchange stopped is made up for at the next start. A crash
 * right at midnight may close a day twice, within moments and at the same price. A clock that was far ahead ends one day too
 * early; once it is set right, days end at midnight again.
 */
export class SessionCalendar {
  readonly #deps: SessionCalendarDeps;
  /** Start of the market day that trading is in (epoch ms): everything before it is closed. */
  #day = 0;
  #timer: Timer | undefined;
  #next: Timer | undefined;
  /** Symbols closed in an attempt that another symbol made fail, and the start of the day that began for them then. */
  #closed = new Map<string, number>();
  #closing: Promise<void> | undefined;
  #stopped = false;

  constructor(deps: SessionCalendarDeps) {
    this.#deps = deps;
  }

  /** Closes what was missed. Call it before orders are taken. */
  async start(): Promise<void> {
    const { archive, clock, time } = this.#deps;
    const kept = await archive.get(KEY);
    const today = time.dayStart(clock.now());
    const { day, closed } = kept === undefined ? { day: today, closed: [] } : readKept(kept);
    this.#day = day;
    this.#closed = new Map(closed);
    if (kept === undefined) await this.#keep(today);
    await this.#look();
    this.#timer = clock.setInterval(() => void this.#look(), LOOK_EVERY_MS);
    this.#aim();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#next?.cancel();
    await this.#closing;
  }

  /** Wakes at midnight itself when that is nearer than the next look. */
  #aim(): void {
    const { clock, time } = this.#deps;
    const tomorrow = time.dayStart(time.dayStart(clock.now()) + 36 * 3_600_000);
    const wait = tomorrow - clock.now();
    if (wait > LOOK_EVERY_MS || this.#stopped) return;
    this.#next?.cancel();
    this.#next = clock.setTimeout(() => void this.#look(), wait);
  }

  #look(): Promise<void> {
    this.#closing ??= this.#closeWhatHasEnded().finally(() => {
      this.#closing = undefined;
      this.#aim();
    });
    return this.#closing;
  }

  async #closeWhatHasEnded(): Promise<void> {
    const { clock, time, instruments, log } = this.#deps;
    const today = time.dayStart(clock.now());
    if (this.#day - today > WRONG_BY_MS) {
      log.warn({ closed_before: this.#day, today }, 'the last day was closed by a clock that was ahead');
      this.#day = today;
    }
    if (today <= this.#day) return;
    const closed = () => [...this.#closed.values()].filter((day) => day === today).length;
    const before = closed();
    try {
      const trading = instruments.list().filter(({ status }) => status !== 'DELISTED');
      const open = trading.filter(({ symbol }) => this.#closed.get(symbol) !== today);
      let failed: PromiseRejectedResult | undefined;
      for (let from = 0; from < open.length; from += CLOSED_AT_ONCE) {
        if (this.#stopped) throw new Error('the exchange stops');
        const failure = await this.#closeAll(open.slice(from, from + CLOSED_AT_ONCE), today);
        failed ??= failure;
      }
      if (failed !== undefined) throw failed.reason;
      await this.#keep(today);
      this.#day = today;
      this.#closed.clear();
      log.info({ symbols: trading.length }, 'the trading day was closed');
    } catch (error) {
      log.error({ err: error }, 'the trading day could not be closed; it is tried again');
      if (closed() > before) await this.#keepPart();
    }
  }

  /** @returns the first failure, once all have come to their end */
  async #closeAll(symbols: readonly Instrument[], today: number): Promise<PromiseRejectedResult | undefined> {
    const closing = symbols.map(async ({ symbol }) => {
      await this.#deps.close(symbol);
      this.#closed.set(symbol, today);
    });
    return (await Promise.allSettled(closing)).find((result) => result.status === 'rejected');
  }

  /** Whoever starts again while some symbol cannot be closed (hours after midnight, perhaps) closes no other a second time. */
  async #keepPart(): Promise<void> {
    await this.#keep(this.#day, this.#closed).catch((error) => {
      this.#deps.log.warn({ err: error }, 'which symbols were closed could not be written down');
    });
  }

  async #keep(day: number, closed: ReadonlyMap<string, number> = new Map()): Promise<void> {
    const kept = { v: VERSION, closed_before: day, closed: Object.fromEntries(closed) };
    await this.#deps.archive.put(KEY, new TextEncoder().encode(JSON.stringify(kept)));
  }
}

function readKept(kept: Uint8Array): { day: number; closed: [symbol: string, day: number][] } {
  const value: unknown = JSON.parse(new TextDecoder().decode(kept));
  if (typeof value === 'object' && value !== null && 'closed_before' in value && 'v' in value) {
    const { v, closed_before: day } = value;
    // An earlier version of this program did not write down what was closed in part.
    const closed = 'closed' in value && typeof value.closed === 'object' ? Object.entries(value.closed ?? {}) : [];
    if (v === VERSION && typeof day === 'number') return { day, closed };
  }
  throw new Error(`${KEY} in the archive is of another version`);
}
