import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { MAX_AMOUNT } from '../../../src/domain/money.ts';
import { LedgerInvariantError } from '../../../src/ledger/invariant.ts';
import { EXCHANGE_ACCOUNT, type Store } from '../../../src/ports/store.ts';
import {
  dumpLines,
  fund,
  instrument,
  MORNING,
  order,
  partyOf,
  SCALED,
  Sequencer,
  settleAll,
  transfer,
  wallet,
  wordOf,
} from './make.ts';

/** Makes empty stores, all closed when the suite ends. */
export interface StoreMaker<S extends Store = Store> {
  start(): Promise<void>;
  fresh(): Promise<S>;
  stop(): Promise<void>;
}

const TEST = instrument('TEST');
const FREE = instrument('FREE', { maker_fee_bps: 0, taker_fee_bps: 0 });
const COIN = instrument('COIN', SCALED);

/** The promises of src/ports/store.ts, one by one. Every adapter runs them. */
export function storeSuite(name: string, maker: StoreMaker): void {
  describe(`store: ${name}`, () => {
    let store: Store;
    let say: Sequencer;
    before(() => maker.start());
    after(() => maker.stop());
    beforeEach(async () => {
      store = await maker.fresh();
      say = new Sequencer();
      await store.migrate();
      await settleAll(store, say.set(TEST), say.set(FREE), say.set(COIN));
    });

    const buy = (order_id: string, user_id: string, price: number, quantity: number, more = {}) =>
      order(TEST, { order_id, user_id, is_buy: true, price, quantity, ...more });
    const sell = (order_id: string, user_id: string, price: number, quantity: number, more = {}) =>
      order(TEST, { order_id, user_id, is_buy: false, price, quantity, ...more });

    describe('order entry', () => {
      it('holds what each order needs, and refuses an order its wallet does not cover while still trying the next', async () => {
        await fund(store, 'ann', { KRW: 2_000, TEST: 10 });
        const results = await store.enter([
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
        assert.deepEqual(await wallet(store, 'ann', 'KRW'), { balance: 2_000, locked: 1_002 + 902 });
        assert.deepEqual(await wallet(store, 'ann', 'TEST'), { balance: 10, locked: 10 });
        assert.equal((await store.order('o1'))?.status, 'PENDING');
        assert.equal(await store.order('o2'), undefined);
      });

      it('answers a repeated client order id with the first order, and tells other content apart', async () => {
        await fund(store, 'ann', { KRW: 10_000 });
        await fund(store, 'bob', { KRW: 10_000 });
        const named = { client_order_id: 'c-1', content_hash: 'h1' };
        const first = await store.enter([buy('o1', 'ann', 100, 10, named), buy('o2', 'bob', 100, 10, named)]);
        assert.deepEqual(first, [{ kind: 'HELD' }, { kind: 'HELD' }]);
        const [again, other, fresh] = await store.enter([
          buy('o3', 'ann', 100, 10, named),
          buy('o4', 'ann', 100, 10, { ...named, content_hash: 'h2' }),
          buy('o5', 'ann', 100, 10, { ...named, client_order_id: 'c-2' }),
        ]);
        assert.ok(again?.kind === 'DUPLICATE' && again.same_content && again.order.order_id === 'o1');
        assert.ok(other?.kind === 'DUPLICATE' && !other.same_content);
        assert.deepEqual(fresh, { kind: 'HELD' });
        assert.deepEqual(await wallet(store, 'ann', 'KRW'), { balance: 10_000, locked: 2_004 });
      });

      it('sees a client order id that comes twice in one call, and one whose first bearer was refused', async () => {
        await fund(store, 'ann', { KRW: 1_500 });
        const results = await store.enter([
          buy('o1', 'ann', 100, 10, { client_order_id: 'a' }),
          buy('o2', 'ann', 100, 10, { client_order_id: 'a' }),
          buy('o3', 'ann', 100, 10, { client_order_id: 'b' }),
          buy('o4', 'ann', 100, 4, { client_order_id: 'b' }),
        ]);
        assert.deepEqual(
          results.map((result) => result.kind),
          ['HELD', 'DUPLICATE', 'REFUSED', 'HELD'],
        );
        assert.deepEqual(await wallet(store, 'ann', 'KRW'), { balance: 1_500, locked: 1_002 + 401 });
      });

      it('holds once when a call comes again because its answer was lost', async () => {
        await fund(store, 'ann', { KRW: 2_000 });
        const call = [buy('o1', 'ann', 100, 5), buy('o2', 'ann', 100, 5)];
        await store.enter(call);
        assert.deepEqual(await store.enter(call), [{ kind: 'HELD' }, { kind: 'HELD' }]);
        assert.deepEqual(await wallet(store, 'ann', 'KRW'), { balance: 2_000, locked: 1_002 });
      });

      it('refuses an order whose proceeds the wallet could not hold', async () => {
        await fund(store, 'ann', { KRW: MAX_AMOUNT - 999, TEST: 10 });
        const [over, fits] = await store.enter([sell('o1', 'ann', 100, 10), sell('o2', 'ann', 111, 9)]);
        assert.deepEqual(over, { kind: 'REFUSED', code: 'BALANCE_LIMIT' });
        assert.deepEqual(fits, { kind: 'HELD' });
      });

      it('never holds more than there is, however many calls run at once', async () => {
        await fund(store, 'ann', { KRW: 5_010 });
        const calls = Array.from({ length: 20 }, (_, n) => store.enter([buy(`o${n}`, 'ann', 100, 5)]));
        const held = (await Promise.all(calls)).flat().filter((result) => result.kind === 'HELD');
        assert.equal(held.length, 10);
        assert.deepEqual(await wallet(store, 'ann', 'KRW'), { balance: 5_010, locked: 5_010 });
      });

      it('checks owner and openness of what a cancel names', async () => {
        await fund(store, 'ann', { KRW: 5_000 });
        const o1 = buy('o1', 'ann', 100, 10);
        const o2 = buy('o2', 'ann', 100, 10);
        await store.enter([o1, o2]);
        await settleAll(store, say.accepted(o1), {
          ...say.base('TEST'),
          event: 'CANCELLED',
          reason: 'BY_REQUEST',
          ...wordOf(o1, 0, 0),
        });
        const cancel = (order_id: string, user_id: string) => ({ kind: 'CANCEL' as const, order_id, user_id });
        const [closed, open, foreign, unknown] = await store.enter([
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
        await fund(store, 'ann', { KRW: 50_000 });
        const o1 = buy('o1', 'ann', 100, 10, { timestamp: MORNING + 2, client_order_id: 'c', time_in_force: 'IOC' });
        const o2 = buy('o2', 'ann', 100, 10, { timestamp: MORNING + 1 });
        const o3 = buy('o3', 'ann', 100, 10, { timestamp: MORNING + 3 });
        await store.enter([o1, o2, o3]);
        assert.deepEqual(await store.pendingOrders(MORNING + 3, 10), [o2.record, o1.record]);
        await settleAll(store, say.accepted(o2));
        assert.deepEqual(await store.pendingOrders(MORNING + 10, 1), [o1.record]);
      });

      it('forgets orders and replaces whose records never reached the log', async () => {
        await fund(store, 'ann', { KRW: 5_000 });
        const o1 = buy('o1', 'ann', 100, 10);
        await store.enter([o1, buy('o2', 'ann', 100, 10, { client_order_id: 'c' })]);
        await store.enter([{ kind: 'REPLACE', request_id: 'r1', order_id: 'o1', user_id: 'ann', quantity: 12 }]);
        assert.deepEqual(await store.pendingReplaces(), [{ request_id: 'r1', order_id: 'o1', hold_delta: 1_203 }]);
        await store.releaseUnpublished({
          orders: ['o2', 'o9'],
          replaces: [
            { request_id: 'r1', order_id: 'o1', hold_delta: 1_203 },
            { request_id: 'r9', order_id: 'o1', hold_delta: 5 },
          ],
        });
        assert.deepEqual(await wallet(store, 'ann', 'KRW'), { balance: 5_000, locked: 1_002 });
        assert.equal(await store.order('o2'), undefined);
        assert.deepEqual(await store.pendingReplaces(), []);
        assert.deepEqual(await store.enter([buy('o3', 'ann', 100, 1, { client_order_id: 'c' })]), [{ kind: 'HELD' }]);
        await settleAll(store, say.accepted(o1));
        await assert.rejects(store.releaseUnpublished({ orders: ['o3', 'o1'], replaces: [] }));
        assert.equal((await store.order('o3'))?.status, 'PENDING');
      });
    });

    describe('replace', () => {
      const replace = (request_id: string, terms: object, order_id = 'o1') =>
        ({ kind: 'REPLACE', request_id, order_id, user_id: 'ann', ...terms }) as const;

      it('holds the whole need when the wallet affords it, else what is missing, else refuses', async () => {
        await fund(store, 'ann', { KRW: 4_000 });
        const o1 = buy('o1', 'ann', 100, 10);
        await store.enter([o1]);
        const [whole] = await store.enter([replace('r1', { quantity: 20 })]);
        assert.equal(whole?.kind === 'OPEN' && whole.hold_delta, 2_005);
        const [above] = await store.enter([replace('r2', { quantity: 15 })]);
        assert.equal(above?.kind === 'OPEN' && above.hold_delta, 1_503 - 1_002);
        const [none] = await store.enter([replace('r3', { price: 200 })]);
        const details = { asset: 'KRW', needed: 2_005 - 1_002, available: 4_000 - 1_002 - 2_005 - 501 };
        assert.deepEqual(none, { kind: 'REFUSED', code: 'INSUFFICIENT_FUNDS', details });
        assert.deepEqual(await wallet(store, 'ann', 'KRW'), { balance: 4_000, locked: 1_002 + 2_005 + 501 });
        assert.equal((await store.order('o1'))?.hold, 1_002 + 2_005 + 501);
        const [again] = await store.enter([replace('r1', { quantity: 20 })]);
        assert.equal(again?.kind === 'OPEN' && again.hold_delta, 2_005);
      });

      it('gives back what a replace does not need once its outcome is known', async () => {
        await fund(store, 'ann', { KRW: 2_600 });
        const o1 = buy('o1', 'ann', 100, 10);
        await store.enter([o1]);
        await store.enter([replace('r1', { quantity: 15 })]);
        const base = { request_id: 'r1', hold_delta: 1_503 };
        const terms = { price: 100, quantity: 15 };
        const word = wordOf(o1, 0, 15);
        await settleAll(store, say.accepted(o1), {
          ...say.base('TEST'),
          event: 'REPLACED',
          ...word,
          ...base,
          ...terms,
        });
        assert.deepEqual(await wallet(store, 'ann', 'KRW'), { balance: 2_600, locked: 1_503 });
        await store.enter([replace('r2', { remaining: 16 })]);
        assert.deepEqual(await wallet(store, 'ann', 'KRW'), { balance: 2_600, locked: 1_604 });
        await settleAll(store, {
          ...say.base('TEST'),
          event: 'REPLACE_REJECTED',
          ...wordOf(o1, 0, 15),
          request_id: 'r2',
          hold_delta: 101,
          reason: 'OFF_TICK',
          status: 'ACCEPTED',
        });
        assert.deepEqual(await wallet(store, 'ann', 'KRW'), { balance: 2_600, locked: 1_503 });
        const stored = await store.order('o1');
        assert.deepEqual([stored?.quantity, stored?.remaining_qty, stored?.status], [15, 15, 'ACCEPTED']);
      });

      it('gives everything back when the order ends with a replace on its way', async () => {
        await fund(store, 'ann', { KRW: 2_600 });
        const o1 = buy('o1', 'ann', 100, 10);
        await store.enter([o1]);
        await store.enter([replace('r1', { quantity: 15 })]);
        const gone = { ...wordOf(o1, 0, 0), reason: 'BY_REQUEST' };
        await settleAll(store, say.accepted(o1), { ...say.base('TEST'), event: 'CANCELLED', ...gone });
        assert.deepEqual(await wallet(store, 'ann', 'KRW'), { balance: 2_600, locked: 0 });
        const late = { request_id: 'r1', hold_delta: 1_503, reason: 'ORDER_CLOSED', status: 'CANCELLED' as const };
        await settleAll(store, { ...say.base('TEST'), event: 'REPLACE_REJECTED', ...wordOf(o1, 0, 0), ...late });
        assert.deepEqual(await wallet(store, 'ann', 'KRW'), { balance: 2_600, locked: 0 });
        assert.deepEqual(await store.pendingReplaces(), []);
      });

      it('refuses what is filled already, what no wallet could hold, and orders that are not the caller’s or not open', async () => {
        await fund(store, 'ann', { KRW: 5_000 });
        await fund(store, 'bob', { TEST: 10 });
        const o1 = buy('o1', 'ann', 100, 10);
        const s1 = sell('s1', 'bob', 100, 4);
        await store.enter([o1, s1]);
        await settleAll(store, say.accepted(o1), say.accepted(s1), {
          ...say.base('TEST'),
          event: 'FILL',
          trade_id: 'T1',
          price: 100,
          quantity: 4,
          amount: 400,
          taker_side: 'SELL',
          buyer: partyOf(o1, 4, 6, 0),
          seller: partyOf(s1, 4, 0, 1),
        });
        const results = await store.enter([
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

    describe('settlement', () => {
      it('moves money and fees, and gives price improvement back', async () => {
        await fund(store, 'ann', { USDT: 1_000_000 });
        await fund(store, 'bob', { COIN: 100_000 });
        // 3.000 at 1.10: 1.10 x 3 = 3.3 USDT = 3,300,000 units; the buyer has only 1 USDT, so 0.500 at 1.10 = 550,000.
        const o1 = order(COIN, { order_id: 'o1', user_id: 'ann', is_buy: true, price: 110, quantity: 500 });
        const s1 = order(COIN, { order_id: 's1', user_id: 'bob', is_buy: false, price: 100, quantity: 800 });
        assert.deepEqual(await store.enter([o1, s1]), [{ kind: 'HELD' }, { kind: 'HELD' }]);
        assert.deepEqual(await wallet(store, 'ann', 'USDT'), { balance: 1_000_000, locked: 550_000 + 1_375 });
        assert.deepEqual(await wallet(store, 'bob', 'COIN'), { balance: 100_000, locked: 80_000 });
        const fill = {
          ...say.base('COIN'),
          event: 'FILL' as const,
          trade_id: 'COIN-3',
          price: 100,
          quantity: 200,
          amount: 200_000,
          taker_side: 'BUY' as const,
          buyer: partyOf(o1, 200, 300, 500),
          seller: partyOf(s1, 200, 600, 200),
        };
        await settleAll(store, fill);
        const need = 330_000 + 825;
        assert.deepEqual(await wallet(store, 'ann', 'USDT'), { balance: 1_000_000 - 200_500, locked: need });
        assert.deepEqual(await wallet(store, 'ann', 'COIN'), { balance: 20_000, locked: 0 });
        assert.deepEqual(await wallet(store, 'bob', 'COIN'), { balance: 80_000, locked: 60_000 });
        assert.deepEqual(await wallet(store, 'bob', 'USDT'), { balance: 199_800, locked: 0 });
        assert.deepEqual(await wallet(store, EXCHANGE_ACCOUNT, 'USDT'), { balance: 700, locked: 0 });
        const stored = await store.order('o1');
        assert.deepEqual(
          [stored?.status, stored?.filled_qty, stored?.remaining_qty, stored?.filled_notional, stored?.hold],
          ['PARTIALLY_FILLED', 200, 300, 20_000, need],
        );
        const position = (await store.wallets('ann')).find((held) => held.asset === 'COIN');
        assert.deepEqual([position?.cost, position?.cost_asset], [200_500, 'USDT']);
        const ended = { ...wordOf(o1, 200, 0), reason: 'IOC_REMAINDER' };
        await settleAll(store, { ...say.base('COIN'), event: 'EXPIRED', ...ended });
        assert.deepEqual(await wallet(store, 'ann', 'USDT'), { balance: 799_500, locked: 0 });
        assert.deepEqual((await store.order('o1'))?.reason, 'IOC_REMAINDER');
      });

      it('counts every event once, in whatever batches and however often it comes', async () => {
        await fund(store, 'ann', { KRW: 10_000 });
        await fund(store, 'bob', { TEST: 50 });
        const o1 = buy('o1', 'ann', 100, 10);
        const s1 = sell('s1', 'bob', 90, 10);
        await store.enter([o1, s1]);
        const fill = (n: number, filled: number) => ({
          ...say.base('TEST'),
          event: 'FILL' as const,
          trade_id: `T${n}`,
          price: 100,
          quantity: 2,
          amount: 200,
          taker_side: 'SELL' as const,
          buyer: partyOf(o1, filled, 10 - filled, 1),
          seller: partyOf(s1, filled, 10 - filled, 2),
        });
        const events = [say.accepted(o1), say.accepted(s1), fill(1, 2), fill(2, 4), fill(3, 6)];
        await settleAll(store, ...events.slice(0, 3), ...events.slice(0, 2));
        await settleAll(store, ...events.slice(1, 4), ...events.slice(2, 5), ...events);
        await settleAll(store, ...events);
        assert.deepEqual(await wallet(store, 'ann', 'KRW'), { balance: 10_000 - 603, locked: 401 });
        assert.deepEqual(await wallet(store, 'bob', 'TEST'), { balance: 44, locked: 4 });
        const items = [say.set(TEST)];
        await store.saveHistory({ topic: 'fills', partition: 0, next_offset: 3, items: [...events, ...events] }).then(
          () => assert.fail('the history of TEST begins with its first event'),
          (error) => assert.ok(error instanceof LedgerInvariantError),
        );
        await settleAll(store, ...items);
      });

      it('refuses a gap, an unknown order and an overdrawn wallet, and does nothing of such a batch', async () => {
        await fund(store, 'ann', { KRW: 10_000 });
        const o1 = buy('o1', 'ann', 100, 10);
        await store.enter([o1]);
        const before = await dumpLines(store);
        const [first, , third] = [say.accepted(o1), say.base('TEST'), say.base('TEST')];
        const ended = { event: 'CANCELLED' as const, ...wordOf(o1, 0, 0), reason: 'BY_REQUEST' };
        const broken = (...items: Parameters<typeof settleAll>[1][]) =>
          assert.rejects(settleAll(store, ...items), LedgerInvariantError);
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
        assert.deepEqual(await dumpLines(store), before);
      });

      it('refuses to settle an order that has ended', async () => {
        await fund(store, 'ann', { KRW: 10_000 });
        const o1 = buy('o1', 'ann', 100, 10);
        await store.enter([o1]);
        const ended = { ...wordOf(o1, 0, 0), reason: 'BY_REQUEST' };
        await settleAll(store, say.accepted(o1), { ...say.base('TEST'), event: 'CANCELLED', ...ended });
        await assert.rejects(settleAll(store, say.accepted(o1)), LedgerInvariantError);
        assert.equal((await store.order('o1'))?.status, 'CANCELLED');
      });

      it('remembers where each consumer stands, by partition', async () => {
        const at = (partition: number) => store.position('fill-processor', 'fills', partition);
        const o1 = buy('o1', 'ann', 100, 10);
        await fund(store, 'ann', { KRW: 10_000 });
        await store.enter([o1]);
        await store.applyEvents({ topic: 'fills', partition: 1, next_offset: 7, items: [say.accepted(o1)] });
        await store.applyEvents({ topic: 'fills', partition: 2, next_offset: 9, items: [] });
        assert.deepEqual([await at(1), await at(2), await at(3)], [7, 9, 0]);
        assert.equal(await store.position('history-saver', 'fills', 1), 0);
      });

      it('follows instruments: definition, status, reference price, and the assets they bring', async () => {
        const fancy = instrument('FANCY', { base: 'GEM', base_decimals: 3, quote: 'EUR', quote_decimals: 2 });
        await settleAll(
          store,
          say.set(fancy),
          { ...say.base('FANCY'), event: 'STATUS_SET', status: 'HALTED' },
          { ...say.base('FANCY'), event: 'DAY_CLOSED', close: 120, reference_price: 120 },
        );
        const stored = (await store.instruments()).find(({ symbol }) => symbol === 'FANCY');
        assert.deepEqual(stored, { ...fancy, status: 'HALTED', reference_price: 120 });
        const assets = await store.assets();
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

    describe('accounts', () => {
      const ledger = (...items: ReturnType<typeof transfer>[]) =>
        store.applyLedger({ topic: 'ledger', partition: 0, next_offset: items.length, items });

      it('applies each transfer once by its id', async () => {
        const deposit = transfer('DEPOSIT', 't1', 'ann', 'KRW', 500);
        const results = await ledger(deposit, deposit, transfer('DEPOSIT', 't2', 'ann', 'KRW', 100));
        assert.deepEqual(
          results.map((result) => result.kind),
          ['APPLIED', 'DUPLICATE', 'APPLIED'],
        );
        assert.deepEqual(await ledger(deposit), [{ transfer_id: 't1', kind: 'DUPLICATE' }]);
        assert.deepEqual(await wallet(store, 'ann', 'KRW'), { balance: 600, locked: 0 });
      });

      it('locks a withdrawal until its record is applied', async () => {
        await fund(store, 'ann', { KRW: 500 });
        const terms = {
          transfer_id: 'w1',
          user_id: 'ann',
          asset: 'KRW',
          amount: 400,
          timestamp: MORNING,
          actor: 'root',
        };
        assert.equal(await store.holdWithdrawal({ ...terms, asset: 'NONE' }), 'ASSET_UNKNOWN');
        assert.equal(await store.holdWithdrawal({ ...terms, amount: 501 }), 'INSUFFICIENT_FUNDS');
        assert.equal(await store.holdWithdrawal(terms), 'HELD');
        assert.equal(await store.holdWithdrawal(terms), 'DUPLICATE');
        assert.deepEqual(await wallet(store, 'ann', 'KRW'), { balance: 500, locked: 400 });
        const [record] = await store.pendingWithdrawals();
        assert.deepEqual(record, { ...transfer('WITHDRAW', 'w1', 'ann', 'KRW', 400), actor: 'root' });
        assert.deepEqual(await ledger(record!, record!), [
          { transfer_id: 'w1', kind: 'APPLIED' },
          { transfer_id: 'w1', kind: 'DUPLICATE' },
        ]);
        assert.deepEqual(await wallet(store, 'ann', 'KRW'), { balance: 100, locked: 0 });
        assert.deepEqual(await store.pendingWithdrawals(), []);
      });

      it('undoes a hold whose record was never written', async () => {
        await fund(store, 'ann', { KRW: 500 });
        const terms = { transfer_id: 'w1', user_id: 'ann', asset: 'KRW', amount: 400, timestamp: MORNING };
        await store.holdWithdrawal(terms);
        await store.releaseWithdrawal('w1');
        await store.releaseWithdrawal('w1');
        assert.deepEqual(await wallet(store, 'ann', 'KRW'), { balance: 500, locked: 0 });
        assert.equal(await store.holdWithdrawal(terms), 'HELD');
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
        assert.deepEqual(await wallet(store, 'ann', 'KRW'), { balance: MAX_AMOUNT, locked: 0 });
      });
    });

    describe('questions', () => {
      it('pages through orders newest first, without a gap or a double while new ones come in', async () => {
        await fund(store, 'ann', { KRW: 100_000 });
        const entries = Array.from({ length: 9 }, (_, n) =>
          buy(`o${n}`, 'ann', 100, 1, { timestamp: MORNING + Math.floor(n / 2), client_order_id: `c${n}` }),
        );
        await store.enter(entries);
        const cancelled = { ...wordOf(entries[3]!, 0, 0), reason: 'BY_REQUEST' };
        await settleAll(store, { ...say.base('TEST'), event: 'CANCELLED', ...cancelled });
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.orders({ user_id: 'ann', limit: 4, ...(cursor === undefined ? {} : { cursor }) });
          seen.push(...page.orders.map(({ order_id }) => order_id));
          cursor = page.next_cursor;
          await store.enter([buy(`x${seen.length}`, 'ann', 100, 1, { timestamp: MORNING + 99 })]);
        } while (cursor !== undefined);
        assert.deepEqual(seen, ['o8', 'o7', 'o6', 'o5', 'o4', 'o3', 'o2', 'o1', 'o0']);
        const ids = async (query: object) =>
          (await store.orders({ user_id: 'ann', limit: 3, ...query })).orders.map(({ order_id }) => order_id);
        assert.deepEqual(await ids({ client_order_id: 'c3' }), ['o3']);
        assert.deepEqual(await ids({ status: ['CANCELLED'] }), ['o3']);
        assert.deepEqual(await ids({ status: ['PENDING', 'CANCELLED'], symbol: 'FREE' }), []);
        assert.deepEqual(await ids({ user_id: 'bob' }), []);
        assert.deepEqual(await store.openSymbols('ann'), ['TEST']);
        assert.deepEqual(await store.openSymbols('bob'), []);
        await assert.rejects(store.orders({ user_id: 'ann', limit: 3, cursor: 'nonsense' }), {
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
            ...say.base('FREE', MORNING + Math.floor(n / 2) * day),
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
        await store.saveHistory({ topic: 'fills', partition: 0, next_offset: 7, items });
        await store.saveHistory({ topic: 'fills', partition: 0, next_offset: 7, items: events });
        const trades = await store.trades('FREE', 3);
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
          const page = await store.fills({ user_id: 'ann', limit: 2, ...(cursor === undefined ? {} : { cursor }) });
          seen.push(...page.fills.map(({ order_id, liquidity }) => `${order_id} ${liquidity}`));
          cursor = page.next_cursor;
        } while (cursor !== undefined);
        const takers = ['b5 TAKER', 'b4 TAKER', 's3 MAKER', 'b3 TAKER', 'b2 TAKER', 'b1 TAKER', 'b0 TAKER'];
        assert.deepEqual(seen, takers);
        const { fills } = await store.fills({ user_id: 'bob', symbol: 'FREE', limit: 10 });
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
        assert.deepEqual((await store.fills({ user_id: 'bob', symbol: 'TEST', limit: 10 })).fills, []);
      });
    });
  });
}
