import type { Text } from '../lib/phrases.ts';
import type { Checks } from './checks.ts';
import { again, type Desk, holdings, order, PRICE, patiently, settled } from './desk.ts';
import { crossed, immediate, partlyFilled, TEXTS } from './words.ts';

/** A bid above the resting ask pays what was asked. */
export async function testCrossing(desk: Desk, checks: Checks): Promise<Text> {
  const before = await holdings(desk, desk.buyer);
  const resting = await order(desk, 'SELL', PRICE, 4);
  const taker = await order(desk, 'BUY', PRICE + 100, 4);
  const bought = await settled(desk.buyer, taker.order_id, ({ status }) => status === 'FILLED');
  checks.equal(TEXTS.bid, [bought.status, bought.filled_qty, bought.avg_price], ['FILLED', 4, PRICE]);
  const sold = await settled(desk.seller, resting.order_id, ({ status }) => status === 'FILLED');
  checks.equal(TEXTS.ask, [sold.status, sold.filled_qty, sold.avg_price], ['FILLED', 4, PRICE]);
  const { trades } = await patiently(() =>
    desk.admin.call<{ trades: { price: number; quantity: number; taker_side: string }[] }>(
      'GET',
      `/trades?symbol=${desk.symbol}&limit=1`,
    ),
  );
  const newest = trades.map(({ price, quantity, taker_side }) => [price, quantity, taker_side]);
  checks.equal(TEXTS.publicTrade, newest, [[PRICE, 4, 'BUY']]);
  if (!desk.ownAccount) {
    const after = await again(
      () => holdings(desk, desk.buyer),
      ({ cash }) => cash.locked === 0,
    );
    checks.equal(TEXTS.paid, before.cash.available - after.cash.available, 4 * PRICE);
  }
  return crossed(PRICE + 100, bought.avg_price);
}

/** What is not filled stays open, and its money is free again when it is cancelled. */
export async function testPartialFill(desk: Desk, checks: Checks): Promise<Text> {
  await order(desk, 'SELL', PRICE, 3);
  const { order_id } = await order(desk, 'BUY', PRICE, 10);
  const open = await settled(desk.buyer, order_id, ({ filled_qty }) => filled_qty === 3);
  checks.equal(TEXTS.partly, [open.status, open.filled_qty, open.remaining_qty], ['PARTIALLY_FILLED', 3, 7]);
  if (!desk.ownAccount) {
    const held = await again(
      () => holdings(desk, desk.buyer),
      ({ cash }) => cash.locked === 7 * PRICE,
    );
    checks.equal(TEXTS.held, held.cash.locked, 7 * PRICE);
  }
  await patiently(() => desk.buyer.rest.cancelOrder(order_id));
  const ended = await settled(desk.buyer, order_id, ({ status }) => status === 'CANCELLED');
  checks.equal(TEXTS.cancelled, [ended.status, ended.filled_qty], ['CANCELLED', 3]);
  return partlyFilled(ended.filled_qty, ended.quantity);
}

/** IOC takes what is there and expires with the rest; FOK takes all or nothing. */
export async function testImmediate(desk: Desk, checks: Checks): Promise<Text> {
  const resting = await order(desk, 'SELL', PRICE, 2);
  const all = await order(desk, 'BUY', PRICE, 5, 'FOK');
  const none = await settled(desk.buyer, all.order_id, ({ status }) => status === 'EXPIRED');
  checks.equal(TEXTS.fok, [none.status, none.filled_qty, none.reason], ['EXPIRED', 0, 'FOK_NOT_FILLABLE']);
  const some = await order(desk, 'BUY', PRICE, 5, 'IOC');
  const part = await settled(desk.buyer, some.order_id, ({ status }) => status === 'EXPIRED');
  checks.equal(TEXTS.ioc, [part.status, part.filled_qty, part.reason], ['EXPIRED', 2, 'IOC_REMAINDER']);
  const sold = await settled(desk.seller, resting.order_id, ({ status }) => status === 'FILLED');
  checks.equal(TEXTS.resting, [sold.status, sold.filled_qty], ['FILLED', 2]);
  return immediate(part.filled_qty, part.quantity);
}
