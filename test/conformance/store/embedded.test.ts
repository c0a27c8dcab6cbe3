import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SystemClock } from '../../../src/adapters/clock/system.ts';
import { EmbeddedStore } from '../../../src/adapters/store/embedded/embedded-store.ts';
import { SqlBacking } from '../../../src/adapters/store/embedded/sql-backing.ts';
import { MemoryStore } from '../../../src/adapters/store/memory/store.ts';
import type { SqlDriver } from '../../../src/adapters/store/sql/driver.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import { silentLog } from '../../../src/ports/log.ts';
import type { Store } from '../../../src/ports/store.ts';
import { KeptTables } from '../../simulation/kept-tables.ts';
import { dumpLines, fund, Sequencer, settleAll, transfer, wallet, wordOf } from './make.ts';
import { pgliteMaker } from './pglite-maker.ts';
import { randomLives, seeds } from './random-life.ts';
import { buy, sell, TEST } from './subject.ts';
import { type StoreMaker, storeSuite } from './suite.ts';
import { randomOf, World } from './world.ts';

const running = new SystemClock();
/** Nothing is written down before somebody asks for it. */
const standing: Clock = Object.assign(Object.create(running), { setTimeout: () => ({ cancel() {} }) });

const options = (clock: Clock, ends: () => number = () => 0, recentOrders = 3) => ({
  clock,
  log: silentLog,
  orders: { topic: 'orders', ends: async () => new Map([[0, ends()]]) },
  writeEveryMs: 1,
  recentOrders,
  clientIdLog2Bits: 10,
});

/** On the one PGlite of a suite, which outlives it; `refuses` lets it fail to write, `losesAnswers` fail after it has written. */
class SharedBacking extends SqlBacking {
  readonly failing = { refuses: false, losesAnswers: false };

  constructor(driver: SqlDriver) {
    const failing = { refuses: false, losesAnswers: false };
    super({
      async transaction(statements, lane) {
        if (failing.refuses && lane === 'consumer') throw new Error('no space left');
        const answers = await driver.transaction(statements, lane);
        if (failing.losesAnswers && lane === 'consumer') throw new Error('the answer is lost');
        return answers;
      },
      script: (sql) => driver.script(sql),
      close: async () => {},
    });
    this.failing = failing;
  }
}

/** Empty stores; few orders stay in memory, so that the database is asked often. */
function maker(): StoreMaker {
  const pglite = pgliteMaker();
  let last: EmbeddedStore | undefined;
  return {
    start: () => pglite.start(),
    async fresh() {
      await last?.close();
      await pglite.fresh();
      last = await EmbeddedStore.open(new SharedBacking(pglite.driver()), options(running));
      return last;
    },
    async stop() {
      await last?.close();
      await pglite.stop();
    },
  };
}

storeSuite('embedded', maker());
storeSuite('embedded over kept tables', {
  start: async () => {},
  fresh: () => EmbeddedStore.open(KeptTables.empty(), options(standing)),
  stop: async () => {},
});
randomLives('embedded', maker(), seeds(4), 80);

describe('store: embedded, and the process dies', () => {
  const pglite = pgliteMaker();
  before(() => pglite.start());
  after(() => pglite.stop());
  const open = (ends?: () => number) => EmbeddedStore.open(new SharedBacking(pglite.driver()), options(standing, ends));

  for (const seed of seeds(6))
    it(`seed ${seed}: stands where the log says, wherever between two cuts it died`, async () => {
      await pglite.fresh();
      const random = randomOf(seed * 7919);
      let logged = () => 0;
      let living = await open(() => logged());
      /** The store of the life that runs. */
      const store: Store = new Proxy(living, {
        get(_, name) {
          const member: unknown = Reflect.get(living, name);
          return typeof member === 'function' ? member.bind(living) : member;
        },
      });
      const original = new MemoryStore();
      const world = new World(seed, [original, store]);
      logged = () => world.orders.length;
      // A dump writes everything down: checks after each step would leave nothing to lose.
      world.check = async () => {};
      await world.start();
      for (let round = 0; round < 12; round += 1) {
        for (let step = 0; step < 12; step += 1) {
          await world.step();
          if (random() < 0.15) await living.written();
        }
        await world.drain();
        living = await open(() => logged());
        await catchUp(living, world);
        assert.deepEqual(await dumpLines(store), await dumpLines(original));
        assert.deepEqual(await store.pendingReplaces(), await original.pendingReplaces());
        assert.deepEqual(await store.pendingOrders(Infinity, 999), await original.pendingOrders(Infinity, 999));
      }
      await world.finish();
      assert.deepEqual(await dumpLines(store), await dumpLines(original));
    });

  it('an order that has ended is not taken for new when its record stands in the log again', async () => {
    await pglite.fresh();
    const store = await open();
    const say = new Sequencer();
    await settleAll(store, say.set(TEST));
    await fund(store, 'ann', { KRW: 1_000_000 });
    const entry = buy('ord-1', 'ann', 100, 10);
    await store.enter([entry]);
    const expired = { event: 'EXPIRED', ...wordOf(entry, 0, 0), reason: 'IOC_REMAINDER' } as const;
    await settleAll(store, say.accepted(entry), { ...say.base('TEST'), ...expired });
    await store.written();
    const again = await open();
    await again.catchUp(() => again.replayOrders([entry.record, entry.record]));
    assert.equal((await wallet(again, 'ann', 'KRW')).locked, 0);
    assert.deepEqual(await again.openSymbols('ann'), []);
    assert.deepEqual(await dumpLines(again), await dumpLines(store));
  });

  it('an order that its client was told is not taken stays forgotten', async () => {
    await pglite.fresh();
    const store = await open();
    await settleAll(store, new Sequencer().set(TEST));
    await fund(store, 'ann', { KRW: 1_000_000 });
    const entry = buy('ord-1', 'ann', 100, 10, { client_order_id: 'c1' });
    await store.enter([entry]);
    await store.written();
    await store.releaseUnpublished({ orders: ['ord-1'], replaces: [] });
    const again = await open();
    assert.deepEqual(await again.pendingOrders(Infinity, 10), []);
    assert.equal((await wallet(again, 'ann', 'KRW'))?.locked, 0);
    assert.deepEqual(await again.enter([entry]), [{ kind: 'HELD' }]);
  });

  it('what is in memory when a look-up begins is still known when it ends', async () => {
    await pglite.fresh();
    const backing = new SharedBacking(pglite.driver());
    const { promise, resolve: answer } = Promise.withResolvers<void>();
    const [transfersById, ordersById] = [backing.transfersById.bind(backing), backing.ordersById.bind(backing)];
    const store = await EmbeddedStore.open(
      backing,
      options(standing, () => 0, 1),
    );
    const say = new Sequencer();
    await settleAll(store, say.set(TEST));
    await fund(store, 'ann', { KRW: 1_000_000 });
    const once = transfer('DEPOSIT', 't-once', 'ann', 'KRW', 500);
    const ledger = { topic: 'ledger', partition: 0, next_offset: 9 };
    await store.applyLedger({ ...ledger, items: [once] });
    const [bid, other] = ['c1', 'c2'].map((client_order_id, n) => buy(`b-${n}`, 'ann', 100, 1, { client_order_id }));
    await store.enter([bid!, other!]);
    for (const entry of [bid!, other!]) {
      const expired = { event: 'EXPIRED', ...wordOf(entry, 0, 0), reason: 'IOC_REMAINDER' } as const;
      await settleAll(store, say.accepted(entry), { ...say.base('TEST'), ...expired });
    }
    backing.transfersById = async (ids) => promise.then(() => transfersById(ids));
    backing.ordersById = async (ids) => promise.then(() => ordersById(ids));
    const banked = store.applyLedger({ ...ledger, items: [once, transfer('DEPOSIT', 't-new', 'ann', 'KRW', 1)] });
    const entered = store.enter([
      buy('b-again', 'ann', 100, 1, { client_order_id: 'c1' }),
      { kind: 'CANCEL', order_id: 'b-unknown', user_id: 'ann' },
    ]);
    await store.written();
    answer();
    assert.deepEqual(
      (await banked).map(({ kind }) => kind),
      ['DUPLICATE', 'APPLIED'],
    );
    assert.deepEqual(
      (await entered).map(({ kind }) => kind),
      ['DUPLICATE', 'REFUSED'],
    );
  });

  it('applies no event between the question where the orders end and the cut', async () => {
    await pglite.fresh();
    const { promise, resolve: answer } = Promise.withResolvers<Map<number, number>>();
    const { log, recentOrders } = options(standing);
    let ends: () => Promise<Map<number, number>> = async () => new Map([[0, 0]]);
    const orders = { topic: 'orders', ends: () => ends() };
    const store = await EmbeddedStore.open(new SharedBacking(pglite.driver()), {
      ...{ clock: standing, log, recentOrders, orders },
    });
    const say = new Sequencer();
    await settleAll(store, say.set(TEST));
    await fund(store, 'ann', { KRW: 1_000_000 });
    await store.written();
    const bid = buy('b-1', 'ann', 100, 10);
    await store.enter([bid]);
    ends = () => promise;
    const written = store.written();
    await running.sleep(5);
    // The record may be in the log by now, and its outcome come: it must not get into a cut that ends before it.
    const settled = settleAll(store, say.accepted(bid));
    await running.sleep(5);
    answer(new Map([[0, 0]]));
    await Promise.all([written, settled]);
    const again = await open();
    assert.equal((await again.order('b-1'))?.status, 'PENDING');
  });

  it('goes on in memory while the database refuses, and writes all of it down later', async () => {
    await pglite.fresh();
    const backing = new SharedBacking(pglite.driver());
    const store = await EmbeddedStore.open(
      backing,
      options(standing, () => 0, 2),
    );
    const say = new Sequencer();
    await settleAll(store, say.set(TEST));
    await fund(store, 'ann', { KRW: 1_000_000 });
    await fund(store, 'bob', { TEST: 1_000 });
    await store.written();
    backing.failing.refuses = true;
    const [bid, ask] = [buy('b-1', 'ann', 100, 10), sell('s-1', 'bob', 100, 4)];
    await store.enter([bid, ask]);
    await settleAll(store, say.accepted(bid), say.accepted(ask));
    await assert.rejects(store.written(), /no space left/);
    assert.equal(store.failedWrites, 1);
    await store.enter([buy('b-2', 'ann', 90, 1), buy('b-3', 'ann', 90, 1)]);
    await assert.rejects(store.releaseUnpublished({ orders: ['b-3'], replaces: [] }), /no space left/);
    assert.equal(store.unwritten, 3);
    backing.failing.refuses = false;
    await store.written();
    assert.deepEqual([store.failedWrites, store.unwritten], [0, 0]);
    const again = await open();
    assert.deepEqual(await again.openSymbols('ann'), ['TEST']);
    assert.deepEqual(await again.wallets('ann'), await store.wallets('ann'));
    assert.equal(await again.order('b-3'), undefined);
    assert.deepEqual(await dumpLines(again), await dumpLines(store));
  });

  it('what was written with the answer lost is not written again: no order, no deposit, and no order that is forgotten since', async () => {
    await pglite.fresh();
    const backing = new SharedBacking(pglite.driver());
    const store = await EmbeddedStore.open(
      backing,
      options(standing, () => 0, 2),
    );
    await settleAll(store, new Sequencer().set(TEST));
    await fund(store, 'ann', { KRW: 1_000_000 });
    await store.enter([buy('b-1', 'ann', 100, 10), buy('b-2', 'ann', 90, 1)]);
    backing.failing.losesAnswers = true;
    await assert.rejects(store.written(), /the answer is lost/);
    await store.enter([buy('b-3', 'ann', 80, 1)]);
    await assert.rejects(store.releaseUnpublished({ orders: ['b-2', 'b-3'], replaces: [] }), /the answer is lost/);
    backing.failing.losesAnswers = false;
    await store.written();
    assert.deepEqual([store.failedWrites, store.unwritten], [0, 0]);
    const again = await open();
    assert.deepEqual(
      (await again.pendingOrders(Infinity, 10)).map(({ order_id }) => order_id),
      ['b-1'],
    );
    assert.deepEqual(await again.wallets('ann'), await store.wallets('ann'));
    const original = new MemoryStore();
    await settleAll(original, new Sequencer().set(TEST));
    await fund(original, 'ann', { KRW: 1_000_000 });
    await original.enter([buy('b-1', 'ann', 100, 10)]);
    assert.deepEqual(await dumpLines(again), await dumpLines(original));
  });
});

/** What services/recovery/replay.ts does with the streams, from the arrays that a world keeps. */
async function catchUp(store: EmbeddedStore, world: World): Promise<void> {
  await store.catchUp(async (from) => {
    await store.replayOrders(world.orders.slice(from[0] ?? 0));
    const banked = await store.position('account-processor', 'ledger', 0);
    const transfers = { topic: 'ledger', partition: 0, next_offset: world.ledger.length };
    await store.applyLedger({ ...transfers, items: world.ledger.slice(banked) });
    const events = { topic: 'fills', partition: 0, next_offset: world.events.length };
    const settled = await store.position('fill-processor', 'fills', 0);
    await store.applyEvents({ ...events, items: world.events.slice(settled) });
    const saved = await store.position('history-saver', 'fills', 0);
    await store.saveHistory({ ...events, items: world.events.slice(saved) });
  });
}
