/** Upper bounds in milliseconds of the histogram's columns; the last one holds everything slower. */
export const BOUNDS_MS = [
  1,
  2,
  3,
  5,
  7,
  10,
  15,
  20,
  30,
  50,
  75,
  100,
  200,
  500,
  1_000,
  Number.POSITIVE_INFINITY,
] as const;

/** Percentiles are told to within this share of their value. */
const RESOLUTION = 1.02;
const LEAST_MS = 0.05;

/** Counts latencies in columns for the eye and, finely, for percentiles; its size does not grow with what it counts. */
export class LatencyHistogram {
  readonly columns: number[] = BOUNDS_MS.map(() => 0);
  readonly #fine = new Map<number, number>();
  count = 0;
  maxMs = 0;

  add(ms: number): void {
    const column = BOUNDS_MS.findIndex((bound) => ms <= bound);
    this.columns[column] = (this.columns[column] ?? 0) + 1;
    const fine = Math.ceil(Math.log(Math.max(ms, LEAST_MS) / LEAST_MS) / Math.log(RESOLUTION));
    this.#fine.set(fine, (this.#fine.get(fine) ?? 0) + 1);
    this.count += 1;
    this.maxMs = Math.max(this.maxMs, ms);
  }

  /** The latency that `share` of all were not slower than; 0 while there is none. */
  quantile(share: number): number {
    let left = Math.ceil(this.count * share);
    for (const [fine, count] of [...this.#fine].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return Math.min(this.maxMs, LEAST_MS * RESOLUTION ** fine);
    }
    return 0;
  }
}
