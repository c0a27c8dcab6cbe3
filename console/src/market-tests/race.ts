import { ApiError } from '@supernoba/client';
import type { Text } from '../lib/phrases.ts';
import type { Checks } from './checks.ts';
import { type Desk, order, PRICE, patiently, settled } from './desk.ts';
import { bothWon, races, raceWon } from './words.ts';

/** Races go on until each side has won this often, and at most so many are run. */
const WINS_EACH = 8;
const ROUNDS_MAX = 60;
/** Milliseconds that one of the two may start before the other, at most. */
const LEAD_MAX_MS = 50;
/** How much later the winner of a race starts in the next one; so much more for every race that it has won in a row. */
const STEP_MS = 0.5;

/** What became of one race. `late`: the exchange already knew that the order was over when the cancel came. */
interface Outcome {
  winner: 'cancel' | 'fill';
  late: boolean;
}

/**
 * An order is cancelled and taken at the same moment, again and again; who starts first is shifted towards whoever lost, so
 * that the two meet. However it ends, both orders must tell the same story: filled and filled, or cancelled and expired.
 */
export async function testRace(desk: Desk, checks: Checks): Promise<Text> {
  const won = { cancel: 0, fill: 0 };
  let late = 0;
  /** Positive: the taker starts first. */
  let leadMs = 0;
  let rounds = 0;
  let last: Outcome['winner'] | undefined;
  let inARow = 0;
  while (rounds < ROUNDS_MAX && Math.min(won.cancel, won.fill) < WINS_EACH) {
    rounds += 1;
    const outcome = await race(desk, checks, rounds, leadMs);
    won[outcome.winner] += 1;
    if (outcome.late) late += 1;
    inARow = outcome.winner === last ? inARow + 1 : 1;
    last = outcome.winner;
    const step = STEP_MS * inARow * (last === 'cancel' ? 1 : -1);
    leadMs = Math.max(-LEAD_MAX_MS, Math.min(LEAD_MAX_MS, leadMs + step));
  }
  checks.equal(bothWon(rounds), won.cancel > 0 && won.fill > 0, true);
  return races(rounds, won, late);
}

async function race(desk: Desk, checks: Checks, round: number, leadMs: number): Promise<Outcome> {
  const resting = await order(desk, 'SELL', PRICE, 1);
  const [late, taker] = await Promise.all([
    after(Math.max(0, leadMs), () => cancel(desk, resting.order_id)),
    after(Math.max(0, -leadMs), () => order(desk, 'BUY', PRICE, 1, 'IOC')),
  ]);
  const sold = await settled(desk.seller, resting.order_id, ({ status }) => /^(FILLED|CANCELLED)$/.test(status));
  const bought = await settled(desk.buyer, taker.order_id, ({ status }) => /^(FILLED|EXPIRED)$/.test(status));
  const winner = sold.filled_qty === 1 ? 'fill' : 'cancel';
  checks.equal(
    raceWon(round, winner),
    [sold.status, sold.filled_qty, bought.status, bought.filled_qty],
    winner === 'fill' ? ['FILLED', 1, 'FILLED', 1] : ['CANCELLED', 0, 'EXPIRED', 0],
  );
  return { winner, late };
}

/** @returns true when the order was known to be over already */
async function cancel({ seller }: Desk, orderId: string): Promise<boolean> {
  try {
    await patiently(() => seller.rest.cancelOrder(orderId));
    return false;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'ORDER_CLOSED') return true;
    throw error;
  }
}

async function after<T>(ms: number, work: () => Promise<T>): Promise<T> {
  if (ms > 0) await new Promise((done) => setTimeout(done, ms));
  return work();
}
