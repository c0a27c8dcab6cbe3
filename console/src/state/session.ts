import { computed, signal } from '@preact/signals';
import { type ConnectionState, type Credentials, RestClient } from '@supernoba/client';

const STORED = 'supernoba.session';
const STORED_KEY = 'supernoba.api-key';

/** Who is signed in; kept for the tab, so that a reload does not sign out. */
export const credentials = signal<Credentials>(stored());

/** Sent along where the exchange wants a key with orders; kept as the session is. */
export const apiKey = signal<string | undefined>(sessionStorage.getItem(STORED_KEY) ?? undefined);

export const rest = computed(() => client(credentials.value));

/** Calls to this page's exchange on behalf of somebody. */
export function client(who: Credentials): RestClient {
  return new RestClient({ url: '', credentials: who, ...(apiKey.value === undefined ? {} : { apiKey: apiKey.value }) });
}

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
  return [claims?.role, claims?.user_role, claims?.app_metadata?.role].some(
    (role) => role === 'admin' || (Array.isArray(role) && role.includes('admin')),
  );
});

export function signIn(next: Credentials): void {
  credentials.value = next;
  if (next === undefined || !isAdmin.value) view.value = 'trade';
  if (next === undefined) {
    sessionStorage.removeItem(STORED);
    keepApiKey(undefined);
  } else sessionStorage.setItem(STORED, JSON.stringify(next));
}

export function keepApiKey(key: string | undefined): void {
  apiKey.value = key;
  if (key === undefined) sessionStorage.removeItem(STORED_KEY);
  else sessionStorage.setItem(STORED_KEY, key);
}

function stored(): Credentials {
  const text = sessionStorage.getItem(STORED);
  return text === null ? undefined : JSON.parse(text);
}

/** What a JWT says of its user. Read for display only: the exchange alone verifies it. */
interface Claims {
  sub?: string;
  email?: string;
  /** Epoch seconds. */
  exp?: number;
  role?: unknown;
  user_role?: unknown;
  app_metadata?: { role?: unknown };
}

function subjectOf(token: string): string | undefined {
  const claims = claimsOf(token);
  return claims?.email ?? claims?.sub;
}

export function claimsOf(token: string): Claims | undefined {
  try {
    const text = atob((token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/'));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
  } catch {
    return undefined;
  }
}
