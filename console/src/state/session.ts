import { computed, signal } from '@preact/signals';
import { type ConnectionState, type Credentials, RestClient } from '@supernoba/client';

const STORED = 'supernoba.session';

/** Who is signed in; kept for the tab, so that a reload does not sign out. */
export const credentials = signal<Credentials>(stored());

export const rest = computed(() => new RestClient({ url: '', credentials: credentials.value }));

/** Which of the three screens is shown. */
export const view = signal<'trade' | 'admin' | 'tests'>('trade');

export const connection = signal<ConnectionState>('closed');
/** True while what the screen shows may be old: no connection, or one from which nothing comes. */
export const stale = signal(false);
export const latencyMs = signal<number | undefined>(undefined);

export const userName = computed(() => {
  const current = credentials.value;
  if (current === undefined) return undefined;
  return 'testUserId' in current ? current.testUserId : (subjectOf(current.token) ?? 'JWT');
});

/** Whether the admin screen has any use; the exchange itself judges every call. */
export const isAdmin = computed(() => {
  const current = credentials.value;
  if (current === undefined) return false;
  if ('testUserId' in current) return current.admin === true;
  const claims = claimsOf(current.token);
  return claims?.role === 'admin' || claims?.app_metadata?.role === 'admin';
});

export function signIn(next: Credentials): void {
  credentials.value = next;
  if (next === undefined || !isAdmin.value) view.value = 'trade';
  if (next === undefined) sessionStorage.removeItem(STORED);
  else sessionStorage.setItem(STORED, JSON.stringify(next));
}

function stored(): Credentials {
  const text = sessionStorage.getItem(STORED);
  return text === null ? undefined : JSON.parse(text);
}

interface Claims {
  sub?: string;
  email?: string;
  role?: string;
  app_metadata?: { role?: string };
}

function subjectOf(token: string): string | undefined {
  const claims = claimsOf(token);
  return claims?.email ?? claims?.sub;
}

function claimsOf(token: string): Claims | undefined {
  try {
    return JSON.parse(atob((token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/')));
  } catch {
    return undefined;
  }
}
