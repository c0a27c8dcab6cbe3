import { computed, signal } from '@preact/signals';
import { type ConnectionState, type Credentials, RestClient } from '@supernoba/client';

const STORED = 'supernoba.session';

/** Who is signed in; kept for the tab, so that a reload does not sign out. */
export const credentials = signal<Credentials>(stored());

export const rest = computed(() => new RestClient({ url: '', credentials: credentials.value }));

export const connection = signal<ConnectionState>('closed');
export const latencyMs = signal<number | undefined>(undefined);

export const userName = computed(() => {
  const current = credentials.value;
  if (current === undefined) return undefined;
  return 'testUserId' in current ? current.testUserId : (subjectOf(current.token) ?? 'JWT');
});

export function signIn(next: Credentials): void {
  credentials.value = next;
  if (next === undefined) sessionStorage.removeItem(STORED);
  else sessionStorage.setItem(STORED, JSON.stringify(next));
}

function stored(): Credentials {
  const text = sessionStorage.getItem(STORED);
  return text === null ? undefined : JSON.parse(text);
}

function subjectOf(token: string): string | undefined {
  try {
    const payload = token.split('.')[1] ?? '';
    const claims: { sub?: string; email?: string } = JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/')));
    return claims.email ?? claims.sub;
  } catch {
    return undefined;
  }
}
