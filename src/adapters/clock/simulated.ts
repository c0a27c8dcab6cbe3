import { setImmediate as immediate } from 'node:timers/promises';
import type { Chance, Clock, Timer } from '../../ports/clock.ts';
import { IdMaker } from './id.ts';

interface Pending {
  dueMs: number;
  /** Order of setting, which breaks ties: two timers due at one moment fire in the order in which they were set. */
  order: number;
  callback: () => void;
  /** Of an interval. */
  everyMs: number | undefined;
  cancelled: boolean;
}

/**
 * Virtual time that moves only when told to. Between two timers everything that is ready to run (promise reactions,
 * immediates) runs to its end, so the same program with the same seed does the same things in the same order.
 */
export class SimulatedClock implements Clock {
  readonly #heap: Pending[] = [];
  #elapsedMs = 0;
  #epochMs: number;
  #set = 0;
  readonly #outside = new Set<Promise<unknown>>();

  /** `epochMs` is the wall time at which the simulation starts. */
  constructor(epochMs = Date.UTC(2025, 11, 16, 0, 0, 0)) {
    this.#epochMs = epochMs;
  }

  now(): number {
    return Math.floor(this.#epochMs + this.#elapsedMs);
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  setTimeout(callback: () => void, ms: number): Timer {
    return this.#schedule(callback, ms, undefined);
  }

  setInterval(callback: () => void, ms: number): Timer {
    return this.#schedule(callback, ms, Math.max(ms, 0.001));
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.setTimeout(resolve, ms));
  }

  /** Nothing arrives between two moments of virtual time. */
  turn(): Promise<void> {
    return Promise.resolve();
  }

  /** Moves the wall clock, as an operator or NTP would; timers and durations do not notice. */
  skew(ms: number): void {
    this.#epochMs += ms;
  }

  /** Work outside the simulation, such as that of a real database: time stands still until it is done. */
  async outside<T>(work: Promise<T>): Promise<T> {
    const done = work.catch(() => {});
    this.#outside.add(done);
    try {
      return await work;
    } finally {
      this.#outside.delete(done);
    }
  }

  /** Fires everything due within the next `ms`, in order, and stands that much later afterwards. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsedMs + ms;
    await this.#rest();
    while (this.#nextDue() <= end) await this.#step();
    this.#elapsedMs = end;
  }

  /** Goes from timer to timer until `done` says so; false when `maxMs` passed or no timer is left before that. */
  async runUntil(done: () => boolean, maxMs: number): Promise<boolean> {
    const end = this.#elapsedMs + maxMs;
    await this.#rest();
    return new Promise((resolve, reject) => {
      // A round of the event loop after each timer, without the promises that awaiting it would cost.
      const step = () => {
        try {
          if (this.#outside.size > 0) return void this.#rest().then(step, reject);
          if (done()) return resolve(true);
          if (this.#nextDue() > end) return resolve(false);
          this.#fire();
          setImmediate(step);
        } catch (error) {
          reject(error);
        }
      };
      step();
    });
  }

  /** Forgets every timer: what a crash does to a process. */
  clear(): void {
    this.#heap.length = 0;
  }

  #nextDue(): number {
    while (this.#heap[0]?.cancelled) this.#pop();
    return this.#heap[0]?.dueMs ?? Number.POSITIVE_INFINITY;
  }

  async #step(): Promise<void> {
    this.#fire();
    await this.#rest();
  }

  #fire(): void {
    const timer = this.#pop();
    if (!timer) return;
    this.#elapsedMs = Math.max(this.#elapsedMs, timer.dueMs);
    if (timer.everyMs !== undefined) {
      timer.dueMs += timer.everyMs;
      timer.order = this.#set++;
      this.#push(timer);
    }
    timer.callback();
  }

  /** Everything that is ready to run has run. */
  async #rest(): Promise<void> {
    await immediate();
    while (this.#outside.size > 0) {
      await Promise.race(this.#outside);
      await immediate();
    }
  }

  #schedule(callback: () => void, ms: number, everyMs: number | undefined): Timer {
    const dueMs = this.#elapsedMs + Math.max(ms, 0);
    const timer: Pending = { dueMs, order: this.#set++, callback, everyMs, cancelled: false };
    this.#push(timer);
    return {
      cancel: () => {
        timer.cancelled = true;
      },
    };
  }

  #push(timer: Pending): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(timer, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = timer;
  }

  #pop(): Pending | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (heap.length === 0 || !last) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function before(a: Pending, b: Pending): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}

/** Chance from a seed (sfc32): the same seed and the same calls give the same numbers and ids, on every machine. */
export class SeededChance implements Chance {
  readonly #state: Uint32Array;
  readonly #ids: IdMaker;

  constructor(seed: number, clock: Pick<Clock, 'now'> = new SimulatedClock()) {
    this.#state = new Uint32Array([seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0, 0x9e3779b9, 1]);
    for (let i = 0; i < 16; i++) this.#next();
    this.#ids = new IdMaker(
      () => clock.now(),
      () => this.#next() >>> 24,
    );
  }

  random(): number {
    return this.#next() / 2 ** 32;
  }

  id(): string {
    return this.#ids.next();
  }

  /** A whole number in [min, max]. */
  int(min: number, max: number): number {
    return min + Math.floor(this.random() * (max - min + 1));
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.random() < probability;
  }

  pick<T>(items: readonly [T, ...T[]] | readonly T[]): T {
    const item = items[Math.floor(this.random() * items.length)];
    if (item === undefined) throw new Error('pick: nothing to pick from');
    return item;
  }

  /** A generator of its own, so that drawing more in one place changes nothing in another. */
  fork(clock?: Pick<Clock, 'now'>): SeededChance {
    return new SeededChance(this.#next() * 2 ** 21 + (this.#next() >>> 11), clock);
  }

  #next(): number {
    const s = this.#state;
    const sum = (s[0]! + s[1]! + s[3]!) >>> 0;
    s[3] = s[3]! + 1;
    s[0] = s[1]! ^ (s[1]! >>> 9);
    s[1] = s[2]! + (s[2]! << 3);
    s[2] = ((s[2]! << 21) | (s[2]! >>> 11)) + sum;
    return sum;
  }
}
