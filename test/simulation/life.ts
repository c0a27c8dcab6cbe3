import type { Clock, Timer } from '../../src/ports/clock.ts';

/** What a dead program waits for. */
export function never(): Promise<never> {
  return new Promise(() => {});
}

/**
 * One life of the exchange's process. Everything it does outside itself passes here, so that a crash can come between any
 * two effects: from then on its timers do not fire and its calls never return.
 */
export class Life {
  readonly number: number;
  readonly clock: Clock;
  readonly #died: Promise<void>;
  #die: () => void = () => {};
  #alive = true;

  constructor(number: number, clock: Clock) {
    this.number = number;
    this.clock = new LifeClock(clock, () => this.#alive);
    this.#died = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Resolves when the process is gone. */
  get died(): Promise<void> {
    return this.#died;
  }

  end(): void {
    this.#alive = false;
    this.#die();
  }
}

class LifeClock implements Clock {
  readonly #clock: Clock;
  readonly #isAlive: () => boolean;

  constructor(clock: Clock, isAlive: () => boolean) {
    this.#clock = clock;
    this.#isAlive = isAlive;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  setTimeout(callback: () => void, ms: number): Timer {
    return this.#clock.setTimeout(() => {
      if (this.#isAlive()) callback();
    }, ms);
  }

  setInterval(callback: () => void, ms: number): Timer {
    const timer = this.#clock.setInterval(() => {
      if (this.#isAlive()) callback();
      else timer.cancel();
    }, ms);
    return timer;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.setTimeout(resolve, ms));
  }

  async turn(): Promise<void> {
    await this.#clock.turn();
    if (!this.#isAlive()) await never();
  }
}
