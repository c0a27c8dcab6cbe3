/** Time and chance, so that the whole system can run on simulated ones. No service reads another clock. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Monotonic milliseconds with fractions, for durations. */
  monotonic(): number;
  setTimeout(callback: () => void, ms: number): Timer;
  setInterval(callback: () => void, ms: number): Timer;
  sleep(ms: number): Promise<void>;
  /** Resolves when what the event loop has at hand is done: whoever gathers calls waits for it. */
  turn(): Promise<void>;
}

export interface Timer {
  cancel(): void;
}

export interface Chance {
  /** Uniform in [0, 1). */
  random(): number;
  /** A new unique id of 22 url-safe characters, ascending with time as far as the clock does. */
  id(): string;
}
