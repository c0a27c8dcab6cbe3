import type { DeskOptions } from '../../market-tests/desk.ts';
import { claimsOf, client, credentials, rest } from '../../state/session.ts';
import { loadSettings } from '../../state/settings.ts';

/** The tests' markets are made by who is signed in, on the exchange that serves this page. */
export async function deskOptions(): Promise<DeskOptions> {
  const { test_mode: testMode } = await loadSettings();
  return { admin: { userId: ownUserId(), credentials: credentials.value, rest: rest.value }, testMode, client };
}

function ownUserId(): string {
  const current = credentials.value;
  if (current === undefined) return '';
  return 'testUserId' in current ? current.testUserId : (claimsOf(current.token)?.sub ?? '');
}
