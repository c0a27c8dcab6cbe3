import type { EngineEvent } from '../../domain/events.ts';
import type { Counter, Gauge, Histogram, Metrics } from '../../ports/metrics.ts';

const BATCH_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1];

/** What the engine counts: per symbol, so that a hot one can be found. */
export class EngineMetrics {
  readonly #received: Counter;
  readonly #accepted: Counter;
  readonly #rejected: Counter;
  readonly #fills: Counter;
  readonly #busySeconds: Counter;
  readonly #poison: Counter;
  readonly #batchSeconds: Histogram;
  readonly #lag: Gauge;
  readonly #snapshotOffset: Gauge;

  constructor(metrics: Metrics) {
    const perSymbol = (name: string, help: string) => metrics.counter(`supernoba_engine_${name}`, help, ['symbol']);
    this.#received = perSymbol('orders_received_total', 'Order records applied');
    this.#accepted = perSymbol('orders_accepted_total', 'Orders accepted into the book');
    this.#rejected = perSymbol('orders_rejected_total', 'Orders and requests refused');
    this.#fills = perSymbol('fills_total', 'Trades');
    this.#busySeconds = perSymbol('busy_seconds_total', 'Time spent on records, shared out by number of records');
    this.#poison = metrics.counter('supernoba_engine_poison_total', 'Records sent to the dead letters', ['partition']);
    this.#batchSeconds = metrics.histogram('supernoba_engine_batch_seconds', 'Time of one batch', BATCH_SECONDS);
    this.#lag = metrics.gauge('supernoba_engine_lag_records', 'Order records durable but not yet matched');
    this.#snapshotOffset = metrics.gauge(
      'supernoba_engine_snapshot_offset',
      'Offset up to which the newest snapshots of a partition reach',
      ['partition', 'tier'],
    );
  }

  batch(
    records: number,
    touched: ReadonlyMap<string, { records: number; events: readonly EngineEvent[] }>,
    ms: number,
  ): void {
    this.#batchSeconds.observe(ms / 1_000);
    for (const [symbol, mine] of touched) {
      const labels = { symbol };
      const counts = { accepted: 0, rejected: 0, fills: 0 };
      for (const { event } of mine.events) {
        if (event === 'ACCEPTED') counts.accepted += 1;
        else if (event === 'FILL') counts.fills += 1;
        else if (event === 'REJECTED' || event === 'CANCEL_REJECTED' || event === 'REPLACE_REJECTED')
          counts.rejected += 1;
      }
      this.#received.add(mine.records, labels);
      this.#accepted.add(counts.accepted, labels);
      this.#rejected.add(counts.rejected, labels);
      this.#fills.add(counts.fills, labels);
      this.#busySeconds.add((ms / 1_000) * (mine.records / records), labels);
    }
  }

  poison(partition: number): void {
    this.#poison.add(1, { partition: String(partition) });
  }

  lag(records: number): void {
    this.#lag.set(records);
  }

  snapshot(partition: number, tier: string, offset: number): void {
    this.#snapshotOffset.set(offset, { partition: String(partition), tier });
  }
}
