/** Prometheus metrics, without naming the library. Names are snake_case with the unit last (`_seconds`, `_total`). */
export interface Metrics {
  counter(name: string, help: string, labelNames?: readonly string[]): Counter;
  gauge(name: string, help: string, labelNames?: readonly string[]): Gauge;
  histogram(name: string, help: string, buckets: readonly number[], labelNames?: readonly string[]): Histogram;
}

export type Labels = Record<string, string>;

export interface Counter {
  add(value: number, labels?: Labels): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
}

export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

const nothing = { add() {}, set() {}, observe() {} };

export const silentMetrics: Metrics = { counter: () => nothing, gauge: () => nothing, histogram: () => nothing };
