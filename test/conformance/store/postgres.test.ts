import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { postgresDriver } from '../../../src/adapters/store/postgres/driver.ts';
import { openPostgresStore } from '../../../src/adapters/store/postgres/store.ts';
import type { EngineEvent } from '../../../src/domain/events.ts';
import { startPostgres } from '../../servers/postgres.ts';
import { checkMoney } from './check-money.ts';
import { checkDriver } from './driver-suite.ts';
import { fund, instrument, order, partyOf, Sequencer, settleAll, transfer, wallet } from './make.ts';
import { postgresMaker } from './postgres-maker.ts';
import { randomLives, seeds } from './random-life.ts';
import { storeSuite } from './suite.ts';

const server = await startPostgres();
if ('notRun' in server) {
  console.log(`not run: store: PostgreSQL (${server.notRun})`);
} else {
  after(() => server.stop());
  storeSuite('PostgreSQL', postgresMaker(server));
  randomLives('PostgreSQL', postgresMaker(server), seeds(3), 60);

  describe('store: several processes on one PostgreSQL', () => {
    const TEST = instrument('TEST');

    it('runs the statements of a transaction all or not at all, prepared or not', async () => {
      for (const prepare of [true, false]) {
        const driver = postgresDriver({ url: await server.database(), connections: 2, prepare });
        await checkDriver(driver).finally(() => driver.close());
      }
    });

    it('migrate at once, enter the same client order id once, and settle every event once between them', async () => {
      const url = await server.database();
      const stores = [1, 2, 3].map(() => openPostgresStore({ url, connections: 3 }));
      const [first] = stores;
      try {
        await Promise.all(stores.map((store) => store.migrate()));
        const say = new Sequencer();
        await settleAll(first!, say.set(TEST));
        const users = ['ann', 'bob', 'cyd', 'dan'];
        for (const user of users) await fund(first!, user, { KRW: 1_000_000, TEST: 10_000 });

        const twins = await Promise.all(
          stores.map((store, n) => {
            const terms = { user_id: 'ann', is_buy: true, price: 100, quantity: 1, client_order_id: 'once' };
            return store.enter([order(TEST, { order_id: `twin-${n}`, ...terms })]);
          }),
        );
        const kinds = twins.flat().map(({ kind }) => kind);
        assert.deepEqual(kinds.sort(), ['DUPLICATE', 'DUPLICATE', 'HELD']);

        const pairs = Array.from({ length: 60 }, (_, n) => {
          const [buyer, seller] = [users[n % 4]!, users[(n * 3 + 1) % 4]!];
          const terms = { price: 100, quantity: 5 };
          return [
            order(TEST, { order_id: `b-${n}`, user_id: buyer, is_buy: true, ...terms }),
            order(TEST, { order_id: `s-${n}`, user_id: seller, is_buy: false, ...terms }),
          ] as const;
        });
        const events: EngineEvent[] = pairs.flatMap(([buy, sell], n) => [
          say.accepted(buy),
          say.accepted(sell),
          {
            ...say.base('TEST'),
            event: 'FILL',
            trade_id: `TEST-${n}`,
            price: 100,
            quantity: 5,
            amount: 500,
            taker_side: 'SELL',
            buyer: partyOf(buy, 5, 0, 1),
            seller: partyOf(sell, 5, 0, 1),
          },
        ]);
        await first!.enter(pairs.flat());
        const more = pairs.map(([buy]) => ({
          ...buy,
          record: { ...buy.record, order_id: `more-${buy.record.order_id}` },
        }));
        await Promise.all([
          ...stores.map(async (store, n) => {
            for (let end = 20 + n; ; end += 17 + n) {
              await settleAll(store, ...events.slice(0, end));
              if (end >= events.length) return;
            }
          }),
          ...stores.map((store, n) => store.enter(more.filter((_, at) => at % 3 === n))),
        ]);
        const money = users.flatMap((user) => [
          transfer('DEPOSIT', 'any', user, 'KRW', 1_000_000),
          transfer('DEPOSIT', 'any', user, 'TEST', 10_000),
        ]);
        await checkMoney(first!, money, [TEST]);
        assert.deepEqual(await wallet(first!, 'exchange', 'KRW'), { balance: 120, locked: 0 });
      } finally {
        for (const store of stores) await store.close();
      }
    });
  });
}
