import {
  collectDefaultMetrics,
  Counter as PromCounter,
  Gauge as PromGauge,
  Histogram as PromHistogram,
  Registry,
} from 'prom-client';
import type { Counter, Gauge, Histogram, Labels, Metrics } from '../../ports/metrics.ts';

/**
 * The metrics port over prom-client. One instance per exchange, so that two in one process do not mix. Asking twice for a
 * name gives the same metric: parts of one kind share theirs and tell themselves apart by labels.
 */
export class PrometheusMetrics implements Metrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<string, PromCounter>();
  readonly #gauges = new Map<string, PromGauge>();
  readonly #histograms = new Map<string, PromHistogram>();

  constructor(options: { processMetrics?: boolean } = {}) {
    if (options.processMetrics) collectDefaultMetrics({ register: this.#registry });
  }

  counter(name: string, help: string, labelNames: readonly string[] = []): Counter {
    const registers = [this.#registry];
    const counter = known(
      this.#counters,
      name,
      () => new PromCounter({ name, help, labelNames: [...labelNames], registers }),
    );
    return {
      add(value: number, labels?: Labels) {
        if (labels === undefined) counter.inc(value);
        else counter.inc(labels, value);
      },
    };
  }

  gauge(name: string, help: string, labelNames: readonly string[] = []): Gauge {
    const registers = [this.#registry];
    const gauge = known(
      this.#gauges,
      name,
      () => new PromGauge({ name, help, labelNames: [...labelNames], registers }),
    );
    return {
      set(value: number, labels?: Labels) {
        if (labels === undefined) gauge.set(value);
        else gauge.set(labels, value);
      },
    };
  }

  histogram(name: string, help: string, buckets: readonly number[], labelNames: readonly string[] = []): Histogram {
    const registers = [this.#registry];
    const histogram = known(
      this.#histograms,
      name,
      () => new PromHistogram({ name, help, buckets: [...buckets], labelNames: [...labelNames], registers }),
    );
    return {
      observe(value: number, labels?: Labels) {
        if (labels === undefined) histogram.observe(value);
        else histogram.observe(labels, value);
      },
    };
  }

  /** The text of /metrics, in the Prometheus exposition format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

function known<T>(metrics: Map<string, T>, name: string, make: () => T): T {
  let metric = metrics.get(name);
  if (metric === undefined) {
    metric = make();
    metrics.set(name, metric);
  }
  return metric;
}
