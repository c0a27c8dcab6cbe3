import { formatDecimal } from '../../../../domain/money.ts';
import type { BookRow, InboundRow } from '../../../../flow/rows.ts';
import { CommandError } from '../command.ts';
import type { PlayedMarket } from './player.ts';
import type { Caller, OrderedRest } from './rest.ts';

export const PRICE_DECIMALS = 2;
export const QUOTE = 'USD';

const ADMIN: Caller = { id: 'replay-admin', admin: true };
const ACCOUNTS = 8;
/** Enough for any recorded day, and far from the wallets' end (2^53 - 1 units). */
const CASH = 10_000_000_000_000;
const GOODS = 1_000_000_000_000;

/** The coarsest price step on which all prices lie: the recording does not say its tick. */
export function tickOf(prices: Iterable<number>): number {
  let tick = 0;
  for (const price of prices) for (let a = price; a !== 0; ) [tick, a] = [a, tick % a];
  return Math.max(1, tick);
}

export function* pricesOf(book: readonly BookRow[], orders: readonly InboundRow[]): Generator<number> {
  for (const { price } of book) yield price;
  for (const { price, action } of orders) if (action !== 'cancel') yield price;
}

/** Makes the instrument (limits off, no fees) and the accounts, and funds them. The symbol must be new to the exchange. */
export async function openMarket(rest: OrderedRest, symbol: string, tick: number): Promise<PlayedMarket> {
  const { body } = await rest.must('GET', '/symbols', ADMIN);
  if (Array.isArray(body.symbols) && body.symbols.some((known) => known.symbol === symbol)) {
    throw new CommandError(
      `${symbol} is traded on this exchange already; give the replay a symbol of its own (--symbol)`,
    );
  }
  await rest.must('POST', '/admin/symbols', ADMIN, {
    symbol,
    name: `${symbol} (replay)`,
    quote: QUOTE,
    price_decimals: PRICE_DECIMALS,
    quantity_decimals: 0,
    tick_size: Number(formatDecimal(tick, PRICE_DECIMALS)),
    price_limit_pct: null,
    maker_fee_bps: 0,
    taker_fee_bps: 0,
  });
  const run = Math.random().toString(36).slice(2, 8);
  const users = Array.from({ length: ACCOUNTS }, (_, i) => ({ id: `replay-${run}-${i + 1}` }));
  for (const { id } of users) {
    await rest.must('POST', `/admin/accounts/${id}/deposit`, ADMIN, { asset: QUOTE, amount: CASH });
    await rest.must('POST', `/admin/accounts/${id}/deposit`, ADMIN, { asset: symbol, amount: GOODS });
  }
  return { symbol, price_decimals: PRICE_DECIMALS, users };
}

/**
 * The audit that an outsider can make: what the accounts hold together is what was paid in.
 * @returns what is wrong, one line each
 */
export async function outsideAudit(rest: OrderedRest, market: PlayedMarket): Promise<string[]> {
  let [cash, goods] = [0, 0];
  const faults: string[] = [];
  for (const user of market.users) {
    const { body } = await rest.must('GET', '/assets', user);
    const wallets: Record<string, unknown>[] = Array.isArray(body.wallets) ? body.wallets : [];
    const positions: Record<string, unknown>[] = Array.isArray(body.positions) ? body.positions : [];
    for (const wallet of wallets) {
      if (wallet.currency === QUOTE) cash += Math.round(Number(wallet.balance) * 100);
      if (Number(wallet.locked) < 0 || Number(wallet.available) < 0) faults.push(`${user.id}: a wallet is overdrawn`);
    }
    for (const position of positions) if (position.symbol === market.symbol) goods += Number(position.qty);
  }
  const paid = [CASH * ACCOUNTS * 100, GOODS * ACCOUNTS];
  if (cash !== paid[0]) faults.push(`the accounts hold ${cash} cents, ${paid[0]} were paid in`);
  if (goods !== paid[1]) faults.push(`the accounts hold ${goods} ${market.symbol}, ${paid[1]} were paid in`);
  return faults;
}

/** Best prices in integers of the recording; null where a side is empty. */
export async function bestPrices(
  rest: OrderedRest,
  market: PlayedMarket,
): Promise<{ bid: number | null; ask: number | null }> {
  const { body } = await rest.must('GET', `/depth?symbol=${market.symbol}&levels=1`, ADMIN);
  const best = (levels: unknown): number | null => {
    const price: unknown = Array.isArray(levels) ? levels[0]?.price : undefined;
    return price === undefined ? null : Math.round(Number(price) * 10 ** market.price_decimals);
  };
  return { bid: best(body.bids), ask: best(body.asks) };
}
