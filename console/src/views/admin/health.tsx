import { useSignal } from '@preact/signals';
import { ApiError, type Readiness } from '@supernoba/client';
import { useEffect } from 'preact/hooks';
import { refusalText } from '../../lib/refusal.ts';
import { rest } from '../../state/session.ts';
import { Badge, Panel } from './parts.tsx';
import { say } from './words.ts';

const EVERY_MS = 2_000;

interface State {
  ready: boolean;
  checks: Record<string, string>;
  problem?: string;
}

/** `GET /readyz`: whether orders are taken, and what was looked at to say so. */
export function Health() {
  const state = useSignal<State | undefined>(undefined);
  useEffect(() => {
    const read = async () => {
      state.value = await readiness();
    };
    void read();
    const timer = setInterval(() => void read(), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  if (state.value === undefined) return null;
  const { ready, checks, problem } = state.value;
  return (
    <Panel title={say('health')}>
      <ul class="checks">
        <li>
          <Badge text={ready ? say('ready') : say('notReady')} mood={ready ? 'good' : 'bad'} />
          {problem !== undefined && <small class="bad">{problem}</small>}
        </li>
        {Object.entries(checks).map(([name, check]) => (
          <li key={name}>
            <span>{name}</span> <Badge text={check} mood={check === 'ok' ? 'good' : 'bad'} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

async function readiness(): Promise<State> {
  try {
    const { checks } = await rest.peek().call<Readiness>('GET', '/readyz');
    return { ready: true, checks };
  } catch (error) {
    return { ready: false, checks: checksOf(error), problem: refusalText(error) };
  }
}

/** An exchange that is not ready says why in the details of its refusal. */
function checksOf(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError) || typeof error.details !== 'object' || error.details === null) return {};
  const checks = 'checks' in error.details ? error.details.checks : undefined;
  if (typeof checks !== 'object' || checks === null) return {};
  return Object.fromEntries(Object.entries(checks).map(([name, check]) => [name, String(check)]));
}
