import {
  collectDefaultMetrics,
  Counter as PromCounter,
  Gauge as PromGauge,
  Histogram as PromHistogram,
  Registry,
} from 'prom-client';
import type { Counter, Gauge, Histogram, Metrics } from '../../ports/metrics.ts';

/** The metrics port over prom-client. One instance per exchange, so that two in one process do not mix. */
export class PrometheusMetrics implements Metrics {
  readonly #registry = new Registry();

  constructor(options: { processMetrics?: boolean } = {}) {
    if (options.processMetrics) collectDefaultMetrics({ register: this.#registry });
  }

  counter(name: string, help: string, labelNames: readonly string[] = []): Counter {
    const counter = new PromCounter({ name, help, labelNames: [...labelNames], registers: [this.#registry] });
    return { add: (value, labels) => (labels === undefined ? counter.inc(value) : counter.inc(labels, value)) };
  }

  gauge(name: string, help: string, labelNames: readonly string[] = []): Gauge {
    const gauge = new PromGauge({ name, help, labelNames: [...labelNames], registers: [this.#registry] });
    return { set: (value, labels) => (labels === undefined ? gauge.set(value) : gauge.set(labels, value)) };
  }

  histogram(name: string, help: string, buckets: readonly number[], labelNames: readonly string[] = []): Histogram {
    const histogram = new PromHistogram({
      name,
      help,
      buckets: [...buckets],
      labelNames: [...labelNames],
      registers: [this.#registry],
    });
    return {
      observe: (value, labels) => (labels === undefined ? histogram.observe(value) : histogram.observe(labels, value)),
    };
  }

  /** The text of /metrics, in the Prometheus exposition format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }
}
