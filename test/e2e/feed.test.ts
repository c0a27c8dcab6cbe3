import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { missing } from './browser.ts';
import { Desk, until } from './desk.ts';
import { isSound } from './sound.ts';

const ALICE = { testUserId: 'alice' };
const LEVELS = 30;

/** Stands between page and exchange, and drops what it is told to. */
class Wire {
  drops: (text: string) => boolean = () => false;

  readonly prepare = (page: Page): Promise<void> =>
    page.routeWebSocket(/\/ws/, (socket) => {
      const server = socket.connectToServer();
      server.onMessage((message) => {
        if (!this.drops(String(message))) socket.send(message);
      });
    });
}

const why = missing();
if (why !== undefined) console.log(`not run: ${why}`);
else suite();

function suite(): void {
  let desk: Desk;
  before(async () => {
    desk = await Desk.open();
    const levels = Array.from({ length: LEVELS }, (_, index) => index + 1);
    const { symbol } = desk;
    await desk.as('maker').placeOrders(
      levels.flatMap((level) => [
        { symbol, side: 'SELL' as const, price: 10_000 + 10 * level, quantity: level },
        { symbol, side: 'BUY' as const, price: 10_000 - 10 * level, quantity: level },
      ]),
    );
  });
  after(() => desk?.close());

  const panel = (page: Page) => page.locator('section.depth');
  const resyncs = async (page: Page) => Number(await panel(page).getAttribute('data-resyncs'));

  test('ten levels a side live with running sums, more on demand, and a click takes the price', async () => {
    const { page, close } = await desk.visit(ALICE);
    await page.locator('.rung.bid').nth(9).waitFor();
    assert.deepEqual([await page.locator('.rung.ask').count(), await page.locator('.rung.bid').count()], [10, 10]);
    assert.match((await page.locator('.rung.bid').nth(2).innerText()).replace(/\s+/g, ' '), /^9,970 3 6/);
    await page.getByRole('button', { name: '50 levels' }).click();
    await page
      .locator('.rung.bid')
      .nth(LEVELS - 1)
      .waitFor();
    const { bids, asks } = await desk.admin.request('GET /depth', { query: { symbol: desk.symbol, levels: 50 } });
    const prices = await page.locator('.rung span:first-of-type').allInnerTexts();
    const expected = [...asks.toReversed(), ...bids].map(({ price }) => price.toLocaleString('en-US'));
    assert.deepEqual(prices, expected);
    await page
      .locator('.rung.bid')
      .nth(LEVELS - 1)
      .click();
    assert.equal(await page.locator('#ticket-price').inputValue(), String(10_000 - 10 * LEVELS));
    await page.getByRole('button', { name: '50 levels' }).click();
    await page.locator('.rung.bid').nth(10).waitFor({ state: 'detached' });
    await close();
  });

  test('a depth that got lost is noticed by its number, and the book is read anew', async () => {
    const wire = new Wire();
    const { page, close } = await desk.visit(ALICE, { prepare: wire.prepare });
    await page.locator('.rung.bid').nth(9).waitFor();
    const before = await resyncs(page);

    // The trade comes through, the depth that follows from it does not.
    wire.drops = (text) => text.startsWith('{"e":"d"');
    await desk.order('BUY', 10_010, 1, { time_in_force: 'IOC' });
    await page.locator('section.tape li').filter({ hasText: '10,010' }).first().waitFor();
    const after = await until(
      () => resyncs(page),
      (count) => count > before,
    );
    assert.ok(after > before, 'the gap was not noticed');
    const { sequence, asks } = await desk.admin.request('GET /depth', { query: { symbol: desk.symbol } });
    const u = await until(
      async () => Number(await panel(page).getAttribute('data-u')),
      (shown) => shown === sequence,
    );
    assert.equal(u, sequence);
    const best = (await page.locator('.rung.ask').last().innerText()).split(/\s+/)[0];
    assert.equal(best, asks[0]?.price.toLocaleString('en-US'));
    await close();
  });

  test('a depth lost without any trade is noticed too, by the regular reading of the book', async () => {
    const wire = new Wire();
    const { page, close } = await desk.visit(ALICE, { prepare: wire.prepare });
    await page.locator('.rung.bid').nth(9).waitFor();
    wire.drops = (text) => text.startsWith('{"e":"d"');
    await desk.order('BUY', 9_990, 77);
    await page.locator('.rung.bid', { hasText: '78' }).waitFor();
    await close();
  });

  test('private messages that got lost are asked for again', async () => {
    const wire = new Wire();
    const { page, close } = await desk.visit(ALICE, { prepare: wire.prepare });
    await page.getByText('Live: updates every 50 ms').waitFor();
    const alice = desk.as('alice');
    const first = await alice.placeOrder({ symbol: desk.symbol, side: 'BUY', price: 9_000, quantity: 1 });
    await page.locator(`[data-order="${first.order_id}"]`).waitFor();
    let lost = false;
    wire.drops = (text) => {
      if (lost || !text.startsWith('{"type":"ORDER_STATUS"')) return false;
      lost = true;
      return true;
    };
    await alice.cancelOrder(first.order_id);
    await until(
      async () => lost,
      (isLost) => isLost,
    );
    await alice.placeOrder({ symbol: desk.symbol, side: 'BUY', price: 9_010, quantity: 1 });
    await page.locator(`[data-order="${first.order_id}"]`).waitFor({ state: 'detached' });
    await close();
  });

  test('when nothing comes any more the screen says that it is stale', async () => {
    const wire = new Wire();
    const { page, close } = await desk.visit(ALICE, { prepare: wire.prepare });
    await page.getByText('Live: updates every 50 ms').waitFor();
    wire.drops = () => true;
    await page.locator('.connection output', { hasText: 'Stale' }).waitFor();
    await page.locator('main.stale').waitFor();
    // Old data may have to be read for a while: it has lost its colours, not its contrast.
    for (const look of ['dark', 'light']) {
      await isSound(page, `stale, ${look}`);
      await page.getByRole('button', { name: 'Colour theme' }).click();
    }
    await page.locator('main.stale').waitFor();
    wire.drops = () => false;
    await page.getByText('Live: updates every 50 ms').waitFor();
    await page.locator('main.stale').waitFor({ state: 'detached' });
    await close();
  });

  test('the list of markets is sent once; while nothing changes its readings are empty, and a halt shows all the same', async () => {
    const readings: number[] = [];
    const { page, close } = await desk.visit(ALICE, {
      prepare: async (page) => {
        page.on('response', (response) => {
          if (response.url().endsWith('/symbols')) readings.push(response.status());
        });
      },
    });
    await page.locator('.rung.bid').first().waitFor();
    await until(
      async () => readings.filter((status) => status === 304).length,
      (unchanged) => unchanged >= 2,
    );
    assert.deepEqual(new Set(readings.slice(readings.indexOf(304))), new Set([304]), readings.join(' '));
    await desk.admin.call('PATCH', `/admin/symbols/${desk.symbol}`, { status: 'HALTED' });
    await page.locator('.ticket .notice').waitFor();
    assert.ok(readings.filter((status) => status === 200).length >= 2, readings.join(' '));
    await desk.admin.call('PATCH', `/admin/symbols/${desk.symbol}`, { status: 'ACTIVE' });
    await page.locator('.ticket .notice').waitFor({ state: 'detached' });
    await close();
  });

  test('the page may open a socket to the exchange and to nobody else', async () => {
    const { page, close } = await desk.visit(ALICE);
    await page.getByText('Live: updates every 50 ms').waitFor();
    // The name of the same machine is another host to the policy.
    const { port } = new URL(desk.exchange.url);
    const refused = await page.evaluate(`new Promise((done) => {
      addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => done([effectiveDirective, blockedURI]));
      new WebSocket('ws://localhost:${port}/ws');
    })`);
    assert.deepEqual(refused, ['connect-src', `ws://localhost:${port}/ws`]);
    await close();
  });

  test('a halted market, one that only takes cancels and a delisted one are told apart on board, chart and ticket', async () => {
    const { page, close } = await desk.visit(ALICE);
    await page.getByRole('button', { name: `Buy ${desk.symbol}` }).waitFor();
    for (const [status, text] of [
      ['HALTED', 'Halted'],
      ['CANCEL_ONLY', 'Cancel only'],
      ['ACTIVE', undefined],
    ] as const) {
      await desk.admin.call('PATCH', `/admin/symbols/${desk.symbol}`, { status });
      for (const panelName of ['board', 'chart']) {
        const mark = page.locator(`section.${panelName} mark`);
        if (text === undefined) await mark.waitFor({ state: 'detached' });
        else await mark.filter({ hasText: text }).waitFor();
      }
      if (text !== undefined) await page.locator('section.ticket .notice', { hasText: text }).waitFor();
    }
    await desk.admin.call('POST', '/admin/symbols', { symbol: 'GONE', quote: 'KRW', reference_price: 500 });
    await page.getByRole('button', { name: /^GONE/ }).click();
    await desk.admin.call('DELETE', '/admin/symbols/GONE');
    await page.locator('section.ticket .notice', { hasText: 'Delisted' }).waitFor();
    await page.locator('section.board mark', { hasText: 'Delisted' }).waitFor();
    await close();
  });
}
