import { type Bar, StreamClient } from '@supernoba/client';
import { marketClock } from '../lib/market-clock.ts';
import type { Text } from '../lib/phrases.ts';
import type { Checks } from './checks.ts';
import { again, type Desk, order, PRICE, patiently, settled } from './desk.ts';
import { closedMinute, minuteOnChart, TEXTS } from './words.ts';

/** The scripted trades of each of two minutes: [price steps from PRICE, quantity]. */
const SCRIPTS: readonly (readonly [step: number, quantity: number])[][] = [
  [
    [0, 10],
    [50, 5],
    [-20, 8],
    [30, 12],
    [-10, 3],
    [20, 7],
  ],
  [
    [40, 2],
    [-60, 9],
    [10, 4],
  ],
];
/** A script is not begun so near to the end of a minute. */
const MARGIN_MS = 20_000;
const MINUTE_S = 60;

interface Trade {
  price: number;
  quantity: number;
  timestamp: number;
}

type Candle = Pick<Bar, 'time' | 'open' | 'high' | 'low' | 'close' | 'volume'>;

/** Trades by script over two minutes; every minute must show on the chart and on the socket as the script says. */
export async function testCandles(desk: Desk, checks: Checks): Promise<Text> {
  const heard = listen(desk);
  try {
    await untilMinute((intoMs) => intoMs < MINUTE_S * 1_000 - MARGIN_MS);
    await play(desk, SCRIPTS[0] ?? []);
    const first = Math.floor(Date.now() / 60_000);
    await untilMinute(() => Math.floor(Date.now() / 60_000) > first);
    await play(desk, SCRIPTS[1] ?? []);
    return await compare(desk, checks, heard);
  } finally {
    heard.close();
  }
}

async function play(desk: Desk, script: readonly (readonly [number, number])[]): Promise<void> {
  for (const [step, quantity] of script) {
    await order(desk, 'SELL', PRICE + step, quantity);
    const { order_id } = await order(desk, 'BUY', PRICE + step, quantity);
    await settled(desk.buyer, order_id, ({ status }) => status === 'FILLED');
  }
}

async function compare(desk: Desk, checks: Checks, heard: Heard): Promise<Text> {
  const script = SCRIPTS.flat();
  const { trades } = await patiently(() =>
    desk.admin.call<{ trades: Trade[] }>('GET', `/trades?symbol=${desk.symbol}&limit=100`),
  );
  const inOrder = trades.toReversed();
  checks.equal(
    TEXTS.trades,
    inOrder.map(({ price, quantity }) => [price, quantity]),
    script.map(([step, quantity]) => [PRICE + step, quantity]),
  );
  // The exchange's own time of each trade says which minute it belongs to; the script says what it was.
  const expected = candlesOf(script, inOrder, MINUTE_S);
  const chart = await again(
    async () => (await patiently(() => desk.admin.chart(desk.symbol, '1m', 10))).data,
    (data) => data.length >= expected.length,
  );
  checks.equal(TEXTS.minutes, chart.length, expected.length);
  expected.forEach((candle, index) => {
    checks.equal(minuteOnChart(clockOf(candle.time)), textOf(chart[index]), textOf(candle));
  });
  const rolled = (await patiently(() => desk.admin.chart(desk.symbol, '3m', 10))).data;
  const expectedRolled = candlesOf(script, inOrder, 3 * MINUTE_S);
  checks.equal(TEXTS.bars, rolled.map(textOf).join(' | '), expectedRolled.map(textOf).join(' | '));
  await compareHeard(checks, heard, expected);
  const seen = expected.map((candle) => `${clockOf(candle.time)} ${textOf(candle)}`).join(' · ');
  return [seen, seen];
}

async function compareHeard(checks: Checks, heard: Heard, expected: readonly Candle[]): Promise<void> {
  const [last, closed] = [expected.at(-1), expected.slice(0, -1)];
  const live = await again(
    async () => heard.live.at(-1),
    (candle) => candle !== undefined && last !== undefined && textOf(candle) === textOf(last),
  );
  checks.equal(TEXTS.liveCandle, textOf(live), textOf(last));
  for (const candle of closed) {
    const found = await again(
      async () => heard.closed.find(({ time }) => time === candle.time),
      (candidate) => candidate !== undefined,
    );
    checks.equal(closedMinute(clockOf(candle.time)), textOf(found), textOf(candle));
  }
}

/** The candles that trades make; prices and quantities are the script's, times the exchange's. */
function candlesOf(
  script: readonly (readonly [number, number])[],
  trades: readonly Trade[],
  lengthS: number,
): Candle[] {
  const made = script.map(([step, quantity], index) => ({
    price: PRICE + step,
    quantity,
    time: Math.floor((trades[index]?.timestamp ?? 0) / 1_000 / lengthS) * lengthS,
  }));
  return [...Map.groupBy(made, ({ time }) => time)].map(([time, inside]) => {
    const prices = inside.map(({ price }) => price);
    return {
      time,
      open: prices[0] ?? 0,
      high: Math.max(...prices),
      low: Math.min(...prices),
      close: prices.at(-1) ?? 0,
      volume: inside.reduce((sum, { quantity }) => sum + quantity, 0),
    };
  });
}

interface Heard {
  live: Candle[];
  closed: Candle[];
  close(): void;
}

/** Keeps the candles that the socket tells of the desk's market, which has no decimals. */
function listen({ symbol, buyer }: Desk): Heard {
  const heard = { live: [] as Candle[], closed: [] as Candle[] };
  const stream = new StreamClient({
    url: location.origin,
    credentials: buyer.credentials,
    onPublic: (message) => {
      if (message.e !== 'candle' && message.e !== 'candle_close') return;
      const { o, h, l, c, v, t } = message;
      const [open, high, low, close, volume] = [Number(o), Number(h), Number(l), Number(c), Number(v)];
      heard[message.e === 'candle' ? 'live' : 'closed'].push({
        time: marketClock().minuteToEpoch(t),
        open,
        high,
        low,
        close,
        volume,
      });
    },
  });
  stream.subscribe({ main: symbol });
  stream.open();
  return { ...heard, close: () => stream.close() };
}

function textOf(candle: Candle | undefined): string {
  if (candle === undefined) return '–';
  return `O ${candle.open} H ${candle.high} L ${candle.low} C ${candle.close} V ${candle.volume}`;
}

function clockOf(time: number): string {
  return marketClock()
    .timeText(time * 1_000)
    .slice(0, 5);
}

async function untilMinute(right: (intoMs: number) => boolean): Promise<void> {
  while (!right(Date.now() % 60_000)) await new Promise((done) => setTimeout(done, 100));
}
