import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededChance, SimulatedClock } from '../../src/adapters/clock/simulated.ts';
import { MemoryStore } from '../../src/adapters/store/memory/store.ts';
import { EmbeddedStream } from '../../src/adapters/stream/embedded/stream.ts';
import type { OrderRecord } from '../../src/domain/records.ts';
import { DEFAULT_TOPICS } from '../../src/domain/topics.ts';
import { silentLog } from '../../src/ports/log.ts';
import { silentMetrics } from '../../src/ports/metrics.ts';
import { type Stream, StreamWriteError } from '../../src/ports/stream.ts';
import { buildInstrument } from '../../src/services/admin/build-instrument.ts';
import { InstrumentRegistry } from '../../src/services/instruments/registry.ts';
import { BatchingOrderRouter } from '../../src/services/order-router/router.ts';
import { FaultyDisk } from './faulty-disk.ts';

const TOPIC = DEFAULT_TOPICS.orders;
const ORDER = { symbol: 'TEST', side: 'BUY', price: 100, quantity: 5, client_order_id: 'c1' } as const;

const NEW_TERMS = { order_type: 'LIMIT', time_in_force: 'GTC' } as const;

/** Order entry over the real log, with appends and the store in the hand of the test. */
class Desk {
  readonly clock = new SimulatedClock();
  readonly store = new MemoryStore();
  readonly instruments = new InstrumentRegistry();
  readonly router: BatchingOrderRouter;
  readonly stream: EmbeddedStream;
  /** What happens instead of, or after, the next appends; then they work again. */
  readonly faults: ((append: () => Promise<unknown>) => Promise<never>)[] = [];

  cacheIsAway = false;
  logIsAway = false;

  private constructor(stream: EmbeddedStream) {
    this.stream = stream;
    this.router = this.newRouter();
  }

  static async open(): Promise<Desk> {
    const clock = new SimulatedClock();
    const chance = new SeededChance(1, clock);
    const stream = await EmbeddedStream.open({ folder: '/log', disk: new FaultyDisk().mount(), clock, chance });
    await stream.ensureTopic(TOPIC, { partitions: 1 });
    const desk = new Desk(stream);
    desk.instruments.put(buildInstrument({ symbol: 'TEST' }, (code) => desk.instruments.asset(code), 0));
    const deposit = { v: 1, action: 'DEPOSIT', user_id: 'u', asset: 'KRW', amount: 10_000, timestamp: 1 } as const;
    const items = [{ ...deposit, transfer_id: 't', actor: 'ops' }];
    await desk.store.applyLedger({ topic: 'ledger', partition: 0, next_offset: 1, items });
    return desk;
  }

  newRouter(store: MemoryStore = this.store): BatchingOrderRouter {
    const append: Stream['append'] = async (topic, records) => {
      const fault = this.faults.shift();
      return fault ? fault(() => this.stream.append(topic, records)) : this.stream.append(topic, records);
    };
    const read: Pick<Stream, 'read' | 'bounds' | 'topics'> = this.stream;
    return new BatchingOrderRouter({
      store,
      stream: {
        append,
        read: (...args) => read.read(...args),
        bounds: (...args) => read.bounds(...args),
        topics: () => (this.logIsAway ? Promise.reject(new Error('the log is away')) : read.topics()),
      },
      instruments: this.instruments,
      clock: this.clock,
      chance: new SeededChance(2, this.clock),
      ordersTopic: TOPIC,
      marketPrices: async () => {
        if (this.cacheIsAway) throw new Error('the cache is away');
        return { last: undefined, bestBid: undefined, bestAsk: undefined };
      },
      overloaded: () => false,
      log: silentLog,
      metrics: silentMetrics,
    });
  }

  async log(): Promise<OrderRecord[]> {
    const records = await this.stream.read(TOPIC, 0, 0, 1_000);
    return records.map(({ value }) => JSON.parse(Buffer.from(value).toString()));
  }

  async lockedKrw(): Promise<number> {
    return (await this.store.wallets('u')).find(({ asset }) => asset === 'KRW')!.locked;
  }

  halt(): void {
    this.instruments.put({ ...this.instruments.get('TEST')!, status: 'HALTED' });
  }
}

const writtenButUnknown = async (append: () => Promise<unknown>) => {
  await append();
  throw new StreamWriteError('the answer was lost', 'unknown');
};
const unknown = async () => {
  throw new StreamWriteError('a sync failed', 'unknown');
};
const refused = async () => {
  throw new StreamWriteError('the log refuses', false);
};

test('a replace whose append had an unknown end is in the log once', async () => {
  const desk = await Desk.open();
  const { order_id } = await desk.router.place('u', ORDER);
  desk.faults.push(writtenButUnknown);
  const replaced = desk.router.replace('u', order_id, { remaining: 7 });
  await desk.clock.advance(2_000);
  await replaced;
  assert.deepEqual(
    (await desk.log()).map(({ action }) => action),
    ['ADD', 'REPLACE'],
  );
});

test('what was not written by an append of unknown end is written by the next', async () => {
  const desk = await Desk.open();
  desk.faults.push(unknown);
  const placed = desk.router.place('u', ORDER);
  await desk.clock.advance(2_000);
  await placed;
  assert.deepEqual(
    (await desk.log()).map(({ action }) => action),
    ['ADD'],
  );
});

test('a refusal after an append of unknown end releases no hold, for the first try may be in the log', async () => {
  const desk = await Desk.open();
  desk.faults.push(unknown, refused, refused);
  const placed = desk.router.place('u', ORDER);
  await desk.clock.advance(700);
  assert.equal(await desk.lockedKrw(), 500);
  await desk.clock.advance(2_000);
  await placed;
  assert.equal((await desk.log()).length, 1);
});

test('a refusal that proves that nothing was written releases the hold, and the client may try again', async () => {
  const desk = await Desk.open();
  desk.faults.push(refused);
  await assert.rejects(desk.router.place('u', ORDER), { code: 'UNAVAILABLE' });
  assert.equal(await desk.lockedKrw(), 0);
  await desk.router.place('u', ORDER);
  assert.equal((await desk.log()).length, 1);
});

test('a retry hears the first answer though the instrument has been halted since; other content is refused', async () => {
  const desk = await Desk.open();
  const first = await desk.router.place('u', ORDER);
  desk.halt();
  assert.equal((await desk.router.place('u', ORDER)).order_id, first.order_id);
  await assert.rejects(desk.router.place('u', { ...ORDER, quantity: 6 }), { code: 'DUPLICATE_ORDER' });
  await assert.rejects(desk.router.place('u', { ...ORDER, client_order_id: 'c2' }), { code: 'SYMBOL_HALTED' });
});

test('a retry hears the first answer though the order has been replaced and the instrument halted since', async () => {
  const desk = await Desk.open();
  const { order_id, ...first } = await desk.router.place('u', ORDER);
  const terms = { v: 1, symbol: 'TEST', timestamp: 1, order_id, user_id: 'u', side: 'BUY', filled_qty: 0 } as const;
  const items = [
    { ...terms, seq: 1, event: 'ACCEPTED', remaining_qty: 5, ...NEW_TERMS, price: 100, quantity: 5 },
    { ...terms, seq: 2, event: 'REPLACED', remaining_qty: 4, request_id: 'r', price: 99, quantity: 4, hold_delta: 0 },
  ] as const;
  await desk.store.applyEvents({ topic: 'fills', partition: 0, next_offset: 2, items });
  desk.halt();
  assert.deepEqual(await desk.router.place('u', ORDER), { order_id, ...first });
  await assert.rejects(desk.router.place('u', { ...ORDER, price: 99, quantity: 4 }), { code: 'DUPLICATE_ORDER' });
});

test('an order that the store recorded without telling is published before it is acknowledged', async () => {
  const desk = await Desk.open();
  let isBroken = true;
  class LossyStore extends MemoryStore {
    override async enter(requests: Parameters<MemoryStore['enter']>[0]) {
      const results = await desk.store.enter(requests);
      if (isBroken) throw new Error('the connection broke');
      return results;
    }
    override pendingOrders(before: number, limit: number) {
      return desk.store.pendingOrders(before, limit);
    }
  }
  const router = desk.newRouter(new LossyStore());
  await assert.rejects(router.place('u', ORDER), { code: 'UNAVAILABLE' });
  assert.equal((await desk.log()).length, 0);
  isBroken = false;
  const { order_id } = await router.place('u', ORDER);
  assert.deepEqual(
    (await desk.log()).map((record) => record.action === 'ADD' && record.order_id),
    [order_id],
  );
});

test('a start publishes orders recorded before the clock was set back, and releases replaces that never were', async () => {
  const desk = await Desk.open();
  const { order_id } = await desk.router.place('u', ORDER);
  // What a crash between the store and the log leaves behind.
  await desk.store.enter([{ kind: 'REPLACE', request_id: 'r1', order_id, user_id: 'u', price: 200 }]);
  assert.ok((await desk.lockedKrw()) > 500);
  desk.clock.skew(-3_600_000);
  assert.equal(
    await desk.newRouter().recover(),
    1,
    'still pending in the store: published again, refused as a duplicate',
  );
  assert.equal(await desk.lockedKrw(), 500);
});

test('a market order while the cache is away is refused as unavailable, and holds nothing', async () => {
  const desk = await Desk.open();
  desk.cacheIsAway = true;
  const { price: _price, ...terms } = ORDER;
  await assert.rejects(desk.router.place('u', { ...terms, order_type: 'MARKET' }), { code: 'UNAVAILABLE' });
  assert.equal(await desk.lockedKrw(), 0);
  assert.deepEqual(await desk.log(), []);
});

test('a log that could not be asked where it ends is asked again by the next command', async () => {
  const desk = await Desk.open();
  desk.logIsAway = true;
  await assert.rejects(desk.router.place('u', { ...ORDER, client_order_id: 'c2' }), { code: 'UNAVAILABLE' });
  desk.logIsAway = false;
  await desk.router.place('u', ORDER);
  assert.equal((await desk.log()).length, 1);
});
