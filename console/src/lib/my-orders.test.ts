import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NewOrder, Order, PlacedOrder, PrivateMessage } from '@supernoba/client';
import { afterMessage, changeOf, mergeRead, placedOrder, strangeOrder } from './my-orders.ts';

const SCALES = { price_decimals: 2, quantity_decimals: 4 };
const TERMS: NewOrder = { symbol: 'COIN', side: 'BUY', price: '100.5', quantity: '0.3' };
const PLACED: PlacedOrder = {
  message: 'Order accepted',
  topic: 'supernoba-orders',
  symbol: 'COIN',
  order_id: 'ord_1',
  client_order_id: 'mine',
  status: 'PENDING',
};

const placed = (): Order => placedOrder(TERMS, PLACED, 1_000);

type Status = Extract<PrivateMessage, { type: 'ORDER_STATUS' }>['data'];
type FillData = Extract<PrivateMessage, { type: 'FILL' }>['data'];

function told(data: Partial<Status>): PrivateMessage {
  const common = { order_id: 'ord_1', client_order_id: 'mine', symbol: 'COIN', side: 'BUY', seq: 1, useq: 1 } as const;
  return {
    type: 'ORDER_STATUS',
    data: { ...common, status: 'ACCEPTED', filled_qty: 0, remaining_qty: 3_000, ...data },
  };
}

function filled(
  filled_qty: number,
  filled_price: number,
  remaining_qty: number,
  more: Partial<FillData> = {},
): PrivateMessage {
  const status = remaining_qty === 0 ? 'FILLED' : 'PARTIALLY_FILLED';
  const common = { order_id: 'ord_1', client_order_id: 'mine', symbol: 'COIN', side: 'BUY', fee: 0 } as const;
  return {
    type: 'FILL',
    data: { ...common, filled_qty, filled_price, remaining_qty, status, trade_id: 'COIN-9', seq: 9, useq: 9, ...more },
  };
}

const after = (order: Order, ...messages: PrivateMessage[]) =>
  messages.reduce((known, message) => afterMessage(known, message, SCALES, 2_000), order);

test('fills add up to quantity and average without the dust of floating point', () => {
  const order = after(placed(), told({}), filled(1_000, 10_000, 2_000), filled(2_000, 10_300, 0));
  assert.deepEqual([order.status, order.filled_qty, order.remaining_qty, order.avg_price], ['FILLED', 0.3, 0, 102]);
});

test('a fill that comes twice, or after a reading that had it, counts once', () => {
  const first = filled(1_000, 10_000, 2_000);
  assert.equal(after(placed(), first, first).filled_qty, 0.1);
  const read = {
    ...placed(),
    filled_qty: 0.1,
    remaining_qty: 0.2,
    avg_price: 100,
    status: 'PARTIALLY_FILLED',
  } as const;
  assert.deepEqual(after(read, first), read);
});

test('a message from before changes nothing: a status never goes back', () => {
  const partly = after(placed(), filled(1_000, 10_000, 2_000));
  assert.deepEqual(after(partly, told({})), partly);
  const done = after(partly, told({ status: 'CANCELLED', filled_qty: 1_000, remaining_qty: 0, reason: 'BY_REQUEST' }));
  assert.deepEqual([done.status, done.reason], ['CANCELLED', 'BY_REQUEST']);
  assert.deepEqual(after(done, filled(1_000, 10_000, 1_000)), done);
});

test('a replace changes the terms; a refused one does not', () => {
  const open = after(placed(), told({}));
  const changed = after(open, told({ event: 'REPLACED', price: 9_900, quantity: 5_000, remaining_qty: 5_000 }));
  assert.deepEqual([changed.price, changed.quantity, changed.remaining_qty], [99, 0.5, 0.5]);
  assert.deepEqual(after(changed, told({ event: 'REPLACE_REJECTED', reason: 'ORDER_CLOSED' })), changed);
});

test('an order placed elsewhere is shown with what its messages tell', () => {
  const first = told({});
  const order = after(strangeOrder(first, 1_000), first, filled(1_000, 10_000, 2_000));
  assert.deepEqual([order.status, order.quantity, order.filled_qty, order.price], ['PARTIALLY_FILLED', 0.3, 0.1, null]);
});

test('a reading that is behind the messages does not take them back, but gives the terms', () => {
  const known = after(strangeOrder(told({}), 1_000), told({}), filled(1_000, 10_000, 2_000));
  const read = { ...placed(), status: 'ACCEPTED', post_only: true } as const;
  const merged = mergeRead(new Map([['ord_1', known]]), [read], () => false).get('ord_1');
  assert.deepEqual(
    [merged?.status, merged?.filled_qty, merged?.price, merged?.post_only],
    ['PARTIALLY_FILLED', 0.1, 100.5, true],
  );
});

test('of two readings of one order the one further along counts, and orders no longer read are dropped unless fresh', () => {
  const gone = { ...placed(), order_id: 'ord_0' };
  const done = { ...placed(), status: 'FILLED', filled_qty: 0.3, remaining_qty: 0 } as const;
  const known = new Map([['ord_0', gone]]);
  const merged = mergeRead(known, [done, { ...placed(), status: 'ACCEPTED' }], () => false);
  assert.deepEqual(
    [...merged.values()].map(({ status }) => status),
    ['FILLED'],
  );
  assert.ok(mergeRead(known, [], (id) => id === 'ord_0').has('ord_0'));
});

test('a change sends only what was typed anew since it began', () => {
  const began = { price: '9700', remaining: '10' };
  assert.deepEqual(changeOf(began, { price: '9690', remaining: '10' }), { price: '9690' });
  assert.deepEqual(changeOf(began, { price: ' 9,700 ', remaining: '10.0' }), {});
  assert.deepEqual(changeOf(began, { price: '9700', remaining: '8' }), { remaining: '8' });
  assert.deepEqual(changeOf(began, { price: 'x', remaining: '10' }), { price: 'x' }, 'the exchange says what is wrong');
});
