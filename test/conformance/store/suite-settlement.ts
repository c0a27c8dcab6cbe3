import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LedgerInvariantError } from '../../../src/ledger/invariant.ts';
import { EXCHANGE_ACCOUNT } from '../../../src/ports/store.ts';
import { dumpLines, fund, instrument, order, partyOf, settleAll, wallet, wordOf } from './make.ts';
import { buy, COIN, type Subject, sell, TEST } from './subject.ts';

export function settlement(at: Subject): void {
  describe('settlement', () => {
    it('moves money and fees, and gives price improvement back', async () => {
      await fund(at.store, 'ann', { USDT: 1_000_000 });
      await fund(at.store, 'bob', { COIN: 100_000 });
      // 3.000 at 1.10: 1.10 x 3 = 3.3 USDT = 3,300,000 units; the buyer has only 1 USDT, so 0.500 at 1.10 = 550,000.
      const o1 = order(COIN, { order_id: 'o1', user_id: 'ann', is_buy: true, price: 110, quantity: 500 });
      const s1 = order(COIN, { order_id: 's1', user_id: 'bob', is_buy: false, price: 100, quantity: 800 });
      assert.deepEqual(await at.store.enter([o1, s1]), [{ kind: 'HELD' }, { kind: 'HELD' }]);
      assert.deepEqual(await wallet(at.store, 'ann', 'USDT'), { balance: 1_000_000, locked: 550_000 + 1_375 });
      assert.deepEqual(await wallet(at.store, 'bob', 'COIN'), { balance: 100_000, locked: 80_000 });
      const fill = {
        ...at.say.base('COIN'),
        event: 'FILL' as const,
        trade_id: 'COIN-3',
        price: 100,
        quantity: 200,
        amount: 200_000,
        taker_side: 'BUY' as const,
        buyer: partyOf(o1, 200, 300, 500),
        seller: partyOf(s1, 200, 600, 200),
      };
      await settleAll(at.store, fill);
      const need = 330_000 + 825;
      assert.deepEqual(await wallet(at.store, 'ann', 'USDT'), { balance: 1_000_000 - 200_500, locked: need });
      assert.deepEqual(await wallet(at.store, 'ann', 'COIN'), { balance: 20_000, locked: 0 });
      assert.deepEqual(await wallet(at.store, 'bob', 'COIN'), { balance: 80_000, locked: 60_000 });
      assert.deepEqual(await wallet(at.store, 'bob', 'USDT'), { balance: 199_800, locked: 0 });
      assert.deepEqual(await wallet(at.store, EXCHANGE_ACCOUNT, 'USDT'), { balance: 700, locked: 0 });
      const stored = await at.store.order('o1');
      assert.deepEqual(
        [stored?.status, stored?.filled_qty, stored?.remaining_qty, stored?.filled_notional, stored?.hold],
        ['PARTIALLY_FILLED', 200, 300, 20_000, need],
      );
      const position = (await at.store.wallets('ann')).find((held) => held.asset === 'COIN');
      assert.deepEqual([position?.cost, position?.cost_asset], [200_500, 'USDT']);
      const ended = { ...wordOf(o1, 200, 0), reason: 'IOC_REMAINDER' };
      await settleAll(at.store, { ...at.say.base('COIN'), event: 'EXPIRED', ...ended });
      assert.deepEqual(await wallet(at.store, 'ann', 'USDT'), { balance: 799_500, locked: 0 });
      assert.deepEqual((await at.store.order('o1'))?.reason, 'IOC_REMAINDER');
    });

    it('keeps the average price that of the purchases, whatever was deposited before and after', async () => {
      await fund(at.store, 'ann', { KRW: 10_000, TEST: 30 });
      await fund(at.store, 'bob', { TEST: 50 });
      const o1 = buy('o1', 'ann', 100, 10);
      const s1 = sell('s1', 'bob', 100, 10);
      await at.store.enter([o1, s1]);
      const fill = {
        ...{ event: 'FILL' as const, trade_id: 'T1', price: 100, quantity: 10, amount: 1_000 },
        taker_side: 'SELL' as const,
        buyer: partyOf(o1, 10, 0, 0),
        seller: partyOf(s1, 10, 0, 0),
      };
      const costOf = async (user: string) => {
        const held = (await at.store.wallets(user)).find(({ asset }) => asset === 'TEST');
        return [held?.balance, held?.cost];
      };
      await settleAll(at.store, at.say.accepted(o1), at.say.accepted(s1), { ...at.say.base('TEST'), ...fill });
      assert.deepEqual(await costOf('ann'), [40, 4_000]);
      await fund(at.store, 'ann', { TEST: 10 });
      assert.deepEqual(await costOf('ann'), [50, 5_000]);
      assert.deepEqual((await costOf('bob'))[0], 40);
      assert.equal((await costOf('bob'))[1] ?? 0, 0);
    });

    it('counts every event once, in whatever batches and however often it comes', async () => {
      await fund(at.store, 'ann', { KRW: 10_000 });
      await fund(at.store, 'bob', { TEST: 50 });
      const o1 = buy('o1', 'ann', 100, 10);
      const s1 = sell('s1', 'bob', 90, 10);
      await at.store.enter([o1, s1]);
      const fill = (n: number, filled: number) => ({
        ...at.say.base('TEST'),
        event: 'FILL' as const,
        trade_id: `T${n}`,
        price: 100,
        quantity: 2,
        amount: 200,
        taker_side: 'SELL' as const,
        buyer: partyOf(o1, filled, 10 - filled, 1),
        seller: partyOf(s1, filled, 10 - filled, 2),
      });
      const events = [at.say.accepted(o1), at.say.accepted(s1), fill(1, 2), fill(2, 4), fill(3, 6)];
      await settleAll(at.store, ...events.slice(0, 3), ...events.slice(0, 2));
      await settleAll(at.store, ...events.slice(1, 4), ...events.slice(2, 5), ...events);
      await settleAll(at.store, ...events);
      assert.deepEqual(await wallet(at.store, 'ann', 'KRW'), { balance: 10_000 - 603, locked: 401 });
      assert.deepEqual(await wallet(at.store, 'bob', 'TEST'), { balance: 44, locked: 4 });
      const items = [at.say.set(TEST)];
      await at.store.saveHistory({ topic: 'fills', partition: 0, next_offset: 3, items: [...events, ...events] }).then(
        () => assert.fail('the history of TEST begins with its first event'),
        (error) => assert.ok(error instanceof LedgerInvariantError),
      );
      await settleAll(at.store, ...items);
    });

    it('refuses a gap, an unknown order and an overdrawn wallet, and does nothing of such a batch', async () => {
      await fund(at.store, 'ann', { KRW: 10_000 });
      const o1 = buy('o1', 'ann', 100, 10);
      await at.store.enter([o1]);
      const before = await dumpLines(at.store);
      const [first, , third] = [at.say.accepted(o1), at.say.base('TEST'), at.say.base('TEST')];
      const ended = { event: 'CANCELLED' as const, ...wordOf(o1, 0, 0), reason: 'BY_REQUEST' };
      const broken = (...items: Parameters<typeof settleAll>[1][]) =>
        assert.rejects(settleAll(at.store, ...items), LedgerInvariantError);
      await broken(first, { ...third, ...ended });
      await broken(first, { ...third, seq: 3, ...ended, order_id: 'nobody' });
      await broken(first, {
        ...third,
        seq: 3,
        event: 'FILL',
        trade_id: 'T',
        price: 100,
        quantity: 1_000,
        amount: 100_000,
        taker_side: 'BUY',
        buyer: partyOf(o1, 1_000, 0, 0),
        seller: partyOf(o1, 1_000, 0, 0),
      });
      assert.deepEqual(await dumpLines(at.store), before);
    });

    it('refuses to settle an order that has ended', async () => {
      await fund(at.store, 'ann', { KRW: 10_000 });
      const o1 = buy('o1', 'ann', 100, 10);
      await at.store.enter([o1]);
      const ended = { ...wordOf(o1, 0, 0), reason: 'BY_REQUEST' };
      await settleAll(at.store, at.say.accepted(o1), { ...at.say.base('TEST'), event: 'CANCELLED', ...ended });
      await assert.rejects(settleAll(at.store, at.say.accepted(o1)), LedgerInvariantError);
      assert.equal((await at.store.order('o1'))?.status, 'CANCELLED');
    });

    it('remembers where each consumer stands, by partition', async () => {
      const stands = (partition: number) => at.store.position('fill-processor', 'fills', partition);
      const o1 = buy('o1', 'ann', 100, 10);
      await fund(at.store, 'ann', { KRW: 10_000 });
      await at.store.enter([o1]);
      await at.store.applyEvents({ topic: 'fills', partition: 1, next_offset: 7, items: [at.say.accepted(o1)] });
      await at.store.applyEvents({ topic: 'fills', partition: 2, next_offset: 9, items: [] });
      assert.deepEqual([await stands(1), await stands(2), await stands(3)], [7, 9, 0]);
      assert.equal(await at.store.position('history-saver', 'fills', 1), 0);
    });

    it('follows instruments: definition, status, reference price, and the assets they bring', async () => {
      const fancy = instrument('FANCY', { base: 'GEM', base_decimals: 3, quote: 'EUR', quote_decimals: 2 });
      await settleAll(
        at.store,
        at.say.set(fancy),
        { ...at.say.base('FANCY'), event: 'STATUS_SET', status: 'HALTED' },
        { ...at.say.base('FANCY'), event: 'DAY_CLOSED', close: 120, reference_price: 120 },
      );
      const stored = (await at.store.instruments()).find(({ symbol }) => symbol === 'FANCY');
      assert.deepEqual(stored, { ...fancy, status: 'HALTED', reference_price: 120 });
      const assets = await at.store.assets();
      assert.deepEqual(
        assets.filter(({ code }) => ['EUR', 'GEM', 'KRW'].includes(code)),
        [
          { code: 'EUR', decimals: 2, kind: 'CURRENCY' },
          { code: 'GEM', decimals: 3, kind: 'SECURITY' },
          { code: 'KRW', decimals: 0, kind: 'CURRENCY' },
        ],
      );
    });
  });
}
