import {
  ApiError,
  type Assets,
  type Credentials,
  type NewOrder,
  type Order,
  type PlacedOrder,
  type RestClient,
  type Side,
  type TimeInForce,
} from '@supernoba/client';
import { type Checks, TestFailure } from './checks.ts';
import { TEXTS, unknownOrder } from './words.ts';

const PATIENCE_MS = 30_000;
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 400;
/** How often a call that was refused for haste is made again. */
const RETRIES = 5;
export const PRICE = 10_000;
export const QUOTE = 'KRW';
export const CASH = 1_000_000_000;
export const SHARES = 100_000;

/** One side of the tests' trades. */
export interface Party {
  userId: string;
  credentials: Credentials;
  rest: RestClient;
}

/** A market of one's own with two funded accounts, on the live exchange: what every market test trades on. */
export interface Desk {
  symbol: string;
  admin: RestClient;
  buyer: Party;
  seller: Party;
  /** Both sides are the admin's own account, because the exchange lets nobody name users as they like. */
  ownAccount: boolean;
}

export interface DeskOptions {
  /** Who makes the market and pays in: an admin. */
  admin: Party;
  /** Whether users of the tests' own may be named. */
  testMode: boolean;
  /** Makes a user's calls. */
  client(credentials: Credentials): RestClient;
}

/** Makes a new market and pays into its accounts. Close the desk whatever happens. */
export async function openDesk({ admin, testMode, client }: DeskOptions): Promise<Desk> {
  const mark = crypto.randomUUID().slice(0, 6).toUpperCase();
  const symbol = `T${mark}`;
  const party = (userId: string): Party => {
    const credentials = { testUserId: userId };
    return { userId, credentials, rest: client(credentials) };
  };
  const desk: Desk = {
    symbol,
    admin: admin.rest,
    buyer: testMode ? party(`test-buyer-${mark}`) : admin,
    seller: testMode ? party(`test-seller-${mark}`) : admin,
    ownAccount: !testMode,
  };
  await patiently(() =>
    admin.rest.call('POST', '/admin/symbols', {
      symbol,
      name: 'Market test',
      quote: QUOTE,
      reference_price: PRICE,
      maker_fee_bps: 0,
      taker_fee_bps: 0,
    }),
  );
  try {
    await transfer(desk, desk.buyer, 'deposit', QUOTE, CASH);
    await transfer(desk, desk.seller, 'deposit', symbol, SHARES);
  } catch (error) {
    await closeDesk(desk);
    throw error;
  }
  return desk;
}

/** Takes the market off the board with whatever still rests in it, and out of the accounts what they own. */
export async function closeDesk(desk: Desk): Promise<void> {
  const { admin, symbol, ownAccount } = desk;
  await patiently(() => admin.call('DELETE', `/admin/symbols/${symbol}`));
  if (ownAccount) {
    await transfer(desk, desk.buyer, 'withdraw', QUOTE, CASH);
    await transfer(desk, desk.seller, 'withdraw', symbol, SHARES);
    return;
  }
  await whenStill(desk);
  for (const party of [desk.buyer, desk.seller]) {
    const { cash, shares } = await holdings(desk, party);
    if (cash.available > 0) await transfer(desk, party, 'withdraw', QUOTE, cash.available);
    if (shares.available > 0) await transfer(desk, party, 'withdraw', symbol, shares.available);
  }
}

function transfer({ admin }: Desk, { userId }: Party, way: 'deposit' | 'withdraw', asset: string, amount: number) {
  const body = { asset, amount, transfer_id: crypto.randomUUID() };
  return patiently(() => admin.call('POST', `/admin/accounts/${encodeURIComponent(userId)}/${way}`, body));
}

interface Holding {
  available: number;
  locked: number;
}

/** What a party has of the quote currency and of the desk's security. */
export async function holdings({ symbol }: Desk, { rest }: Party): Promise<{ cash: Holding; shares: Holding }> {
  const { wallets, positions }: Assets = await patiently(() => rest.assets());
  const wallet = wallets.find(({ currency }) => currency === QUOTE);
  const position = positions.find((candidate) => candidate.symbol === symbol);
  return {
    cash: { available: wallet?.available ?? 0, locked: wallet?.locked ?? 0 },
    shares: { available: (position?.qty ?? 0) - (position?.locked ?? 0), locked: position?.locked ?? 0 },
  };
}

/**
 * Leaves the market empty for the next test, and checks that money and shares are all there and free. With the admin's own
 * account it checks nothing: other things may happen in it.
 */
export async function clearDesk(desk: Desk, checks: Checks): Promise<void> {
  for (const { rest } of new Set([desk.buyer, desk.seller])) await patiently(() => rest.cancelAll(desk.symbol));
  if (desk.ownAccount) return;
  const [buyer, seller] = await whenStill(desk);
  const total = (kind: 'cash' | 'shares', state: keyof Holding) => buyer[kind][state] + seller[kind][state];
  checks.equal(
    TEXTS.together,
    [total('cash', 'available'), total('cash', 'locked'), total('shares', 'available'), total('shares', 'locked')],
    [CASH, 0, SHARES, 0],
  );
}

/** Both parties' holdings once nothing is locked any more (or patience ends). */
async function whenStill(desk: Desk) {
  return again(
    async () => [await holdings(desk, desk.buyer), await holdings(desk, desk.seller)] as const,
    (both) => both.every(({ cash, shares }) => cash.locked === 0 && shares.locked === 0),
  );
}

export function order(
  desk: Desk,
  side: Side,
  price: number,
  quantity: number,
  timeInForce: TimeInForce = 'GTC',
): Promise<PlacedOrder> {
  const { rest } = side === 'BUY' ? desk.buyer : desk.seller;
  const terms: NewOrder = {
    symbol: desk.symbol,
    side,
    price,
    quantity,
    time_in_force: timeInForce,
    // Both sides may be one account, and the id makes a repeated call harmless.
    stp: 'NONE',
    client_order_id: crypto.randomUUID(),
  };
  return patiently(() => rest.placeOrder(terms));
}

/** The order once it is as it should be; what it is at last when patience ends before that. */
export async function settled({ rest }: Party, orderId: string, right: (order: Order) => boolean): Promise<Order> {
  const found = await again(
    () => readOrder(rest, orderId),
    (candidate) => candidate !== undefined && right(candidate),
  );
  if (found === undefined) throw new TestFailure(unknownOrder(orderId));
  return found;
}

async function readOrder(rest: RestClient, orderId: string): Promise<Order | undefined> {
  try {
    return await patiently(() => rest.order(orderId));
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/** Asks again with growing pauses, because the books follow the engine; the last answer when it never was right. */
export async function again<T>(ask: () => Promise<T>, right: (answer: T) => boolean): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const answer = await ask();
    if (right(answer) || performance.now() > end) return answer;
    await new Promise((done) => setTimeout(done, pause));
  }
}

/** Makes a call again that was refused for haste, when the exchange says that it may be. */
export async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (let retries = RETRIES; ; retries -= 1) {
    try {
      return await call();
    } catch (error) {
      const hasty = error instanceof ApiError && (error.status === 429 || error.status === 503);
      if (!hasty || retries === 0) throw error;
      await new Promise((done) => setTimeout(done, 1_000 * Math.min(error.retryAfter ?? 1, 60)));
    }
  }
}
