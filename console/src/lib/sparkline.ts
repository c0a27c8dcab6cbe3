/** The closes of a symbol's last minutes, for a sparkline: the newest one moves with the price. */
export class Sparkline {
  readonly #most: number;
  #begun = false;
  #points: { minute: number; price: number }[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether history has been taken over. */
  get begun(): boolean {
    return this.#begun;
  }

  get prices(): readonly number[] {
    return this.#points.map(({ price }) => price);
  }

  /** A price at a time (epoch ms). */
  add(price: number, atMs: number): void {
    const minute = Math.floor(atMs / 60_000);
    const last = this.#points.at(-1);
    if (last !== undefined && minute < last.minute) return;
    if (last?.minute === minute) last.price = price;
    else this.#points.push({ minute, price });
    if (this.#points.length > this.#most) this.#points.shift();
  }

  /** History to begin with, oldest first; prices that came in the meantime are newer and stay. */
  begin(closes: readonly { time: number; price: number }[]): void {
    this.#begun = true;
    const since = this.#points[0]?.minute ?? Infinity;
    const older = closes
      .map(({ time, price }) => ({ minute: Math.floor(time / 60), price }))
      .filter(({ minute }) => minute < since);
    this.#points = [...older, ...this.#points].slice(-this.#most);
  }
}

/** An SVG polyline through the prices, filling a box with a margin of two above and below. */
export function sparkPath(prices: readonly number[], width: number, height: number): string {
  const low = Math.min(...prices);
  const span = Math.max(...prices) - low || 1;
  const step = width / Math.max(1, prices.length - 1);
  return prices
    .map((price, index) => {
      const y = height - 2 - ((price - low) / span) * (height - 4);
      return `${(index * step).toFixed(1)},${y.toFixed(1)}`;
    })
    .join(' ');
}
