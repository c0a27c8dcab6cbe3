import { ApiError, type Order, type PlacedOrder, RestClient, type Side, type TimeInForce } from '@supernoba/client';

const PATIENCE_MS = 5_000;
const LOOK_EVERY_MS = 40;
export const PRICE = 10_000;
const CASH = 1_000_000_000;
const SHARES = 100_000;

/** A market of one's own with two funded accounts, on the live exchange: what every market test trades on. */
export interface Desk {
  symbol: string;
  admin: RestClient;
  /** Its user id, for a socket of its own. */
  buyerId: string;
  buyer: RestClient;
  seller: RestClient;
}

/** Makes a new symbol and pays both accounts in. `admin` must be allowed to; accounts are signed in by test mode. */
export async function openDesk(admin: RestClient, url = ''): Promise<Desk> {
  const mark = crypto.randomUUID().slice(0, 6).toUpperCase();
  const symbol = `T${mark}`;
  const [buyerId, sellerId] = [`test-buyer-${mark}`, `test-seller-${mark}`];
  await admin.call('POST', '/admin/symbols', {
    symbol,
    name: 'Market test',
    base: symbol,
    quote: 'KRW',
    reference_price: PRICE,
    maker_fee_bps: 0,
    taker_fee_bps: 0,
  });
  const account = (testUserId: string) => new RestClient({ url, credentials: { testUserId } });
  const desk = { symbol, admin, buyerId, buyer: account(buyerId), seller: account(sellerId) };
  try {
    await fund(desk, sellerId, mark);
  } catch (error) {
    await closeDesk(desk);
    throw error;
  }
  return desk;
}

async function fund({ admin, symbol, buyerId }: Desk, sellerId: string, mark: string): Promise<void> {
  await admin.call('POST', `/admin/accounts/${buyerId}/deposit`, {
    asset: 'KRW',
    amount: CASH,
    transfer_id: `${mark}-cash`,
  });
  await admin.call('POST', `/admin/accounts/${sellerId}/deposit`, {
    asset: symbol,
    amount: SHARES,
    transfer_id: `${mark}-shares`,
  });
}

/** Takes the test's market off the board again, with whatever still rests in it. */
export async function closeDesk({ admin, symbol }: Desk): Promise<void> {
  await admin.call('DELETE', `/admin/symbols/${symbol}`);
}

export function order(
  desk: Desk,
  side: Side,
  price: number,
  quantity: number,
  timeInForce: TimeInForce = 'GTC',
): Promise<PlacedOrder> {
  const account = side === 'BUY' ? desk.buyer : desk.seller;
  return account.placeOrder({ symbol: desk.symbol, side, price, quantity, time_in_force: timeInForce });
}

/** Asks again until the order satisfies, because the books follow the engine. Throws what it was at last. */
export async function settled(account: RestClient, orderId: string, right: (order: Order) => boolean): Promise<Order> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await account.order(orderId).catch((error) => {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    });
    if (found !== undefined && right(found)) return found;
    if (performance.now() > end) throw new Error(`the order ended as ${JSON.stringify(found)}`);
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
  }
}

export function expectEqual(what: string, actual: unknown, expected: unknown): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== should) throw new Error(`${what}: expected ${should}, got ${is}`);
}
