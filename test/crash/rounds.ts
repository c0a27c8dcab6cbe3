import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { SeededChance } from '../../src/adapters/clock/simulated.ts';
import { type RunningExchange, runSupernoba, startExchange } from '../servers/exchange.ts';
import { documentedFetch } from '../support/documented-fetch.ts';
import { Trader } from './trader.ts';

/** Rounds of load and fault; 10 in CI, hundreds by hand (CRASH_ROUNDS=500 npm run test:crash). */
export const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 10);
export const SEED = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
/** For `timeout` of a test of so many rounds. */
export const PATIENCE_MS = 120_000 + ROUNDS * 60_000;
/** In a long run a line tells how far it has come, every so many restarts. */
const ROUNDS_A_LINE = 25;

const SYMBOLS = ['CRASHA', 'CRASHB', 'CRASHC'];
const TRADERS = 8;
/** Messages that were numbered before the end come within this time over a fresh socket. */
const MESSAGES_MS = 120_000;

/** A real server under load, its clients with their honest books, and what restarts cost. */
export class CrashRun {
  readonly dataDir: string;
  readonly chance: SeededChance;
  readonly traders: Trader[];
  readonly recoveriesMs: number[] = [];
  killed = 0;
  exchange: RunningExchange;

  private constructor(dataDir: string, chance: SeededChance, exchange: RunningExchange) {
    this.dataDir = dataDir;
    this.chance = chance;
    this.exchange = exchange;
    this.traders = Array.from({ length: TRADERS }, (_, index) => new Trader(`crash${index}`, () => chance.random()));
  }

  static async begin(dataDir: string, seed = SEED): Promise<CrashRun> {
    const run = new CrashRun(dataDir, new SeededChance(seed), await startExchange({ dataDir }));
    for (const symbol of SYMBOLS) {
      await run.#admin('/admin/symbols', { symbol, reference_price: 10_000, tick_size: 10, taker_fee_bps: 5 });
    }
    for (const { userId } of run.traders) {
      await run.#admin(`/admin/accounts/${userId}/deposit`, { asset: 'KRW', amount: 100_000_000_000 });
      for (const symbol of SYMBOLS) {
        await run.#admin(`/admin/accounts/${userId}/deposit`, { asset: symbol, amount: 10_000_000 });
      }
    }
    return run;
  }

  async #admin(path: string, body: unknown): Promise<void> {
    const response = await documentedFetch(this.exchange.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-user-id': 'ops', 'x-user-role': 'admin' },
      body: JSON.stringify(body),
    });
    assert.ok(response.ok, `${path}: ${response.status} ${await response.text()}`);
  }

  /** A moment within a stretch of time. */
  async moment(fromMs: number, toMs: number): Promise<void> {
    await sleep(fromMs + this.chance.random() * (toMs - fromMs));
  }

  /** All traders trade until the exchange answers no more; `fault` is what happens meanwhile, and must end it. */
  async underLoad(fault: () => Promise<void>): Promise<void> {
    for (const trader of this.traders) {
      trader.taken = 0;
      trader.refusedForNow = 0;
    }
    await Promise.all(this.traders.map((trader) => trader.listen(this.exchange.url)));
    const trading = Promise.all(this.traders.map((trader) => trader.trade(this.exchange.url, SYMBOLS)));
    await fault();
    await trading;
    for (const trader of this.traders) trader.hangUp();
  }

  /** kill -9, in some rounds of a process that was stopped (SIGSTOP) just before. */
  async kill(): Promise<void> {
    const { process, exited } = this.exchange;
    if (this.chance.random() < 0.3) {
      process.kill('SIGSTOP');
      await this.moment(0, 300);
    }
    if (process.kill('SIGKILL')) this.killed += 1;
    await exited;
  }

  /** Starts again and holds the exchange to what it has told its clients until now. */
  async restart(): Promise<void> {
    this.exchange = await startExchange({ dataDir: this.dataDir });
    this.recoveriesMs.push(this.exchange.startupMs);
    for (const trader of this.traders) await trader.settleUnknown(this.exchange.url);
    for (const trader of this.traders) await this.#checkNewest(trader);
    if (this.recoveriesMs.length % ROUNDS_A_LINE === 0) console.error(`${this.dataDir}: ${this.#figures()}`);
  }

  /** Every acknowledged order is there once, under the id it was acknowledged with; a refused one left no trace. */
  async #checkNewest(trader: Trader): Promise<void> {
    for (const ask of trader.asks.slice(-50)) {
      const response = await documentedFetch(`${this.exchange.url}/orders?client_order_id=${ask.clientOrderId}`, {
        headers: { 'x-user-id': trader.userId },
      });
      assert.equal(response.status, 200);
      const { orders }: { orders: { order_id: string }[] } = JSON.parse(await response.text());
      const expected = ask.orderId === undefined ? [] : [ask.orderId];
      assert.deepEqual(
        orders.map((order) => order.order_id),
        expected,
        `${ask.clientOrderId} (refused: ${ask.refused})`,
      );
    }
  }

  /** Compares everything with the clients' books, stops in order and audits. @returns one line of figures */
  async finish(): Promise<string> {
    await Promise.all(this.traders.map((trader) => trader.listen(this.exchange.url)));
    for (const trader of this.traders) await this.#checkBooks(trader);
    this.exchange.process.kill('SIGTERM');
    assert.equal(await this.exchange.exited, 0, this.exchange.stderr());
    const audit = await runSupernoba(['audit', `--data-dir=${this.dataDir}`]);
    assert.equal(audit.code, 0, audit.stdout + audit.stderr);
    return `${this.#figures()}; audit clean`;
  }

  #figures(): string {
    const orders = this.traders.reduce((sum, trader) => sum + trader.asks.length, 0);
    const sorted = this.recoveriesMs.toSorted((a, b) => a - b);
    const [median, longest] = [sorted[sorted.length >> 1] ?? 0, sorted.at(-1) ?? 0];
    return (
      `${orders} orders, ${this.killed} kills, ${sorted.length} restarts, ` +
      `start to open after a crash: median ${Math.round(median)} ms, longest ${Math.round(longest)} ms`
    );
  }

  async #checkBooks(trader: Trader): Promise<void> {
    let orders = await trader.orders(this.exchange.url);
    const asked = trader.asks.flatMap(({ orderId }) => (orderId === undefined ? [] : [orderId]));
    assert.deepEqual(
      orders.map(({ order_id }) => order_id).sort(),
      asked.sort(),
      'orders acknowledged and orders kept',
    );
    const filled = () =>
      orders.filter(({ order_id, filled_qty }) => Number(filled_qty) !== (trader.told.get(order_id) ?? 0));
    const patience = performance.now() + MESSAGES_MS;
    while (filled().length > 0 && performance.now() < patience) {
      await sleep(50);
      // What the engine had still to do at the first look has been done since.
      orders = await trader.orders(this.exchange.url);
    }
    trader.hangUp();
    assert.deepEqual(filled(), [], 'fills that clients were told and fills of the orders');
    assert.deepEqual(trader.conflicts, [], 'a useq named two messages');
    assert.deepEqual(trader.faults, [], 'a 5xx other than 503');
    const numbers = [...trader.messages.keys()].sort((a, b) => a - b);
    const gap = numbers.findIndex((useq, index) => useq !== index + 1);
    assert.equal(gap, -1, `${trader.userId}: useq ${numbers[gap]} follows ${numbers[gap - 1]}`);
  }

  /** Whatever has happened, nothing of it goes on running. */
  end(): void {
    for (const trader of this.traders) trader.hangUp();
    this.exchange.process.kill('SIGKILL');
  }
}
