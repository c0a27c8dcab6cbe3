import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { RestClient } from '../../client/src/index.ts';
import { type RunningExchange, startExchange } from '../servers/exchange.ts';
import { launch, missing, visit } from './browser.ts';
import { GoTrue } from './gotrue.ts';
import { isSound } from './sound.ts';

/** A start takes seconds; on a machine with much other work, a minute and more. */
const START_MS = 150_000;

const why = missing();
if (why !== undefined) console.log(`not run: ${why}`);
else suite();

function suite(): void {
  const dataDir = mkdtempSync(join(tmpdir(), 'supernoba-login-'));
  let supabase: GoTrue;
  let exchange: RunningExchange;
  let browser: Browser;
  let aliceId: string;

  before(async () => {
    supabase = await GoTrue.start();
    aliceId = supabase.addAccount({ email: 'alice@example.com', password: 'correct horse' });
    supabase.addAccount({ email: 'root@example.com', password: 'battery staple', role: 'admin' });
    // One after the other: what has started is there to be closed when the next does not start.
    browser = await launch();
    exchange = await startExchange({
      dataDir,
      // Beside an identity provider test mode is off unless it is asked for.
      env: { SUPABASE_URL: supabase.url, SUPABASE_ANON_KEY: supabase.anonKey, ALLOW_TEST_MODE: 'true' },
      timeoutMs: START_MS,
    });
    const admin = new RestClient({ url: exchange.url, credentials: { testUserId: 'root', admin: true } });
    await admin.call('POST', '/admin/symbols', { symbol: 'ALPHA', reference_price: 10_000 });
    await admin.call('POST', `/admin/accounts/${aliceId}/deposit`, { asset: 'KRW', amount: 777_000 });
    await admin.call('POST', '/admin/accounts/bob/deposit', { asset: 'KRW', amount: 555_000 });
  });

  after(async () => {
    await browser?.close();
    exchange?.process.kill('SIGTERM');
    await exchange?.exited;
    await supabase?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** A page on which nobody is signed in, with the sign-in form open. */
  async function atTheForm() {
    const visitor = await visit(browser, exchange.url, undefined, { symbol: 'ALPHA' });
    const form = visitor.page.locator('form.sign-in');
    await visitor.page.getByRole('button', { name: 'Sign in' }).click();
    return { ...visitor, form, submit: () => form.getByRole('button', { name: 'Sign in' }).click() };
  }

  async function signInByPassword(email: string, password: string) {
    const visitor = await atTheForm();
    await visitor.form.getByLabel('E-mail').fill(email);
    await visitor.form.getByLabel('Password').fill(password);
    await visitor.submit();
    return visitor;
  }

  test('anonymous: the slow tier is told, and the ways to sign in are offered', async () => {
    const { page, form, close } = await atTheForm();
    await page.getByText('Anonymous: updates every 500 ms').waitFor();
    for (const method of ['E-mail', 'Test mode', 'Token']) {
      await form.getByRole('button', { name: method, exact: true }).waitFor();
    }
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 844 });
      for (const method of ['E-mail', 'Test mode', 'Token']) {
        await form.getByRole('button', { name: method, exact: true }).click();
        await isSound(page, `sign-in by ${method}, ${width} px`, '.top-bar');
      }
      await page.getByText('500 ms').first().waitFor();
    }
    await page.keyboard.press('Escape');
    await form.waitFor({ state: 'detached' });
    await close();
  });

  test('Supabase: a wrong password is told, the right one signs in, sign-out ends the session there too', async () => {
    const { page, form, submit, close } = await signInByPassword('alice@example.com', 'wrong');
    await form.getByText('Invalid login credentials').waitFor();
    await form.getByLabel('Password').fill('correct horse');
    await submit();
    await page.getByText('Live: updates every 50 ms').waitFor();
    await page.locator('.who').getByText('alice@example.com').waitFor();
    await page.locator('section.assets').getByText('777,000').first().waitFor();
    assert.equal(await page.getByRole('navigation', { name: 'Screens' }).count(), 0, 'alice is no admin');
    assert.equal(await trade(page), 'accepted');
    assert.equal(supabase.openSessions, 1);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('Anonymous: updates every 500 ms').waitFor();
    await page.getByText('Sign in to trade').waitFor();
    await until(() => supabase.openSessions === 0, 'the session was not ended at the service');
    assert.equal(await page.evaluate('sessionStorage.length'), 0);
    await close();
  });

  test('Supabase: an admin role opens the admin screen', async () => {
    const { page, close } = await signInByPassword('root@example.com', 'battery staple');
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('button', { name: 'Admin' }).click();
    await page.getByRole('button', { name: 'Halt ALPHA' }).waitFor();
    await close();
  });

  test('Supabase: a token is renewed before it ends, over a reload too; a session ended there ends here', async () => {
    // Renewed after half its life: the other half is for a machine that stands still now and then.
    supabase.lifetimeS = 24;
    const { page, close } = await signInByPassword('alice@example.com', 'correct horse');
    const renewals = () => supabase.asked.filter((path) => path.endsWith('grant_type=refresh_token')).length;
    await page.getByText('Live: updates every 50 ms').waitFor();
    const before = renewals();
    await until(() => renewals() >= before + 1, 'no renewal');
    await page.reload();
    await until(() => renewals() >= before + 3, 'no renewal after a reload');
    await page.getByText('Live: updates every 50 ms').waitFor();
    assert.equal(await trade(page), 'accepted');
    supabase.endSessions();
    await page.getByText('Your sign-in has ended. Sign in again.').waitFor();
    await page.getByText('Anonymous: updates every 500 ms').waitFor();
    supabase.lifetimeS = 3_600;
    await close();
  });

  test('where orders need an API key: it is asked for, an order without it is refused and nobody signed out', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'supernoba-keys-'));
    const keyed = await startExchange({
      dataDir: folder,
      env: { ALLOW_TEST_MODE: 'true', API_KEYS: 'key-of-the-console' },
      timeoutMs: START_MS,
    });
    t.after(async () => {
      keyed.process.kill('SIGTERM');
      await keyed.exited;
      rmSync(folder, { recursive: true, force: true });
    });
    const admin = new RestClient({ url: keyed.url, credentials: { testUserId: 'root', admin: true } });
    await admin.call('POST', '/admin/symbols', { symbol: 'ALPHA', reference_price: 10_000 });
    await admin.call('POST', '/admin/accounts/carol/deposit', { asset: 'KRW', amount: 100_000 });
    const { page, close } = await visit(browser, keyed.url, undefined, { symbol: 'ALPHA' });
    const signIn = async (key: string) => {
      await page.getByRole('button', { name: 'Sign in' }).click();
      const form = page.locator('form.sign-in');
      await form.getByLabel('User').fill('carol');
      await form.getByLabel('API key').fill(key);
      await form.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('Live: updates every 50 ms').waitFor();
    };
    await signIn('');
    await page.locator('#ticket-price').fill('9000');
    await page.locator('#ticket-quantity').fill('1');
    await page.getByRole('button', { name: 'Buy ALPHA' }).click();
    await page.getByText('API_KEY_REQUIRED').first().waitFor();
    await page.locator('.who').getByText('carol').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await signIn('key-of-the-console');
    assert.equal(await trade(page), 'accepted');
    await page.reload();
    await page.getByText('Live: updates every 50 ms').waitFor();
    assert.equal(await trade(page), 'accepted');
    await page.getByRole('button', { name: 'Sign out' }).click();
    assert.equal(await page.evaluate('sessionStorage.length'), 0);
    await close();
  });

  test('a pasted token: the exchange judges it, it trades as its subject, and when it ends the user is signed out', async () => {
    const { page, form, submit, close } = await atTheForm();
    await form.getByRole('button', { name: 'Token' }).click();
    await form.getByLabel('JWT').fill('not.a.token');
    await submit();
    await form.getByText('INVALID_TOKEN').waitFor();
    await form.getByLabel('JWT').fill(await supabase.token('bob', {}, -60));
    await submit();
    await form.getByText('TOKEN_EXPIRED').waitFor();
    await form.getByLabel('JWT').fill(`Bearer ${await supabase.token('bob', {}, 30)}`);
    await submit();
    await page.locator('.who').getByText('bob').waitFor();
    await page.locator('section.assets').getByText('555,000').first().waitFor();
    await page.getByText('Your sign-in has ended. Sign in again.').waitFor();
    assert.equal(await page.evaluate('sessionStorage.length'), 0);
    await close();
  });

  test('test mode: as a user, signed out again, then as an admin', async () => {
    const { page, form, submit, close } = await atTheForm();
    await form.getByRole('button', { name: 'Test mode' }).click();
    await form.getByLabel('User id (test mode)').fill('bob');
    await submit();
    await page.locator('section.assets').getByText('555,000').first().waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('Anonymous: updates every 500 ms').waitFor();
    await page.locator('section.assets').getByText('555,000').first().waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Sign in' }).click();
    await form.getByRole('button', { name: 'Test mode' }).click();
    await form.getByLabel('as admin').check();
    await submit();
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('button', { name: 'Admin' }).waitFor();
    await close();
  });

  test('no token is written to the exchange log or to the page console', async () => {
    const { page, form, submit, close } = await atTheForm();
    const said: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    const token = await supabase.token('carol');
    await form.getByRole('button', { name: 'Token' }).click();
    await form.getByLabel('JWT').fill(token);
    await submit();
    await page.getByText('Live: updates every 50 ms').waitFor();
    const signature = token.slice(-40);
    assert.ok(![...said, exchange.stderr()].some((text) => text.includes(signature)));
    assert.equal(await page.evaluate('localStorage.getItem("supernoba.session")'), null);
    await close();
  });
}

/** Places a small order in the ticket and tells whether the exchange took it. */
async function trade(page: Page): Promise<string> {
  await page.locator('#ticket-price').fill('9000');
  await page.locator('#ticket-quantity').fill('1');
  await page.getByRole('button', { name: 'Buy ALPHA' }).click();
  await page
    .getByRole('row', { name: /ALPHA Buy.* 9,000 1 0/ })
    .first()
    .waitFor();
  return 'accepted';
}

async function until(right: () => boolean, otherwise: string, ms = 90_000): Promise<void> {
  const end = performance.now() + ms;
  while (!right()) {
    assert.ok(performance.now() < end, otherwise);
    await new Promise((done) => setTimeout(done, 50));
  }
}
