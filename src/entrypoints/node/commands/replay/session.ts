import { setTimeout as sleep } from 'node:timers/promises';
import { type ComparedFill, compareFills, type FillComparison } from '../../../../flow/compare.ts';
import { ExpectedMarket } from '../../../../flow/expected.ts';
import type { BookRow, InboundRow } from '../../../../flow/rows.ts';
import { NaiveBook } from '../../../../matching/naive-book.ts';
import { CommandError } from '../command.ts';
import { type AttributedFill, Attribution } from './attribution.ts';
import { bestPrices, openMarket, outsideAudit, pricesOf, tickOf } from './market.ts';
import { Player, WINDOW, waitUntil } from './player.ts';
import { PrivateFeed } from './private-feed.ts';
import { OrderedRest } from './rest.ts';

export interface ReplayInput {
  book: readonly BookRow[];
  orders: readonly InboundRow[];
  /** What the recording exchange traded; without it a naive book says what must be traded. */
  fills: readonly ComparedFill[] | undefined;
  symbol: string;
  /** Times the recorded pace; undefined: as fast as the exchange takes the orders. */
  pace: number | undefined;
  onProgress(done: number): void;
}

export interface ReplayResult extends FillComparison {
  orders: number;
  orders_per_s: number;
  ack_p50_ms: number;
  ack_p99_ms: number;
  fill_p50_ms: number | null;
  fill_p99_ms: number | null;
  best_bid: number | null;
  best_ask: number | null;
  /** What the accounts and sockets showed that should not be. */
  faults: string[];
  refused: Record<string, number>;
}

const QUIET_MS = 300;
const PATIENCE_MS = 60_000;

/** Plays a recording through the exchange at `url` and compares what it traded. The exchange must serve test mode. */
export async function replaySession(url: string, input: ReplayInput): Promise<ReplayResult> {
  const rest = new OrderedRest(url, WINDOW);
  const attribution = new Attribution();
  const feed = new PrivateFeed(attribution.onOutcome, attribution.onFill);
  try {
    const market = await openMarket(rest, input.symbol, tickOf(pricesOf(input.book, input.orders)));
    await feed.open(
      url,
      market.users.map(({ id }) => id),
    );
    const player = new Player(rest, market, attribution);
    for (const row of input.book) await player.open(row);
    await player.drain();
    await outcomesOf(player, attribution, feed);
    player.ack_ms.length = 0;
    const seconds = await playOrders(player, input);
    await outcomesOf(player, attribution, feed);
    const fills = attribution.fills();
    const best = await bestPrices(rest, market);
    return {
      ...compareFills(input.fills ?? expectedFills(input), fills),
      orders: input.orders.length,
      orders_per_s: Math.round(input.orders.length / seconds),
      ack_p50_ms: percentile(player.ack_ms, 0.5) ?? 0,
      ack_p99_ms: percentile(player.ack_ms, 0.99) ?? 0,
      fill_p50_ms: percentile(latencies(fills), 0.5),
      fill_p99_ms: percentile(latencies(fills), 0.99),
      best_bid: best.bid,
      best_ask: best.ask,
      faults: [...feed.faults, ...(await settledFaults(rest, market))],
      refused: Object.fromEntries(player.refused),
    };
  } finally {
    feed.close();
    await rest.close();
  }
}

/** @returns the seconds it took, to the last acknowledgement */
async function playOrders(player: Player, input: ReplayInput): Promise<number> {
  const started = performance.now();
  const first = input.orders[0]?.ts_ns ?? 0n;
  for (const [done, row] of input.orders.entries()) {
    if (input.pace !== undefined) await waitUntil(started + Number(row.ts_ns - first) / 1e6 / input.pace);
    await player.play(row);
    if (done % 100 === 0) input.onProgress(done);
  }
  await player.drain();
  input.onProgress(input.orders.length);
  return (performance.now() - started) / 1000;
}

/** Waits until the engine has answered every acknowledged command and the sockets have fallen silent. */
async function outcomesOf(player: Player, attribution: Attribution, feed: PrivateFeed): Promise<void> {
  const idle = () => performance.now() - feed.last_ms;
  const started = performance.now();
  while (attribution.outcomes < player.acknowledged) {
    if (idle() > PATIENCE_MS && performance.now() - started > PATIENCE_MS) {
      const missing = player.acknowledged - attribution.outcomes;
      throw new CommandError(`${missing} acknowledged commands were not answered on the sockets within a minute`);
    }
    await sleep(5);
  }
  while (idle() < QUIET_MS) await sleep(20);
}

/** Settlement follows the engine; the accounts add up once it has caught up. */
async function settledFaults(...args: Parameters<typeof outsideAudit>): Promise<string[]> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const faults = await outsideAudit(...args);
    if (faults.length === 0 || performance.now() > deadline) return faults;
    await sleep(100);
  }
}

function expectedFills(input: ReplayInput): ComparedFill[] {
  const market = new ExpectedMarket(new NaiveBook());
  for (const row of input.book) market.open(row);
  return input.orders.flatMap((row) => market.apply(row));
}

function latencies(fills: readonly AttributedFill[]): number[] {
  return fills.filter(({ idx }) => idx >= 0).map(({ latency_ms }) => latency_ms);
}

/** Milliseconds with two decimals; null of nothing. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return value === undefined ? null : Math.round(value * 100) / 100;
}
