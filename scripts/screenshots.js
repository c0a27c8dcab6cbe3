// Makes docs/images/console.png and console-phone.png from a running exchange with its demo market:
// `npm start` in one terminal, `node scripts/screenshots.js [http://localhost:8080]` in another. Needs Chromium
// (CHROMIUM names another than /usr/bin/chromium) and test mode, for it trades a little as the user "minji".
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const SYMBOL = '005930';
const USER = 'minji';
const url = (process.argv[2] ?? 'http://localhost:8080').replace(/\/$/, '');
const images = join(import.meta.dirname, '..', 'docs', 'images');

async function call(method, path, body, user = { 'x-user-id': USER }) {
  const response = await fetch(url + path, {
    method,
    headers: { 'content-type': 'application/json', ...user },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Some money, a position, and orders that rest below the market. */
async function trade() {
  const admin = { 'x-user-id': 'operator', 'x-user-role': 'admin' };
  const transfer = { asset: 'KRW', amount: 50_000_000, transfer_id: 'screenshots' };
  await call('POST', `/admin/accounts/${USER}/deposit`, transfer, admin);
  await call('DELETE', '/orders');
  await call('POST', '/orders', { symbol: SYMBOL, side: 'BUY', order_type: 'MARKET', quantity: 20 });
  const { bids } = await call('GET', `/depth?symbol=${SYMBOL}`);
  for (const { price } of bids.slice(3, 6)) {
    await call('POST', '/orders', { symbol: SYMBOL, side: 'BUY', price, quantity: 15 });
  }
}

async function picture(browser, name, viewport) {
  const context = await browser.newContext({ viewport, locale: 'en-US', colorScheme: 'dark' });
  const page = await context.newPage();
  await page.addInitScript((user) => {
    sessionStorage.setItem('supernoba.session', JSON.stringify({ testUserId: user }));
  }, USER);
  await page.goto(`${url}/#${SYMBOL}`);
  await page.locator('.rung.bid').nth(4).waitFor();
  // Some seconds of the live market fill the tape and the sparklines.
  await page.waitForTimeout(6_000);
  await page.screenshot({ path: join(images, `${name}.png`) });
  await context.close();
}

await trade();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
await picture(browser, 'console', { width: 1440, height: 900 });
await picture(browser, 'console-phone', { width: 390, height: 844 });
await browser.close();
