import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { SqliteCandleStore } from '../../src/adapters/candle-store/sqlite/sqlite-candle-store.ts';
import { missing } from './browser.ts';
import { Desk, PATIENCE_MS, until } from './desk.ts';

const MINUTES = 1_000;
/** What the console reads at once. */
const PAGE = 300;

/** A thousand minutes of history in the exchange's own candle store, ended an hour ago. */
async function writeHistory(dataDir: string): Promise<void> {
  const store = new SqliteCandleStore(join(dataDir, 'candles.sqlite'));
  const last = Math.floor(Date.now() / 60_000) * 60 - 3_600;
  const bars = Array.from({ length: MINUTES }, (_, index) => {
    const open = 10_000 + ((index * 37) % 200);
    return {
      time: last - (MINUTES - 1 - index) * 60,
      open,
      high: open + 40,
      low: open - 30,
      close: open + 10,
      volume: 1 + (index % 50),
    };
  });
  await store.putBars([{ symbol: 'DESK', interval: '1m', bars }]);
  await store.close();
}

const why = missing();
if (why !== undefined) console.log(`not run: ${why}`);
else suite();

function suite(): void {
  let desk: Desk;
  before(async () => {
    desk = await Desk.open({}, writeHistory);
  });
  after(() => desk?.close());

  const barsShown = (page: Page) => page.locator('.read-out').getAttribute('data-bars').then(Number);

  async function canvas(page: Page): Promise<{ x: number; y: number; width: number; height: number }> {
    const box = await page.locator('.canvas').boundingBox();
    assert.ok(box !== null);
    return box;
  }

  test('the legend tells the bar under the crosshair, and the newest one without', async () => {
    const { page, close } = await desk.visit(undefined);
    assert.equal(
      await until(
        () => barsShown(page),
        (bars) => bars === PAGE,
      ),
      PAGE,
    );
    const { data } = await desk.admin.chart(desk.symbol, '1m', PAGE);
    const legend = page.locator('.legend');
    assert.equal(Number(await legend.getAttribute('data-time')), data.at(-1)?.time);

    const { x, y, width, height } = await canvas(page);
    await page.mouse.move(x + width * 0.4, y + height / 2);
    const time = await until(
      async () => Number(await legend.getAttribute('data-time')),
      (at) => at !== data.at(-1)?.time,
    );
    const bar = data.find((each) => each.time === time);
    assert.ok(bar !== undefined, `no bar starts at ${time}`);
    const number = (value: number) => value.toLocaleString('en-US');
    const text = (await legend.innerText()).replace(/\s+/g, ' ');
    assert.ok(
      text.startsWith(`O ${number(bar.open)} H ${number(bar.high)} L ${number(bar.low)} C ${number(bar.close)} `),
      text,
    );
    assert.ok(text.endsWith(`V ${number(bar.volume)}`), text);
    await page.mouse.move(x + width / 2, y - 200);
    const newest = await until(
      async () => Number(await legend.getAttribute('data-time')),
      (at) => at === data.at(-1)?.time,
    );
    assert.equal(newest, data.at(-1)?.time);
    await close();
  });

  test('older bars are read when the chart is scrolled to the left, down to the first one', async () => {
    const { page, close } = await desk.visit(undefined);
    assert.equal(
      await until(
        () => barsShown(page),
        (bars) => bars === PAGE,
      ),
      PAGE,
    );
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/chart?') && request.url().includes('end=')) asked.push(request.url());
    });
    const { x, y, width, height } = await canvas(page);
    const patience = performance.now() + PATIENCE_MS;
    while ((await barsShown(page)) < MINUTES && performance.now() < patience) {
      await page.mouse.move(x + width * 0.15, y + height / 3);
      await page.mouse.down();
      await page.mouse.move(x + width * 0.85, y + height / 3, { steps: 4 });
      await page.mouse.up();
      await page.waitForTimeout(60);
    }
    assert.equal(await barsShown(page), MINUTES);
    assert.ok(asked.length >= 3, `${asked.length} pages were read`);
    // The first bars are in sight, and pointing at one of them tells it.
    await page.mouse.move(x + width * 0.5, y + height / 2);
    const { data } = await desk.admin.chart(desk.symbol, '1m', 1_500);
    const time = Number(await page.locator('.legend').getAttribute('data-time'));
    assert.ok(
      data.slice(0, PAGE).some((bar) => bar.time === time),
      `legend at ${time}`,
    );
    await close();
  });

  test('the live bar grows with every trade, without reading the chart again', async () => {
    const { page, close } = await desk.visit({ testUserId: 'alice' });
    await until(
      () => barsShown(page),
      (bars) => bars === PAGE,
    );
    let reads = 0;
    page.on('request', (request) => {
      if (request.url().includes(`limit=${PAGE}`)) reads += 1;
    });
    const resyncs = async () => Number(await page.locator('section.depth').getAttribute('data-resyncs'));
    const before = await resyncs();
    const volume = async () => {
      const { data } = await desk.admin.chart(desk.symbol, '1m', 1);
      const shown = await page.locator('.read-out tr').last().locator('td').allInnerTexts();
      const { open, high, low, close, volume } = data[0] ?? {};
      return { expected: [open, high, low, close, volume], shown: shown.map(Number) };
    };
    for (const price of [10_000, 10_300, 9_800]) {
      await desk.order('SELL', price, 3);
      await desk.as('alice').placeOrder({ symbol: desk.symbol, side: 'BUY', price, quantity: 3 });
      const { expected, shown } = await until(volume, (pair) => String(pair.shown) === String(pair.expected));
      assert.deepEqual(shown, expected);
    }
    // A page that fell behind, on a machine that stood still, reads what it may have missed: once for each time.
    const behind = (await resyncs()) - before;
    assert.ok(reads <= behind, `${reads} reads, ${behind} resyncs`);
    await close();
  });
}
