import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { refusalText } from '../../lib/refusal.ts';
import { rest } from '../../state/session.ts';
import type { Act } from './parts.tsx';

export interface Polled<T> {
  /** The last answer; undefined before the first. */
  data: T | undefined;
  /** When it came, epoch milliseconds. */
  at: number | undefined;
  /** Why the newest question was not answered; the data is then older than it should be. */
  problem: string | undefined;
}

const EVERY_MS = 2_000;

interface Reader {
  again(): Promise<void>;
}

/**
 * Reads a path of the API now and again and again, while the page is in sight. `again` reads it at once. An answer that is
 * overtaken by a later question's, or by the question after another path, is not shown.
 */
export function usePolled<T>(path: string, everyMs = EVERY_MS): Signal<Polled<T>> & Reader {
  const state = useSignal<Polled<T>>({ data: undefined, at: undefined, problem: undefined });
  const questions = useRef({ asked: 0, shown: 0 }).current;
  const again = async () => {
    questions.asked += 1;
    const mine = questions.asked;
    const show = (answer: Polled<T>) => {
      if (mine <= questions.shown) return;
      questions.shown = mine;
      state.value = answer;
    };
    try {
      show({ data: await rest.peek().call<T>('GET', path), at: Date.now(), problem: undefined });
    } catch (error) {
      show({ ...state.peek(), problem: refusalText(error) });
    }
  };
  useEffect(() => {
    questions.shown = questions.asked;
    void again();
    const timer = setInterval(() => {
      if (!document.hidden) void again();
    }, everyMs);
    return () => clearInterval(timer);
  }, [path]);
  return Object.assign(state, { again });
}

/** `act` that reads again what it may have changed before it tells that it is done: what is said and what is shown agree. */
export function thenRead(act: Act, ...readers: readonly Reader[]): Act {
  return (what, work) =>
    act(what, async () => {
      try {
        await work();
      } finally {
        await Promise.all(readers.map((reader) => reader.again()));
      }
    });
}
