import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runSupernoba, startExchange } from '../../../../test/servers/exchange.ts';
import { documentedFetch } from '../../../../test/support/documented-fetch.ts';

const folder = mkdtempSync(join(tmpdir(), 'supernoba commands '));
after(() => rmSync(folder, { recursive: true, force: true }));

const KEYS = [
  'orders',
  'orders_with_fills',
  'fills_expected',
  'fills_equal',
  'fills_different',
  'fills_missing',
  'orders_per_s',
  'ack_p50_ms',
  'ack_p99_ms',
  'fill_p50_ms',
  'fill_p99_ms',
  'best_bid',
  'best_ask',
  'audit',
];

async function flow(name: string): Promise<{ book: string; orders: string; fills: string }> {
  const args = ['generate', '--orders', '400', '--depth', '60', '--seed', '3', '--symbol', name, '--out', folder];
  const { code, stdout, stderr } = await runSupernoba([...args, '--json']);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

const replay = ({ book, orders }: { book: string; orders: string }, ...more: string[]) =>
  runSupernoba(['replay', '--book', book, '--orders', orders, '--json', ...more]);

test('replay, audit and rebuild on one folder', { timeout: 600_000 }, async (t) => {
  const dataDir = join(folder, 'data');
  const first = await flow('ONE');

  await t.test('every recorded fill is reproduced and the audit is clean', async () => {
    const { code, stdout, stderr } = await replay(first, '--fills', first.fills, '--data-dir', dataDir);
    assert.equal(code, 0, stdout + stderr);
    const report = JSON.parse(stdout);
    assert.deepEqual(Object.keys(report), KEYS);
    assert.equal(report.orders, 400);
    assert.equal(report.audit, 'clean');
    assert.ok(report.fills_expected > 50 && report.fills_equal === report.fills_expected);
    assert.ok(report.best_bid < report.best_ask && report.best_bid % 25 === 0);
  });

  await t.test('one wrong fill in the recording is one missing and one different, exit code 1', async () => {
    const second = await flow('TWO');
    const wrong = join(folder, 'wrong.csv');
    const [header = '', line = '', ...rest] = readFileSync(second.fills, 'utf8').split('\n');
    const quantity = Number(line.slice(line.lastIndexOf(',') + 1));
    writeFileSync(wrong, [header, `${line.slice(0, line.lastIndexOf(','))},${quantity + 1}`, ...rest].join('\n'));
    const { code, stdout } = await replay(second, '--fills', wrong, '--data-dir', dataDir);
    assert.equal(code, 1);
    const { fills_different, fills_missing, audit } = JSON.parse(stdout);
    assert.deepEqual([fills_different, fills_missing, audit], [1, 1, 'clean']);
  });

  await t.test('a symbol that is traded already is refused in one line', async () => {
    const { code, stderr } = await replay(first, '--data-dir', dataDir);
    assert.equal(code, 1);
    assert.match(stderr, /^supernoba: ONE is traded on this exchange already[^\n]*\n$/);
  });

  await t.test(
    'the stopped folder audits clean, is rebuilt, and audits clean again with the same numbers',
    async () => {
      const before = await runSupernoba(['audit', '--data-dir', dataDir, '--json']);
      assert.equal(before.code, 0, before.stdout + before.stderr);
      const rebuilt = await runSupernoba(['rebuild', '--data-dir', dataDir, '--json']);
      assert.equal(rebuilt.code, 0, rebuilt.stderr);
      const report = JSON.parse(before.stdout);
      assert.equal(JSON.parse(rebuilt.stdout).events, report.events);
      const again = await runSupernoba(['audit', '--data-dir', dataDir, '--json']);
      assert.deepEqual(JSON.parse(again.stdout), report);
      assert.equal(report.clean, true);
      assert.equal(report.events_replayed, report.events);
    },
  );

  await t.test('audit and rebuild refuse a folder without an exchange, and one that is in use', async () => {
    for (const command of ['audit', 'rebuild']) {
      const nowhere = await runSupernoba([command, '--data-dir', join(folder, 'nowhere')]);
      assert.equal(nowhere.code, 1);
      assert.match(nowhere.stderr, /^supernoba: there is no exchange in [^\n]*\n$/);
    }
    const exchange = await startExchange({ dataDir });
    try {
      const inUse = await runSupernoba(['audit', '--data-dir', dataDir]);
      assert.equal(inUse.code, 1);
      assert.match(inUse.stderr, /^supernoba: [^\n]*in use[^\n]*\n$/);
    } finally {
      exchange.process.kill('SIGTERM');
      assert.equal(await exchange.exited, 0, exchange.stderr());
    }
  });

  await t.test('a broken CSV is one clear line', async () => {
    const broken = join(folder, 'broken.csv');
    writeFileSync(broken, readFileSync(first.orders));
    appendFileSync(broken, 'x,y\n');
    const { code, stderr } = await runSupernoba(['replay', '--book', first.book, '--orders', broken]);
    assert.equal(code, 1);
    assert.match(stderr, /^supernoba: [^\n]*broken\.csv:402: 2 fields where 10[^\n]*\n$/);
  });
});

test(
  'start: the demo market trades through the router, survives a restart and audits clean',
  { timeout: 600_000 },
  async () => {
    const dataDir = join(folder, 'demo');
    const get = async (url: string, path: string, user = 'alice') => {
      const response = await documentedFetch(url + path, { headers: { 'x-user-id': user } });
      assert.equal(response.status, 200, path);
      return JSON.parse(await response.text());
    };
    const perMarket = async (url: string, path: string) => {
      const { symbols } = await get(url, '/symbols');
      return Promise.all(symbols.map(({ symbol }: { symbol: string }) => get(url, path + symbol)));
    };
    const trades = async (url: string): Promise<number> =>
      (await perMarket(url, '/trades?limit=1000&symbol=')).reduce((sum, { trades }) => sum + trades.length, 0);
    const until = async (what: string, holds: () => Promise<boolean>) => {
      for (const deadline = performance.now() + 180_000; !(await holds()); await sleep(200)) {
        assert.ok(performance.now() < deadline, what);
      }
    };
    let exchange = await startExchange({ dataDir, flags: [] });
    try {
      const url = () => exchange.url;
      await until('the demo opens five markets', async () => (await get(url(), '/symbols')).symbols.length === 5);
      await until('both sides stand in every market', async () => {
        const books = await perMarket(url(), '/depth?symbol=');
        return books.every(({ bids, asks }) => bids.length >= 5 && asks.length >= 5);
      });
      await until('the demo trades', async () => (await trades(url())) > 0);
      const { wallets } = await get(url(), '/assets');
      assert.deepEqual(wallets.map(({ currency }: { currency: string }) => currency).sort(), ['KRW', 'USD', 'USDT']);
      exchange.process.kill('SIGTERM');
      assert.equal(await exchange.exited, 0, exchange.stderr());

      exchange = await startExchange({ dataDir, flags: [] });
      const before = await trades(url());
      await until('the demo trades on after a restart', async () => (await trades(url())) > before);
      exchange.process.kill('SIGTERM');
      assert.equal(await exchange.exited, 0, exchange.stderr());
      const audit = await runSupernoba(['audit', '--data-dir', dataDir]);
      assert.equal(audit.code, 0, audit.stdout + audit.stderr);
    } finally {
      exchange.process.kill('SIGKILL');
    }
  },
);
