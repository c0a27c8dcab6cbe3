import { type Signal, useSignal } from '@preact/signals';
import { ApiError } from '@supernoba/client';
import { useEffect } from 'preact/hooks';
import { rest } from '../../state/session.ts';

export interface Polled<T> {
  /** The last answer; undefined before the first. */
  data: T | undefined;
  /** When it came, epoch milliseconds. */
  at: number | undefined;
  /** Why the newest question was not answered; the data is then older than it should be. */
  problem: string | undefined;
}

const EVERY_MS = 2_000;

/** Reads a path of the API now and again and again, while the page is in sight. `again` reads it at once. */
export function usePolled<T>(path: string, everyMs = EVERY_MS): Signal<Polled<T>> & { again(): Promise<void> } {
  const state = useSignal<Polled<T>>({ data: undefined, at: undefined, problem: undefined });
  const again = async () => {
    try {
      state.value = { data: await rest.peek().call<T>('GET', path), at: Date.now(), problem: undefined };
    } catch (error) {
      state.value = { ...state.peek(), problem: refusalText(error) };
    }
  };
  useEffect(() => {
    void again();
    const timer = setInterval(() => {
      if (!document.hidden) void again();
    }, everyMs);
    return () => clearInterval(timer);
  }, [path]);
  return Object.assign(state, { again });
}

/** What the exchange said, in its own words. */
export function refusalText(error: unknown): string {
  if (error instanceof ApiError) return `${error.message} (${error.code})`;
  return error instanceof Error ? error.message : String(error);
}
