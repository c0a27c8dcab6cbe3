import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { word } from '../../lib/words.ts';
import { closeDesk, type Desk, openDesk } from '../../market-tests/desk.ts';
import { BOUNDS_MS, LoadGenerator, type LoadReport } from '../../market-tests/load.ts';
import { rest } from '../../state/session.ts';

const SHOW_EVERY_MS = 500;

/** Orders at a chosen rate on a market of their own, and how long each took to be acknowledged. */
export function Load() {
  const rate = useSignal(50);
  const report = useSignal<LoadReport | undefined>(undefined);
  const problem = useSignal('');
  const running = useSignal(false);
  const work = useRef<{ desk: Desk; generator: LoadGenerator; timer: ReturnType<typeof setInterval> } | undefined>(
    undefined,
  );

  const stop = async () => {
    const current = work.current;
    work.current = undefined;
    running.value = false;
    if (current === undefined) return;
    clearInterval(current.timer);
    current.generator.stop();
    report.value = current.generator.report();
    await closeDesk(current.desk).catch(() => {});
  };
  const start = async () => {
    running.value = true;
    problem.value = '';
    try {
      const desk = await openDesk(rest.value);
      const generator = new LoadGenerator(desk, rate.value);
      generator.start();
      const timer = setInterval(() => {
        report.value = generator.report();
      }, SHOW_EVERY_MS);
      work.current = { desk, generator, timer };
    } catch (error) {
      running.value = false;
      problem.value = error instanceof Error ? error.message : String(error);
    }
  };
  useEffect(() => () => void stop(), []);

  return (
    <section class="panel" aria-label={word('load')}>
      <div class="panel-head">
        <h2>{word('load')}</h2>
        <span class="grow" />
        <output class="bad">{problem.value}</output>
        <button type="button" class="primary" onClick={() => void (running.value ? stop() : start())}>
          {running.value ? word('stop') : word('start')}
        </button>
      </div>
      <label class="row">
        {word('ordersPerSecond')}
        <input
          type="range"
          min={1}
          max={500}
          value={rate.value}
          onInput={(event) => {
            rate.value = event.currentTarget.valueAsNumber;
            if (work.current !== undefined) work.current.generator.rate = rate.value;
          }}
        />
        <b>{rate.value}</b>
      </label>
      {report.value !== undefined && <Histogram report={report.value} />}
    </section>
  );
}

function Histogram({ report }: { report: LoadReport }) {
  const most = Math.max(1, ...report.counts);
  return (
    <>
      <p class="row">
        {report.sent} {word('sent')} · {report.failed} {word('failed')} · {report.skipped} {word('skipped')} · p50{' '}
        {report.p50.toFixed(1)} ms · p99 {report.p99.toFixed(1)} ms
      </p>
      <ol class="histogram">
        {report.counts.map((count, index) => {
          const bound = BOUNDS_MS[index] ?? 0;
          return (
            <li key={bound}>
              <span>{count}</span>
              <i style={{ height: `${(count / most) * 90}px` }} />
              <small>{Number.isFinite(bound) ? `≤ ${bound}` : '> 1000'}</small>
            </li>
          );
        })}
      </ol>
    </>
  );
}
