import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fund, MORNING, order, partyOf, Sequencer, settleAll, wordOf } from './make.ts';
import { buy, FREE, type Subject } from './subject.ts';

export function questions(at: Subject): void {
  describe('questions', () => {
    it('pages through orders newest first, without a gap or a double while new ones come in', async () => {
      await fund(at.store, 'ann', { KRW: 100_000 });
      const entries = Array.from({ length: 9 }, (_, n) =>
        buy(`o${n}`, 'ann', 100, 1, { timestamp: MORNING + Math.floor(n / 2), client_order_id: `c${n}` }),
      );
      await at.store.enter(entries);
      const cancelled = { ...wordOf(entries[3]!, 0, 0), reason: 'BY_REQUEST' };
      await settleAll(at.store, { ...at.say.base('TEST'), event: 'CANCELLED', ...cancelled });
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await at.store.orders({ user_id: 'ann', limit: 4, ...(cursor === undefined ? {} : { cursor }) });
        seen.push(...page.orders.map(({ order_id }) => order_id));
        cursor = page.next_cursor;
        await at.store.enter([buy(`x${seen.length}`, 'ann', 100, 1, { timestamp: MORNING + 99 })]);
      } while (cursor !== undefined);
      assert.deepEqual(seen, ['o8', 'o7', 'o6', 'o5', 'o4', 'o3', 'o2', 'o1', 'o0']);
      const ids = async (query: object) =>
        (await at.store.orders({ user_id: 'ann', limit: 3, ...query })).orders.map(({ order_id }) => order_id);
      assert.deepEqual(await ids({ client_order_id: 'c3' }), ['o3']);
      assert.deepEqual(await ids({ status: ['CANCELLED'] }), ['o3']);
      assert.deepEqual(await ids({ status: ['PENDING', 'CANCELLED'], symbol: 'FREE' }), []);
      assert.deepEqual(await ids({ user_id: 'bob' }), []);
      assert.deepEqual(await at.store.openSymbols('ann'), ['TEST']);
      assert.deepEqual(await at.store.openSymbols('bob'), []);
      await assert.rejects(at.store.orders({ user_id: 'ann', limit: 3, cursor: 'nonsense' }), {
        code: 'INVALID_REQUEST',
      });
    });

    it('tells fills of both sides and trades, newest first, over days', async () => {
      const day = 24 * 3600 * 1000;
      const events = Array.from({ length: 6 }, (_, n) => {
        const one = order(FREE, { order_id: `b${n}`, user_id: 'ann', is_buy: true, price: 10, quantity: 1 });
        const two = order(FREE, {
          order_id: `s${n}`,
          user_id: n === 3 ? 'ann' : 'bob',
          is_buy: false,
          price: 10,
          quantity: 1,
        });
        return {
          ...at.say.base('FREE', MORNING + Math.floor(n / 2) * day),
          event: 'FILL' as const,
          trade_id: `FREE-${n}`,
          price: 10 + n,
          quantity: 1,
          amount: 10 + n,
          taker_side: 'BUY' as const,
          buyer: partyOf(one, 1, 0, n),
          seller: partyOf(two, 1, 0, 0),
        };
      });
      const items = [new Sequencer().set(FREE), ...events];
      await at.store.saveHistory({ topic: 'fills', partition: 0, next_offset: 7, items });
      await at.store.saveHistory({ topic: 'fills', partition: 0, next_offset: 7, items: events });
      const trades = await at.store.trades('FREE', 3);
      assert.deepEqual(
        trades.map(({ trade_id }) => trade_id),
        ['FREE-5', 'FREE-4', 'FREE-3'],
      );
      assert.deepEqual(trades[0], {
        trade_id: 'FREE-5',
        price: 15,
        quantity: 1,
        taker_side: 'BUY',
        timestamp: MORNING + 2 * day,
      });
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await at.store.fills({ user_id: 'ann', limit: 2, ...(cursor === undefined ? {} : { cursor }) });
        seen.push(...page.fills.map(({ order_id, liquidity }) => `${order_id} ${liquidity}`));
        cursor = page.next_cursor;
      } while (cursor !== undefined);
      const takers = ['b5 TAKER', 'b4 TAKER', 's3 MAKER', 'b3 TAKER', 'b2 TAKER', 'b1 TAKER', 'b0 TAKER'];
      assert.deepEqual(seen, takers);
      const { fills } = await at.store.fills({ user_id: 'bob', symbol: 'FREE', limit: 10 });
      assert.deepEqual(fills.at(-1), {
        trade_id: 'FREE-0',
        order_id: 's0',
        symbol: 'FREE',
        side: 'SELL',
        price: 10,
        quantity: 1,
        amount: 10,
        fee: 0,
        liquidity: 'MAKER',
        timestamp: MORNING,
      });
      assert.deepEqual((await at.store.fills({ user_id: 'bob', symbol: 'TEST', limit: 10 })).fills, []);
    });
  });
}
