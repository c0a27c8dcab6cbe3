import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fund, partyOf, settleAll, wallet, wordOf } from './make.ts';
import { buy, type Subject, sell } from './subject.ts';

export function replaces(at: Subject): void {
  describe('replace', () => {
    const replace = (request_id: string, terms: object, order_id = 'o1') =>
      ({ kind: 'REPLACE', request_id, order_id, user_id: 'ann', ...terms }) as const;

    it('holds the whole need when the wallet affords it, else what is missing, else refuses', async () => {
      await fund(at.store, 'ann', { KRW: 4_000 });
      const o1 = buy('o1', 'ann', 100, 10);
      await at.store.enter([o1]);
      const [whole] = await at.store.enter([replace('r1', { quantity: 20 })]);
      assert.equal(whole?.kind === 'OPEN' && whole.hold_delta, 2_005);
      const [above] = await at.store.enter([replace('r2', { quantity: 15 })]);
      assert.equal(above?.kind === 'OPEN' && above.hold_delta, 1_503 - 1_002);
      const [none] = await at.store.enter([replace('r3', { price: 200 })]);
      const details = { asset: 'KRW', needed: 2_005 - 1_002, available: 4_000 - 1_002 - 2_005 - 501 };
      assert.deepEqual(none, { kind: 'REFUSED', code: 'INSUFFICIENT_FUNDS', details });
      assert.deepEqual(await wallet(at.store, 'ann', 'KRW'), { balance: 4_000, locked: 1_002 + 2_005 + 501 });
      assert.equal((await at.store.order('o1'))?.hold, 1_002 + 2_005 + 501);
      const [again] = await at.store.enter([replace('r1', { quantity: 20 })]);
      assert.equal(again?.kind === 'OPEN' && again.hold_delta, 2_005);
    });

    it('gives back what a replace does not need once its outcome is known', async () => {
      await fund(at.store, 'ann', { KRW: 2_600 });
      const o1 = buy('o1', 'ann', 100, 10);
      await at.store.enter([o1]);
      await at.store.enter([replace('r1', { quantity: 15 })]);
      const base = { request_id: 'r1', hold_delta: 1_503 };
      const terms = { price: 100, quantity: 15 };
      const word = wordOf(o1, 0, 15);
      await settleAll(at.store, at.say.accepted(o1), {
        ...at.say.base('TEST'),
        event: 'REPLACED',
        ...word,
        ...base,
        ...terms,
      });
      assert.deepEqual(await wallet(at.store, 'ann', 'KRW'), { balance: 2_600, locked: 1_503 });
      await at.store.enter([replace('r2', { remaining: 16 })]);
      assert.deepEqual(await wallet(at.store, 'ann', 'KRW'), { balance: 2_600, locked: 1_604 });
      await settleAll(at.store, {
        ...at.say.base('TEST'),
        event: 'REPLACE_REJECTED',
        ...wordOf(o1, 0, 15),
        request_id: 'r2',
        hold_delta: 101,
        reason: 'OFF_TICK',
        status: 'ACCEPTED',
      });
      assert.deepEqual(await wallet(at.store, 'ann', 'KRW'), { balance: 2_600, locked: 1_503 });
      const stored = await at.store.order('o1');
      assert.deepEqual([stored?.quantity, stored?.remaining_qty, stored?.status], [15, 15, 'ACCEPTED']);
    });

    it('gives everything back when the order ends with a replace on its way', async () => {
      await fund(at.store, 'ann', { KRW: 2_600 });
      const o1 = buy('o1', 'ann', 100, 10);
      await at.store.enter([o1]);
      await at.store.enter([replace('r1', { quantity: 15 })]);
      const gone = { ...wordOf(o1, 0, 0), reason: 'BY_REQUEST' };
      await settleAll(at.store, at.say.accepted(o1), { ...at.say.base('TEST'), event: 'CANCELLED', ...gone });
      assert.deepEqual(await wallet(at.store, 'ann', 'KRW'), { balance: 2_600, locked: 0 });
      const late = { request_id: 'r1', hold_delta: 1_503, reason: 'ORDER_CLOSED', status: 'CANCELLED' as const };
      await settleAll(at.store, { ...at.say.base('TEST'), event: 'REPLACE_REJECTED', ...wordOf(o1, 0, 0), ...late });
      assert.deepEqual(await wallet(at.store, 'ann', 'KRW'), { balance: 2_600, locked: 0 });
      assert.deepEqual(await at.store.pendingReplaces(), []);
    });

    it('refuses what is filled already, what no wallet could hold, and orders that are not the caller’s or not open', async () => {
      await fund(at.store, 'ann', { KRW: 5_000 });
      await fund(at.store, 'bob', { TEST: 10 });
      const o1 = buy('o1', 'ann', 100, 10);
      const s1 = sell('s1', 'bob', 100, 4);
      await at.store.enter([o1, s1]);
      await settleAll(at.store, at.say.accepted(o1), at.say.accepted(s1), {
        ...at.say.base('TEST'),
        event: 'FILL',
        trade_id: 'T1',
        price: 100,
        quantity: 4,
        amount: 400,
        taker_side: 'SELL',
        buyer: partyOf(o1, 4, 6, 0),
        seller: partyOf(s1, 4, 0, 1),
      });
      const results = await at.store.enter([
        replace('r1', { quantity: 4 }),
        replace('r2', { price: 2 ** 31 - 1, remaining: 2 ** 31 - 1 }),
        replace('r3', { quantity: 5 }, 's1'),
        replace('r4', { quantity: 5 }, 'nobody'),
        { ...replace('r5', { quantity: 5 }, 's1'), user_id: 'bob' },
      ]);
      assert.deepEqual(
        results.map((result) => result.kind === 'REFUSED' && result.code),
        ['QUANTITY_NOT_ABOVE_FILLED', 'NOTIONAL_TOO_LARGE', 'ORDER_UNKNOWN', 'ORDER_UNKNOWN', 'ORDER_CLOSED'],
      );
    });
  });
}
