import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { missing } from './browser.ts';
import { Desk, until } from './desk.ts';

const ALICE = { testUserId: 'alice' };
const ROUNDS = 8;
const ROUNDS_MAX = 40;

/**
 * Run in the page before its own scripts. For every private message: the number of the frame in which it came, and of the
 * frame in which its order's row on the screen first had the new status.
 */
const FRAMES = `
  let frame = 0;
  const count = () => { frame += 1; requestAnimationFrame(count); };
  requestAnimationFrame(count);
  const told = [];
  Object.defineProperty(window, 'told', { value: told });
  const look = () => {
    for (const each of told) {
      if (each.shown !== undefined) continue;
      const row = document.querySelector('[data-order="' + each.order + '"]');
      const outOfSight = row === null && each.final;
      if (outOfSight || row?.dataset.status === each.status) each.shown = frame;
    }
  };
  addEventListener('DOMContentLoaded', () =>
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true }));
  const Plain = WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...parts) {
      super(...parts);
      this.addEventListener('message', ({ data }) => {
        if (!data.startsWith('{"type":"ORDER_STATUS"') && !data.startsWith('{"type":"FILL"')) return;
        const { order_id: order, status } = JSON.parse(data).data;
        const row = document.querySelector('[data-order="' + order + '"]');
        if (row?.dataset.status === status) return;
        told.push({ order, status, came: frame, final: status === 'FILLED' || status === 'CANCELLED' });
      });
    }
  };`;

interface Told {
  order: string;
  status: string;
  came: number;
  shown?: number;
}

const why = missing();
if (why !== undefined) console.log(`not run: ${why}`);
else suite();

function suite(): void {
  let desk: Desk;
  before(async () => {
    desk = await Desk.open();
  });
  after(() => desk?.close());

  test('every status change is on the screen within a frame of its message', async () => {
    const { page, close } = await desk.visit(ALICE, { script: FRAMES });
    await page.getByText('Live: updates every 50 ms').waitFor();
    const alice = desk.as('alice');
    const wanted = 3 * ROUNDS;
    const read = () => page.evaluate<Told[]>('window.told');
    // A page that stood still reads again what it may have missed: then a message finds its change on the screen already.
    for (let round = 0; round < ROUNDS || (round < ROUNDS_MAX && (await read()).length < wanted); round += 1) {
      // Placed elsewhere, so that the screen hears of each order by its messages alone.
      const { order_id } = await alice.placeOrder({ symbol: desk.symbol, side: 'BUY', price: 9_900, quantity: 3 });
      await page.locator(`[data-order="${order_id}"][data-status="ACCEPTED"]`).waitFor();
      await desk.order('SELL', 9_900, 1, { time_in_force: 'IOC' });
      await page.locator(`[data-order="${order_id}"][data-status="PARTIALLY_FILLED"]`).waitFor();
      if (round % 2 === 0) await alice.cancelOrder(order_id);
      else await desk.order('SELL', 9_900, 2, { time_in_force: 'IOC' });
      await page.locator(`[data-order="${order_id}"]`).waitFor({ state: 'detached' });
    }
    const told = await read();
    const frames = told.map(({ came, shown }) => (shown ?? Infinity) - came);
    console.log(`frames from message to screen: ${frames.join(' ')}`);
    assert.ok(told.length >= wanted, `${told.length} messages`);
    for (const [index, each] of told.entries()) assert.ok((frames[index] ?? Infinity) <= 1, JSON.stringify(each));
    await close();
  });

  test('an order from the ticket stands in the list at once, and the ticket tells what becomes of it', async () => {
    const { page, close } = await desk.visit(ALICE);
    await page.getByRole('button', { name: `Buy ${desk.symbol}` }).waitFor();
    await page.locator('#ticket-price').fill('9800');
    await page.locator('#ticket-quantity').fill('7');
    await page.locator('#ticket-quantity').press('Enter');
    await page.locator('section.ticket output').filter({ hasText: '✓ Accepted' }).waitFor();
    await page.getByRole('row', { name: /DESK Buy Limit 9,800 7 0 Accepted/ }).waitFor();
    await desk.order('SELL', 9_800, 7, { time_in_force: 'IOC' });
    await page.locator('section.ticket output').filter({ hasText: '✓ Filled 7/7 @ 9,800' }).waitFor();
    await close();
  });

  test('a refused replace is told in its row, and history tells reasons', async () => {
    const { page, close } = await desk.visit(ALICE);
    const alice = desk.as('alice');
    const { order_id } = await alice.placeOrder({ symbol: desk.symbol, side: 'BUY', price: 9_700, quantity: 5 });
    const row = page.locator(`[data-order="${order_id}"]`);
    await row.getByRole('button', { name: 'Change' }).click();
    await row.getByLabel('Price').press('Escape');
    // By keyboard one goes on where the change began: Enter opens it again.
    await row.locator('button:focus', { hasText: 'Change' }).press('Enter');
    await row.getByLabel('Price').press('ArrowUp');
    assert.equal(await row.getByLabel('Price').inputValue(), '9710');
    await row.getByLabel('Price').fill('9703');
    await row.getByLabel('Price').press('Enter');
    await page.locator('tr.problem').filter({ hasText: 'OFF_TICK' }).waitFor();
    await row.getByRole('button', { name: 'Change' }).click();
    await row.getByLabel('Price').fill('9690');
    await row.getByLabel('Price').press('Enter');
    await page.getByRole('row', { name: /DESK Buy Limit 9,690 5 0 Accepted/ }).waitFor();
    await row.getByRole('button', { name: 'Cancel' }).click();
    await alice.placeOrder({ symbol: desk.symbol, side: 'BUY', price: 9_600, quantity: 5, time_in_force: 'FOK' });
    await page.getByRole('button', { name: 'History' }).click();
    await page.getByRole('row', { name: /DESK Buy Limit 9,690 5 0 – Cancelled cancelled by you/ }).waitFor();
    await page.getByRole('row', { name: /DESK Buy Limit FOK 9,600 5 0 – Expired could not be filled whole/ }).waitFor();
    await page.getByRole('button', { name: 'Fills' }).click();
    const amounts = await until(
      () => page.locator('section.orders td.amount_').allInnerTexts(),
      (texts) => texts.length > 0,
    );
    assert.ok(amounts.length > 0);
    await close();
  });

  test('a change of the price orders nothing again of what was filled while it was typed', async () => {
    const { page, close } = await desk.visit(ALICE);
    const alice = desk.as('alice');
    const { order_id } = await alice.placeOrder({ symbol: desk.symbol, side: 'BUY', price: 9_500, quantity: 10 });
    const row = page.locator(`[data-order="${order_id}"]`);
    await row.getByRole('button', { name: 'Change' }).click();
    await desk.order('SELL', 9_500, 4, { time_in_force: 'IOC' });
    await page.locator(`[data-order="${order_id}"][data-status="PARTIALLY_FILLED"]`).waitFor();
    await row.getByLabel('Price').fill('9,490');
    await row.getByLabel('Price').press('Enter');
    await page.getByRole('row', { name: /DESK Buy Limit 9,490 10 4 Partly filled/ }).waitFor();
    const changed = await until(
      () => alice.order(order_id),
      ({ price }) => price === 9_490,
    );
    assert.deepEqual([changed.quantity, changed.remaining_qty], [10, 6]);
    await row.getByRole('button', { name: 'Cancel' }).click();
    await row.waitFor({ state: 'detached' });
    await close();
  });

  test('an order whose answer is lost is one order, also when it is sent again', async () => {
    // The page hears of the order by no other way.
    const mute = (page: Page) =>
      page.routeWebSocket(/\/ws/, (socket) => {
        const server = socket.connectToServer();
        server.onMessage((message) => {
          if (!String(message).startsWith('{"type":"ORDER_STATUS"')) socket.send(message);
        });
      });
    const { page, close } = await desk.visit(ALICE, { prepare: mute });
    await page.getByRole('button', { name: `Buy ${desk.symbol}` }).waitFor();
    await page.locator('#ticket-price').fill('9400');
    await page.locator('#ticket-quantity').fill('3');
    let posts = 0;
    await page.route('**/orders*', async (route) => {
      if (route.request().method() !== 'POST') return route.abort();
      posts += 1;
      if (posts > 1) return route.continue();
      await route.fetch();
      return route.abort();
    });
    const told = page.locator('section.ticket output');
    await page.locator('#ticket-quantity').press('Enter');
    await told.filter({ hasText: 'No answer came.' }).waitFor();
    await page.locator('#ticket-quantity').press('Enter');
    await told.filter({ hasText: '✓' }).waitFor();
    const { orders } = await desk.as('alice').orders({ symbol: desk.symbol, status: 'OPEN' });
    assert.deepEqual([posts, orders.filter(({ price }) => price === 9_400).length], [2, 1]);
    // Taken and answered: the same once more is another one.
    await page.locator('#ticket-quantity').press('Enter');
    const both = await until(
      () => desk.as('alice').orders({ symbol: desk.symbol, status: 'OPEN' }),
      (read) => read.orders.filter(({ price }) => price === 9_400).length > 1,
    );
    assert.equal(both.orders.filter(({ price }) => price === 9_400).length, 2);
    await desk.as('alice').cancelAll();
    await close();
  });

  test('assets follow the last price', async () => {
    const { page, close } = await desk.visit(ALICE);
    const value = page.locator('section.assets tr', { hasText: desk.symbol }).locator('td').nth(1);
    await value.waitFor();
    const held = async () => {
      const { positions } = await desk.as('alice').assets();
      return positions.find(({ symbol }) => symbol === desk.symbol)?.qty ?? 0;
    };
    const before = await held();
    await desk.order('SELL', 10_500, 1);
    await desk.as('alice').placeOrder({ symbol: desk.symbol, side: 'BUY', price: 10_500, quantity: 1 });
    const quantity = await until(held, (now) => now === before + 1);
    const expected = (quantity * 10_500).toLocaleString('en-US');
    const shown = await until(
      () => value.innerText(),
      (text) => text.startsWith(expected),
    );
    assert.ok(shown.startsWith(expected), `${shown}, expected ${expected}`);
    await close();
  });
}
