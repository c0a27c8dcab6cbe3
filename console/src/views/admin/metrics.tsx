import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { shortText } from '../../lib/numbers.ts';
import { bucketsOf, quantileBetween, sumOf } from '../../lib/prometheus.ts';
import { Spark } from './parts.tsx';
import { say } from './words.ts';

const EVERY_MS = 1_000;
const POINTS = 60;
/** A quantile is of what was observed in this many last samples. */
const QUANTILE_SAMPLES = 10;

interface Figure {
  title: Parameters<typeof say>[0];
  unit: string;
  metric: string;
  /** `rate`: growth a second of a counter; `level`: as it stands; `p99`: of a histogram, over the last seconds, as the bound of its bucket. */
  kind: 'rate' | 'level' | 'p99';
  scale: number;
}

const FIGURES: readonly Figure[] = [
  { title: 'orders', unit: '/s', metric: 'supernoba_engine_orders_received_total', kind: 'rate', scale: 1 },
  { title: 'fills', unit: '/s', metric: 'supernoba_engine_fills_total', kind: 'rate', scale: 1 },
  { title: 'rejected', unit: '/s', metric: 'supernoba_engine_orders_rejected_total', kind: 'rate', scale: 1 },
  { title: 'engineLag', unit: '', metric: 'supernoba_engine_lag_records', kind: 'level', scale: 1 },
  { title: 'append', unit: 'ms', metric: 'supernoba_router_append_seconds', kind: 'p99', scale: 1_000 },
  { title: 'notify', unit: 'ms', metric: 'notifier_push_seconds', kind: 'p99', scale: 1_000 },
  { title: 'requests', unit: '/s', metric: 'supernoba_http_requests_total', kind: 'rate', scale: 1 },
  { title: 'connections', unit: '', metric: 'ws_connections', kind: 'level', scale: 1 },
  { title: 'cpu', unit: '%', metric: 'process_cpu_seconds_total', kind: 'rate', scale: 100 },
  { title: 'eventLoop', unit: 'ms', metric: 'nodejs_eventloop_lag_p99_seconds', kind: 'level', scale: 1_000 },
  { title: 'memory', unit: 'MB', metric: 'process_resident_memory_bytes', kind: 'level', scale: 1e-6 },
];

interface Sample {
  at: number;
  values: number[];
  histograms: ReadonlyMap<string, ReadonlyMap<number, number>>;
}

/** The last minute of `GET /metrics`, one point a second. */
export function Metrics() {
  const samples = useSignal<readonly Sample[]>([]);
  const failing = useSignal(false);
  useEffect(() => {
    const read = async () => {
      const response = await fetch('/metrics');
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      samples.value = [...samples.value.slice(-POINTS), sampleOf(await response.text())];
      failing.value = false;
    };
    const tick = () =>
      void read().catch(() => {
        failing.value = true;
      });
    tick();
    const timer = setInterval(tick, EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <section class={`panel metrics ${failing.value ? 'failing' : ''}`} tabIndex={0} aria-label={say('metrics')}>
      <dl class="tiles">
        {FIGURES.map((figure, index) => (
          <Tile key={figure.metric} figure={figure} points={pointsOf(samples.value, figure, index)} />
        ))}
      </dl>
    </section>
  );
}

function sampleOf(text: string): Sample {
  const histograms = FIGURES.filter(({ kind }) => kind === 'p99').map(
    ({ metric }) => [metric, bucketsOf(text, metric)] as const,
  );
  return {
    at: performance.now(),
    values: FIGURES.map(({ metric }) => sumOf(text, metric)),
    histograms: new Map(histograms),
  };
}

function pointsOf(samples: readonly Sample[], { kind, metric, scale }: Figure, index: number): number[] {
  const value = (sample: Sample | undefined) => sample?.values[index] ?? 0;
  if (kind === 'level') return samples.map((sample) => value(sample) * scale);
  return samples.slice(1).map((sample, at) => {
    if (kind === 'p99') {
      const before = samples[Math.max(0, at + 1 - QUANTILE_SAMPLES)]?.histograms.get(metric);
      return quantileBetween(before, sample.histograms.get(metric), 0.99) * scale;
    }
    const before = samples[at];
    return ((value(sample) - value(before)) / ((sample.at - (before?.at ?? 0)) / 1_000)) * scale;
  });
}

function Tile({ figure, points }: { figure: Figure; points: number[] }) {
  const last = points.at(-1);
  return (
    <div>
      <dt>{say(figure.title)}</dt>
      <dd>
        {last === undefined
          ? '–'
          : `${figure.kind === 'p99' && last > 0 ? '≤ ' : ''}${shortText(last, last < 100 ? 1 : 0)}`}{' '}
        <small class="unit">{figure.unit}</small>
        <Spark points={points} />
        <small class="highest">
          {say('highest')} {points.length === 0 ? '–' : shortText(Math.max(...points), 1)}
        </small>
      </dd>
    </div>
  );
}
