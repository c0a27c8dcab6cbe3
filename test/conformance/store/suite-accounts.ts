import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_AMOUNT } from '../../../src/domain/money.ts';
import { fund, MORNING, transfer, wallet } from './make.ts';
import type { Subject } from './subject.ts';

export function accounts(at: Subject): void {
  describe('accounts', () => {
    const ledger = (...items: ReturnType<typeof transfer>[]) =>
      at.store.applyLedger({ topic: 'ledger', partition: 0, next_offset: items.length, items });

    it('applies each transfer once by its id', async () => {
      const deposit = transfer('DEPOSIT', 't1', 'ann', 'KRW', 500);
      const results = await ledger(deposit, deposit, transfer('DEPOSIT', 't2', 'ann', 'KRW', 100));
      assert.deepEqual(
        results.map((result) => result.kind),
        ['APPLIED', 'DUPLICATE', 'APPLIED'],
      );
      assert.deepEqual(await ledger(deposit), [{ transfer_id: 't1', kind: 'DUPLICATE' }]);
      assert.deepEqual(await wallet(at.store, 'ann', 'KRW'), { balance: 600, locked: 0 });
    });

    it('locks a withdrawal until its record is applied', async () => {
      await fund(at.store, 'ann', { KRW: 500 });
      const terms = {
        transfer_id: 'w1',
        user_id: 'ann',
        asset: 'KRW',
        amount: 400,
        timestamp: MORNING,
        actor: 'root',
      };
      assert.equal(await at.store.holdWithdrawal({ ...terms, asset: 'NONE' }), 'ASSET_UNKNOWN');
      assert.equal(await at.store.holdWithdrawal({ ...terms, amount: 501 }), 'INSUFFICIENT_FUNDS');
      assert.equal(await at.store.holdWithdrawal(terms), 'HELD');
      assert.equal(await at.store.holdWithdrawal(terms), 'DUPLICATE');
      assert.deepEqual(await wallet(at.store, 'ann', 'KRW'), { balance: 500, locked: 400 });
      const [record] = await at.store.pendingWithdrawals();
      assert.deepEqual(record, { ...transfer('WITHDRAW', 'w1', 'ann', 'KRW', 400), actor: 'root' });
      assert.deepEqual(await ledger(record!, record!), [
        { transfer_id: 'w1', kind: 'APPLIED' },
        { transfer_id: 'w1', kind: 'DUPLICATE' },
      ]);
      assert.deepEqual(await wallet(at.store, 'ann', 'KRW'), { balance: 100, locked: 0 });
      assert.deepEqual(await at.store.pendingWithdrawals(), []);
    });

    it('knows every transfer by its id: what it was, and what became of it', async () => {
      await ledger(transfer('DEPOSIT', 't1', 'ann', 'KRW', MAX_AMOUNT), transfer('DEPOSIT', 't2', 'ann', 'KRW', 1));
      const terms = { user_id: 'ann', asset: 'KRW' };
      const withdrawal = { transfer_id: 'w1', ...terms, amount: 7 };
      await at.store.holdWithdrawal({ ...withdrawal, timestamp: MORNING });
      assert.deepEqual(await at.store.transfer('w1'), { ...withdrawal, action: 'WITHDRAW', status: 'HELD' });
      assert.deepEqual(await at.store.transfer('t1'), {
        transfer_id: 't1',
        action: 'DEPOSIT',
        ...terms,
        amount: MAX_AMOUNT,
        status: 'APPLIED',
      });
      assert.equal((await at.store.transfer('t2'))?.status, 'BALANCE_LIMIT');
      await ledger(transfer('WITHDRAW', 'w1', 'ann', 'KRW', 7));
      assert.equal((await at.store.transfer('w1'))?.status, 'APPLIED');
      assert.equal(await at.store.transfer('none'), undefined);
    });

    it('undoes a hold whose record was never written', async () => {
      await fund(at.store, 'ann', { KRW: 500 });
      const terms = { transfer_id: 'w1', user_id: 'ann', asset: 'KRW', amount: 400, timestamp: MORNING };
      await at.store.holdWithdrawal(terms);
      await at.store.releaseWithdrawal('w1');
      await at.store.releaseWithdrawal('w1');
      assert.deepEqual(await wallet(at.store, 'ann', 'KRW'), { balance: 500, locked: 0 });
      assert.equal(await at.store.holdWithdrawal(terms), 'HELD');
    });

    it('refuses a deposit past 2^53 - 1, always the same one, and a withdrawal that nobody held and nothing covers', async () => {
      const results = await ledger(
        transfer('DEPOSIT', 't1', 'ann', 'KRW', MAX_AMOUNT),
        transfer('DEPOSIT', 't2', 'ann', 'KRW', 1),
        transfer('WITHDRAW', 't3', 'bob', 'KRW', 1),
        transfer('DEPOSIT', 't2', 'ann', 'KRW', 1),
      );
      assert.deepEqual(results, [
        { transfer_id: 't1', kind: 'APPLIED' },
        { transfer_id: 't2', kind: 'REFUSED', code: 'BALANCE_LIMIT' },
        { transfer_id: 't3', kind: 'REFUSED', code: 'INSUFFICIENT_FUNDS' },
        { transfer_id: 't2', kind: 'REFUSED', code: 'BALANCE_LIMIT' },
      ]);
      assert.deepEqual(await wallet(at.store, 'ann', 'KRW'), { balance: MAX_AMOUNT, locked: 0 });
    });
  });
}
