import { useSignal } from '@preact/signals';
import { word } from '../../lib/words.ts';
import { closeDesk, openDesk } from '../../market-tests/desk.ts';
import { MARKET_TESTS, type MarketTest } from '../../market-tests/market-tests.ts';
import { rest } from '../../state/session.ts';
import { Load } from './load.tsx';

interface Result {
  passed: boolean;
  detail: string;
  ms: number;
}

/** Market tests against the exchange as it runs, each on a symbol and accounts of its own, and a load generator. */
export function TestBench() {
  const results = useSignal<ReadonlyMap<string, Result | 'running'>>(new Map());
  const busy = useSignal(false);

  const note = (name: string, result: Result | 'running') => {
    results.value = new Map(results.value).set(name, result);
  };
  const runAll = async () => {
    busy.value = true;
    results.value = new Map();
    for (const test of MARKET_TESTS) {
      note(test.name, 'running');
      note(test.name, await outcome(test));
    }
    busy.value = false;
  };

  return (
    <main class="operator tests" aria-label={word('tests')}>
      <section class="panel" aria-label={word('marketTests')}>
        <div class="panel-head">
          <h2>{word('marketTests')}</h2>
          <span class="grow" />
          <button type="button" class="primary" disabled={busy.value} onClick={() => void runAll()}>
            {word('runAll')}
          </button>
        </div>
        <table class="results">
          <thead>
            <tr>
              <th scope="col">{word('tests')}</th>
              <th scope="col">{word('status')}</th>
              <th scope="col">ms</th>
              <th scope="col" class="detail">
                {word('details')}
              </th>
            </tr>
          </thead>
          <tbody>
            {MARKET_TESTS.map(({ name }) => (
              <Row key={name} name={name} result={results.value.get(name)} />
            ))}
          </tbody>
        </table>
      </section>
      <Load />
    </main>
  );
}

function Row({ name, result }: { name: string; result: Result | 'running' | undefined }) {
  const done = typeof result === 'object' ? result : undefined;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class={done === undefined ? '' : done.passed ? 'passed' : 'bad'}>
        {done === undefined ? (result ?? '–') : done.passed ? 'PASS' : 'FAIL'}
      </td>
      <td>{done?.ms.toFixed(0)}</td>
      <td class="detail">{done?.detail}</td>
    </tr>
  );
}

async function outcome(test: MarketTest): Promise<Result> {
  const started = performance.now();
  try {
    const desk = await openDesk(rest.value);
    const detail = await test.run(desk).finally(() => closeDesk(desk));
    return { passed: true, detail, ms: performance.now() - started };
  } catch (error) {
    return {
      passed: false,
      detail: error instanceof Error ? error.message : String(error),
      ms: performance.now() - started,
    };
  }
}
