import assert from 'node:assert/strict';
import type { Instrument } from '../../../src/domain/instrument.ts';
import { isFinal } from '../../../src/domain/order.ts';
import type { LedgerRecord } from '../../../src/domain/records.ts';
import type { Store } from '../../../src/ports/store.ts';

/**
 * The promises about money, worked out anew from a dump: for every asset the wallets are worth what was deposited less what was
 * withdrawn; what is locked is what open orders and pending withdrawals hold; no wallet is short; nothing final holds anything.
 */
export async function checkMoney(
  store: Store,
  applied: readonly LedgerRecord[],
  instruments: readonly Instrument[],
): Promise<void> {
  const supply = new Map<string, number>();
  const locks = new Map<string, number>();
  const wallets = new Map<string, { balance: number; locked: number }>();
  const add = (to: Map<string, number>, key: string, amount: number) => to.set(key, (to.get(key) ?? 0) + amount);
  for (const { action, asset, amount } of applied) add(supply, asset, action === 'DEPOSIT' ? -amount : amount);
  for (const { user_id, asset, amount } of await store.pendingWithdrawals()) add(locks, `${user_id} ${asset}`, amount);
  for await (const { table, row } of store.dump()) {
    if (table === 'wallet') {
      wallets.set(`${row.user_id} ${row.asset}`, row);
      add(supply, row.asset, row.balance);
      assert.ok(row.locked >= 0 && row.balance >= row.locked, `${row.user_id} ${row.asset} is short`);
    }
    if (table !== 'order') continue;
    const { base, quote } = instruments.find(({ symbol }) => symbol === row.symbol)!;
    if (row.hold > 0) add(locks, `${row.user_id} ${row.side === 'BUY' ? quote : base}`, row.hold);
    assert.ok(!isFinal(row.status) || (row.hold === 0 && row.remaining_qty === 0), `${row.order_id} is final`);
    assert.ok(isFinal(row.status) || row.filled_qty + row.remaining_qty === row.quantity, `${row.order_id} adds up`);
  }
  for (const [asset, difference] of supply) assert.equal(difference, 0, `${asset} is conserved`);
  for (const [key, { locked }] of wallets)
    assert.equal(locked, locks.get(key) ?? 0, `${key} locks what its orders hold`);
  for (const key of locks.keys()) assert.ok(wallets.has(key), `${key} has a wallet`);
}
