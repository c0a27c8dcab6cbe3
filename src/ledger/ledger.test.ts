import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { EngineEvent, FillEvent } from '../domain/events.ts';
import { feeOf, MAX_AMOUNT } from '../domain/money.ts';
import { costAfter, costAfterDeposit } from './cost.ts';
import { EventGapError, freshEvents } from './cursor.ts';
import { type HoldTerms, need, needOf, replacedTerms, replaceHold } from './hold.ts';
import { LedgerInvariantError } from './invariant.ts';
import { type FundedOrder, moneyOf, settle } from './settle.ts';
import '../../test/support/property-seed.ts';

const BUY: HoldTerms = { is_buy: true, amount_scale: 10, base_scale: 100, maker_fee_bps: 10, taker_fee_bps: 25 };
const SELL: HoldTerms = { ...BUY, is_buy: false };

const bps = fc.integer({ min: 0, max: 10_000 });
const terms = fc.record({
  is_buy: fc.boolean(),
  amount_scale: fc.constantFrom(1, 10, 1_000),
  base_scale: fc.constantFrom(1, 100),
  maker_fee_bps: bps,
  taker_fee_bps: bps,
});

describe('hold', () => {
  it('is amount and the larger fee for a buyer, base units for a seller, and nothing that no wallet could hold', () => {
    assert.equal(need(BUY, 110, 500), 550_000 + 1_375);
    assert.equal(need(SELL, 110, 500), 50_000);
    assert.equal(need(BUY, 2 ** 31 - 1, 2 ** 31 - 1), undefined);
    assert.equal(need({ ...BUY, amount_scale: 1 }, 1, 0), 0);
    const brim = { is_buy: true, amount_scale: 1, base_scale: 1, maker_fee_bps: 0, taker_fee_bps: 1 };
    assert.equal(need(brim, 94_906_265, 94_906_265), undefined, 'the amount fits, the amount with its fee does not');
    assert.equal(need({ ...SELL, base_scale: 10 ** 12 }, 1, 2 ** 31 - 1), undefined);
    assert.throws(() => needOf(BUY, 2 ** 31 - 1, 2 ** 31 - 1), LedgerInvariantError);
  });

  it('covers, for any split of an order into fills at its price or better, what they take', () => {
    const fills = fc.array(
      fc.record({ quantity: fc.integer({ min: 1, max: 500 }), better: fc.integer({ min: 0, max: 900 }) }),
      {
        minLength: 1,
        maxLength: 8,
      },
    );
    fc.assert(
      fc.property(terms, fc.integer({ min: 1, max: 100_000 }), fills, fc.boolean(), (order, price, parts, taker) => {
        let open = parts.reduce((sum, part) => sum + part.quantity, 0);
        let held = needOf(order, price, open);
        for (const { quantity, better } of parts) {
          const at = order.is_buy ? Math.max(1, price - better) : price + better;
          const amount = at * quantity * order.amount_scale;
          const fee = feeOf(amount, taker ? order.taker_fee_bps : order.maker_fee_bps);
          open -= quantity;
          const left = needOf(order, price, open);
          const paid = order.is_buy ? amount + fee : quantity * order.base_scale;
          assert.ok(held - left >= paid, `${held} - ${left} covers ${paid}`);
          held = left;
        }
        assert.equal(held, 0);
      }),
    );
  });

  it('asks of a replace the whole need, else what is missing, else refuses', () => {
    assert.equal(replaceHold(100, 60, 100), 100);
    assert.equal(replaceHold(100, 60, 99), 40);
    assert.equal(replaceHold(100, 60, 39), undefined);
    assert.equal(replaceHold(50, 60, 0), 0);
    const order = { price: 10, filled_qty: 4, remaining_qty: 6 };
    assert.deepEqual(replacedTerms(order, { quantity: 9 }), { price: 10, open: 5 });
    assert.deepEqual(replacedTerms(order, { remaining: 9, price: 3 }), { price: 3, open: 9 });
    assert.deepEqual(replacedTerms(order, { price: 3 }), { price: 3, open: 6 });
  });
});

/** A run of fills between two orders, as an engine would say it. */
const duel = fc
  .record({
    price: fc.integer({ min: 1, max: 10_000 }),
    quantities: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 }),
    rest: fc.integer({ min: 0, max: 20 }),
    bps,
  })
  .map(({ price, quantities, rest, bps: fee }) => {
    const total = quantities.reduce((sum, quantity) => sum + quantity, 0) + rest;
    let filled = 0;
    const events = quantities.map((quantity, index): FillEvent => {
      filled += quantity;
      const amount = price * quantity;
      const party = (order_id: string) => ({
        order_id,
        user_id: order_id,
        filled_qty: filled,
        remaining_qty: total - filled,
        fully_filled: filled === total,
        fee: feeOf(amount, fee),
      });
      const base = { v: 1 as const, event: 'FILL' as const, symbol: 'S', seq: index + 1, timestamp: index };
      const trade = { trade_id: `S-${index}`, price, quantity, amount, taker_side: 'BUY' as const };
      return { ...base, ...trade, buyer: party('b'), seller: party('s') };
    });
    return { price, total, fee, events };
  });

function fundedOrders(price: number, total: number, fee: number): Record<string, FundedOrder> {
  const side = (is_buy: boolean): FundedOrder => {
    const scales = { is_buy, amount_scale: 1, base_scale: 1, maker_fee_bps: fee, taker_fee_bps: fee };
    return { ...scales, price, hold: needOf(scales, price, total), replace_hold: 0 };
  };
  return { b: side(true), s: side(false) };
}

describe('settlement', () => {
  it('makes and loses no money: what one side pays the other and the exchange receive', () => {
    fc.assert(
      fc.property(duel, ({ price, total, fee, events }) => {
        const { orders } = settle(events);
        const funded = fundedOrders(price, total, fee);
        const bought = moneyOf(funded.b!, orders.get('b')!);
        const sold = moneyOf(funded.s!, orders.get('s')!);
        assert.equal(bought.paid, sold.received + bought.fees + sold.fees);
        assert.equal(sold.paid, bought.received);
        assert.ok(bought.hold >= 0 && bought.hold <= funded.b!.hold - bought.paid);
        assert.equal(bought.final, orders.get('b')!.remaining_qty === 0);
      }),
    );
  });

  it('comes to the same however the events are cut into runs', () => {
    fc.assert(
      fc.property(duel, fc.array(fc.nat(12), { maxLength: 3 }), ({ price, total, fee, events }, cuts) => {
        const whole = moneyAfter([events], fundedOrders(price, total, fee));
        const edges = [...new Set([0, ...cuts, events.length])]
          .filter((at) => at <= events.length)
          .sort((a, b) => a - b);
        const runs = edges.slice(1).map((end, index) => events.slice(edges[index], end));
        assert.deepEqual(moneyAfter(runs, fundedOrders(price, total, fee)), whole);
      }),
    );
  });

  it('hears the last word on status, terms and reason, and every request that has its outcome', () => {
    const base = { v: 1 as const, symbol: 'S', timestamp: 7 };
    const word = { order_id: 'o', user_id: 'u', side: 'BUY' as const };
    const request = { request_id: 'r1', hold_delta: 5 };
    const events: EngineEvent[] = [
      {
        ...base,
        seq: 1,
        event: 'ACCEPTED',
        ...word,
        filled_qty: 0,
        remaining_qty: 9,
        order_type: 'LIMIT',
        time_in_force: 'GTC',
        price: 10,
        quantity: 9,
      },
      {
        ...base,
        seq: 2,
        event: 'REPLACED',
        ...word,
        filled_qty: 0,
        remaining_qty: 4,
        price: 11,
        quantity: 4,
        ...request,
      },
      {
        ...base,
        seq: 3,
        event: 'REPLACE_REJECTED',
        ...word,
        filled_qty: 0,
        remaining_qty: 4,
        ...request,
        request_id: 'r2',
        reason: 'OFF_TICK',
        status: 'ACCEPTED',
      },
      { ...base, seq: 4, event: 'CANCELLED', ...word, filled_qty: 0, remaining_qty: 0, reason: 'BY_REQUEST' },
      { ...base, seq: 5, event: 'DUPLICATE', order_id: 'o', user_id: 'u' },
    ];
    const { orders, replaces } = settle(events);
    assert.deepEqual(replaces, ['r1', 'r2']);
    const { status, reason, price, quantity, remaining_qty, updated_at } = orders.get('o')!;
    assert.deepEqual(
      [status, reason, price, quantity, remaining_qty, updated_at],
      ['CANCELLED', 'BY_REQUEST', 11, 4, 0, 7],
    );
  });
});

/** Plays runs one after the other, as a store does. */
function moneyAfter(runs: readonly (readonly EngineEvent[])[], orders: Record<string, FundedOrder>) {
  const money = new Map<string, { paid: number; received: number; fees: number; hold: number }>();
  for (const run of runs)
    for (const [id, change] of settle(run).orders) {
      const moves = moneyOf(orders[id]!, change);
      const sum = money.get(id) ?? { paid: 0, received: 0, fees: 0, hold: 0 };
      orders[id]!.hold = moves.hold;
      const add = (name: 'paid' | 'received' | 'fees') => sum[name] + moves[name];
      money.set(id, { paid: add('paid'), received: add('received'), fees: add('fees'), hold: moves.hold });
    }
  return money;
}

describe('fresh events', () => {
  const event = (symbol: string, seq: number): EngineEvent => ({
    v: 1,
    symbol,
    seq,
    timestamp: 0,
    event: 'DUPLICATE',
    order_id: 'o',
    user_id: 'u',
  });

  it('are each taken once, whatever is delivered again and in between, and never over a gap', () => {
    const delivery = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 60 });
    fc.assert(
      fc.property(delivery, fc.nat(4), (seqs, applied) => {
        const taken: number[] = [];
        let gap = false;
        for (const seq of seqs) {
          const next = applied + taken.length + 1;
          if (seq === next) taken.push(seq);
          gap ||= seq > next;
        }
        const events = seqs.map((seq) => event('S', seq));
        if (gap) {
          assert.throws(() => freshEvents(events, () => applied), EventGapError);
          return;
        }
        const fresh = freshEvents(events, () => applied);
        assert.deepEqual(
          fresh.events.map(({ seq }) => seq),
          taken,
        );
        const advanced = taken.length === 0 ? undefined : { from: applied, to: applied + taken.length };
        assert.deepEqual(fresh.advanced.get('S'), advanced);
      }),
    );
  });

  it('of one symbol do not depend on those of another', () => {
    const delivery = [event('A', 3), event('B', 1), event('A', 2), event('A', 4), event('B', 2)];
    const fresh = freshEvents(delivery, (symbol) => (symbol === 'A' ? 2 : 0));
    assert.deepEqual(
      fresh.events.map(({ symbol, seq }) => `${symbol}${seq}`),
      ['A3', 'B1', 'A4', 'B2'],
    );
  });
});

describe('cost basis', () => {
  it('grows with purchases, shrinks by its share with sales, and ends with the position', () => {
    const bought = costAfter({ cost: 0, cost_asset: null }, 0, { asset: 'KRW', bought: 10, paid: 1_000, sold: 0 });
    assert.deepEqual(bought, { cost: 1_000, cost_asset: 'KRW' });
    const more = costAfter(bought, 10, { asset: 'KRW', bought: 10, paid: 3_000, sold: 0 });
    assert.deepEqual(more, { cost: 4_000, cost_asset: 'KRW' });
    assert.deepEqual(costAfter(more, 20, { asset: 'KRW', bought: 0, paid: 0, sold: 5 }), {
      cost: 3_000,
      cost_asset: 'KRW',
    });
    assert.deepEqual(costAfter(more, 20, { asset: 'USD', bought: 5, paid: 7, sold: 0 }), {
      cost: 4_000,
      cost_asset: 'KRW',
    });
    assert.deepEqual(costAfter(more, 20, { asset: 'KRW', bought: 0, paid: 0, sold: 20 }), {
      cost: 0,
      cost_asset: null,
    });
  });

  it('is that of the purchases: units that were deposited, before or after, count at their average', () => {
    const given = { cost: 0, cost_asset: null };
    const bought = costAfter(given, 1_000, { asset: 'KRW', bought: 400, paid: 6_000_000, sold: 0 });
    assert.deepEqual(bought, { cost: 21_000_000, cost_asset: 'KRW' });
    assert.equal(costAfterDeposit(bought, 1_400, 600), 30_000_000);
    const sold = costAfter(given, 1_000, { asset: 'KRW', bought: 0, paid: 0, sold: 10 });
    assert.equal(sold.cost, 0);
    const again = costAfter(sold, 990, { asset: 'KRW', bought: 10, paid: 1_000, sold: 0 });
    assert.equal(again.cost, 100_000);
    assert.equal(costAfterDeposit(given, 0, 5), 0);
    assert.equal(costAfterDeposit({ cost: 7, cost_asset: 'KRW' }, 1, MAX_AMOUNT - 1), MAX_AMOUNT);
  });

  it('never passes what a wallet can hold', () => {
    const basis = { cost: MAX_AMOUNT, cost_asset: 'KRW' };
    assert.ok(costAfter(basis, 10, { asset: 'KRW', bought: 0, paid: 0, sold: 1 }).cost < MAX_AMOUNT);
  });
});
