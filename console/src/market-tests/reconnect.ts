import { StreamClient } from '@supernoba/client';
import type { Text } from '../lib/phrases.ts';
import type { Checks } from './checks.ts';
import { again, type Desk, order, PRICE, patiently, settled } from './desk.ts';
import { came, resumed, TEXTS } from './words.ts';

/** What happens while the socket is away must come after it, in order, once. */
export async function testReconnect(desk: Desk, checks: Checks): Promise<Text> {
  const heard: { useq: number; orderId: string; status: string }[] = [];
  const stream = new StreamClient({
    url: location.origin,
    credentials: desk.buyer.credentials,
    onPrivate: ({ data }) => heard.push({ useq: data.useq, orderId: data.order_id, status: data.status }),
  });
  const hears = async (orderId: string, status: string) => {
    const heardOf = await again(
      async () => heard.some((message) => message.orderId === orderId && message.status === status),
      (found) => found,
    );
    checks.equal(came(status, orderId), heardOf, true);
  };
  try {
    stream.open();
    // A session tells what happens from its beginning on, so the order waits for that.
    const begun = await again(
      async () => stream.state,
      (state) => state === 'open',
    );
    checks.equal(TEXTS.socket, begun, 'open');
    const first = await order(desk, 'BUY', PRICE - 100, 1);
    await hears(first.order_id, 'ACCEPTED');
    stream.close();
    const before = heard.length;

    // While nobody listens: a cancel, and an order that fills in two parts.
    await patiently(() => desk.buyer.rest.cancelOrder(first.order_id));
    const second = await order(desk, 'BUY', PRICE, 2);
    for (const _ of [1, 2]) await order(desk, 'SELL', PRICE, 1);
    await settled(desk.buyer, second.order_id, ({ status }) => status === 'FILLED');
    checks.equal(TEXTS.away, heard.length - before, 0);

    stream.open();
    await hears(first.order_id, 'CANCELLED');
    await hears(second.order_id, 'FILLED');
    const third = await order(desk, 'BUY', PRICE - 100, 1);
    await hears(third.order_id, 'ACCEPTED');
    const useqs = heard.map(({ useq }) => useq);
    checks.equal(
      TEXTS.useqs,
      useqs,
      useqs.map((_, index) => (useqs[0] ?? 0) + index),
    );
    return resumed(useqs[0], useqs.at(-1), useqs.length - before);
  } finally {
    stream.close();
  }
}
