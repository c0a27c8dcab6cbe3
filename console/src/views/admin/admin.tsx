import { signal, useSignal } from '@preact/signals';
import { word } from '../../lib/words.ts';
import { loadSymbols } from '../../state/market.ts';
import { Accounts } from './accounts.tsx';
import './admin.css';
import { refusalText } from '../../lib/refusal.ts';
import { Audit } from './audit.tsx';
import { Engines } from './engines.tsx';
import { Markets } from './markets.tsx';
import { Metrics } from './metrics.tsx';
import type { Act } from './parts.tsx';
import { Routes } from './routes.tsx';
import { Streams } from './streams.tsx';
import { say } from './words.ts';

const SECTIONS = ['markets', 'accounts', 'engines', 'streams', 'routes', 'audit'] as const;

const section = signal<(typeof SECTIONS)[number]>('markets');

/** The operator's screen: figures in sight always, and below them one section of the admin API at a time. */
export function Admin() {
  const said = useSignal<{ text: string; bad: boolean }>({ text: '', bad: false });

  const act: Act = async (what, work) => {
    try {
      await work();
      said.value = { text: `✓ ${what}`, bad: false };
      loadSymbols().catch(() => {});
      return undefined;
    } catch (error) {
      said.value = { text: `${what}: ${refusalText(error)}`, bad: true };
      return refusalText(error);
    }
  };

  return (
    <main class="operator admin" aria-label={word('admin')}>
      <Metrics />
      <div class="section-bar">
        <nav class="segmented" aria-label={say('sections')}>
          {SECTIONS.map((name) => (
            <button
              type="button"
              key={name}
              aria-pressed={section.value === name}
              onClick={() => {
                said.value = { text: '', bad: false };
                section.value = name;
              }}
            >
              {say(name)}
            </button>
          ))}
        </nav>
        <output class={`said ${said.value.bad ? 'bad' : 'done'}`}>{said.value.text}</output>
      </div>
      {section.value === 'markets' && <Markets act={act} />}
      {section.value === 'accounts' && <Accounts act={act} />}
      {section.value === 'engines' && <Engines act={act} />}
      {section.value === 'streams' && <Streams act={act} />}
      {section.value === 'routes' && <Routes />}
      {section.value === 'audit' && <Audit />}
    </main>
  );
}
