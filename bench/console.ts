import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { launch, missing, visit } from '../test/e2e/browser.ts';
import { startExchange } from '../test/servers/exchange.ts';
import { commandLine } from '../test/support/command-line.ts';
import { SteadyFlow } from './console/flow.ts';
import { origin } from './lib/origin.ts';

const { values: flags } = commandLine({
  call: 'npm run -s bench:console --',
  about: 'The trading screen in a real Chromium, fed by a real exchange with a steady flow.',
  flags: {
    seconds: { takes: 'whole', usual: 15, about: 'how long is measured' },
    depths: { takes: 'whole', usual: 20, about: 'depths a second' },
    trades: { takes: 'whole', usual: 50, about: 'trades a second' },
    json: { takes: 'switch', about: 'the report as one line of JSON' },
  },
});

const SYMBOL = 'BUSY';
const WARM_UP_MS = 4_000;
const PAINT_VISITS = 5;

/** Run before the page's own scripts: counts frames, long gaps between frames, and what the socket brings. */
const COUNTERS = `
  const counts = { frames: 0, late: 0, last: 0, depths: 0, trades: 0, messages: 0 };
  Object.defineProperty(window, 'benchCounts', { value: counts });
  const frame = (now) => {
    counts.frames += 1;
    if (counts.last !== 0 && now - counts.last > 25) counts.late += 1;
    counts.last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  const Plain = WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...parts) {
      super(...parts);
      this.addEventListener('message', ({ data }) => {
        counts.messages += 1;
        if (data.startsWith('{"e":"d"')) counts.depths += 1;
        else if (data.startsWith('{"e":"trade"')) counts.trades += 1;
      });
    }
  };`;

interface Counts {
  frames: number;
  late: number;
  depths: number;
  trades: number;
  messages: number;
}

interface Sample {
  at: number;
  counts: Counts;
  cpu: Record<string, number>;
}

async function sample(page: Page, devtools: CDPSession): Promise<Sample> {
  const { metrics } = await devtools.send('Performance.getMetrics');
  const counts = await page.evaluate<Counts>('({ ...window.benchCounts })');
  return { at: performance.now(), counts, cpu: Object.fromEntries(metrics.map(({ name, value }) => [name, value])) };
}

async function busyScreen(browser: Browser, url: string): Promise<object> {
  // The book changes somewhat more often than depths are sent, so that each of the streamer's ticks has a new one.
  const changesPerSecond = 1.25 * flags.depths;
  const flow = new SteadyFlow({
    url,
    symbol: SYMBOL,
    tickMs: 1_000 / changesPerSecond,
    tradesPerTick: flags.trades / changesPerSecond,
  });
  await flow.open();
  flow.start();
  const { page, close } = await visit(
    browser,
    url,
    { testUserId: 'bench-reader' },
    { symbol: SYMBOL, script: COUNTERS },
  );
  await page.locator('.rung.bid').nth(9).waitFor();
  await page.waitForTimeout(WARM_UP_MS);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const before = await sample(page, devtools);
  await page.waitForTimeout(flags.seconds * 1_000);
  const after = await sample(page, devtools);
  await flow.stop();
  await close();

  const seconds = (after.at - before.at) / 1_000;
  const rate = (name: keyof Counts) => round((after.counts[name] - before.counts[name]) / seconds, 1);
  const share = (name: string) => round((100 * ((after.cpu[name] ?? 0) - (before.cpu[name] ?? 0))) / seconds, 1);
  return {
    seconds: round(seconds, 1),
    depths_per_s: rate('depths'),
    trades_per_s: rate('trades'),
    frames_per_s: rate('frames'),
    frames_late: after.counts.late - before.counts.late,
    scripting_pct: share('ScriptDuration'),
    style_and_layout_pct: round(share('RecalcStyleDuration') + share('LayoutDuration'), 1),
    main_thread_pct: share('TaskDuration'),
    dom_nodes: after.cpu.Nodes,
    heap_mb: round((after.cpu.JSHeapUsedSize ?? 0) / 2 ** 20, 1),
  };
}

/** First contentful paint of the page as built, each visit with an empty cache. */
async function firstPaints(browser: Browser, url: string): Promise<number[]> {
  const paints: number[] = [];
  for (let visits = 0; visits < PAINT_VISITS; visits += 1) {
    const { page, close } = await visit(browser, url, undefined);
    await page.locator('section.board li').first().waitFor();
    paints.push(await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"));
    await close();
  }
  return paints.map((ms) => round(ms, 0)).sort((a, b) => a - b);
}

function bundleKb(): number {
  const folder = resolve(import.meta.dirname, '..', 'console', 'dist', 'assets');
  const bytes = readdirSync(folder).map((name) => gzipSync(readFileSync(join(folder, name))).length);
  return round(bytes.reduce((sum, size) => sum + size, 0) / 1_024, 1);
}

function round(value: number, places: number): number {
  return Number(value.toFixed(places));
}

const why = missing();
if (why !== undefined) {
  console.error(`not run: ${why}`);
  process.exit(1);
}
const dataDir = mkdtempSync(join(tmpdir(), 'supernoba-console-bench-'));
const [exchange, browser] = await Promise.all([startExchange({ dataDir }), launch()]);
try {
  const screen = await busyScreen(browser, exchange.url);
  const paints = await firstPaints(browser, exchange.url);
  const report = { ...origin(), ...screen, first_paint_ms: paints, bundle_gzip_kb: bundleKb() };
  if (flags.json) console.log(JSON.stringify(report));
  else
    for (const [name, value] of Object.entries(report)) console.log(`${name.padEnd(22)} ${[value].flat().join(' ')}`);
} finally {
  await browser.close();
  exchange.process.kill('SIGTERM');
  await exchange.exited;
  rmSync(dataDir, { recursive: true, force: true });
}
