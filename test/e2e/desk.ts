import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { type NewOrder, type PlacedOrder, RestClient } from '../../client/src/index.ts';
import { type RunningExchange, startExchange } from '../servers/exchange.ts';
import { documentedFetch } from '../support/documented-fetch.ts';
import { launch, type Visitor, visit } from './browser.ts';

/** Long, for a machine with much other work: patience costs nothing where all is well. */
const START_MS = 180_000;
export const PATIENCE_MS = 90_000;

/** An exchange of its own with a browser before it, one market called DESK, and people with money and goods. */
export class Desk {
  readonly symbol = 'DESK';
  readonly exchange: RunningExchange;
  readonly browser: Browser;
  readonly admin: RestClient;
  readonly #dataDir: string;

  private constructor(exchange: RunningExchange, browser: Browser, dataDir: string) {
    this.exchange = exchange;
    this.browser = browser;
    this.#dataDir = dataDir;
    this.admin = new RestClient({
      fetch: documentedFetch,
      url: exchange.url,
      credentials: { testUserId: 'root', admin: true },
    });
  }

  /** @param before gets the exchange's empty folder before the exchange starts on it */
  static async open(terms: Record<string, unknown> = {}, before?: (dataDir: string) => Promise<void>): Promise<Desk> {
    const dataDir = mkdtempSync(join(tmpdir(), 'supernoba-desk-'));
    await before?.(dataDir);
    // One after the other: an exchange that does not start leaves no browser behind.
    const exchange = await startExchange({ dataDir, timeoutMs: START_MS });
    const browser = await launch();
    const desk = new Desk(exchange, browser, dataDir);
    const market = { symbol: desk.symbol, quote: 'KRW', reference_price: 10_000, tick_table: 'KRX', ...terms };
    await desk.admin.call('POST', '/admin/symbols', market);
    for (const user of ['maker', 'alice']) {
      await desk.deposit(user, 'KRW', 100_000_000);
      await desk.deposit(user, desk.symbol, 10_000);
    }
    return desk;
  }

  deposit(user: string, asset: string, amount: number): Promise<unknown> {
    return this.admin.call('POST', `/admin/accounts/${user}/deposit`, { asset, amount });
  }

  as(user: string): RestClient {
    return new RestClient({ fetch: documentedFetch, url: this.exchange.url, credentials: { testUserId: user } });
  }

  /** An order of the maker's. */
  order(side: 'BUY' | 'SELL', price: number, quantity: number, more: Partial<NewOrder> = {}): Promise<PlacedOrder> {
    return this.as('maker').placeOrder({ symbol: this.symbol, side, price, quantity, ...more });
  }

  visit(visitor: Visitor, options: Parameters<typeof visit>[3] = {}): Promise<{ page: Page; close(): Promise<void> }> {
    return visit(this.browser, this.exchange.url, visitor, { symbol: this.symbol, ...options });
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.exchange.process.kill('SIGTERM');
    await this.exchange.exited;
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}

/** Asks again and again until the answer is as wanted; gives the last answer. */
export async function until<T>(
  ask: () => Promise<T>,
  wanted: (answer: T) => boolean,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (wanted(answer) || performance.now() > end) return answer;
    await new Promise((done) => setTimeout(done, 50));
  }
}
