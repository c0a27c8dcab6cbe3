import { ApiError, type RestClient } from '@supernoba/client';
import { type Desk, PRICE } from './desk.ts';
import { LatencyHistogram } from './histogram.ts';

const TICK_MS = 50;
/** Requests in flight at most: beyond it the generator says that it fell behind instead of piling up. */
const IN_FLIGHT = 200;
/** How long the last answers are waited for after a stop. */
const DRAIN_MS = 15_000;

export interface LoadReport {
  sent: number;
  accepted: number;
  /** Refusals by code. */
  failed: Readonly<Record<string, number>>;
  inFlight: number;
  /** Orders that were due while too many were in flight. */
  skipped: number;
  /** Of accepted orders, by the bounds of the histogram. */
  columns: readonly number[];
  p50: number;
  p90: number;
  p99: number;
  max: number;
}

/** Sends crossing orders to a desk at a given rate; latency is from the call to its answer, of orders that were taken. */
export class LoadGenerator {
  readonly #desk: Desk;
  readonly #histogram = new LatencyHistogram();
  readonly #failed: Record<string, number> = {};
  #timer: ReturnType<typeof setInterval> | undefined;
  #due = 0;
  #inFlight = 0;
  #sent = 0;
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

  /** No order is sent after this; resolves when those sent before are answered. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const end = performance.now() + DRAIN_MS;
    while (this.#inFlight > 0 && performance.now() < end) await new Promise((done) => setTimeout(done, TICK_MS));
  }

  report(): LoadReport {
    return {
      sent: this.#sent,
      accepted: this.#histogram.count,
      failed: { ...this.#failed },
      inFlight: this.#inFlight,
      skipped: this.#skipped,
      columns: [...this.#histogram.columns],
      p50: this.#histogram.quantile(0.5),
      p90: this.#histogram.quantile(0.9),
      p99: this.#histogram.quantile(0.99),
      max: this.#histogram.maxMs,
    };
  }

  async #send(): Promise<void> {
    const sells = this.#sent % 2 === 0;
    const { rest }: { rest: RestClient } = sells ? this.#desk.seller : this.#desk.buyer;
    this.#sent += 1;
    this.#inFlight += 1;
    const started = performance.now();
    try {
      await rest.placeOrder({ symbol: this.#desk.symbol, side: sells ? 'SELL' : 'BUY', price: PRICE, quantity: 1 });
      this.#histogram.add(performance.now() - started);
    } catch (error) {
      const code = error instanceof ApiError ? error.code : 'NO_ANSWER';
      this.#failed[code] = (this.#failed[code] ?? 0) + 1;
    } finally {
      this.#inFlight -= 1;
    }
  }
}
