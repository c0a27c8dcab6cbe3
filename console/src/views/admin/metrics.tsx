import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { shortText } from '../../lib/numbers.ts';
import { sumOf } from '../../lib/prometheus.ts';
import { type Word, word } from '../../lib/words.ts';

const EVERY_MS = 1_000;
const POINTS = 60;

interface Figure {
  title: Word;
  unit: string;
  metric: string;
  /** Counters are drawn as growth per second. */
  rate: boolean;
  scale: number;
}

const FIGURES: readonly Figure[] = [
  { title: 'ordersPerSecond', unit: '/s', metric: 'supernoba_engine_orders_received_total', rate: true, scale: 1 },
  { title: 'fillsPerSecond', unit: '/s', metric: 'supernoba_engine_fills_total', rate: true, scale: 1 },
  { title: 'connections', unit: '', metric: 'ws_connections', rate: false, scale: 1 },
  { title: 'processor', unit: '%', metric: 'process_cpu_seconds_total', rate: true, scale: 100 },
  { title: 'eventLoop', unit: 'ms', metric: 'nodejs_eventloop_lag_p99_seconds', rate: false, scale: 1_000 },
  { title: 'memory', unit: 'MB', metric: 'process_resident_memory_bytes', rate: false, scale: 1e-6 },
];

type Sample = { at: number; values: number[] };

/** The last minute of `GET /metrics`, one point a second. */
export function Metrics() {
  const samples = useSignal<readonly Sample[]>([]);
  useEffect(() => {
    const read = async () => {
      const text = await (await fetch('/metrics')).text();
      const sample = { at: performance.now(), values: FIGURES.map(({ metric }) => sumOf(text, metric)) };
      samples.value = [...samples.value.slice(-POINTS), sample];
    };
    const timer = setInterval(() => void read().catch(() => {}), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <section class="panel" aria-label={word('metrics')}>
      <div class="panel-head">
        <h2>{word('metrics')}</h2>
      </div>
      <dl class="figures">
        {FIGURES.map((figure, index) => (
          <Tile key={figure.metric} figure={figure} points={pointsOf(samples.value, figure, index)} />
        ))}
      </dl>
    </section>
  );
}

function pointsOf(samples: readonly Sample[], { rate, scale }: Figure, index: number): number[] {
  const value = (sample: Sample | undefined) => sample?.values[index] ?? 0;
  if (!rate) return samples.map((sample) => value(sample) * scale);
  return samples.slice(1).map((sample, at) => {
    const before = samples[at];
    return ((value(sample) - value(before)) / ((sample.at - (before?.at ?? 0)) / 1_000)) * scale;
  });
}

function Tile({ figure, points }: { figure: Figure; points: number[] }) {
  const most = Math.max(...points, 1e-9);
  const line = points
    .map((point, index) => `${(index / Math.max(1, points.length - 1)) * 100},${30 - (point / most) * 28}`)
    .join(' ');
  return (
    <div>
      <dt>{word(figure.title)}</dt>
      <dd>
        {points.length === 0 ? '–' : shortText(points.at(-1) ?? 0, 1)} <small>{figure.unit}</small>
        <svg viewBox="0 0 100 32" preserveAspectRatio="none" aria-hidden="true">
          <polyline points={line} />
        </svg>
      </dd>
    </div>
  );
}
