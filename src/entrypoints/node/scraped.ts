import type { PrometheusMetrics } from '../../adapters/metrics/prometheus.ts';

export interface ScrapedFigures {
  /** How far each reader of a stream is behind, in records (`store-writer`: in rows). */
  lags(): Promise<{ group: string; topic: string; lag: number }[]>;
  readiness(): Promise<{ checks: Record<string, string> }>;
}

/** The text of /metrics, with the figures that are asked for when it is read and not kept up meanwhile. */
export function scrapedMetrics(metrics: PrometheusMetrics, { lags, readiness }: ScrapedFigures): () => Promise<string> {
  const lag = metrics.gauge('supernoba_lag_records', 'Records that a reader of a stream has not applied yet', [
    'consumer',
    'topic',
  ]);
  const ready = metrics.gauge('supernoba_ready', 'Checks of /readyz: 1 when the check is ok, 0 when it is not', [
    'check',
  ]);
  return async () => {
    for (const { group, topic, lag: behind } of await lags()) lag.set(behind, { consumer: group, topic });
    for (const [check, state] of Object.entries((await readiness()).checks))
      ready.set(state === 'ok' ? 1 : 0, { check });
    return metrics.text();
  };
}
