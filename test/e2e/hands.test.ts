import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { missing } from './browser.ts';
import { Desk } from './desk.ts';

const ALICE = { testUserId: 'alice' };
/** Run in the page: what has the focus. */
const FOCUSED = `(({ activeElement: { id, classList, textContent } }) => id || [...classList][0] || textContent)(document)`;

const why = missing();
if (why !== undefined) console.log(`not run: ${why}`);
else suite();

function suite(): void {
  let desk: Desk;
  before(async () => {
    desk = await Desk.open();
    for (const symbol of ['DAWN', 'DUSK']) await desk.admin.call('POST', '/admin/symbols', { symbol, quote: 'KRW' });
    await desk.order('SELL', 10_010, 50);
    await desk.order('BUY', 9_990, 50);
  });
  after(() => desk?.close());

  const focused = (page: Page): Promise<string> => page.evaluate(FOCUSED);
  const shown = (page: Page): Promise<string> => page.evaluate('location.hash');

  async function atTheDesk() {
    const opened = await desk.visit(ALICE);
    await opened.page.locator('.rung.bid').first().waitFor();
    return opened;
  }

  test('a market is found and taken by keyboard; the board is one stop of the tab key', async () => {
    const { page, close } = await atTheDesk();
    await page.keyboard.press('/');
    await page.keyboard.type('dusk');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Buy DUSK' }).waitFor();
    assert.deepEqual([await shown(page), await page.locator('#market-search').inputValue()], ['#DUSK', '']);
    await page.locator('.board li').nth(2).waitFor();

    await page.keyboard.press('/');
    await page.keyboard.press('ArrowDown');
    assert.match(await focused(page), /^DAWN/);
    await page.keyboard.press('ArrowDown');
    assert.match(await focused(page), /^DESK/);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Buy DESK' }).waitFor();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    assert.equal(await focused(page), 'market-search');
    await page.keyboard.press('Tab');
    assert.match(await focused(page), /^DESK/, 'the market that is shown is the stop');
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), '1m');
    await close();
  });

  test('the button of the ticket keeps the focus, so the same order is sent by the same key', async () => {
    const { page, close } = await atTheDesk();
    await page.locator('.submit').focus();
    for (const filled of [1, 2]) {
      await page.keyboard.press('Enter');
      await page.locator('.ticket output').getByText('Filled').waitFor();
      await page
        .locator('.assets')
        .getByText((10_000 + filled).toLocaleString('en-US'))
        .waitFor();
      assert.equal(await focused(page), 'submit');
    }
    await close();
  });

  test('without a price or a quantity nothing is sent: the ticket says what is missing and goes there', async () => {
    const { page, close } = await atTheDesk();
    let sent = 0;
    page.on('request', (request) => {
      if (request.method() === 'POST') sent += 1;
    });
    for (const [id, text] of [
      ['ticket-price', 'Enter a price above zero.'],
      ['ticket-quantity', 'Enter a quantity above zero.'],
    ] as const) {
      const before = await page.locator(`#${id}`).inputValue();
      for (const typed of ['', '0', 'ten']) {
        await page.locator(`#${id}`).fill(typed);
        await page.locator('.submit').click();
        await page.locator('.ticket output').getByText(text).waitFor();
        assert.equal(await focused(page), id);
      }
      await page.locator(`#${id}`).fill(before);
    }
    assert.equal(sent, 0);
    await close();
  });

  test('a price picked from the ladder makes a limit order of a market order', async () => {
    const { page, close } = await atTheDesk();
    await page.getByRole('button', { name: 'Market', exact: true }).click();
    assert.ok(await page.locator('#ticket-price').isDisabled());
    await page.locator('.rung.bid').first().click();
    assert.equal(await page.locator('#ticket-price').inputValue(), '9990');
    assert.equal(await page.getByRole('button', { name: 'Limit', exact: true }).getAttribute('aria-pressed'), 'true');
    await close();
  });

  test('who does not see colours is told sides in words', async () => {
    const { page, close } = await atTheDesk();
    const ladder = page.getByRole('group', { name: 'Order book' });
    await ladder
      .getByRole('group', { name: 'Asks' })
      .getByRole('button', { name: /10,010/ })
      .waitFor();
    await ladder.getByRole('group', { name: 'Bids' }).getByRole('button', { name: /9,990/ }).waitFor();
    await desk.order('SELL', 9_990, 1);
    await page
      .locator('section.tape li')
      .filter({ hasText: /9,990\s*Sell/ })
      .waitFor();
    await close();
  });

  test('the day so far stands above the chart: opening, highest, lowest, traded quantity', async () => {
    const { page, close } = await atTheDesk();
    const day = page.locator('.day');
    await day.getByText('9,990').waitFor();
    const told = (await day.innerText()).replaceAll(/\s+/g, ' ');
    assert.equal(told, 'Prev. close 10,000 Open 10,010 High 10,010 Low 9,990 Volume 3');
    await desk.order('BUY', 10_010, 4);
    await day.getByText('7', { exact: true }).waitFor();
    await close();
  });
}
