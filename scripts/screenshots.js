// Pictures of the console's main states, from a running exchange with its demo market: `npm start` in one terminal,
// `npm run screenshots [http://localhost:8080]` in another. The two that stand in the README go to docs/images, all others
// to .build/screenshots. Needs Chromium (CHROMIUM names another than /usr/bin/chromium) and test mode, for it trades a
// little as the user "minji" and halts a market for a moment. Names after the address (`console phone-order`) take only those.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const SYMBOL = '005930';
const HALTED = 'BTCUSDT';
const USER = { testUserId: 'minji' };
const OPERATOR = { testUserId: 'operator', admin: true };
const WIDE = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
/** Some seconds of the live market fill the tape. */
const WATCH_MS = 4_000;

const url = (process.argv[2] ?? 'http://localhost:8080').replace(/\/$/, '');
const only = process.argv.slice(3);
const root = join(import.meta.dirname, '..');
const FOLDERS = { readme: join(root, 'docs', 'images'), others: join(root, '.build', 'screenshots') };

async function call(user, method, path, body) {
  const headers = { 'x-user-id': user.testUserId, ...(user.admin ? { 'x-user-role': 'admin' } : {}) };
  if (body !== undefined) headers['content-type'] = 'application/json';
  const response = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Some money, positions, an order that was refused by its own terms, and orders that rest near the market. */
async function trade() {
  for (const [asset, amount] of Object.entries({ KRW: 50_000_000, USDT: 20_000 })) {
    const transfer = { asset, amount, transfer_id: `screenshots-${asset}` };
    await call(OPERATOR, 'POST', `/admin/accounts/${USER.testUserId}/deposit`, transfer);
  }
  await call(USER, 'DELETE', '/orders');
  const order = (terms) => call(USER, 'POST', '/orders', terms);
  await order({ symbol: SYMBOL, side: 'BUY', order_type: 'MARKET', quantity: 20 });
  await order({ symbol: '000660', side: 'BUY', order_type: 'MARKET', quantity: 5 });
  await order({ symbol: HALTED, side: 'BUY', order_type: 'MARKET', quantity: 0.05 });
  const { bids, asks } = await call(USER, 'GET', `/depth?symbol=${SYMBOL}`);
  await order({ symbol: SYMBOL, side: 'BUY', price: bids[9].price, quantity: 3, time_in_force: 'FOK' });
  for (const { price } of bids.slice(3, 6)) await order({ symbol: SYMBOL, side: 'BUY', price, quantity: 15 });
  await order({ symbol: SYMBOL, side: 'SELL', price: asks[5].price, quantity: 10 });
}

/** Opens the console, lets `act` bring it into a state, and takes its picture. */
async function picture(browser, name, options = {}) {
  if (only.length > 0 && !only.includes(name)) return;
  const { user = USER, size = WIDE, look = {}, symbol = SYMBOL, act = async () => {}, folder = 'others' } = options;
  const context = await browser.newContext({
    viewport: size,
    locale: look.locale ?? 'en-US',
    colorScheme: look.scheme ?? 'dark',
    deviceScaleFactor: size === PHONE ? 2 : 1,
  });
  const page = await context.newPage();
  await page.addInitScript(
    ([session, colours]) => {
      if (session !== null) sessionStorage.setItem('supernoba.session', session);
      localStorage.setItem('supernoba.colours', colours);
    },
    [user === null ? null : JSON.stringify(user), look.colours ?? 'korean'],
  );
  await page.goto(`${url}/#${symbol}`);
  await page.locator('.rung.bid').nth(4).waitFor({ state: 'attached' });
  await page.waitForTimeout(WATCH_MS);
  await act(page);
  await page.waitForTimeout(400);
  await page.screenshot({ path: join(FOLDERS[folder], `${name}.png`) });
  await context.close();
}

const press = (name) => (page) => page.getByRole('button', { name, exact: true }).click();

async function halted(browser) {
  await call(OPERATOR, 'PATCH', `/admin/symbols/${HALTED}`, { status: 'HALTED' });
  try {
    await picture(browser, 'halted', { symbol: HALTED, act: press('Buy BTCUSDT') });
  } finally {
    await call(OPERATOR, 'PATCH', `/admin/symbols/${HALTED}`, { status: 'ACTIVE' });
  }
}

for (const folder of Object.values(FOLDERS)) mkdirSync(folder, { recursive: true });
await trade();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
try {
  await picture(browser, 'console', { folder: 'readme' });
  await picture(browser, 'console-phone', { folder: 'readme', size: PHONE });
  await picture(browser, 'anonymous', { user: null });
  await picture(browser, 'light-korean', { look: { scheme: 'light', locale: 'ko-KR' } });
  await picture(browser, 'western-colours', { look: { colours: 'western' } });
  await picture(browser, 'history', { act: press('History') });
  await picture(browser, 'deep-book', { act: press('50 levels') });
  await picture(browser, 'edit-order', { act: (page) => page.getByRole('button', { name: 'Change' }).first().click() });
  await picture(browser, 'phone-order', { size: PHONE, act: press('Order') });
  await picture(browser, 'phone-orders', { size: PHONE, act: press('Orders') });
  await picture(browser, 'phone-assets', { size: PHONE, act: press('Assets') });
  await picture(browser, 'phone-markets', { size: PHONE, act: press('Markets') });
  await picture(browser, 'admin', { user: OPERATOR, act: press('Admin') });
  await picture(browser, 'tests', { user: OPERATOR, act: press('Tests') });
  await halted(browser);
} finally {
  await browser.close();
}
