import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { missing } from './browser.ts';
import { Desk } from './desk.ts';

const ALICE = { testUserId: 'alice' };
const PRICE = 1_234_567.891;
const LEVELS = 10;

/** Run in the page: what of the ladder's texts cannot be read whole, because it leaves the panel or runs into its neighbour. */
const UNREADABLE = `(() => {
  const panel = document.querySelector('section.depth').getBoundingClientRect();
  const found = [];
  for (const row of document.querySelectorAll('.depth .rung, .depth .middle strong')) {
    let end = panel.left;
    for (const text of row.matches('.rung') ? row.querySelectorAll('span') : [row]) {
      const range = document.createRange();
      range.selectNodeContents(text);
      const box = range.getBoundingClientRect();
      if (box.width === 0) continue;
      if (box.left < end || box.right > panel.right) found.push(text.textContent + ' from ' + box.left + ' to ' + box.right);
      end = box.right;
    }
  }
  return found;
})()`;

const why = missing();
if (why !== undefined) console.log(`not run: ${why}`);
else suite();

function suite(): void {
  let desk: Desk;
  before(async () => {
    desk = await Desk.open({
      quote: 'USDT',
      reference_price: PRICE,
      price_decimals: 3,
      quantity_decimals: 3,
      tick_table: undefined,
      tick_size: 0.001,
    });
    await desk.deposit('maker', 'USDT', 2_000_000_000);
    await desk.deposit('alice', 'USDT', 2_000_000_000);
    await desk.deposit('maker', desk.symbol, 10_000);
    const { symbol } = desk;
    const levels = Array.from({ length: LEVELS }, (_, index) => index + 1);
    const { results } = await desk.as('maker').placeOrders(
      levels.flatMap((level) => [
        { symbol, side: 'SELL' as const, price: (PRICE + level / 1_000).toFixed(3), quantity: 601.234 },
        { symbol, side: 'BUY' as const, price: (PRICE - level / 1_000).toFixed(3), quantity: 101.234 },
      ]),
    );
    for (const result of results) assert.ok('order_id' in result, JSON.stringify(result));
  });
  after(() => desk?.close());

  const rows = (page: Page) =>
    page
      .locator('.rung.bid')
      .nth(LEVELS - 1)
      .waitFor();

  test('prices of ten digits leave room for their quantities, on a phone too', async () => {
    const { page, close } = await desk.visit(ALICE);
    await rows(page);
    for (const width of [1440, 1024, 720]) {
      await page.setViewportSize({ width, height: 900 });
      assert.deepEqual(await page.evaluate(UNREADABLE), [], `${width} px`);
    }
    for (const width of [390, 360]) {
      await page.setViewportSize({ width, height: 844 });
      await page.getByRole('button', { name: 'Order', exact: true }).click();
      await rows(page);
      assert.deepEqual(await page.evaluate(UNREADABLE), [], `${width} px`);
      const size = await page.evaluate("parseFloat(getComputedStyle(document.querySelector('.rung.bid')).fontSize)");
      assert.ok(Number(size) >= 9, `${width} px: type of ${size} px`);
    }
    await close();
  });

  test('a price of ten digits is written whole into the ticket of a phone', async () => {
    const { page, close } = await desk.visit(ALICE, { width: 390, height: 844 });
    await page.getByRole('button', { name: 'Order', exact: true }).click();
    await rows(page);
    await page.locator('.rung.ask').first().click();
    assert.equal(await page.locator('#ticket-price').inputValue(), '1234567.901');
    const room = await page.evaluate(`(({ scrollWidth, clientWidth }) => clientWidth - scrollWidth)(
      document.querySelector('#ticket-price'))`);
    assert.equal(room, 0, 'cut');
    await close();
  });
}
