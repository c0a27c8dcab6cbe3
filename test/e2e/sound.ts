import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

/** Run in the page: axe-core's findings of any weight that it is sure of. */
const FINDINGS = (within: string) => `axe.run(${JSON.stringify(within)}).then(({ violations }) => violations
  .map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).slice(0, 3).join(' ')))`;

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The page as it stands has no accessibility fault (in the part named by a selector) and does not scroll sideways. */
export async function isSound(page: Page, state: string, within = 'body'): Promise<void> {
  const overflow: number = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
  assert.ok(overflow <= 0, `${state}: ${overflow} px too wide`);
  await page.evaluate(axe);
  const faults: string[] = await page.evaluate(FINDINGS(within));
  assert.deepEqual(faults, [], state);
}

/** The same in both looks and both languages; the page is left as it was. */
export async function isSoundInEveryLook(page: Page, state: string): Promise<void> {
  const [language, look] = [page.locator('.top-bar .quiet').first(), page.locator('.top-bar .quiet').nth(1)];
  for (const _language of ['en', 'ko']) {
    for (const _look of ['dark', 'light']) {
      await isSound(page, `${state}, ${await page.locator('html').getAttribute('data-theme')}, ${_language}`);
      await look.click();
      await page.waitForTimeout(250);
    }
    await language.click();
  }
}
