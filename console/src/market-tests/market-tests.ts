import { ApiError, StreamClient } from '@supernoba/client';
import { type Desk, expectEqual, order, PRICE, settled } from './desk.ts';

/** A test of the live market. It resolves with one line of what was seen, and throws when the market was wrong. */
export interface MarketTest {
  name: string;
  run(desk: Desk): Promise<string>;
}

/** The seeds' script: [price steps from PRICE, quantity] of each trade. */
const SCRIPT: readonly [step: number, quantity: number][] = [
  [0, 10],
  [50, 5],
  [-20, 8],
  [30, 12],
  [-10, 3],
  [20, 7],
];

const candles: MarketTest = {
  name: 'Candles: scripted trades, OHLCV per minute',
  async run(desk) {
    for (const [step, quantity] of SCRIPT) {
      await order(desk, 'SELL', PRICE + step, quantity);
      const { order_id } = await order(desk, 'BUY', PRICE + step, quantity);
      await settled(desk.buyer, order_id, ({ status }) => status === 'FILLED');
    }
    const { trades } = await desk.admin.call<{ trades: { price: number; quantity: number; timestamp: number }[] }>(
      'GET',
      `/trades?symbol=${desk.symbol}`,
    );
    const inOrder = trades.toReversed();
    expectEqual(
      'trades',
      inOrder.map(({ price, quantity }) => [price, quantity]),
      SCRIPT.map(([step, quantity]) => [PRICE + step, quantity]),
    );
    const minutes = Map.groupBy(inOrder, ({ timestamp }) => Math.floor(timestamp / 60_000) * 60);
    const expected = [...minutes].map(([time, traded]) => {
      const prices = traded.map(({ price }) => price);
      return {
        time,
        open: prices[0],
        high: Math.max(...prices),
        low: Math.min(...prices),
        close: prices.at(-1),
        volume: traded.reduce((sum, { quantity }) => sum + quantity, 0),
      };
    });
    const { data } = await desk.admin.chart(desk.symbol, '1m', 10);
    expectEqual('candles', data, expected);
    return data.map((bar) => `O ${bar.open} H ${bar.high} L ${bar.low} C ${bar.close} V ${bar.volume}`).join('; ');
  },
};

const crossing: MarketTest = {
  name: 'Crossing: the resting price counts',
  async run(desk) {
    await order(desk, 'SELL', PRICE, 4);
    const { order_id } = await order(desk, 'BUY', PRICE + 100, 4);
    const bought = await settled(desk.buyer, order_id, ({ status }) => status === 'FILLED');
    expectEqual('average price', bought.avg_price, PRICE);
    return `a bid of ${PRICE + 100} paid ${bought.avg_price}`;
  },
};

const partialFill: MarketTest = {
  name: 'Partial fill: the rest stays open',
  async run(desk) {
    await order(desk, 'SELL', PRICE, 3);
    const { order_id } = await order(desk, 'BUY', PRICE, 10);
    const bought = await settled(desk.buyer, order_id, ({ filled_qty }) => filled_qty === 3);
    expectEqual('status', bought.status, 'PARTIALLY_FILLED');
    expectEqual('remaining', bought.remaining_qty, 7);
    await desk.buyer.cancelOrder(order_id);
    const ended = await settled(desk.buyer, order_id, ({ status }) => status === 'CANCELLED');
    return `filled ${ended.filled_qty} of ${ended.quantity}, the rest cancelled`;
  },
};

const immediate: MarketTest = {
  name: 'IOC: what does not fill at once expires',
  async run(desk) {
    await order(desk, 'SELL', PRICE, 2);
    const { order_id } = await order(desk, 'BUY', PRICE, 5, 'IOC');
    const bought = await settled(desk.buyer, order_id, ({ status }) => status === 'EXPIRED');
    expectEqual('filled', bought.filled_qty, 2);
    expectEqual('reason', bought.reason, 'IOC_REMAINDER');
    return `filled ${bought.filled_qty} of ${bought.quantity}, ${bought.reason}`;
  },
};

const cancelRace: MarketTest = {
  name: 'Cancel race: a cancel and a fill never both win',
  async run(desk) {
    const seen = { cancelled: 0, filled: 0 };
    for (let round = 0; round < 10; round += 1) {
      const resting = await order(desk, 'SELL', PRICE, 1);
      const [, taker] = await Promise.all([
        desk.seller.cancelOrder(resting.order_id).catch((error) => {
          // The order was final before the cancel came: one of the two rightful ends.
          if (!(error instanceof ApiError)) throw error;
        }),
        order(desk, 'BUY', PRICE, 1, 'IOC'),
      ]);
      const sold = await settled(desk.seller, resting.order_id, ({ status }) => /FILLED|CANCELLED/.test(status));
      const bought = await settled(desk.buyer, taker.order_id, ({ status }) => /FILLED|EXPIRED/.test(status));
      expectEqual('both sides filled the same', sold.filled_qty, bought.filled_qty);
      if (sold.filled_qty === 1) seen.filled += 1;
      else seen.cancelled += 1;
    }
    return `10 races: ${seen.filled} filled, ${seen.cancelled} cancelled`;
  },
};

const reconnect: MarketTest = {
  name: 'Reconnect: no private message is lost or doubled',
  async run(desk) {
    const heard: number[] = [];
    const session = () =>
      new StreamClient({
        url: location.origin,
        credentials: { testUserId: desk.buyerId },
        onPrivate: ({ data }) => heard.push(data.useq),
      });
    const stream = session();
    stream.open();
    const first = await order(desk, 'BUY', PRICE - 100, 1);
    await until(() => heard.length > 0, 'no first message');
    stream.close();
    await desk.buyer.cancelOrder(first.order_id);
    await settled(desk.buyer, first.order_id, ({ status }) => status === 'CANCELLED');
    stream.open();
    await until(() => heard.length >= 2, 'what was missed did not come');
    stream.close();
    expectEqual(
      'useq',
      heard,
      heard.map((_, index) => (heard[0] ?? 0) + index),
    );
    return `useq ${heard.join(', ')}`;
  },
};

async function until(right: () => boolean, otherwise: string): Promise<void> {
  const end = performance.now() + 5_000;
  while (!right()) {
    if (performance.now() > end) throw new Error(otherwise);
    await new Promise((done) => setTimeout(done, 20));
  }
}

export const MARKET_TESTS: readonly MarketTest[] = [candles, crossing, partialFill, immediate, cancelRace, reconnect];
