import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_AMOUNT } from '../../../src/domain/money.ts';
import { fund, MORNING, settleAll, wallet, wordOf } from './make.ts';
import { buy, type Subject, sell } from './subject.ts';

export function orderEntry(at: Subject): void {
  describe('order entry', () => {
    it('holds what each order needs, and refuses an order its wallet does not cover while still trying the next', async () => {
      await fund(at.store, 'ann', { KRW: 2_000, TEST: 10 });
      const results = await at.store.enter([
        buy('o1', 'ann', 100, 10),
        buy('o2', 'ann', 100, 10),
        buy('o3', 'ann', 100, 9),
        sell('o4', 'ann', 100, 10),
        sell('o5', 'ann', 100, 1),
        buy('o6', 'bob', 1, 1),
      ]);
      const [o1, o2, o3, o4, o5, o6] = results;
      assert.deepEqual(o1, { kind: 'HELD' });
      const details = { asset: 'KRW', needed: 1_002, available: 998 };
      assert.deepEqual(o2, { kind: 'REFUSED', code: 'INSUFFICIENT_FUNDS', details });
      assert.deepEqual([o3, o4], [{ kind: 'HELD' }, { kind: 'HELD' }]);
      assert.equal(o5?.kind === 'REFUSED' && o5.code, 'INSUFFICIENT_FUNDS');
      assert.equal(o6?.kind === 'REFUSED' && o6.code, 'INSUFFICIENT_FUNDS');
      assert.deepEqual(await wallet(at.store, 'ann', 'KRW'), { balance: 2_000, locked: 1_002 + 902 });
      assert.deepEqual(await wallet(at.store, 'ann', 'TEST'), { balance: 10, locked: 10 });
      assert.equal((await at.store.order('o1'))?.status, 'PENDING');
      assert.equal(await at.store.order('o2'), undefined);
    });

    it('answers a repeated client order id with the first order, and tells other content apart', async () => {
      await fund(at.store, 'ann', { KRW: 10_000 });
      await fund(at.store, 'bob', { KRW: 10_000 });
      const named = { client_order_id: 'c-1', content_hash: 'h1' };
      const first = await at.store.enter([buy('o1', 'ann', 100, 10, named), buy('o2', 'bob', 100, 10, named)]);
      assert.deepEqual(first, [{ kind: 'HELD' }, { kind: 'HELD' }]);
      const [again, other, fresh] = await at.store.enter([
        buy('o3', 'ann', 100, 10, named),
        buy('o4', 'ann', 100, 10, { ...named, content_hash: 'h2' }),
        buy('o5', 'ann', 100, 10, { ...named, client_order_id: 'c-2' }),
      ]);
      assert.ok(again?.kind === 'DUPLICATE' && again.same_content && again.order.order_id === 'o1');
      assert.ok(other?.kind === 'DUPLICATE' && !other.same_content);
      assert.deepEqual(fresh, { kind: 'HELD' });
      assert.deepEqual(await wallet(at.store, 'ann', 'KRW'), { balance: 10_000, locked: 2_004 });
    });

    it('tells what a client order id stands for: the order as it is, the content as it was asked for', async () => {
      await fund(at.store, 'ann', { KRW: 10_000 });
      const o1 = buy('o1', 'ann', 100, 10, { client_order_id: 'c-1', content_hash: 'h1' });
      await at.store.enter([o1]);
      const said = at.say.accepted(o1);
      const terms = { request_id: 'r1', hold_delta: 0, price: 90, quantity: 10 };
      const replaced = { ...at.say.base('TEST'), event: 'REPLACED', ...wordOf(o1, 0, 10), ...terms } as const;
      const cancelled = {
        ...at.say.base('TEST'),
        event: 'CANCELLED',
        ...wordOf(o1, 0, 0),
        reason: 'BY_REQUEST',
      } as const;
      await settleAll(at.store, said, replaced, cancelled);
      const known = await at.store.clientOrder('ann', 'c-1');
      assert.deepEqual(known, { order: await at.store.order('o1'), content_hash: 'h1' });
      assert.deepEqual([known?.order.price, known?.order.status], [90, 'CANCELLED']);
      assert.equal(await at.store.clientOrder('ann', 'c-2'), undefined);
      assert.equal(await at.store.clientOrder('bob', 'c-1'), undefined);
    });

    it('sees a client order id that comes twice in one call, and one whose first bearer was refused', async () => {
      await fund(at.store, 'ann', { KRW: 1_500 });
      const results = await at.store.enter([
        buy('o1', 'ann', 100, 10, { client_order_id: 'a' }),
        buy('o2', 'ann', 100, 10, { client_order_id: 'a' }),
        buy('o3', 'ann', 100, 10, { client_order_id: 'b' }),
        buy('o4', 'ann', 100, 4, { client_order_id: 'b' }),
      ]);
      assert.deepEqual(
        results.map((result) => result.kind),
        ['HELD', 'DUPLICATE', 'REFUSED', 'HELD'],
      );
      assert.deepEqual(await wallet(at.store, 'ann', 'KRW'), { balance: 1_500, locked: 1_002 + 401 });
    });

    it('holds once when a call comes again because its answer was lost', async () => {
      await fund(at.store, 'ann', { KRW: 2_000 });
      const call = [buy('o1', 'ann', 100, 5), buy('o2', 'ann', 100, 5)];
      await at.store.enter(call);
      assert.deepEqual(await at.store.enter(call), [{ kind: 'HELD' }, { kind: 'HELD' }]);
      assert.deepEqual(await wallet(at.store, 'ann', 'KRW'), { balance: 2_000, locked: 1_002 });
    });

    it('refuses an order whose proceeds the wallet could not hold', async () => {
      await fund(at.store, 'ann', { KRW: MAX_AMOUNT - 999, TEST: 100 });
      const [over, fits] = await at.store.enter([sell('o1', 'ann', 100, 10), sell('o2', 'ann', 111, 9)]);
      assert.deepEqual(over, { kind: 'REFUSED', code: 'BALANCE_LIMIT' });
      assert.deepEqual(fits, { kind: 'HELD' });
    });

    it('never holds more than there is, however many calls run at once', async () => {
      await fund(at.store, 'ann', { KRW: 5_010 });
      const calls = Array.from({ length: 20 }, (_, n) => at.store.enter([buy(`o${n}`, 'ann', 100, 5)]));
      const held = (await Promise.all(calls)).flat().filter((result) => result.kind === 'HELD');
      assert.equal(held.length, 10);
      assert.deepEqual(await wallet(at.store, 'ann', 'KRW'), { balance: 5_010, locked: 5_010 });
    });

    it('checks owner and openness of what a cancel names', async () => {
      await fund(at.store, 'ann', { KRW: 5_000 });
      const o1 = buy('o1', 'ann', 100, 10);
      const o2 = buy('o2', 'ann', 100, 10);
      await at.store.enter([o1, o2]);
      await settleAll(at.store, at.say.accepted(o1), {
        ...at.say.base('TEST'),
        event: 'CANCELLED',
        reason: 'BY_REQUEST',
        ...wordOf(o1, 0, 0),
      });
      const cancel = (order_id: string, user_id: string) => ({ kind: 'CANCEL' as const, order_id, user_id });
      const [closed, open, foreign, unknown] = await at.store.enter([
        cancel('o1', 'ann'),
        cancel('o2', 'ann'),
        cancel('o2', 'bob'),
        cancel('o9', 'ann'),
      ]);
      assert.deepEqual(closed, { kind: 'REFUSED', code: 'ORDER_CLOSED' });
      assert.ok(open?.kind === 'OPEN' && open.order.order_id === 'o2' && open.hold_delta === 0);
      assert.deepEqual([foreign, unknown], Array(2).fill({ kind: 'REFUSED', code: 'ORDER_UNKNOWN' }));
    });

    it('publishes again what is still pending, as it was', async () => {
      await fund(at.store, 'ann', { KRW: 50_000 });
      const o1 = buy('o1', 'ann', 100, 10, { timestamp: MORNING + 2, client_order_id: 'c', time_in_force: 'IOC' });
      const o2 = buy('o2', 'ann', 100, 10, { timestamp: MORNING + 1 });
      const o3 = buy('o3', 'ann', 100, 10, { timestamp: MORNING + 3 });
      await at.store.enter([o1, o2, o3]);
      assert.deepEqual(await at.store.pendingOrders(MORNING + 3, 10), [o2.record, o1.record]);
      await settleAll(at.store, at.say.accepted(o2));
      assert.deepEqual(await at.store.pendingOrders(MORNING + 10, 1), [o1.record]);
    });

    it('forgets orders and replaces whose records never reached the log', async () => {
      await fund(at.store, 'ann', { KRW: 5_000 });
      const o1 = buy('o1', 'ann', 100, 10);
      await at.store.enter([o1, buy('o2', 'ann', 100, 10, { client_order_id: 'c' })]);
      await at.store.enter([{ kind: 'REPLACE', request_id: 'r1', order_id: 'o1', user_id: 'ann', quantity: 12 }]);
      assert.deepEqual(await at.store.pendingReplaces(), [{ request_id: 'r1', order_id: 'o1', hold_delta: 1_203 }]);
      await at.store.releaseUnpublished({
        orders: ['o2', 'o9'],
        replaces: [
          { request_id: 'r1', order_id: 'o1', hold_delta: 1_203 },
          { request_id: 'r9', order_id: 'o1', hold_delta: 5 },
        ],
      });
      assert.deepEqual(await wallet(at.store, 'ann', 'KRW'), { balance: 5_000, locked: 1_002 });
      assert.equal(await at.store.order('o2'), undefined);
      assert.deepEqual(await at.store.pendingReplaces(), []);
      assert.deepEqual(await at.store.enter([buy('o3', 'ann', 100, 1, { client_order_id: 'c' })]), [{ kind: 'HELD' }]);
      await settleAll(at.store, at.say.accepted(o1));
      await assert.rejects(at.store.releaseUnpublished({ orders: ['o3', 'o1'], replaces: [] }));
      assert.equal((await at.store.order('o3'))?.status, 'PENDING');
    });
  });
}
