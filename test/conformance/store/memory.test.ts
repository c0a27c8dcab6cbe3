import assert from 'node:assert/strict';
import { it } from 'node:test';
import { MemoryStore } from '../../../src/adapters/store/memory/store.ts';
import { MAX_AMOUNT } from '../../../src/domain/money.ts';
import { LedgerInvariantError } from '../../../src/ledger/invariant.ts';
import { fund, partyOf, Sequencer, settleAll, wallet } from './make.ts';
import { randomLives, seeds } from './random-life.ts';
import { buy, FREE, sell, TEST } from './subject.ts';
import { storeSuite } from './suite.ts';

storeSuite('memory', {
  start: async () => {},
  fresh: async () => new MemoryStore(),
  stop: async () => {},
});

randomLives('memory', undefined, seeds(20), 120);

it('store: memory does not round a wallet that two orders, each of which fits, would carry past 2^53 - 1', async () => {
  const store = new MemoryStore();
  const say = new Sequencer();
  await settleAll(store, say.set(TEST), say.set(FREE));
  await fund(store, 'ann', { KRW: MAX_AMOUNT - 1_001, TEST: 20 });
  await fund(store, 'bob', { KRW: MAX_AMOUNT });
  const sells = [sell('s1', 'ann', 100, 10), sell('s2', 'ann', 100, 10)];
  const buys = [buy('b1', 'bob', 100, 10), buy('b2', 'bob', 100, 10)];
  for (const { kind } of await store.enter([...sells, ...buys])) assert.equal(kind, 'HELD');
  const fillOf = (n: 0 | 1) => {
    const trade = { trade_id: `t${n}`, price: 100, quantity: 10, amount: 1_000, taker_side: 'BUY' } as const;
    const parties = { buyer: partyOf(buys[n]!, 10, 0, 0), seller: partyOf(sells[n]!, 10, 0, 0) };
    return { ...say.base('TEST'), event: 'FILL', ...trade, ...parties } as const;
  };
  await settleAll(store, fillOf(0));
  await assert.rejects(settleAll(store, fillOf(1)), LedgerInvariantError);
  assert.deepEqual(await wallet(store, 'ann', 'KRW'), { balance: MAX_AMOUNT - 1, locked: 0 });
});
