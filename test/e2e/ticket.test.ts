import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { missing } from './browser.ts';
import { Desk, until } from './desk.ts';

const ALICE = { testUserId: 'alice' };

const why = missing();
if (why !== undefined) console.log(`not run: ${why}`);
else suite();

function suite(): void {
  let desk: Desk;
  before(async () => {
    // Around 20,000 the KRX table changes from a tick of 10 to one of 50.
    desk = await Desk.open({ reference_price: 19_990, maker_fee_bps: 10, taker_fee_bps: 20 });
    await desk.order('SELL', 20_100, 50);
    await desk.order('BUY', 19_900, 50);
  });
  after(() => desk?.close());

  async function open(): Promise<{ page: Page; close(): Promise<void> }> {
    const visit = await desk.visit(ALICE);
    await visit.page.getByRole('button', { name: `Buy ${desk.symbol}` }).waitFor();
    // The ticket has proposed the price at which the order would trade at once; from here on it is the test's.
    await until(
      () => price(visit.page),
      (text) => text === '20100',
    );
    return visit;
  }

  const price = (page: Page) => page.locator('#ticket-price').inputValue();
  const quantity = (page: Page) => page.locator('#ticket-quantity').inputValue();

  test('prices step by the tick of their band, quantities by lots, with buttons and arrow keys', async () => {
    const { page, close } = await open();
    const field = page.locator('#ticket-price');
    await field.fill('19990');
    await page.getByRole('button', { name: 'One tick up' }).click();
    assert.equal(await price(page), '20000');
    await page.getByRole('button', { name: 'One tick up' }).click();
    assert.equal(await price(page), '20050');
    await field.press('ArrowDown');
    await field.press('ArrowDown');
    assert.equal(await price(page), '19990');
    await field.press('Shift+ArrowUp');
    assert.equal(await price(page), '20450');
    await page.locator('#ticket-quantity').fill('4');
    await page.getByRole('button', { name: 'One lot more' }).click();
    await page.locator('#ticket-quantity').press('Shift+ArrowUp');
    assert.equal(await quantity(page), '15');
    await page.getByRole('button', { name: 'One lot less' }).click();
    assert.equal(await quantity(page), '14');
    await close();
  });

  test('a field that was emptied takes what is typed next', async () => {
    const { page, close } = await desk.visit(ALICE);
    await page.locator('#ticket-quantity').waitFor();
    for (const id of ['ticket-price', 'ticket-quantity']) {
      const field = page.locator(`#${id}`);
      await field.fill('');
      await field.pressSequentially('123');
      assert.equal(await field.inputValue(), '123', id);
    }
    await page.locator('.preview').getByText('15,129').first().waitFor();
    await close();
  });

  test('the slider takes a share of the balance, and the preview shows total and fee', async () => {
    const { page, close } = await open();
    await page.locator('#ticket-price').fill('20000');
    await page.getByText('100,000,000 KRW').waitFor();
    await page.getByRole('slider').fill('50');
    // 100,000,000 / (20,000 x 1.002) covers 4,990 lots; half of them.
    assert.equal(await quantity(page), '2495');
    assert.equal(await page.locator('.balance output').innerText(), '50%');
    const preview = await page.locator('.preview').innerText();
    assert.match(preview.replace(/\s+/g, ' '), /At most 4,990 DESK/);
    assert.match(preview.replace(/\s+/g, ' '), /Total 49,900,000 KRW Fee \(at most\) 99,800 KRW/);
    assert.match(preview.replace(/\s+/g, ' '), /Total with fee 49,999,800 KRW/);
    await page.getByRole('button', { name: '100%' }).click();
    assert.equal(await quantity(page), '4990');
    await page.getByRole('button', { name: 'Sell', exact: true }).click();
    await page.getByRole('button', { name: '25%' }).click();
    assert.equal(await quantity(page), '2500');
    await close();
  });

  test('limits can be picked, and what the exchange would refuse is said before', async () => {
    const { page, close } = await open();
    await page.getByRole('button', { name: /High limit/ }).click();
    const { symbols } = await desk.admin.symbols();
    const upper = symbols.find(({ symbol }) => symbol === desk.symbol)?.upper_limit;
    assert.equal(await price(page), String(upper));
    await page.locator('#ticket-price').press('ArrowUp');
    await page.getByText('Above the high limit').waitFor();
    await page.locator('#ticket-price').fill('20020');
    await page.getByText('Not a multiple of the tick').waitFor();
    await page.locator('#ticket-price').fill('20000');
    await page.locator('#ticket-quantity').fill('4991');
    await page.getByText('More than is available').waitFor();
    await close();
  });

  test('every order type and time in force of the engine can be sent', async () => {
    const { page, close } = await open();
    const { symbols } = await desk.admin.symbols();
    const market = symbols.find(({ symbol }) => symbol === desk.symbol);
    const terms = page.getByLabel('Time in force');
    assert.deepEqual(await terms.locator('option').allInnerTexts(), market?.time_in_force);
    assert.equal(await page.locator('.kinds button').count(), market?.order_types.length);

    const submit = page.getByRole('button', { name: `Buy ${desk.symbol}` });
    const outcome = (text: string) => page.locator('section.ticket output').filter({ hasText: text }).waitFor();
    await page.locator('#ticket-quantity').fill('2');
    for (const [tif, at, becomes] of [
      ['GTC', '19950', 'Accepted'],
      ['DAY', '19940', 'Accepted'],
      ['IOC', '20100', 'Filled 2/2'],
      ['FOK', '19930', 'could not be filled whole'],
    ] as const) {
      await terms.selectOption(tif);
      await page.locator('#ticket-price').fill(at);
      await submit.click();
      await outcome(becomes);
    }
    await page.getByText('More terms').click();
    await page.getByLabel('Post only').check();
    await terms.selectOption('GTC');
    await page.locator('#ticket-price').fill('20100');
    await submit.click();
    await outcome('would have traded at once');
    await page.getByLabel('Post only').uncheck();
    await page.getByLabel('When my own orders meet').selectOption('the new one expires');
    await page.getByRole('button', { name: 'Market', exact: true }).click();
    await submit.click();
    await outcome('Filled 2/2');
    await close();
  });

  test('the whole ticket is served by the keyboard', async () => {
    const { page, close } = await open();
    for (const [key, side] of [
      ['b', 'Buy'],
      ['ㄴ', 'Sell'],
      ['ㅠ', 'Buy'],
      ['s', 'Sell'],
    ]) {
      await page.locator('body').dispatchEvent('keydown', { key });
      await page.getByRole('button', { name: `${side} ${desk.symbol}` }).waitFor();
    }
    await page.keyboard.type('3');
    assert.equal(await quantity(page), '3');
    await page.keyboard.press('Escape');
    await page.locator('body').press('b');
    await page.keyboard.type('6');
    await page.locator('#ticket-price').fill('19850');
    await page.keyboard.press('Enter');
    await page.getByRole('row', { name: /DESK Buy Limit 19,850 6 0 Accepted/ }).waitFor();
    await page.locator('#ticket-price').press('Escape');
    await page.locator('body').press('/');
    await page.keyboard.type('nothing like it');
    await page.getByText('No market found.').waitFor();
    await close();
  });

  test('the best prices of the ladder are one stop of the tab key each; arrow keys go on', async () => {
    const { page, close } = await open();
    await page.locator('.rung.ask').last().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    assert.match(await price(page), /^19[89]\d0$/);
    await close();
  });
}
