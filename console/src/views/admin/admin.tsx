import { useSignal } from '@preact/signals';
import { ApiError } from '@supernoba/client';
import { useEffect } from 'preact/hooks';
import { word } from '../../lib/words.ts';
import { loadSymbols } from '../../state/market.ts';
import { rest } from '../../state/session.ts';
import { Deposit } from './deposit.tsx';
import { type Engine, Engines } from './engines.tsx';
import { Metrics } from './metrics.tsx';
import { type Stream, Streams } from './streams.tsx';
import { Symbols } from './symbols.tsx';

const REFRESH_MS = 2_000;

/** Tells what an admin asked for and how it went; `true` when it was done. */
export type Act = (what: string, work: () => Promise<unknown>) => Promise<boolean>;

/** The operator's screen: instruments, money in, engines, streams and figures, all from the admin API. */
export function Admin() {
  const said = useSignal<{ text: string; bad: boolean }>({ text: '', bad: false });
  const engines = useSignal<readonly Engine[]>([]);
  const streams = useSignal<readonly Stream[]>([]);

  async function refresh(): Promise<void> {
    const [running, logs] = await Promise.all([
      rest.value.call<{ engines: Engine[] }>('GET', '/admin/engines'),
      rest.value.call<{ streams: Stream[] }>('GET', '/admin/streams'),
      loadSymbols(),
    ]);
    engines.value = running.engines;
    streams.value = logs.streams;
  }

  const act: Act = async (what, work) => {
    try {
      await work();
      said.value = { text: `✓ ${what}`, bad: false };
      await refresh();
      return true;
    } catch (error) {
      said.value = { text: error instanceof ApiError ? `${error.message} (${error.code})` : String(error), bad: true };
      return false;
    }
  };

  useEffect(() => {
    const read = () => refresh().catch(() => {});
    void read();
    const timer = setInterval(read, REFRESH_MS);
    return () => clearInterval(timer);
  }, []);

  return (
    <main class="operator" aria-label={word('admin')}>
      <output class={`said ${said.value.bad ? 'bad' : 'good'}`}>{said.value.text}</output>
      <div class="column">
        <Symbols act={act} />
        <Streams streams={streams.value} />
      </div>
      <div class="column">
        <Metrics />
        <Deposit act={act} />
        <Engines engines={engines.value} act={act} />
      </div>
    </main>
  );
}
