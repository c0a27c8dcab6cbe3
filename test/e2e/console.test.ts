import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { RestClient } from '../../client/src/index.ts';
import { type RunningExchange, startExchange } from '../servers/exchange.ts';
import { documentedFetch } from '../support/documented-fetch.ts';
import { launch, missing, visit } from './browser.ts';
import { until } from './desk.ts';

/** Run in the page: the bars that a screen reader is told, `time open high low close volume`, joined by |. */
const READ_OUT = `[...document.querySelectorAll('.read-out tr')]
  .map((row) => [row.dataset.time, ...[...row.children].map((cell) => cell.textContent)].join(' ')).join('|')`;
/** A machine that is quick paints a page of one line of text within this. */
const QUICK_PAINT_MS = 150;
/** The unit of the stamps that tell when a page was to be served. */
const SLOT_MS = 10;
const STARTS = 5;
/** Run in the page: axe-core's serious and critical findings. */
const AXE = `axe.run().then(({ violations }) => violations
  .filter(({ impact }) => impact === 'serious' || impact === 'critical')
  .map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).slice(0, 3).join(' ')))`;

const why = missing();
if (why !== undefined) console.log(`not run: ${why}`);
else suite();

function suite(): void {
  const dataDir = mkdtempSync(join(tmpdir(), 'supernoba-e2e-'));
  let exchange: RunningExchange;
  let browser: Browser;
  let admin: RestClient;
  let maker: RestClient;

  before(async () => {
    // One after the other: an exchange that does not start leaves no browser behind.
    exchange = await startExchange({ dataDir, timeoutMs: 180_000 });
    browser = await launch();
    admin = new RestClient({
      fetch: documentedFetch,
      url: exchange.url,
      credentials: { testUserId: 'root', admin: true },
    });
    maker = new RestClient({ fetch: documentedFetch, url: exchange.url, credentials: { testUserId: 'maker' } });
    for (const symbol of ['ALPHA', 'BETA']) {
      await admin.call('POST', '/admin/symbols', { symbol, base: symbol, quote: 'KRW', reference_price: 10_000 });
      await deposit('maker', symbol, 10_000);
    }
    for (const user of ['maker', 'alice']) await deposit(user, 'KRW', 100_000_000);
  });

  after(async () => {
    await browser?.close();
    exchange?.process.kill('SIGTERM');
    await exchange?.exited;
    rmSync(dataDir, { recursive: true, force: true });
  });

  function deposit(user: string, asset: string, amount: number): Promise<unknown> {
    return admin.call('POST', `/admin/accounts/${user}/deposit`, { asset, amount, transfer_id: `${user}-${asset}` });
  }

  function sell(price: number, quantity: number, symbol = 'ALPHA'): Promise<unknown> {
    return maker.placeOrder({ symbol, side: 'SELL', price, quantity });
  }

  test('first visit: anonymous, the market is there, and how often it updates', async () => {
    await sell(10_100, 5);
    const { page, close } = await visit(browser, exchange.url, undefined);
    await page.getByText('Anonymous: updates every 500 ms').waitFor();
    await page.getByRole('button', { name: /10,100/ }).waitFor();
    await page.getByText('Sign in to trade').waitFor();
    await close();
  });

  test('the first paint comes within a second', async () => {
    // Other work on the machine can only add to a visit: the least of some visits, each with an empty cache, is the page's own.
    const paints: number[] = [];
    const plain: number[] = [];
    // A second is for a machine on which the browser itself is quick: on another, so much more as a line of text takes longer.
    const allowed = () => 1_000 * Math.max(1, Math.min(...plain) / QUICK_PAINT_MS);
    while (paints.length < 3 || (Math.min(...paints) >= allowed() && paints.length < 10)) {
      paints.push(await firstPaint('/', (page) => page.locator('section.board li').first().waitFor()));
      plain.push(await firstPaint('/healthz', (page) => page.getByText('ok').waitFor()));
    }
    const told = (all: number[]) => all.map((ms) => ms.toFixed(0)).join(', ');
    console.log(`first contentful paints: ${told(paints)} ms; of a line of text: ${told(plain)} ms`);
    assert.ok(Math.min(...paints) < allowed(), `first paint after ${Math.min(...paints)} ms of ${allowed()} ms`);
  });

  /** Starts on the port that the page knows; for a moment it may be the near end of somebody's connection. */
  async function startOn(port: string): Promise<RunningExchange> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await startExchange({ dataDir, flags: ['--no-demo', `--port=${port}`] });
      } catch (error) {
        if (attempt === STARTS) throw error;
        await new Promise((done) => setTimeout(done, 1_000));
      }
    }
  }

  /** Milliseconds from navigation to first-contentful-paint of a path of the exchange, on an empty cache. */
  async function firstPaint(path: string, isThere: (page: Page) => Promise<unknown>): Promise<number> {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(exchange.url + path);
    await isThere(page);
    const read = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime";
    const painted = await until(
      () => page.evaluate<number | undefined>(read),
      (ms) => ms !== undefined,
    );
    await context.close();
    assert.ok(painted !== undefined, `${path} was never painted`);
    return painted;
  }

  test('sign in by test mode, place an order from the ladder, and it fills', async () => {
    const { page, close } = await visit(browser, exchange.url, undefined, { symbol: 'ALPHA' });
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('User id (test mode)').fill('alice');
    await page.locator('form.sign-in').getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Live: updates every 50 ms').waitFor();
    await page.getByRole('button', { name: /10,100/ }).click();
    assert.equal(await page.locator('#ticket-price').inputValue(), '10100');
    await page.locator('#ticket-quantity').fill('5');
    await page.getByRole('button', { name: 'Buy ALPHA' }).click();
    await page.getByRole('button', { name: 'History' }).click();
    await page.getByRole('row', { name: /ALPHA Buy Limit 10,100 5 5 10,100 Filled/ }).waitFor();
    await page
      .locator('section.assets')
      .getByRole('row', { name: /ALPHA 5/ })
      .waitFor();
    await page.locator('section.tape li').filter({ hasText: '10,100' }).waitFor();
    await close();
  });

  test('a partial fill leaves the rest open; it is replaced in its row, then cancelled', async () => {
    await sell(10_200, 3);
    const { page, close } = await visit(browser, exchange.url, { testUserId: 'alice' }, { symbol: 'ALPHA' });
    await place(page, 'ALPHA', 10_200, 10);
    const row = page.getByRole('row', { name: /ALPHA Buy/ });
    await page.getByRole('row', { name: /ALPHA Buy Limit 10,200 10 3 Partly filled/ }).waitFor();
    await row.getByRole('button', { name: 'Change' }).click();
    await row.getByLabel('Price').fill('10150');
    await row.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('row', { name: /ALPHA Buy Limit 10,150 10 3/ }).waitFor();
    await page.locator('.rung.bid', { hasText: '10,150' }).waitFor();
    await row.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'History' }).click();
    await page.getByRole('row', { name: /ALPHA Buy Limit 10,150 10 3 10,200 Cancelled/ }).waitFor();
    await close();
  });

  test('what the exchange refuses is told in the ticket', async () => {
    const { page, close } = await visit(browser, exchange.url, { testUserId: 'alice' }, { symbol: 'ALPHA' });
    await place(page, 'ALPHA', 20_000, 1);
    await page.locator('section.ticket output.bad').filter({ hasText: 'PRICE' }).waitFor();
    await close();
  });

  test('each timeframe shows what GET /chart says', async () => {
    const { page, close } = await visit(browser, exchange.url, undefined, { symbol: 'ALPHA' });
    for (const interval of ['5m', '1h', '1d', '1m'] as const) {
      await page.getByRole('button', { name: interval, exact: true }).click();
      const { data } = await admin.chart('ALPHA', interval, 12);
      const expected = data.map((bar) => [bar.time, bar.open, bar.high, bar.low, bar.close, bar.volume].join(' '));
      // Not waitForFunction: it evaluates in the page, which the exchange's Content-Security-Policy forbids.
      const end = performance.now() + 60_000;
      let shown = '';
      while (shown !== expected.join('|') && performance.now() < end) shown = await page.evaluate(READ_OUT);
      assert.equal(shown, expected.join('|'), interval);
    }
    await close();
  });

  test('anonymous is served every 500 ms, signed in every 50 ms', async () => {
    assert.deepEqual(await paces(undefined, 500), { shortest: 500, others: [] });
    assert.deepEqual(await paces({ testUserId: 'alice' }, 50), { shortest: 50, others: [] });
  });

  /**
   * Milliseconds between the moments at which a page was to be served while the book changes all the time, as the exchange's own
   * stamps tell: a busy machine delivers late, and what was late together. `others` are no multiples of the shortest.
   */
  async function paces(visitor: { testUserId: string } | undefined, wanted: number) {
    const stamps: number[] = [];
    const prepare = (page: Page) =>
      page.routeWebSocket(/\/ws/, (socket) => {
        const server = socket.connectToServer();
        let asked = false;
        stamps.length = 0;
        socket.onMessage((message) => {
          if (!asked) server.send('{"action":"stamp"}');
          asked = true;
          server.send(message);
        });
        server.onMessage((message) => {
          const { e, k }: { e?: string; k?: number } = JSON.parse(String(message));
          if (e === 'tick' && k !== undefined) stamps.push(k * SLOT_MS);
          else socket.send(message);
        });
      });
    const { close } = await visit(browser, exchange.url, visitor, { symbol: 'BETA', prepare });
    let ended = false;
    const work = [0, 1, 2].map(async (from) => {
      for (let step = from; !ended; step = (step + 3) % 50) await sell(11_000 + step * 10, 1, 'BETA');
    });
    const gaps = await until(
      async () => stamps.slice(1).map((stamp, index) => stamp - (stamps[index] ?? 0)),
      (all) => all.length >= 8 && all.includes(wanted),
    );
    ended = true;
    await Promise.all(work);
    await close();
    assert.ok(gaps.length >= 8, `${gaps.length + 1} ticks`);
    const shortest = Math.min(...gaps);
    return { shortest, others: gaps.filter((gap) => gap % shortest !== 0) };
  }

  test('an admin halts a market; everybody sees it, and orders are refused', async () => {
    const [operator, trader] = await Promise.all([
      visit(browser, exchange.url, { testUserId: 'root', admin: true }),
      visit(browser, exchange.url, { testUserId: 'alice' }, { symbol: 'BETA' }),
    ]);
    await operator.page.getByRole('button', { name: 'Admin' }).click();
    await operator.page.getByRole('button', { name: 'Halt BETA' }).click();
    await operator.page.getByText('✓ BETA: Halt').waitFor();
    await trader.page.locator('section.chart mark', { hasText: 'Halted' }).waitFor();
    await place(trader.page, 'BETA', 10_000, 1);
    await trader.page.locator('section.ticket output.bad').filter({ hasText: 'HALTED' }).waitFor();
    await operator.page.getByRole('button', { name: 'Resume BETA' }).click();
    await trader.page.locator('section.chart mark').waitFor({ state: 'detached' });
    await operator.close();
    await trader.close();
  });

  test('no serious accessibility fault on any screen, and no sideways scrolling on a phone', async () => {
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    for (const width of [1440, 390]) {
      const { page, close } = await visit(
        browser,
        exchange.url,
        { testUserId: 'root', admin: true },
        { symbol: 'ALPHA', width, height: 844 },
      );
      for (const screen of ['Trade', 'Admin', 'Tests']) {
        await page.getByRole('navigation').getByRole('button', { name: screen }).click();
        for (const look of ['dark', 'light']) {
          await page.waitForTimeout(300);
          const overflow: number = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
          assert.ok(overflow <= 0, `${screen} at ${width} px is ${overflow} px too wide`);
          await page.evaluate(axe);
          const faults: string[] = await page.evaluate(AXE);
          assert.deepEqual(faults, [], `${screen}, ${width} px, ${look}`);
          await page.getByRole('button', { name: 'Colour theme' }).click();
        }
      }
      await close();
    }
  });

  test('a stalled exchange shows as stale; a restart is survived, and nothing is missing after it', async () => {
    const { page, close } = await visit(browser, exchange.url, { testUserId: 'alice' }, { symbol: 'ALPHA' });
    await place(page, 'ALPHA', 9_900, 2);
    await page.getByRole('row', { name: /ALPHA Buy Limit 9,900 2 0/ }).waitFor();
    exchange.process.kill('SIGSTOP');
    try {
      await page.locator('main.stale').waitFor();
    } finally {
      // Whatever happened: a stopped process would never end.
      exchange.process.kill('SIGCONT');
    }
    await page.getByText('Live: updates every 50 ms').waitFor();
    const depthBefore = Number(await page.locator('section.depth').getAttribute('data-u'));

    const port = new URL(exchange.url).port;
    exchange.process.kill('SIGTERM');
    await exchange.exited;
    await page.locator('.connection output', { hasText: 'Reconnecting' }).waitFor();
    exchange = await startOn(port);
    await page.getByText('Live: updates every 50 ms').waitFor();
    await maker.placeOrder({ symbol: 'ALPHA', side: 'SELL', price: 9_900, quantity: 2, time_in_force: 'IOC' });
    await page.getByRole('button', { name: 'History' }).click();
    await page.getByRole('row', { name: /ALPHA Buy Limit 9,900 2 2 9,900 Filled/ }).waitFor();
    // The fill is told at once, the depth that it made comes with the next tick.
    const shown = async () => Number(await page.locator('section.depth').getAttribute('data-u'));
    assert.ok((await until(shown, (u) => u > depthBefore)) > depthBefore);
    await close();
  });
}

/** Fills in the ticket and presses its button, once it shows the symbol. */
async function place(page: Page, symbol: string, price: number, quantity: number): Promise<void> {
  const submit = page.getByRole('button', { name: `Buy ${symbol}` });
  await submit.waitFor();
  await page.locator('#ticket-price').fill(String(price));
  await page.locator('#ticket-quantity').fill(String(quantity));
  await submit.click();
}
