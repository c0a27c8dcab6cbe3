import type { RestClient } from '@supernoba/client';
import { type Desk, PRICE } from './desk.ts';

const TICK_MS = 50;
/** Requests in flight at most: beyond it the generator says that it fell behind instead of piling up. */
const IN_FLIGHT = 200;

/** Upper bounds in milliseconds of the histogram's columns; the last one holds everything slower. */
export const BOUNDS_MS = [1, 2, 5, 10, 20, 50, 100, 250, 500, 1_000, Number.POSITIVE_INFINITY] as const;

export interface LoadReport {
  sent: number;
  failed: number;
  /** Orders that were due while too many were in flight. */
  skipped: number;
  counts: number[];
  p50: number;
  p99: number;
}

/** Sends crossing orders to a desk at a given rate from now on; latency is from the call to its answer. */
export class LoadGenerator {
  readonly #desk: Desk;
  readonly #latencies: number[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  #due = 0;
  #inFlight = 0;
  #sent = 0;
  #failed = 0;
  #skipped = 0;
  /** Orders a second. */
  rate: number;

  constructor(desk: Desk, rate: number) {
    this.#desk = desk;
    this.rate = rate;
  }

  start(): void {
    let last = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#due += ((now - last) / 1_000) * this.rate;
      last = now;
      for (; this.#due >= 1; this.#due -= 1) {
        if (this.#inFlight < IN_FLIGHT) void this.#send();
        else this.#skipped += 1;
      }
    }, TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  report(): LoadReport {
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    const counts = BOUNDS_MS.map(
      (bound, index) => sorted.filter((ms) => ms <= bound && ms > (BOUNDS_MS[index - 1] ?? -1)).length,
    );
    return {
      sent: this.#sent,
      failed: this.#failed,
      skipped: this.#skipped,
      counts,
      p50: at(0.5),
      p99: at(0.99),
    };
  }

  async #send(): Promise<void> {
    const sells = this.#sent % 2 === 0;
    const account: RestClient = sells ? this.#desk.seller : this.#desk.buyer;
    this.#sent += 1;
    this.#inFlight += 1;
    const started = performance.now();
    try {
      await account.placeOrder({ symbol: this.#desk.symbol, side: sells ? 'SELL' : 'BUY', price: PRICE, quantity: 1 });
      this.#latencies.push(performance.now() - started);
    } catch {
      this.#failed += 1;
    } finally {
      this.#inFlight -= 1;
    }
  }
}
