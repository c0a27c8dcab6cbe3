import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { said, type Text } from '../../lib/phrases.ts';
import { failureTexts } from '../../lib/refusal.ts';
import { closeDesk, type Desk, openDesk } from '../../market-tests/desk.ts';
import { BOUNDS_MS } from '../../market-tests/histogram.ts';
import { LoadGenerator, type LoadReport } from '../../market-tests/load.ts';
import { Spark } from '../admin/parts.tsx';
import { deskOptions } from './desk-options.ts';
import { say } from './words.ts';

const SHOW_EVERY_MS = 500;
const POINTS = 60;
const RATE_MAX = 500;

interface Work {
  desk: Desk;
  generator: LoadGenerator;
  timer: ReturnType<typeof setInterval>;
}

/** Orders at a chosen rate on a market of their own, and how long each took to be acknowledged. */
export function Load() {
  const rate = useSignal(50);
  const report = useSignal<LoadReport | undefined>(undefined);
  const paces = useSignal<readonly number[]>([]);
  const problem = useSignal<Text | undefined>(undefined);
  const state = useSignal<'idle' | 'starting' | 'running' | 'stopping'>('idle');
  const work = useRef<Work | undefined>(undefined);
  const gone = useRef(false);

  const show = (generator: LoadGenerator, sinceMs: number) => {
    const next = generator.report();
    const sent = next.sent - (report.peek()?.sent ?? 0);
    paces.value = [...paces.peek().slice(1 - POINTS), (sent / sinceMs) * 1_000];
    report.value = next;
  };
  const stop = async () => {
    const current = work.current;
    work.current = undefined;
    if (current === undefined) return;
    state.value = 'stopping';
    clearInterval(current.timer);
    await current.generator.stop();
    report.value = current.generator.report();
    await closeDesk(current.desk).catch((error) => {
      problem.value = failureTexts(error);
    });
    state.value = 'idle';
  };
  const start = async () => {
    state.value = 'starting';
    problem.value = undefined;
    report.value = undefined;
    paces.value = [];
    try {
      const desk = await openDesk(await deskOptions());
      const generator = new LoadGenerator(desk, rate.value);
      generator.start();
      let last = performance.now();
      const timer = setInterval(() => {
        const now = performance.now();
        show(generator, now - last);
        last = now;
      }, SHOW_EVERY_MS);
      work.current = { desk, generator, timer };
      state.value = 'running';
      // The view was left while the market was being made.
      if (gone.current) await stop();
    } catch (error) {
      state.value = 'idle';
      problem.value = failureTexts(error);
    }
  };
  useEffect(
    () => () => {
      gone.current = true;
      void stop();
    },
    [],
  );

  const running = state.value === 'running' || state.value === 'stopping';
  return (
    <section class="panel load" aria-label={say('load')}>
      <div class="panel-head">
        <h2>{say('load')}</h2>
        <span class="grow" />
        <output class="bad">{problem.value !== undefined && said(problem.value)}</output>
        <button
          type="button"
          class="primary"
          disabled={state.value === 'starting' || state.value === 'stopping'}
          onClick={() => void (running ? stop() : start())}
        >
          {say(state.value === 'stopping' ? 'stopping' : running ? 'stop' : 'start')}
        </button>
      </div>
      <p class="about">{say('loadAbout')}</p>
      <label class="rate">
        {say('rate')}
        <input
          type="range"
          min={1}
          max={RATE_MAX}
          value={rate.value}
          onInput={(event) => {
            rate.value = event.currentTarget.valueAsNumber;
            if (work.current !== undefined) work.current.generator.rate = rate.value;
          }}
        />
        <b>{rate.value}</b>
      </label>
      {report.value !== undefined && <Report report={report.value} paces={paces.value} />}
    </section>
  );
}

function Report({ report, paces }: { report: LoadReport; paces: readonly number[] }) {
  const failed = Object.values(report.failed).reduce((sum, count) => sum + count, 0);
  const codes = Object.entries(report.failed).map(([code, count]) => `${code} ${count}`);
  const ms = (value: number) => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
  return (
    <>
      <dl class="load-figures">
        <Figure name="sent" title={say('sent')} value={String(report.sent)} />
        <Figure name="accepted" title={say('answered')} value={String(report.accepted)} />
        <Figure name="failed" title={say('refused')} value={String(failed)} hint={codes.join(', ')} bad={failed > 0} />
        <Figure name="in-flight" title={say('inFlight')} value={String(report.inFlight)} />
        <Figure
          name="skipped"
          title={say('skipped')}
          value={String(report.skipped)}
          hint={report.skipped > 0 ? say('skippedHint') : ''}
        />
        <div>
          <dt>{say('achieved')}</dt>
          <dd>
            {(paces.at(-1) ?? 0).toFixed(0)}
            <Spark points={paces} />
          </dd>
        </div>
        <Figure name="p50" title="p50" value={ms(report.p50)} />
        <Figure name="p90" title="p90" value={ms(report.p90)} />
        <Figure name="p99" title="p99" value={ms(report.p99)} />
        <Figure name="max" title={say('highest')} value={ms(report.max)} />
      </dl>
      {report.failed.RATE_LIMITED !== undefined && <p class="about bad">{say('limited')}</p>}
      <Histogram columns={report.columns} />
    </>
  );
}

function Figure(props: { name: string; title: string; value: string; hint?: string; bad?: boolean }) {
  return (
    <div>
      <dt>{props.title}</dt>
      <dd data-figure={props.name} class={props.bad === true ? 'bad' : ''}>
        {props.value}
        {props.hint !== undefined && props.hint !== '' && <small>{props.hint}</small>}
      </dd>
    </div>
  );
}

function Histogram({ columns }: { columns: readonly number[] }) {
  const most = Math.max(1, ...columns);
  return (
    <section class="latencies" tabIndex={0} aria-label={say('histogram')}>
      <h3>{say('histogram')}</h3>
      <ol>
        {columns.map((count, index) => {
          const bound = BOUNDS_MS[index] ?? 0;
          const label = Number.isFinite(bound) ? `≤ ${bound}` : `> ${BOUNDS_MS[index - 1]}`;
          return (
            <li key={bound} data-count={count}>
              <span>{count > 0 ? count : ''}</span>
              <i style={{ height: `${(count / most) * 110}px` }} />
              <small>{label}</small>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
