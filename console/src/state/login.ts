import { effect, signal } from '@preact/signals';
import { ApiError } from '@supernoba/client';
import { claimsOf, client, credentials, signIn } from './session.ts';
import { loadSettings } from './settings.ts';
import { grantByPassword, grantByRefresh, type Project, revoke, SignInError } from './supabase.ts';

/** Where the refresh token of a Supabase session lies: in this tab only, and gone with it. */
const STORED = 'supernoba.refresh';
/** A token is renewed this long before its end; one that lives shorter, after half its life. */
const RENEW_BEFORE_MS = 60_000;
const RETRY_MS = 5_000;
/** The longest that a browser's timer can wait is about 24 days. */
const TIMER_MAX_MS = 2_000_000_000;

/** Why the user is signed out although nobody pressed the button. */
export const ended = signal<'expired' | 'refused' | undefined>(undefined);

/** Takes a JWT after the exchange has accepted it. @throws ApiError with the exchange's refusal */
export async function signInByToken(text: string): Promise<void> {
  const token = text.trim().replace(/^bearer\s+/i, '');
  await client({ token }).assets();
  forget();
  enter({ token });
}

/** Names the user without proof, where the exchange allows it. @throws ApiError with the exchange's refusal */
export async function signInByTestMode(testUserId: string, admin: boolean): Promise<void> {
  const next = { testUserId: testUserId.trim(), ...(admin ? { admin: true } : {}) };
  await client(next).assets();
  forget();
  enter(next);
}

/** @throws SignInError of the sign-in service, ApiError when the exchange does not take its token */
export async function signInByPassword(email: string, password: string): Promise<void> {
  const { token, refreshToken } = await grantByPassword(await project(), email.trim(), password);
  await client({ token }).assets();
  sessionStorage.setItem(STORED, refreshToken);
  enter({ token });
}

/** Signs out here at once, and at the sign-in service if it can be reached. */
export async function signOut(): Promise<void> {
  const current = credentials.value;
  const bySupabase = sessionStorage.getItem(STORED) !== null;
  forget();
  ended.value = undefined;
  signIn(undefined);
  if (bySupabase && current !== undefined && 'token' in current) {
    await revoke(await project(), current.token).catch(() => {});
  }
}

/** The exchange refused the session: it is renewed where it can be, and otherwise over. */
export async function onRefused(error: unknown): Promise<void> {
  if (!(error instanceof ApiError) || error.status !== 401 || credentials.value === undefined) return;
  // The session is good; only orders are refused.
  if (error.code === 'API_KEY_REQUIRED') return;
  if (sessionStorage.getItem(STORED) === null) end(error.code === 'TOKEN_EXPIRED' ? 'expired' : 'refused');
  else await renew();
}

/** From now on a token is renewed before it ends, or the user is signed out when it does. */
export function keepSession(): void {
  loadSettings().catch(() => {});
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    const current = credentials.peek();
    const expiresAt = current !== undefined && 'token' in current ? expiryOf(current.token) : undefined;
    if (expiresAt === undefined) return;
    const left = expiresAt - Date.now();
    const renewable = sessionStorage.getItem(STORED) !== null;
    const wait = renewable ? Math.max(left - RENEW_BEFORE_MS, left / 2) : left;
    if (left <= 0 && !renewable) end('expired');
    else if (left <= 0) void renew();
    else timer = setTimeout(() => (renewable ? void renew() : look()), Math.min(wait, TIMER_MAX_MS));
  };
  effect(() => {
    void credentials.value;
    look();
  });
  // Timers stand still while a machine sleeps.
  document.addEventListener('visibilitychange', look);
}

let renewing: Promise<void> | undefined;

/** One renewal at a time: a refresh token is good for one use. */
function renew(): Promise<void> {
  renewing ??= renewOnce().finally(() => {
    renewing = undefined;
  });
  return renewing;
}

async function renewOnce(): Promise<void> {
  const refreshToken = sessionStorage.getItem(STORED);
  if (refreshToken === null) return;
  try {
    const next = await grantByRefresh(await project(), refreshToken);
    // Signed out meanwhile: the new token must not sign in again.
    if (sessionStorage.getItem(STORED) !== refreshToken) return;
    sessionStorage.setItem(STORED, next.refreshToken);
    enter({ token: next.token });
  } catch (error) {
    if (error instanceof SignInError && error.refused) end('expired');
    else setTimeout(() => void renew(), RETRY_MS);
  }
}

async function project(): Promise<Project> {
  const { supabase_url: url, supabase_anon_key: anonKey } = await loadSettings();
  if (url === null || anonKey === null) throw new SignInError('No sign-in service is configured.', true);
  return { url, anonKey };
}

function enter(next: { token: string } | { testUserId: string; admin?: boolean }): void {
  ended.value = undefined;
  signIn(next);
}

function end(why: 'expired' | 'refused'): void {
  forget();
  signIn(undefined);
  ended.value = why;
}

function forget(): void {
  sessionStorage.removeItem(STORED);
}

/** When a JWT ends, epoch milliseconds. */
function expiryOf(token: string): number | undefined {
  const exp = claimsOf(token)?.exp;
  return typeof exp === 'number' ? exp * 1_000 : undefined;
}
