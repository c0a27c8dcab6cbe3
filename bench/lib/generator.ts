import { COMMAND_WORDS, Op } from '../../src/matching/book-host.ts';
import { BUY, Flag, SELL } from '../../src/matching/order-book.ts';
import { Random } from './random.ts';
import type { Workload } from './workload.ts';

/** How the mid price moves: volatility of a geometric Brownian motion over the whole run, and a path it follows. */
interface Scenario {
  volatility: number;
  /** Multiplies the mid price at a moment of the run, 0 to 1. */
  path: (moment: number) => number;
}

export const SCENARIOS = {
  static: { volatility: 0.002, path: () => 1 },
  normal: { volatility: 0.02, path: () => 1 },
  'swing-25': { volatility: 0.03, path: (t) => 1 + 0.25 * Math.sin(2 * Math.PI * t) },
  'swing-40': { volatility: 0.03, path: (t) => 1 + 0.4 * Math.sin(4 * Math.PI * t) },
  'flash-crash': { volatility: 0.05, path: flashCrash },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;

const BASE_PRICE = 33_500;
const MAX_QUANTITY = 100;
// Shares of the published methodology.
const IOC_SHARE = 0.15;
const CANCEL_SHARE = 0.95;
const MODIFY_SHARE = 0.2;
/** Half of the cancels chase their order at once; the others come after this many new orders, on average. */
const MEAN_LIFE = 40_000;
const FLEETING_SHARE = 0.5;
const FLEETING_LIFE = 3;
/** The chance of a distance of d ticks from the mid price falls with d^-2, up to this distance. */
const MAX_DISTANCE = 1_000;

/** Half of the value is lost within a twentieth of the run, and mostly won back. */
function flashCrash(moment: number): number {
  if (moment < 0.45) return 1;
  if (moment < 0.5) return 1 - 0.5 * ((moment - 0.45) / 0.05);
  return Math.min(0.95, 0.5 + 0.45 * ((moment - 0.5) / 0.3));
}

/**
 * A workload of `orders` new orders with their modifies and cancels, in the shape of the published methodology: a geometric
 * Brownian mid price, power-law depth, 95 % of the orders that may rest cancelled, 20 % modified, 15 % immediate-or-cancel.
 * Ids are a random permutation of 1 .. orders: no structure may profit from their order.
 */
export function generate(scenario: ScenarioName, orders: number, seed: number): Workload {
  const random = new Random(seed);
  const ids = random.shuffle(Int32Array.from({ length: orders }, (_, i) => i + 1));
  const mids = midPrices(SCENARIOS[scenario], orders, random);
  const messages: Message[] = [];
  for (let i = 0; i < orders; i++) messages.push(...orderLife(ids[i]!, i, mids, random));
  // A stable sort: messages of one moment stay in the order in which they were made.
  messages.sort((a, b) => a.moment - b.moment);
  return {
    name: `${scenario}_s${seed}_n${orders}`,
    count: messages.length,
    commands: encode(messages),
    sequences: Float64Array.from(messages, (_, i) => i),
    maxId: orders,
    offsets: { id: 0, price: 0 },
  };
}

interface Message {
  /** When, counted in new orders. */
  moment: number;
  op: number;
  ioc: boolean;
  id: number;
  side: 0 | 1;
  price: number;
  quantity: number;
}

function midPrices({ volatility, path }: Scenario, orders: number, random: Random): Float64Array {
  const step = volatility / Math.sqrt(orders);
  let walk = 0;
  return Float64Array.from({ length: orders }, (_, i) => {
    walk += step * random.normal() - (step * step) / 2;
    return BASE_PRICE * Math.exp(walk) * path(i / orders);
  });
}

/** All messages of one order: NEW at `moment`, then perhaps a MODIFY, then perhaps a CANCEL. */
function orderLife(id: number, moment: number, mids: Float64Array, random: Random): Message[] {
  const side = random.next() < 0.5 ? BUY : SELL;
  const ioc = random.next() < IOC_SHARE;
  const quantity = 1 + random.below(MAX_QUANTITY);
  const price = priceAround(mids[moment]!, side, ioc, random);
  const messages: Message[] = [{ moment, op: Op.SUBMIT, ioc, id, side, price, quantity }];
  if (ioc) return messages;
  const life = random.exponential(random.next() < FLEETING_SHARE ? FLEETING_LIFE : MEAN_LIFE);
  const end = Math.min(moment + life, mids.length - 1);
  if (random.next() < MODIFY_SHARE) {
    const at = moment + random.next() * (end - moment);
    const newPrice = priceAround(mids[Math.floor(at)]!, side, false, random);
    const newQuantity = 1 + random.below(MAX_QUANTITY);
    messages.push({ moment: at, op: Op.REQUEUE, ioc: false, id, side, price: newPrice, quantity: newQuantity });
  }
  if (random.next() < CANCEL_SHARE) {
    messages.push({ moment: end, op: Op.CANCEL, ioc: false, id, side, price: 0, quantity: 0 });
  }
  return messages;
}

/** A resting order stands on its own side of the mid price, a taking one beyond it. */
function priceAround(mid: number, side: 0 | 1, taking: boolean, random: Random): number {
  const distance = Math.min(MAX_DISTANCE, Math.floor(1 / (1 - random.next())));
  const away = (side === BUY) === taking ? distance : -distance;
  return Math.max(1, Math.round(mid) + away);
}

function encode(messages: readonly Message[]): Int32Array {
  const commands = new Int32Array(messages.length * COMMAND_WORDS);
  messages.forEach(({ op, ioc, id, side, price, quantity }, i) => {
    commands.set([op | ((ioc ? Flag.IOC : 0) << 8), id, price, quantity, side], i * COMMAND_WORDS);
  });
  return commands;
}
