import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const console_ = resolve(import.meta.dirname, '..', '..', 'console', 'dist', 'index.html');

/** Why the browser tests cannot run here, or undefined when they can. */
export function missing(): string | undefined {
  if (!existsSync(CHROMIUM)) return `${CHROMIUM} is not installed (apt-get install chromium, or set CHROMIUM)`;
  if (!existsSync(console_)) return 'console/dist is not built (npm run build)';
  return undefined;
}

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
}

/** Who is signed in on a new page: a user of test mode, the bearer of a token, or nobody. */
export type Visitor = { testUserId: string; admin?: boolean } | { token: string } | undefined;

/** Opens the console in a window of its own, as somebody; errors of the page are thrown when it closes. */
export async function visit(
  browser: Browser,
  url: string,
  visitor: Visitor,
  options: {
    symbol?: string;
    width?: number;
    height?: number;
    locale?: string;
    /** Runs in the page before its own scripts. */
    script?: string;
    /** Called before the page opens its address, to stand between it and the exchange. */
    prepare?: (page: Page) => Promise<unknown>;
  } = {},
): Promise<{ page: Page; close(): Promise<void> }> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1440, height: options.height ?? 900 },
    locale: options.locale ?? 'en-US',
    colorScheme: 'dark',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(90_000);
  const errors: Error[] = [];
  page.on('pageerror', (error) => errors.push(error));
  if (visitor !== undefined) {
    await page.addInitScript(
      (session) => sessionStorage.setItem('supernoba.session', session),
      JSON.stringify(visitor),
    );
  }
  if (options.script !== undefined) await page.addInitScript(options.script);
  await options.prepare?.(page);
  await page.goto(`${url}/#${options.symbol ?? ''}`);
  return {
    page,
    close: async () => {
      await context.close();
      if (errors[0] !== undefined) throw errors[0];
    },
  };
}
