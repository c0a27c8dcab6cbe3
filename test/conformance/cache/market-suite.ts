import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InProcessCache } from '../../../src/adapters/cache/in-process/in-process-cache.ts';
import { SimulatedClock } from '../../../src/adapters/clock/simulated.ts';
import { marketKeys, TRADES_MAX } from '../../../src/domain/market-keys.ts';
import type { MarketItem } from '../../../src/domain/market-state.ts';
import { parseMarketState } from '../../../src/domain/market-state-text.ts';
import { MarketTime } from '../../../src/domain/market-time.ts';
import type { Cache } from '../../../src/ports/cache.ts';
import type { CacheUnderTest } from './suite.ts';
import '../../support/property-seed.ts';

const time = new MarketTime();
/** 2025-12-16 14:20:00 in Seoul. */
const START = Date.UTC(2025, 11, 16, 5, 20);
const SYMBOL = 'TEST';

function trade(seq: number, timestamp: number, price: number, quantity: number): MarketItem {
  const side = seq % 2 === 0 ? 'BUY' : 'SELL';
  return {
    kind: 'TRADE',
    seq,
    timestamp,
    minute: time.minute(timestamp),
    price,
    quantity,
    side,
    id: `${SYMBOL}-${seq}`,
  };
}

/** Every key of the symbol, as text. */
async function dump(cache: Cache): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {};
  for (const key of (await cache.keys('*')).sort()) {
    if (key.startsWith('candle:closed:') || key.startsWith('trades:')) all[key] = await cache.listRange(key, 0, -1);
    else if (/^candle:\d+m:/.test(key)) all[key] = JSON.stringify(await cache.hashGetAll(key));
    else all[key] = await cache.get(key);
  }
  return all;
}

/** The candle script and its twin: contract section 6. */
export function marketSuite(name: string, open: () => Promise<CacheUnderTest>): void {
  const check = (what: string, run: (under: CacheUnderTest) => Promise<void>) =>
    test(`${name}: ${what}`, async () => {
      const under = await open();
      try {
        await run(under);
      } finally {
        await under.close();
      }
    });

  check('the first trade of a minute closes the one before, the last one of it still counts', async ({ cache }) => {
    const items = [trade(1, START, 100, 5), trade(2, START + 59_999, 90, 5), trade(3, START + 60_000, 120, 1)];
    const closed = '{"o":"100","h":"100","l":"90","c":"90","v":"10","t":"202512161420","t_epoch":"1765862400"}';
    assert.deepEqual(await cache.applyMarket(SYMBOL, items), { kind: 'APPLIED', closed: [closed] });
    assert.deepEqual(await cache.listRange(marketKeys.closed(SYMBOL), 0, -1), [closed]);
    const active = { o: '120', h: '120', l: '120', c: '120', v: '1', t: '202512161421', t_epoch: '1765862460' };
    assert.deepEqual(await cache.hashGetAll(marketKeys.minute(SYMBOL)), active);
    const half = { ...active, o: '100', l: '90', v: '11', t: '202512161400', t_epoch: '1765861200' };
    assert.deepEqual(await cache.hashGetAll('candle:30m:TEST'), half);
  });

  check('a replay changes nothing, in whatever pieces it comes', async ({ cache }) => {
    const items = Array.from({ length: 60 }, (_, i) => trade(i * 2 + 1, START + i * 7_000, 100 + (i % 9), i + 1));
    await cache.applyMarket(SYMBOL, items);
    const before = await dump(cache);
    await cache.applyMarket(SYMBOL, items.slice(10, 20));
    await cache.applyMarket(SYMBOL, items);
    assert.deepEqual(await dump(cache), before);
  });

  check('a cache that has lost what was applied says so and changes nothing', async ({ cache }) => {
    await cache.applyMarket(SYMBOL, [trade(1, START, 100, 5)]);
    const before = await dump(cache);
    assert.deepEqual(await cache.applyMarket(SYMBOL, [trade(9, START, 100, 5)], 8), { kind: 'GAP', seq: 1 });
    assert.deepEqual(await cache.applyMarket(SYMBOL, [], 8), { kind: 'GAP', seq: 1 }, 'asked without a trade');
    assert.deepEqual(await cache.applyMarket(SYMBOL, [], 1), { kind: 'APPLIED', closed: [] });
    assert.deepEqual(await dump(cache), before);
  });

  check('a lost state is taken over, an older one is not', async ({ cache }) => {
    await cache.applyMarket(SYMBOL, [trade(1, START, 100, 5), trade(2, START + 70_000, 101, 5)]);
    const before = await dump(cache);
    const text = await cache.get(marketKeys.state(SYMBOL));
    await cache.flush();
    assert.equal(await cache.restoreMarket(SYMBOL, parseMarketState(text)), true);
    assert.equal(await cache.restoreMarket(SYMBOL, parseMarketState(text)), false);
    const lists = { [marketKeys.closed(SYMBOL)]: undefined, [marketKeys.trades(SYMBOL)]: undefined };
    assert.deepEqual({ ...(await dump(cache)), ...lists }, { ...before, ...lists });
    assert.equal(await cache.restoreMarket(SYMBOL, { ...parseMarketState(text), seq: 1 }), false);
  });

  check('a state brings the newest trades with it, in the place of those held', async ({ cache }) => {
    const items = [trade(1, START, 100, 5), trade(2, START + 1, 101, 5), trade(3, START + 70_000, 102, 5)];
    await cache.applyMarket(SYMBOL, items);
    const key = marketKeys.trades(SYMBOL);
    const [before, state] = [
      await cache.listRange(key, 0, -1),
      parseMarketState(await cache.get(marketKeys.state(SYMBOL))),
    ];
    const tape = items.flatMap((item) => (item.kind === 'TRADE' ? [item] : []));
    await cache.flush();
    assert.equal(await cache.restoreMarket(SYMBOL, state, tape), true);
    assert.deepEqual(await cache.listRange(key, 0, -1), before);
    assert.equal(await cache.restoreMarket(SYMBOL, state, tape.slice(1)), false);
    assert.deepEqual(await cache.listRange(key, 0, -1), before);
    assert.equal(await cache.restoreMarket(SYMBOL, { ...state, seq: 4 }, tape.slice(1)), true);
    assert.deepEqual(await cache.listRange(key, 0, -1), before.slice(0, 2));
    assert.equal(await cache.restoreMarket(SYMBOL, { ...state, seq: 5 }), true);
    assert.deepEqual(await cache.listRange(key, 0, -1), before.slice(0, 2));
    const long = Array.from({ length: TRADES_MAX + 5 }, (_, i) => ({ ...tape[0]!, id: `TEST-${i}` }));
    assert.equal(await cache.restoreMarket(SYMBOL, { ...state, seq: 6 }, long), true);
    assert.equal((await cache.listRange(key, 0, -1)).length, TRADES_MAX);
    assert.match((await cache.listRange(key, 0, 0))[0] ?? '', new RegExp(`"id":"TEST-${TRADES_MAX + 4}"`));
  });

  check('only old closed candles are trimmed, never the newest', async ({ cache }) => {
    await cache.applyMarket(
      SYMBOL,
      [0, 1, 2, 3].map((i) => trade(i + 1, START + i * 60_000, 100, 1)),
    );
    await cache.trimClosed(SYMBOL, START / 1000 + 60);
    assert.equal((await cache.listRange(marketKeys.closed(SYMBOL), 0, -1)).length, 2);
    await cache.trimClosed(SYMBOL, START / 1000 + 6000);
    assert.equal((await cache.listRange(marketKeys.closed(SYMBOL), 0, -1)).length, 1);
    await cache.trimClosed('NONE', START);
  });

  check('the lists are capped', async ({ cache }) => {
    const items = Array.from({ length: 1_203 }, (_, i) => trade(i + 1, START + i * 60_000, 100, 1));
    await cache.applyMarket(SYMBOL, items);
    assert.equal((await cache.listRange(marketKeys.closed(SYMBOL), 0, -1)).length, 1_000);
    const trades = await cache.listRange(marketKeys.trades(SYMBOL), 0, -1);
    assert.equal(trades.length, TRADES_MAX);
    assert.match(trades[0] ?? '', /"id":"TEST-1203"/);
  });

  check('volumes past 2^32 and numbers up to 2^53 stay exact', async ({ cache }) => {
    const most = 2 ** 31 - 1;
    const items = Array.from({ length: 3_000 }, (_, i) => trade(i + 1, START, most, most));
    await cache.applyMarket(SYMBOL, items);
    const volume = String(BigInt(most) * 3_000n);
    assert.equal((await cache.hashGetAll(marketKeys.minute(SYMBOL)))?.v, volume);
    await cache.applyMarket(SYMBOL, [trade(3_001, START + 1, 1, 1)]);
    assert.equal((await cache.hashGetAll(marketKeys.minute(SYMBOL)))?.v, String(BigInt(volume) + 1n));
  });

  check('every key is equal to the twin, to the byte, on random histories', async ({ cache }) => {
    await fc.assert(
      fc.asyncProperty(histories, async (steps) => {
        await cache.flush();
        const twin = new InProcessCache(new SimulatedClock());
        const items: MarketItem[] = [];
        let now = START;
        for (const step of steps) {
          const results = [];
          for (const event of step.do === 'apply' ? step.events : []) {
            now += event.after;
            items.push(itemOf(event, items.length + 1, now));
          }
          for (const each of [cache, twin]) {
            if (step.do === 'apply') {
              const from = Math.max(0, items.length - step.events.length - step.again);
              results.push(await each.applyMarket(SYMBOL, items.slice(from), from === 0 ? 0 : items[from - 1]!.seq));
            } else results.push(await otherwise(each, step.do, step.by, Math.floor(now / 1000)));
          }
          assert.deepEqual(results[0], results[1]);
        }
        assert.deepEqual(await dump(cache), await dump(twin));
        await twin.close();
      }),
      { numRuns: 60 },
    );
  });
}

/** Everything besides applying events; `restore` takes over the state it has, as if it had come from later. */
async function otherwise(cache: Cache, what: 'close' | 'trim' | 'restore', by: number, now: number): Promise<unknown> {
  if (what === 'close') return cache.closeMinute(SYMBOL, now + by);
  if (what === 'trim') return cache.trimClosed(SYMBOL, now - by);
  const state = parseMarketState(await cache.get(marketKeys.state(SYMBOL)));
  return cache.restoreMarket(SYMBOL, { ...state, seq: state.seq + (by % 2) });
}

type RandomEvent = { kind: 'TRADE' | 'DAY' | 'REFERENCE'; after: number; price: number; quantity: number };

function itemOf(event: RandomEvent, seq: number, now: number): MarketItem {
  const base = { seq: seq * 3, timestamp: now };
  if (event.kind === 'DAY') return { kind: 'DAY', ...base, close: event.price, reference: event.quantity };
  if (event.kind === 'REFERENCE') return { kind: 'REFERENCE', ...base, reference: event.price };
  return trade(base.seq, now, Math.max(1, event.price), event.quantity);
}

const event = fc.record({
  kind: fc.oneof(
    { weight: 12, arbitrary: fc.constant<'TRADE'>('TRADE') },
    { weight: 1, arbitrary: fc.constant<'DAY'>('DAY') },
    { weight: 1, arbitrary: fc.constant<'REFERENCE'>('REFERENCE') },
  ),
  after: fc.oneof(fc.integer({ min: 0, max: 9_000 }), fc.integer({ min: -90_000, max: 2_000_000 })),
  price: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 2 ** 31 - 1 })),
  quantity: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 2 ** 31 - 1 })),
});

const histories = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant<'apply'>('apply'),
        events: fc.array(event, { maxLength: 12 }),
        again: fc.nat({ max: 20 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constantFrom<'close' | 'trim' | 'restore'>('close', 'trim', 'restore'),
        by: fc.nat({ max: 200 }),
      }),
    },
  ),
  { maxLength: 14 },
);
