import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { RestClient } from '../../client/src/index.ts';
import { type RunningExchange, startExchange } from '../servers/exchange.ts';
import { documentedFetch } from '../support/documented-fetch.ts';
import { launch, missing, visit } from './browser.ts';
import { until } from './desk.ts';
import { isSound, isSoundInEveryLook } from './sound.ts';

const SECTIONS = ['Markets', 'Accounts', 'Engines', 'Streams', 'Routes', 'Audit log'] as const;
/** A start takes seconds; on a machine with much other work, a minute and more. */
const START_MS = 150_000;

const why = missing();
if (why !== undefined) console.log(`not run: ${why}`);
else suite();

function suite(): void {
  const dataDir = mkdtempSync(join(tmpdir(), 'supernoba-admin-'));
  let exchange: RunningExchange;
  let browser: Browser;
  let admin: RestClient;

  before(async () => {
    // One after the other: what has started is there to be closed when the next does not start.
    browser = await launch();
    exchange = await startExchange({ dataDir, timeoutMs: START_MS });
    admin = new RestClient({
      fetch: documentedFetch,
      url: exchange.url,
      credentials: { testUserId: 'root', admin: true },
    });
    await admin.call('POST', '/admin/symbols', { symbol: 'ALPHA', name: 'Alpha Corp', reference_price: 10_000 });
  });

  after(async () => {
    await browser?.close();
    exchange?.process.kill('SIGTERM');
    await exchange?.exited;
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function atTheAdminScreen(section: (typeof SECTIONS)[number], width = 1440) {
    const opened = await visit(browser, exchange.url, { testUserId: 'root', admin: true }, { width });
    await opened.page.getByRole('navigation', { name: 'Screens' }).getByRole('button', { name: 'Admin' }).click();
    await goTo(opened.page, section);
    return opened;
  }

  async function market(symbol: string): Promise<Record<string, unknown>> {
    const { symbols } = await admin.call<{ symbols: Record<string, unknown>[] }>('GET', '/admin/symbols');
    const found = symbols.find((candidate) => candidate.symbol === symbol);
    assert.ok(found, symbol);
    return found;
  }

  test('a market is made with all its terms; what breaks a rule is told in the form', async () => {
    const { page, close } = await atTheAdminScreen('Markets');
    await page.getByRole('button', { name: 'New market' }).click();
    const form = page.getByRole('dialog', { name: 'New market' });
    await fill(form, {
      Symbol: 'coin',
      Name: 'Coin & Co.',
      'Price decimals': '2',
      'Quantity decimals': '4',
      'Reference price': '60000.5',
      'Price limit': '12.5',
      'Tick size': '0.5',
      'Lot size': '0.001',
      'Largest order': '1000',
      'Maker fee': '10',
      'Taker fee': '20',
    });
    await form.getByLabel('Trading hours').selectOption('KRX');
    await form.getByRole('button', { name: 'Create' }).click();
    await form.getByText('INVALID_INSTRUMENT').waitFor();
    await form.getByLabel('Paid in').selectOption('USDT');
    await form.getByRole('button', { name: 'Create' }).click();
    await page.getByText('✓ COIN: Create').waitFor();
    await page
      .getByRole('row', { name: /COIN Coin & Co\. · USDT ACTIVE 60,000\.50 52,500\.50 – 67,500\.50/ })
      .waitFor();
    const made = await market('COIN');
    const { name, quote, tick_size, lot_size, max_quantity, price_limit_pct, maker_fee_bps, taker_fee_bps } = made;
    assert.deepEqual(
      [name, quote, tick_size, lot_size, max_quantity, price_limit_pct, maker_fee_bps, taker_fee_bps, made.calendar],
      ['Coin & Co.', 'USDT', 0.5, 0.001, 1_000, 12.5, 10, 20, 'KRX'],
    );
    await close();
  });

  test('every term of a market is edited, and only what was touched is sent', async () => {
    const { page, close } = await atTheAdminScreen('Markets');
    const sent: unknown[] = [];
    page.on('request', (request) => {
      if (request.method() === 'PATCH') sent.push(request.postDataJSON());
    });
    const edit = async (work: (form: Locator) => Promise<unknown>) => {
      await page.getByRole('button', { name: 'Edit ALPHA' }).click();
      const form = page.getByRole('dialog', { name: 'Edit: ALPHA' });
      await work(form);
      await form.getByRole('button', { name: 'Save changes' }).click();
      await form.waitFor({ state: 'detached' });
    };
    await edit((form) =>
      fill(form, {
        Name: 'Alpha Holdings',
        'Reference price': '20000',
        'Price limit': '10',
        'Lot size': '5',
        'Largest order': '5000',
        'Maker fee': '3',
        'Taker fee': '7',
      }),
    );
    await page.getByRole('row', { name: /ALPHA Alpha Holdings · KRW ACTIVE 20,000 18,000 – 22,000/ }).waitFor();
    const changed = await market('ALPHA');
    assert.deepEqual(
      [changed.lot_size, changed.max_quantity, changed.maker_fee_bps, changed.taker_fee_bps, changed.tick_size],
      [5, 5_000, 3, 7, 1],
    );
    await edit((form) => form.getByLabel('Tick rule').selectOption('KRX'));
    assert.equal((await market('ALPHA')).tick_size, 50);
    await edit(async (form) => {
      assert.equal(await form.getByLabel('Tick rule').inputValue(), 'BANDS', 'the table in force is shown');
      await form.locator('textarea[name=bands]').fill('0, 10\n10000, 100');
    });
    assert.deepEqual((await market('ALPHA')).tick_table, [
      { from: 0, tick: 10 },
      { from: 10_000, tick: 100 },
    ]);
    await edit((form) => fill(form, { 'Price limit': '' }));
    assert.equal((await market('ALPHA')).upper_limit, null);
    await edit((form) => form.getByLabel('Status').selectOption('CANCEL_ONLY'));
    assert.equal((await market('ALPHA')).status, 'CANCEL_ONLY');
    assert.deepEqual(sent.slice(1), [
      { tick_table: 'KRX' },
      {
        tick_table: [
          { from: '0', tick: '10' },
          { from: '10000', tick: '100' },
        ],
      },
      { price_limit_pct: null },
      { status: 'CANCEL_ONLY' },
    ]);
    await page.getByRole('button', { name: 'Edit ALPHA' }).click();
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('Nothing was changed.').waitFor();
    await page.keyboard.press('Escape');
    await close();
  });

  test('a market is halted, resumed, its day closed, delisted and listed again', async () => {
    await admin.call('POST', '/admin/symbols', { symbol: 'ENDS', reference_price: 1_000 });
    const { page, close } = await atTheAdminScreen('Markets');
    await page.getByRole('button', { name: 'Halt ENDS' }).click();
    await page.getByText('✓ ENDS: Halt').waitFor();
    assert.equal((await market('ENDS')).status, 'HALTED');
    await page.getByRole('button', { name: 'Resume ENDS' }).click();
    await page.getByText('✓ ENDS: Resume').waitFor();
    await page.getByRole('button', { name: 'Close the day ENDS' }).click();
    await page.getByRole('dialog').getByLabel('New reference price').fill('1234');
    await page.getByRole('dialog').getByRole('button', { name: 'Close the day' }).click();
    await page.getByRole('row', { name: /ENDS.*ACTIVE 1,234/ }).waitFor();
    await page.getByRole('button', { name: 'Delist ENDS' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    assert.equal((await market('ENDS')).status, 'ACTIVE');
    await page.getByRole('button', { name: 'Delist ENDS' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delist' }).click();
    await page.getByText('✓ ENDS: Delist').waitFor();
    await page.getByRole('row', { name: /ENDS/ }).waitFor({ state: 'detached' });
    await page.getByLabel('Show delisted').check();
    await page.getByRole('button', { name: 'List again ENDS' }).click();
    await page.getByRole('row', { name: /ENDS.*ACTIVE/ }).waitFor();
    await close();
  });

  test('money goes in and out of an account; more than there is is refused in words', async () => {
    const { page, close } = await atTheAdminScreen('Accounts');
    await page.getByRole('textbox', { name: 'Account' }).fill('carol');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('This account owns nothing.').waitFor();
    const move = async (way: 'Deposit' | 'Withdraw', amount: string) => {
      await page.getByRole('group', { name: 'Direction' }).getByRole('button', { name: way }).click();
      await page.getByLabel('Amount').fill(amount);
      await page.locator('form.transfer').locator('button[type=submit]').click();
    };
    await move('Deposit', '5000');
    await page.getByRole('row', { name: /KRW 5,000 0 5,000/ }).waitFor();
    await move('Withdraw', '1200');
    await page.getByRole('row', { name: /KRW 3,800 0 3,800/ }).waitFor();
    await move('Withdraw', '1000000');
    await page.locator('form.transfer').getByText('INSUFFICIENT_FUNDS').waitFor();
    await page.getByRole('row', { name: /Withdraw 1,200 KRW root/ }).waitFor();
    await page.getByRole('row', { name: /Deposit 5,000 KRW root/ }).waitFor();
    const { wallets } = await admin.call<{ wallets: { balance: number }[] }>('GET', '/admin/accounts/carol');
    assert.deepEqual(
      wallets.map(({ balance }) => balance),
      [3_800],
    );
    await close();
  });

  test('engines with their shards, health, and a snapshot on demand', async () => {
    const { page, close } = await atTheAdminScreen('Engines');
    await page.getByText('takes orders').waitFor();
    const shards = page.getByRole('region', { name: 'engine-1' }).locator('tbody tr');
    await shards.first().waitFor();
    assert.equal(await shards.count(), 4);
    await page.getByRole('button', { name: 'Snapshot now' }).click();
    await page.getByText('✓ Snapshot now').waitFor();
    await page
      .getByRole('row', { name: /snapshots\/partition-\d/ })
      .first()
      .waitFor();
    const { snapshots } = await admin.call<{ snapshots: unknown[] }>('GET', '/admin/snapshots');
    assert.ok(snapshots.length > 0);
    await close();
  });

  test('streams with their lag; one of one’s own is made and deleted, the exchange’s own cannot be', async () => {
    const { page, close } = await atTheAdminScreen('Streams');
    const orders = page.getByRole('row', { name: /^supernoba-orders/ });
    await orders.getByText('matching-engine').waitFor();
    assert.match(await orders.innerText(), /the exchange’s own/);
    assert.equal(await orders.getByRole('button').count(), 0);
    await page.getByLabel('Stream', { exact: true }).fill('my-stream');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('row', { name: /^my-stream 3/ }).waitFor();
    await page.getByRole('button', { name: 'Delete my-stream' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('✓ my-stream: Delete').waitFor();
    await page.getByRole('row', { name: /^my-stream/ }).waitFor({ state: 'detached' });
    await close();
  });

  test('routes and migrations show what the API has', async () => {
    const { page, close } = await atTheAdminScreen('Routes');
    const { routes } = await admin.call<{ routes: { symbol: string; shard: number }[] }>('GET', '/admin/routes');
    for (const { symbol, shard } of routes)
      await page.getByRole('row', { name: `${symbol} ${shard} ACTIVE` }).waitFor();
    await page.getByText('No symbol has been moved between engines.').waitFor();
    await close();
  });

  test('the audit log tells every act above, page by page', async () => {
    for (let cents = 1; cents <= 60; cents += 1) {
      await admin.call('POST', '/admin/accounts/dave/deposit', { asset: 'USD', amount: cents / 100 });
    }
    const { page, close } = await atTheAdminScreen('Audit log');
    const rows = page.locator('section.panel tbody tr');
    await rows.first().waitFor();
    assert.equal(await rows.count(), 50);
    await page.getByRole('button', { name: 'Older' }).click();
    await page.getByRole('row', { name: /root SET_STATUS ENDS status: ACTIVE → HALTED/ }).waitFor();
    await page.getByRole('row', { name: /root DELIST_SYMBOL ENDS status: ACTIVE → DELISTED/ }).waitFor();
    await page.getByRole('row', { name: /root CHANGE_SYMBOL ALPHA .*name: Alpha Corp → Alpha Holdings/ }).waitFor();
    await page.getByLabel('Filter').fill('snapshot');
    await page.getByRole('row', { name: /CREATE_SNAPSHOT/ }).waitFor();
    const count = await until(
      () => rows.count(),
      (shown) => shown === 1,
    );
    assert.equal(count, 1);
    await page.getByLabel('Filter').fill('');
    await page.getByRole('button', { name: 'Newest' }).click();
    await page
      .getByRole('row', { name: /DEPOSIT dave/ })
      .first()
      .waitFor();
    await close();
  });

  test('the figures live: orders a second go up while orders come', async () => {
    await admin.call('POST', '/admin/symbols', { symbol: 'FLOW', reference_price: 1_000 });
    await admin.call('POST', '/admin/accounts/flow/deposit', { asset: 'KRW', amount: 1_000_000_000_000 });
    const trader = new RestClient({ fetch: documentedFetch, url: exchange.url, credentials: { testUserId: 'flow' } });
    const { page, close } = await atTheAdminScreen('Markets');
    const orders = page.locator('.tiles > div').filter({ hasText: 'Orders' }).locator('dd');
    let ended = false;
    const work = (async () => {
      while (!ended) {
        await trader.placeOrder({ symbol: 'FLOW', side: 'BUY', price: 900, quantity: 1 });
        // Neither the money nor what the address may ask in a minute is used up before the screen tells.
        await new Promise((done) => setTimeout(done, 100));
      }
    })().catch(() => {});
    const end = performance.now() + 90_000;
    while (
      Number.parseFloat(await orders.innerText()) < 1 ||
      Number.isNaN(Number.parseFloat(await orders.innerText()))
    ) {
      assert.ok(performance.now() < end, await orders.innerText());
      await page.waitForTimeout(200);
    }
    ended = true;
    await work;
    await page.locator('.tiles polyline').nth(9).waitFor({ state: 'attached' });
    await close();
  });

  test('no accessibility fault in any section or form, and no sideways scrolling, in both languages and looks', async () => {
    for (const width of [1440, 390]) {
      const { page, close } = await atTheAdminScreen('Markets', width);
      for (const section of SECTIONS) {
        await goTo(page, section);
        if (section === 'Accounts') await page.locator('form.row button[type=submit]').click();
        await page.waitForTimeout(400);
        await isSoundInEveryLook(page, `${section}, ${width} px`);
      }
      await goTo(page, 'Markets');
      await page.getByRole('button', { name: 'Edit ALPHA' }).click();
      await page.getByRole('dialog').waitFor();
      await isSound(page, `edit, ${width} px`);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'New market' }).click();
      await page.getByRole('dialog').waitFor();
      await isSound(page, `new market, ${width} px`);
      await close();
    }
  });
}

async function goTo(page: Page, section: string): Promise<void> {
  await page.locator('.section-bar').getByRole('button', { name: section }).click();
}

/** Fills inputs by what their labels begin with. */
async function fill(form: Locator, values: Record<string, string>): Promise<void> {
  for (const [label, value] of Object.entries(values)) await form.getByLabel(new RegExp(`^${label}`)).fill(value);
}
