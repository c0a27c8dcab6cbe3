import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { missing } from './browser.ts';
import { Desk } from './desk.ts';
import { isSound, isSoundInEveryLook } from './sound.ts';

const ALICE = { testUserId: 'alice' };
const PHONE = { width: 390, height: 844 };

const why = missing();
if (why !== undefined) console.log(`not run: ${why}`);
else suite();

/** The trading screen for those who cannot see it well, and for those who see it on a phone. */
function suite(): void {
  let desk: Desk;
  before(async () => {
    desk = await Desk.open();
    await desk.order('SELL', 10_050, 20);
    await desk.order('BUY', 9_950, 20);
    const alice = desk.as('alice');
    await alice.placeOrder({ symbol: desk.symbol, side: 'BUY', price: 10_050, quantity: 5 });
    await alice.placeOrder({ symbol: desk.symbol, side: 'BUY', price: 9_000, quantity: 1, time_in_force: 'FOK' });
    await alice.placeOrder({ symbol: desk.symbol, side: 'BUY', price: 9_900, quantity: 5 });
  });
  after(() => desk?.close());

  test('no accessibility fault in any state of the trading screen, in both looks and languages', async () => {
    const { page, close } = await desk.visit(ALICE);
    await page.getByRole('row', { name: /DESK Buy Limit 9,900/ }).waitFor();
    await page.getByText('More terms').click();
    await page.getByRole('button', { name: '50 levels' }).click();
    await isSoundInEveryLook(page, 'open orders, all terms, deep book');
    await page.getByRole('button', { name: 'Change' }).click();
    await isSound(page, 'an order being changed');
    await page.getByRole('button', { name: 'History' }).click();
    await isSound(page, 'history');
    await page.getByRole('button', { name: 'Fills' }).click();
    await isSound(page, 'fills');
    await page.locator('#ticket-price').fill('10003');
    await page.getByRole('button', { name: `Buy ${desk.symbol}` }).click();
    await page.locator('section.ticket output.bad').waitFor();
    await isSound(page, 'a refused order');
    await page.getByRole('button', { name: 'Colours of rise and fall' }).click();
    await isSound(page, 'western colours');
    await close();
    const anonymous = await desk.visit(undefined);
    await anonymous.page.getByText('Sign in to trade').waitFor();
    await isSound(anonymous.page, 'anonymous');
    await anonymous.close();
  });

  test('on a phone one part at a time: an order is placed, found and cancelled', async () => {
    const { page, close } = await desk.visit(ALICE, PHONE);
    const pane = (name: string) => page.locator('.panes').getByRole('button', { name, exact: true }).click();
    for (const name of ['Markets', 'Order', 'Orders', 'Assets', 'Chart']) {
      await pane(name);
      await isSoundInEveryLook(page, `${name} on a phone`);
    }
    await pane('Order');
    await page.locator('.rung.bid').first().click();
    assert.equal(await page.locator('#ticket-price').inputValue(), '9950');
    await page.locator('#ticket-quantity').fill('3');
    await page.getByRole('button', { name: `Buy ${desk.symbol}` }).click();
    await page.locator('section.ticket output').filter({ hasText: '✓ Accepted' }).waitFor();
    await pane('Orders');
    const card = page.locator('.orders tbody tr', { hasText: '9,950' });
    await card.getByRole('button', { name: 'Cancel' }).click();
    await card.waitFor({ state: 'detached' });
    await close();
  });
}
