import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { RestClient } from '../../client/src/index.ts';
import { type RunningExchange, startExchange } from '../servers/exchange.ts';
import { launch, missing, visit } from './browser.ts';
import { GoTrue } from './gotrue.ts';
import { isSoundInEveryLook } from './sound.ts';

/** The longest that the two minutes of the candle test take, on a machine with other work. */
const ALL_TESTS_MS = 400_000;
const ROOT = 'root';

/** A start takes seconds; on a machine with much other work, a minute and more. */
const START_MS = 150_000;

const why = missing();
if (why !== undefined) console.log(`not run: ${why}`);
else suite();

function suite(): void {
  const dataDir = mkdtempSync(join(tmpdir(), 'supernoba-market-tests-'));
  let supabase: GoTrue;
  let exchange: RunningExchange;
  let browser: Browser;

  before(async () => {
    supabase = await GoTrue.start();
    // One after the other: what has started is there to be closed when the next does not start.
    browser = await launch();
    exchange = await startExchange({
      dataDir,
      env: { JWKS_URL: `${supabase.url}/auth/v1/.well-known/jwks.json`, ALLOW_TEST_MODE: 'true' },
      timeoutMs: START_MS,
    });
  });

  after(async () => {
    await browser?.close();
    exchange?.process.kill('SIGTERM');
    await exchange?.exited;
    await supabase?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function atTheTests(visitor: { testUserId: string; admin: true } | { token: string }) {
    const opened = await visit(browser, exchange.url, visitor);
    await opened.page.getByRole('navigation', { name: 'Screens' }).getByRole('button', { name: 'Tests' }).click();
    return opened;
  }

  test('all market tests pass on this exchange, and the races were won by both', { timeout: 900_000 }, async () => {
    const { page, close } = await atTheTests({ testUserId: ROOT, admin: true });
    await page.getByRole('button', { name: 'Run all' }).click();
    await allEnd(page, 6);
    const rows = page.locator('.test-list > li');
    assert.equal(await rows.count(), 6);
    for (const row of await rows.all()) await hasPassed(row);
    const race = await page.locator('[data-test=race] .what > p').innerText();
    console.log(`cancel race: ${race}`);
    const [, rounds, byFill, byCancel] = /^(\d+) races: (\d+) won by the fill, (\d+) by the cancel/.exec(race) ?? [];
    assert.equal(Number(byFill) + Number(byCancel), Number(rounds));
    assert.ok(Number(byFill) > 0 && Number(byCancel) > 0, race);
    // The candle test's own comparison: what the script says of its first minute.
    const candles = page.locator('[data-test=candles]');
    await candles.getByText(/\d+ \/ \d+ checks/).click();
    await candles.getByRole('row', { name: /trades: price, quantity/ }).waitFor();
    assert.match(await candles.innerText(), /O 10000 H 10050 L 9980 C 10020 V 45/);
    assert.match(await candles.innerText(), /closed \d\d:\d\d on the socket/);
    await leftNothing();
    await close();
  });

  test('a single test runs by its own button; the load generator sends what it says, and stops', async () => {
    const { page, close } = await atTheTests({ testUserId: ROOT, admin: true });
    await page.getByRole('button', { name: 'Run: Crossing' }).click();
    await allEnd(page, 1);
    const crossing = page.locator('[data-test=crossing]');
    await hasPassed(crossing);
    // What was seen is told in the language that is chosen, also when it is chosen later.
    await crossing.getByText(/\d+ \/ \d+ checks/).click();
    await crossing.getByRole('rowheader', { name: 'the bid' }).waitFor();
    await page.getByRole('button', { name: '한국어' }).click();
    await crossing.getByRole('rowheader', { name: '매수 주문' }).waitFor();
    assert.equal(await crossing.locator('.what > p').innerText(), '10100 매수 주문이 10000에 체결');
    await page.getByRole('button', { name: 'EN', exact: true }).click();

    const load = page.getByRole('region', { name: 'Load generator' });
    await load.getByRole('slider').fill('40');
    await load.getByRole('button', { name: 'Start' }).click();
    await load.locator('[data-figure=sent]').waitFor();
    while ((await figure(load, 'sent')) < 120) await page.waitForTimeout(100);
    await load.getByRole('button', { name: 'Stop' }).click();
    await load.getByRole('button', { name: 'Start' }).waitFor();
    const sent = await figure(load, 'sent');
    const counts = await load
      .locator('.latencies li')
      .evaluateAll((items) =>
        items.map((item) => Number((item as unknown as { dataset: { count: string } }).dataset.count)),
      );
    const total = counts.reduce((sum, count) => sum + count, 0);
    console.log(
      `load: ${sent} sent, histogram ${counts.join(' ')}, p50 ${await load.locator('[data-figure=p50]').innerText()}`,
    );
    assert.deepEqual(
      [total, await figure(load, 'accepted'), await figure(load, 'failed'), await figure(load, 'in-flight')],
      [sent, sent, 0, 0],
    );
    assert.equal(await ordersOfTheLoad(), sent, 'orders that the exchange knows');
    await page.waitForTimeout(1_000);
    assert.equal(await figure(load, 'sent'), sent, 'nothing is sent after a stop');
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 844 });
      await isSoundInEveryLook(page, `tests with results, ${width} px`);
    }
    await leftNothing();
    await close();
  });

  test('with a token and no users to name, the tests trade on the own account and leave it as it was', async (t) => {
    const strict = mkdtempSync(join(tmpdir(), 'supernoba-strict-'));
    const guarded = await startExchange({
      dataDir: strict,
      env: { JWKS_URL: `${supabase.url}/auth/v1/.well-known/jwks.json` },
      timeoutMs: START_MS,
    });
    t.after(async () => {
      guarded.process.kill('SIGTERM');
      await guarded.exited;
      rmSync(strict, { recursive: true, force: true });
    });
    const token = await supabase.token('operator', { app_metadata: { role: 'admin' } });
    const own = new RestClient({ url: guarded.url, credentials: { token } });
    await own.call('POST', '/admin/accounts/operator/deposit', { asset: 'KRW', amount: 12_345 });
    const { page, close } = await visit(browser, guarded.url, { token });
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('button', { name: 'Tests' }).click();
    await page.getByText('Test mode is off').waitFor();
    for (const name of ['Crossing', 'Partial fill', 'IOC and FOK', 'Cancel race', 'Reconnect']) {
      await page.getByRole('button', { name: `Run: ${name}` }).click();
      await page.waitForTimeout(200);
      await page.getByRole('button', { name: 'Run all', disabled: false }).waitFor();
    }
    for (const name of ['crossing', 'partial', 'immediate', 'race', 'reconnect']) {
      await hasPassed(page.locator(`[data-test=${name}]`));
    }
    const { wallets, positions } = await own.assets();
    assert.deepEqual(
      wallets.map(({ currency, balance, locked }) => [currency, balance, locked]),
      [['KRW', 12_345, 0]],
    );
    assert.deepEqual(positions, []);
    await close();
  });

  /** The tests' markets are off the board and their accounts are empty. */
  async function leftNothing(): Promise<void> {
    const admin = new RestClient({ url: exchange.url, credentials: { testUserId: ROOT, admin: true } });
    const { symbols } = await admin.call<{ symbols: { symbol: string; status: string }[] }>('GET', '/symbols');
    const marks = symbols.map(({ symbol, status }) => {
      assert.equal(status, 'DELISTED', symbol);
      return symbol.slice(1);
    });
    for (const mark of marks) {
      for (const user of [`test-buyer-${mark}`, `test-seller-${mark}`]) {
        const { wallets, positions } = await new RestClient({
          url: exchange.url,
          credentials: { testUserId: user },
        }).assets();
        assert.ok([...wallets.map(({ balance }) => balance), ...positions.map(({ qty }) => qty)].every((n) => n === 0));
      }
    }
  }

  /** Orders of the newest market, as both of its accounts see them. */
  async function ordersOfTheLoad(): Promise<number> {
    const admin = new RestClient({ url: exchange.url, credentials: { testUserId: ROOT, admin: true } });
    const { entries } = await admin.call<{ entries: { action: string; target: string }[] }>('GET', '/admin/audit');
    const mark = entries.find(({ action }) => action === 'CREATE_SYMBOL')?.target.slice(1);
    let count = 0;
    for (const user of [`test-buyer-${mark}`, `test-seller-${mark}`]) {
      const rest = new RestClient({ url: exchange.url, credentials: { testUserId: user } });
      for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
        const page = await rest.orders({ limit: 100, ...(cursor === undefined ? {} : { cursor }) });
        count += page.orders.length;
        cursor = page.next_cursor;
      }
    }
    return count;
  }
}

async function allEnd(page: Page, tests: number): Promise<void> {
  await page.waitForTimeout(200);
  await page.getByRole('button', { name: 'Run all', disabled: false }).waitFor({ timeout: ALL_TESTS_MS });
  const ended = await page.locator('.test-list > li[data-state=passed], .test-list > li[data-state=failed]').count();
  assert.equal(ended, tests);
}

async function hasPassed(row: Locator): Promise<void> {
  assert.equal(await row.getAttribute('data-state'), 'passed', await row.innerText());
}

async function figure(load: Locator, name: string): Promise<number> {
  return Number.parseInt(await load.locator(`[data-figure=${name}]`).innerText(), 10);
}
