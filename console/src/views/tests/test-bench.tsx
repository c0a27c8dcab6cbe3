import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { said } from '../../lib/phrases.ts';
import { failureTexts } from '../../lib/refusal.ts';
import { type Outcome, runTests, TEST_NAMES, type TestName } from '../../market-tests/market-tests.ts';
import { loadSettings, settings } from '../../state/settings.ts';
import { deskOptions } from './desk-options.ts';
import { Load } from './load.tsx';
import './tests.css';
import { say } from './words.ts';

/** Market tests against the exchange as it runs, each with every comparison it made, and a load generator. */
export function TestBench() {
  const outcomes = useSignal<ReadonlyMap<TestName, Outcome>>(new Map());
  const busy = useSignal(false);
  useEffect(() => {
    loadSettings().catch(() => {});
  }, []);

  const tell = (name: TestName, outcome: Outcome) => {
    outcomes.value = new Map(outcomes.value).set(name, outcome);
  };
  const run = async (names: readonly TestName[]) => {
    busy.value = true;
    try {
      outcomes.value = new Map([...outcomes.value].filter(([name]) => !names.includes(name)));
      await runTests(names, await deskOptions(), tell);
    } catch (error) {
      const detail = failureTexts(error);
      for (const name of names) tell(name, { state: 'failed', detail, checks: [], ms: 0 });
    } finally {
      busy.value = false;
    }
  };

  const all = [...outcomes.value.values()];
  const passed = all.filter(({ state }) => state === 'passed').length;
  return (
    <main class="operator tests" aria-label={say('tests')}>
      <section class="panel" aria-label={say('tests')}>
        <div class="panel-head">
          <h2>{say('tests')}</h2>
          <output class={all.some(({ state }) => state === 'failed') ? 'bad' : passed > 0 ? 'passed' : ''}>
            {all.length > 0 && `${passed} / ${TEST_NAMES.length} ${say('passedOf')}`}
          </output>
          <span class="grow" />
          <button type="button" class="primary" disabled={busy.value} onClick={() => void run(TEST_NAMES)}>
            {say('runAll')}
          </button>
        </div>
        <p class="about">{say(settings.value?.test_mode === false ? 'aboutOwn' : 'about')}</p>
        <ol class="test-list">
          {TEST_NAMES.map((name) => (
            <Row key={name} name={name} outcome={outcomes.value.get(name)} busy={busy.value} run={run} />
          ))}
        </ol>
      </section>
      <Load />
    </main>
  );
}

function Row(props: {
  name: TestName;
  outcome: Outcome | undefined;
  busy: boolean;
  run(names: readonly TestName[]): Promise<void>;
}) {
  const { name, outcome, busy, run } = props;
  return (
    <li data-test={name} data-state={outcome?.state ?? 'waiting'}>
      <Verdict outcome={outcome} />
      <div class="what">
        <b>{say(name)}</b>
        <small>{say(`${name}About`)}</small>
        {outcome !== undefined && outcome.detail !== undefined && (
          <p class={outcome.state === 'failed' ? 'bad' : ''}>{said(outcome.detail)}</p>
        )}
        {outcome !== undefined && outcome.checks.length > 0 && <Comparisons name={name} outcome={outcome} />}
      </div>
      <span class="took">
        {outcome === undefined || outcome.state === 'running' ? '' : `${(outcome.ms / 1_000).toFixed(1)} s`}
      </span>
      <button type="button" disabled={busy} aria-label={`${say('run')}: ${say(name)}`} onClick={() => void run([name])}>
        {say('run')}
      </button>
    </li>
  );
}

function Verdict({ outcome }: { outcome: Outcome | undefined }) {
  if (outcome === undefined) return <span class="verdict">{say('waiting')}</span>;
  return <span class={`verdict ${outcome.state}`}>{say(outcome.state)}</span>;
}

/** Every comparison of a test; open by itself where one was wrong. */
function Comparisons({ name, outcome: { checks, state } }: { name: TestName; outcome: Outcome }) {
  const failed = checks.filter(({ passed }) => !passed).length;
  return (
    <details open={state === 'failed'}>
      <summary>
        {checks.length - failed} / {checks.length} {say('checks')}
      </summary>
      <section class="scroll" tabIndex={0} aria-label={`${say(name)}: ${say('details')}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">{say('what')}</th>
              <th scope="col">{say('expected')}</th>
              <th scope="col">{say('actual')}</th>
            </tr>
          </thead>
          <tbody>
            {checks.map(({ what, expected, actual, passed }, index) => (
              <tr key={`${index} ${what[0]}`} class={passed ? '' : 'bad'}>
                <th scope="row">
                  {passed ? '✓' : '✗'} {said(what)}
                </th>
                <td>{expected}</td>
                <td>{actual}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}
