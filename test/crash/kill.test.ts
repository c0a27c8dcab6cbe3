import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SeededChance } from '../../src/adapters/clock/simulated.ts';
import { type RunningExchange, runSupernoba, startExchange } from '../servers/exchange.ts';
import { Trader } from './trader.ts';

/** Rounds of load and kill -9; 10 in CI, hundreds by hand (CRASH_ROUNDS=500 npm run test:crash). */
const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 10);
const SEED = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
const SYMBOLS = ['CRASHA', 'CRASHB', 'CRASHC'];

async function admin(url: string, path: string, body: unknown): Promise<void> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-user-id': 'ops', 'x-user-role': 'admin' },
    body: JSON.stringify(body),
  });
  assert.ok(response.ok, `${path}: ${response.status} ${await response.text()}`);
}

async function openMarket(exchange: RunningExchange, traders: readonly Trader[]): Promise<void> {
  for (const symbol of SYMBOLS) {
    await admin(exchange.url, '/admin/symbols', { symbol, reference_price: 10_000, tick_size: 10, taker_fee_bps: 5 });
  }
  for (const { userId } of traders) {
    await admin(exchange.url, `/admin/accounts/${userId}/deposit`, { asset: 'KRW', amount: 1_000_000_000 });
    for (const symbol of SYMBOLS) {
      await admin(exchange.url, `/admin/accounts/${userId}/deposit`, { asset: symbol, amount: 100_000 });
    }
  }
}

/** Every acknowledged order is there once, under the id it was acknowledged with. */
async function checkAcknowledged(url: string, trader: Trader): Promise<void> {
  for (const ask of trader.asks.slice(-50)) {
    const response = await fetch(`${url}/orders?client_order_id=${ask.clientOrderId}`, {
      headers: { 'x-user-id': trader.userId },
    });
    assert.equal(response.status, 200);
    const { orders }: { orders: { order_id: string }[] } = JSON.parse(await response.text());
    if (ask.orderId !== undefined)
      assert.deepEqual(
        orders.map((order) => order.order_id),
        [ask.orderId],
      );
    else assert.deepEqual(orders, [], `a refused order (${ask.refused}) left a trace`);
  }
}

test(
  `kill -9 at ${ROUNDS} random moments under load loses nothing and doubles nothing (CRASH_SEED=${SEED})`,
  {
    timeout: 60_000 + ROUNDS * 30_000,
  },
  async (t) => {
    const chance = new SeededChance(SEED);
    const dataDir = await mkdtemp(join(tmpdir(), 'supernoba crash '));
    const traders = Array.from({ length: 8 }, (_, index) => new Trader(`crash${index}`, () => chance.random()));
    const recoveries: number[] = [];
    let exchange = await startExchange({ dataDir });
    try {
      await openMarket(exchange, traders);
      for (let round = 0; round < ROUNDS; round += 1) {
        await Promise.all(traders.map((trader) => trader.listen(exchange.url)));
        const trading = Promise.all(traders.map((trader) => trader.trade(exchange.url, SYMBOLS)));
        await sleep(200 + chance.random() * 1_500);
        if (chance.random() < 0.3) {
          exchange.process.kill('SIGSTOP');
          await sleep(chance.random() * 300);
        }
        exchange.process.kill('SIGKILL');
        await exchange.exited;
        await trading;
        for (const trader of traders) trader.hangUp();
        exchange = await startExchange({ dataDir });
        recoveries.push(exchange.startupMs);
        for (const trader of traders) await trader.settleUnknown(exchange.url);
        for (const trader of traders) await checkAcknowledged(exchange.url, trader);
      }
      await Promise.all(traders.map((trader) => trader.listen(exchange.url)));
      await sleep(1_000);
      for (const trader of traders) {
        trader.hangUp();
        assert.deepEqual(trader.conflicts, [], 'a useq named two messages');
        const numbers = [...trader.messages.keys()].sort((a, b) => a - b);
        assert.deepEqual(
          numbers,
          numbers.map((_, index) => index + 1),
          `${trader.userId}: useq has a gap`,
        );
      }
      exchange.process.kill('SIGTERM');
      assert.equal(await exchange.exited, 0, exchange.stderr());
      const audit = await runSupernoba(['audit', `--data-dir=${dataDir}`]);
      assert.equal(audit.code, 0, audit.stdout + audit.stderr);
      const orders = traders.reduce((sum, trader) => sum + trader.asks.length, 0);
      recoveries.sort((a, b) => a - b);
      t.diagnostic(
        `${orders} orders, ${ROUNDS} kills, start to open after a crash: median ${Math.round(recoveries[ROUNDS >> 1] ?? 0)} ms, ` +
          `longest ${Math.round(recoveries.at(-1) ?? 0)} ms`,
      );
    } finally {
      exchange.process.kill('SIGKILL');
      await rm(dataDir, { recursive: true, force: true });
    }
  },
);
