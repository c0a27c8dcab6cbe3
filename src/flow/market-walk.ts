import type { Random } from './random.ts';

/** Share of all orders that other orders set off; the rest come of themselves. Below 1, or bursts never end. */
const CONTAGION = 0.8;
/** How long an order excites others, seconds. */
const MEMORY_S = 0.05;

/**
 * Time and fair price of a generated market. Arrivals are a self-exciting (Hawkes) process: each order raises the chance
 * of the next one for a moment. The fair price is a random walk whose volatility switches between quiet and busy spells.
 */
export class MarketWalk {
  readonly #random: Random;
  readonly #rate: number;
  readonly #start: number;
  readonly #lowest: number;
  readonly #highest: number;
  #excitement = 0;
  #volatility = 1;
  /** Fair price, a fraction allowed: it is a belief, not a price. */
  fair: number;
  /** Epoch nanoseconds. */
  ns: bigint;

  constructor(random: Random, start: { price: number; lowest: number; highest: number; ns: bigint; rate: number }) {
    this.#random = random;
    this.#rate = start.rate;
    this.#start = start.price;
    this.#lowest = start.lowest;
    this.#highest = start.highest;
    this.fair = start.price;
    this.ns = start.ns;
  }

  /**
   * Moves on to the next arrival.
   * @param tick the price step, in which volatility is measured
   */
  step(tick: number): void {
    const seconds = this.#nextGap();
    this.ns += BigInt(Math.ceil(seconds * 1e9));
    this.#excitement += CONTAGION / MEMORY_S;
    if (this.#random.chance(0.001)) this.#volatility = this.#random.pick([0.3, 0.6, 1, 2]);
    const pull = ((this.#start - this.fair) * seconds) / 3600;
    const moved = this.fair + pull + this.#random.normal() * this.#volatility * tick * Math.sqrt(seconds);
    this.fair = Math.min(this.#highest, Math.max(this.#lowest, moved));
  }

  /** Seconds to the next arrival, by Ogata's thinning: propose at the present intensity, accept at the decayed one. */
  #nextGap(): number {
    const base = this.#rate * (1 - CONTAGION);
    let seconds = 0;
    for (;;) {
      const intensity = base + this.#excitement;
      const gap = this.#random.exponential(1 / intensity);
      seconds += gap;
      this.#excitement *= Math.exp(-gap / MEMORY_S);
      if (this.#random.next() * intensity < base + this.#excitement) return seconds;
    }
  }
}
