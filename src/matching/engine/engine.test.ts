import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strictInstrument } from '../../../test/engine/random-records.ts';
import type { EngineEvent } from '../../domain/events.ts';
import type { Instrument } from '../../domain/instrument.ts';
import type { AddRecord, OrderRecord, ReplaceRecord } from '../../domain/records.ts';
import { BookHost } from '../book-host.ts';
import { NaiveBook } from '../naive-book.ts';
import { encodeEvent } from './encode.ts';
import { permissiveInstrument } from './instrument-check.ts';
import { RECENT_REQUESTS } from './recent-requests.ts';
import { EngineShard } from './shard.ts';

/** An engine with one instrument, and the events of each record as one short line each. */
class Desk {
  readonly shard: EngineShard;
  #events: EngineEvent[] = [];
  #records = 0;

  constructor(instrument: Instrument | null = permissiveInstrument('TEST'), recentOrders?: number) {
    this.shard = new EngineShard({ createBook: () => new NaiveBook(), recentOrders });
    if (instrument !== null) this.raw({ action: 'SET_INSTRUMENT', instrument });
  }

  /** Applies a record made of the contract's short form; gives its events. */
  raw(record: Record<string, unknown>): EngineEvent[] {
    this.#events = [];
    this.#records += 1;
    const bytes = Buffer.from(JSON.stringify({ symbol: 'TEST', timestamp: 100 + this.#records, ...record }));
    const poison = this.shard.applyBytes(bytes, (event) => this.#events.push(event));
    assert.equal(poison, undefined);
    for (const event of this.#events) assert.deepEqual(JSON.parse(encodeEvent(event)), event);
    return this.#events;
  }

  add(
    order_id: string,
    side: 'BUY' | 'SELL',
    price: number,
    quantity: number,
    more: Partial<AddRecord> = {},
  ): string[] {
    const user_id = `of_${order_id}`;
    return lines(this.raw({ action: 'ADD', order_id, user_id, is_buy: side === 'BUY', price, quantity, ...more }));
  }

  cancel(order_id: string, user_id = `of_${order_id}`): string[] {
    return lines(this.raw({ action: 'CANCEL', order_id, user_id, request_id: 'r' }));
  }

  replace(order_id: string, terms: Partial<ReplaceRecord>): string[] {
    const request_id = `r${this.#records}`;
    return lines(this.raw({ action: 'REPLACE', order_id, user_id: `of_${order_id}`, request_id, ...terms }));
  }

  status(status: string): string[] {
    return lines(this.raw({ action: 'SET_STATUS', status }));
  }
}

function lines(events: readonly EngineEvent[]): string[] {
  return events.map(line);
}

function line(event: EngineEvent): string {
  switch (event.event) {
    case 'FILL': {
      const { buyer, seller } = event;
      const open = (party: typeof buyer) => `${party.order_id}:${party.remaining_qty}`;
      return `FILL ${event.quantity}@${event.price} ${event.taker_side} ${open(buyer)} ${open(seller)}`;
    }
    case 'ACCEPTED':
      return `ACCEPTED ${event.order_id}`;
    case 'REPLACED':
      return `REPLACED ${event.order_id} ${event.remaining_qty}/${event.quantity}@${event.price}`;
    case 'REJECTED':
    case 'CANCELLED':
    case 'EXPIRED':
      return `${event.event} ${event.order_id} ${event.reason}`;
    case 'CANCEL_REJECTED':
    case 'REPLACE_REJECTED':
      return `${event.event} ${event.order_id} ${event.reason} ${event.status}`;
    case 'DUPLICATE':
      return `DUPLICATE ${event.order_id}`;
    case 'STATUS_SET':
      return `STATUS_SET ${event.status}`;
    case 'DAY_CLOSED':
      return `DAY_CLOSED ${event.close} ${event.reference_price}`;
    case 'INSTRUMENT_SET':
      return 'INSTRUMENT_SET';
  }
}

test('orders trade by price, then time, at the resting price; fees and amounts are those of each order', () => {
  const desk = new Desk({ ...permissiveInstrument('TEST'), amount_scale: 100 });
  desk.add('a', 'SELL', 101, 5, { maker_fee_bps: 10, taker_fee_bps: 99 });
  desk.add('b', 'SELL', 100, 5);
  desk.add('c', 'SELL', 100, 5);
  assert.deepEqual(desk.add('d', 'BUY', 101, 11, { maker_fee_bps: 99, taker_fee_bps: 25, client_order_id: 'x"1' }), [
    'ACCEPTED d',
    'FILL 5@100 BUY d:6 b:0',
    'FILL 5@100 BUY d:1 c:0',
    'FILL 1@101 BUY d:0 a:4',
  ]);
  const [fill] = desk
    .raw({ action: 'ADD', order_id: 'e', user_id: 'u', is_buy: true, price: 200, quantity: 4, taker_fee_bps: 3 })
    .slice(1);
  assert.deepEqual(fill, {
    v: 1,
    event: 'FILL',
    symbol: 'TEST',
    seq: 10,
    timestamp: 106,
    trade_id: 'TEST-10',
    price: 101,
    quantity: 4,
    amount: 40_400,
    taker_side: 'BUY',
    buyer: { order_id: 'e', user_id: 'u', remaining_qty: 0, filled_qty: 4, fully_filled: true, fee: 12 },
    seller: { order_id: 'a', user_id: 'of_a', remaining_qty: 0, filled_qty: 5, fully_filled: true, fee: 40 },
  });
});

test('an order of a symbol without an instrument is refused, other records of it are poison', () => {
  const desk = new Desk(null);
  assert.deepEqual(desk.add('a', 'BUY', 1, 1), ['REJECTED a SYMBOL_UNKNOWN']);
  assert.deepEqual(desk.cancel('b'), ['CANCEL_REJECTED b ORDER_UNKNOWN null']);
  const record: OrderRecord = { v: 1, action: 'DAY_CLOSE', symbol: 'TEST', timestamp: 1, route_epoch: 0 };
  assert.match(desk.shard.apply(record, () => assert.fail())?.reason ?? '', /SYMBOL_UNKNOWN/);
});

test('tick by price band and by date, lot, quantity and daily limits are checked', () => {
  const desk = new Desk(strictInstrument('TEST', { lot_size: 2 }));
  const refused = (price: number, quantity: number, more?: Partial<AddRecord>) =>
    desk
      .add(`o${price}-${quantity}-${JSON.stringify(more)}`, 'BUY', price, quantity, more)[0]
      ?.split(' ')
      .at(-1);
  assert.equal(refused(101, 2), 'OFF_TICK');
  assert.equal(refused(130, 3), 'OFF_LOT');
  assert.equal(refused(130, 1_002), 'QUANTITY_TOO_LARGE');
  assert.equal(refused(135, 2), 'PRICE_OUT_OF_LIMITS');
  assert.equal(refused(69, 2), 'PRICE_OUT_OF_LIMITS');
  assert.equal(refused(0, 2), 'NUMBER_OUT_OF_RANGE');
  assert.equal(refused(2 ** 31, 2), 'NUMBER_OUT_OF_RANGE');
  assert.equal(refused(100, -2), 'NUMBER_OUT_OF_RANGE');
  assert.match(refused(105, 2) ?? '', /^o105/); // accepted under the first table
  assert.match(refused(115, 2) ?? '', /^o115/);
  assert.equal(refused(115, 2, { timestamp: 1_000 }), 'OFF_TICK');
  assert.match(refused(105, 2, { timestamp: 1_000 }) ?? '', /^o105/);
});

test('a notional that no wallet can hold is refused', () => {
  const desk = new Desk();
  assert.deepEqual(desk.add('a', 'BUY', 2 ** 31 - 1, 2 ** 31 - 1), ['REJECTED a NOTIONAL_TOO_LARGE']);
  assert.deepEqual(desk.add('b', 'SELL', 2 ** 31 - 1, 4_194_304), ['ACCEPTED b']);
});

test('stops and icebergs are refused, a contradictory post-only too', () => {
  const desk = new Desk();
  assert.deepEqual(desk.add('a', 'BUY', 5, 5, { order_type: 'STOP', stop_price: 4 }), [
    'REJECTED a ORDER_TYPE_UNSUPPORTED',
  ]);
  assert.deepEqual(desk.add('b', 'BUY', 5, 5, { display_quantity: 1 }), ['REJECTED b ORDER_TYPE_UNSUPPORTED']);
  assert.deepEqual(desk.add('c', 'BUY', 5, 5, { post_only: true, time_in_force: 'IOC' }), [
    'REJECTED c INVALID_REQUEST',
  ]);
});

test('IOC, FOK, MARKET and post-only end as they should', () => {
  const desk = new Desk();
  assert.deepEqual(desk.add('m', 'BUY', 110, 5, { order_type: 'MARKET' }), ['ACCEPTED m', 'EXPIRED m NO_LIQUIDITY']);
  desk.add('a', 'SELL', 100, 5);
  assert.deepEqual(desk.add('f', 'BUY', 100, 6, { time_in_force: 'FOK' }), ['EXPIRED f FOK_NOT_FILLABLE']);
  assert.deepEqual(desk.add('p', 'BUY', 100, 6, { post_only: true }), ['REJECTED p POST_ONLY_WOULD_TAKE']);
  assert.deepEqual(desk.add('i', 'BUY', 100, 2, { time_in_force: 'FOK' }), ['ACCEPTED i', 'FILL 2@100 BUY i:0 a:3']);
  assert.deepEqual(desk.add('j', 'BUY', 100, 4, { time_in_force: 'IOC' }), [
    'ACCEPTED j',
    'FILL 3@100 BUY j:1 a:0',
    'EXPIRED j IOC_REMAINDER',
  ]);
  desk.add('b', 'SELL', 120, 5);
  desk.add('c', 'SELL', 110, 5);
  assert.deepEqual(desk.add('n', 'BUY', 110, 9, { order_type: 'MARKET' }), [
    'ACCEPTED n',
    'FILL 5@110 BUY n:4 c:0',
    'EXPIRED n IOC_REMAINDER',
  ]);
  assert.deepEqual(desk.add('q', 'BUY', 119, 6, { post_only: true }), ['ACCEPTED q']);
});

test('a day whose limits leave no price takes no MARKET order, and the shard goes on', () => {
  const fast = new EngineShard({ createBook: () => new BookHost().open() });
  const events: EngineEvent[] = [];
  const apply = (record: Record<string, unknown>) => {
    const bytes = Buffer.from(JSON.stringify({ symbol: 'TEST', timestamp: 1, ...record }));
    assert.equal(
      fast.applyBytes(bytes, (event) => events.push(event)),
      undefined,
    );
  };
  // No step of 10 lies within 30 % of 3; none of 1,000,000 that a price can reach lies above 2,147,483,000.
  for (const [tick, reference_price, is_buy] of [
    [10, 3, true],
    [1_000_000, 2_147_483_001, false],
  ] as const) {
    const tick_tables = [{ effective_at: 0, bands: [{ from: 0, tick }] }];
    const instrument = { ...permissiveInstrument('TEST'), tick_tables, price_limit_bps: 3_000, reference_price: tick };
    apply({ action: 'SET_INSTRUMENT', instrument: { ...instrument, price_limit_bps: tick === 10 ? 3_000 : 1 } });
    apply({ action: 'DAY_CLOSE', reference_price });
    const order = { order_id: `m${tick}`, user_id: 'u', is_buy, price: tick, quantity: 1, order_type: 'MARKET' };
    apply({ action: 'ADD', ...order });
  }
  assert.deepEqual(lines(events.filter(({ event }) => event === 'REJECTED')), [
    'REJECTED m10 PRICE_OUT_OF_LIMITS',
    'REJECTED m1000000 PRICE_OUT_OF_LIMITS',
  ]);
});

test('a MARKET order never trades past the limits of the day, whatever its protection price', () => {
  const desk = new Desk(strictInstrument('TEST'));
  desk.add('a', 'SELL', 130, 5);
  desk.raw({ action: 'SET_INSTRUMENT', instrument: strictInstrument('TEST', { price_limit_bps: null }) });
  desk.add('b', 'SELL', 150, 5);
  assert.deepEqual(desk.add('m', 'BUY', 200, 6, { order_type: 'MARKET' }).slice(1), [
    'FILL 5@130 BUY m:1 a:0',
    'FILL 1@150 BUY m:0 b:4',
  ]);
  assert.deepEqual(lines(desk.raw({ action: 'SET_INSTRUMENT', instrument: strictInstrument('TEST') })), [
    'INSTRUMENT_SET',
    'EXPIRED b PRICE_OUT_OF_LIMITS',
  ]);
  assert.deepEqual(desk.add('n', 'BUY', 200, 6, { order_type: 'MARKET' }).slice(1), ['EXPIRED n NO_LIQUIDITY']);
});

test('self-trade prevention takes out the taker, the maker or both', () => {
  for (const [stp, expected] of [
    ['NONE', ['ACCEPTED t', 'FILL 3@100 BUY t:0 m:2']],
    ['EXPIRE_TAKER', ['ACCEPTED t', 'EXPIRED t SELF_TRADE']],
    ['EXPIRE_MAKER', ['ACCEPTED t', 'EXPIRED m SELF_TRADE', 'FILL 3@100 BUY t:0 other:2']],
    ['EXPIRE_BOTH', ['ACCEPTED t', 'EXPIRED m SELF_TRADE', 'EXPIRED t SELF_TRADE']],
  ] as const) {
    const desk = new Desk();
    desk.add('m', 'SELL', 100, 5, { user_id: 'me' });
    desk.add('other', 'SELL', 100, 5);
    assert.deepEqual(desk.add('t', 'BUY', 100, 3, { user_id: 'me', stp }), expected);
  }
});

test('a duplicate order id changes nothing, live or gone, until it has left the window', () => {
  const desk = new Desk(undefined, 3);
  desk.add('a', 'BUY', 10, 5);
  assert.deepEqual(desk.add('a', 'BUY', 10, 5), ['DUPLICATE a']);
  desk.cancel('a');
  assert.deepEqual(desk.add('a', 'BUY', 10, 5), ['DUPLICATE a']);
  assert.deepEqual(desk.add('r', 'BUY', 10, 0), ['REJECTED r NUMBER_OUT_OF_RANGE']);
  assert.deepEqual(desk.add('r', 'BUY', 10, 5), ['DUPLICATE r']);
  for (const id of ['b', 'c']) {
    desk.add(id, 'BUY', 10, 5);
    desk.cancel(id);
  }
  assert.deepEqual(desk.add('a', 'BUY', 10, 5), ['ACCEPTED a']);
});

test('a cancel hears why it came too late, and nothing about the orders of others', () => {
  const desk = new Desk();
  desk.add('a', 'BUY', 10, 5);
  desk.add('b', 'BUY', 9, 5);
  assert.deepEqual(desk.cancel('a', 'somebody'), ['CANCEL_REJECTED a ORDER_UNKNOWN null']);
  assert.deepEqual(desk.cancel('a'), ['CANCELLED a BY_REQUEST']);
  assert.deepEqual(desk.cancel('a'), ['CANCEL_REJECTED a ORDER_CLOSED CANCELLED']);
  desk.add('s', 'SELL', 9, 5);
  assert.deepEqual(desk.cancel('b'), ['CANCEL_REJECTED b ORDER_CLOSED FILLED']);
  assert.deepEqual(desk.cancel('b', 'somebody'), ['CANCEL_REJECTED b ORDER_UNKNOWN null']);
});

test('a replace keeps priority only for a pure decrease, and says total and open quantity', () => {
  const desk = new Desk();
  for (const id of ['a', 'b', 'c']) desk.add(id, 'BUY', 10, 10);
  desk.add('s1', 'SELL', 10, 4);
  assert.deepEqual(desk.replace('a', { quantity: 9 }), ['REPLACED a 5/9@10']);
  assert.deepEqual(desk.replace('a', { remaining: 3 }), ['REPLACED a 3/7@10']);
  assert.deepEqual(desk.add('s2', 'SELL', 10, 1).slice(1), ['FILL 1@10 SELL a:2 s2:0']);
  assert.deepEqual(desk.replace('a', { remaining: 4, hold_delta: 20 }), ['REPLACED a 4/9@10']);
  assert.deepEqual(desk.add('s3', 'SELL', 10, 1).slice(1), ['FILL 1@10 SELL b:9 s3:0']);
  desk.add('s4', 'SELL', 12, 3);
  assert.deepEqual(desk.replace('c', { price: 12, hold_delta: 20 }), ['REPLACED c 10/10@12', 'FILL 3@12 BUY c:7 s4:0']);
});

test('a replace is refused for what it asks, and the order stays', () => {
  const desk = new Desk(strictInstrument('TEST', { lot_size: 2 }));
  const hold_delta = 1_000_000;
  desk.add('a', 'BUY', 90, 10);
  desk.add('s', 'SELL', 90, 4);
  const reason = (terms: Partial<ReplaceRecord>) => desk.replace('a', { hold_delta, ...terms })[0]?.split(' ')[2];
  assert.equal(reason({ quantity: 4 }), 'QUANTITY_NOT_ABOVE_FILLED');
  assert.equal(reason({ remaining: 0 }), 'QUANTITY_NOT_ABOVE_FILLED');
  assert.equal(reason({ quantity: 7 }), 'OFF_LOT');
  assert.equal(reason({ quantity: 1_002 }), 'QUANTITY_TOO_LARGE');
  assert.equal(reason({ quantity: 8, remaining: 4 }), 'INVALID_REQUEST');
  assert.equal(reason({ price: 101 }), 'OFF_TICK');
  assert.equal(reason({ price: 200 }), 'PRICE_OUT_OF_LIMITS');
  assert.equal(reason({ price: 0 }), 'NUMBER_OUT_OF_RANGE');
  assert.deepEqual(desk.replace('nobody', {}), ['REPLACE_REJECTED nobody ORDER_UNKNOWN null']);
  assert.deepEqual(desk.cancel('a'), ['CANCELLED a BY_REQUEST']);
  assert.deepEqual(desk.replace('a', { price: 91, hold_delta }), ['REPLACE_REJECTED a ORDER_CLOSED CANCELLED']);
});

test('a replace that its hold does not cover is refused, to the unit', () => {
  const desk = new Desk();
  desk.add('a', 'BUY', 100, 10, { maker_fee_bps: 0, taker_fee_bps: 100 });
  // 100 x 10 and 1 % are 1,010; 105 x 12 and 1 % are 1,272.
  assert.deepEqual(desk.replace('a', { price: 105, quantity: 12, hold_delta: 261 }), [
    'REPLACE_REJECTED a INSUFFICIENT_FUNDS ACCEPTED',
  ]);
  assert.deepEqual(desk.replace('a', { price: 105, quantity: 12, hold_delta: 262 }), ['REPLACED a 12/12@105']);
  desk.add('s', 'SELL', 200, 10);
  assert.deepEqual(desk.replace('s', { price: 300 }), ['REPLACED s 10/10@300']);
  assert.deepEqual(desk.replace('s', { quantity: 11 }), ['REPLACE_REJECTED s INSUFFICIENT_FUNDS ACCEPTED']);
  assert.deepEqual(desk.replace('s', { quantity: 11, hold_delta: 1 }), ['REPLACED s 11/11@300']);
});

test('a replace whose record comes twice has one effect, as long as its symbol remembers it', () => {
  const desk = new Desk();
  const again = { remaining: 5, request_id: 'once' };
  for (const id of ['a', 'b']) desk.add(id, 'BUY', 10, 5);
  assert.deepEqual(desk.replace('a', again), ['REPLACED a 5/5@10']);
  desk.add('s', 'SELL', 10, 2);
  assert.deepEqual(desk.replace('a', again), ['DUPLICATE a']);
  assert.deepEqual(desk.replace('b', again), ['REPLACED b 5/5@10']); // another order's
  const refused = { price: 11, request_id: 'refused' };
  assert.deepEqual(desk.replace('a', refused), ['REPLACE_REJECTED a INSUFFICIENT_FUNDS PARTIALLY_FILLED']);
  desk.shard.restore('TEST', desk.shard.snapshot('TEST')!);
  assert.deepEqual(desk.replace('a', { ...refused, hold_delta: 100 }), ['DUPLICATE a']);
  assert.deepEqual(desk.replace('a', again), ['DUPLICATE a']);
  // A request without an id of its own is never taken for another.
  for (const remaining of [2, 1])
    assert.match(desk.replace('a', { remaining, request_id: undefined })[0] ?? '', /^REPLACED/);
  for (let i = 0; i < RECENT_REQUESTS - 3; i += 1) desk.replace('nobody', { request_id: `n${i}` });
  assert.deepEqual(desk.replace('a', again), ['DUPLICATE a']);
  desk.replace('nobody', { request_id: 'one more' });
  assert.deepEqual(desk.replace('a', { ...again, hold_delta: 100 }), ['REPLACED a 5/7@10']);
});

test('ids of any length and script are known by all of their characters', () => {
  const desk = new Desk(undefined, 3);
  const ids = ['x'.repeat(73), `${'x'.repeat(72)}y`, 'é', 'e\u0301', '주문', '주믄', 'x'.repeat(72), '\u0000', '"'];
  const client_order_id = `${'c'.repeat(60)}한`;
  for (const id of ids) assert.deepEqual(desk.add(id, 'BUY', 10, 5, { client_order_id }), [`ACCEPTED ${id}`]);
  desk.shard.restore('TEST', desk.shard.snapshot('TEST')!);
  for (const id of ids) assert.deepEqual(desk.add(id, 'BUY', 10, 5), [`DUPLICATE ${id}`]);
  const events = desk.raw({ action: 'SET_STATUS', status: 'DELISTED' }).slice(1);
  assert.deepEqual(
    lines(events),
    ids.map((id) => `CANCELLED ${id} BY_DELISTING`),
  );
  for (const event of events) assert.equal('client_order_id' in event && event.client_order_id, client_order_id);
  desk.status('ACTIVE');
  assert.deepEqual(desk.add(ids[0]!, 'BUY', 10, 5), [`ACCEPTED ${ids[0]}`]);
  assert.deepEqual(desk.add('"', 'BUY', 10, 5), ['DUPLICATE "']);
});

test('a post-only order stays post-only when it is replaced', () => {
  const desk = new Desk();
  desk.add('s', 'SELL', 12, 5);
  desk.add('p', 'BUY', 10, 5, { post_only: true });
  assert.deepEqual(desk.replace('p', { price: 12, hold_delta: 10 }), [
    'REPLACE_REJECTED p POST_ONLY_WOULD_TAKE ACCEPTED',
  ]);
  assert.deepEqual(desk.replace('p', { price: 11, hold_delta: 10 }), ['REPLACED p 5/5@11']);
});

test('HALTED and CANCEL_ONLY refuse orders and replaces and let cancels through', () => {
  const desk = new Desk();
  for (const [status, code] of [
    ['HALTED', 'SYMBOL_HALTED'],
    ['CANCEL_ONLY', 'SYMBOL_CANCEL_ONLY'],
  ] as const) {
    desk.add(`a${status}`, 'BUY', 10, 5);
    assert.deepEqual(desk.status(status), [`STATUS_SET ${status}`]);
    assert.deepEqual(desk.add(`b${status}`, 'BUY', 10, 5), [`REJECTED b${status} ${code}`]);
    assert.deepEqual(desk.replace(`a${status}`, { remaining: 1 }), [`REPLACE_REJECTED a${status} ${code} ACCEPTED`]);
    assert.deepEqual(desk.cancel(`a${status}`), [`CANCELLED a${status} BY_REQUEST`]);
    desk.status('ACTIVE');
  }
});

test('delisting cancels what rests, in order of entry', () => {
  const desk = new Desk();
  desk.add('b', 'BUY', 10, 5);
  desk.add('c', 'SELL', 20, 5);
  desk.add('a', 'BUY', 11, 5);
  assert.deepEqual(desk.status('DELISTED'), [
    'STATUS_SET DELISTED',
    'CANCELLED b BY_DELISTING',
    'CANCELLED c BY_DELISTING',
    'CANCELLED a BY_DELISTING',
  ]);
  assert.deepEqual(desk.add('d', 'BUY', 10, 5), ['REJECTED d SYMBOL_DELISTED']);
});

test("the day's close expires DAY orders, rolls the reference and expires what rests beyond the new limits", () => {
  const desk = new Desk(strictInstrument('TEST'));
  desk.add('low', 'BUY', 70, 5);
  desk.add('day', 'BUY', 75, 5, { time_in_force: 'DAY' });
  assert.deepEqual(lines(desk.raw({ action: 'DAY_CLOSE' })), ['EXPIRED day DAY_END', 'DAY_CLOSED null 100']);
  desk.add('s', 'SELL', 130, 5);
  desk.add('b', 'BUY', 130, 5);
  assert.deepEqual(lines(desk.raw({ action: 'DAY_CLOSE' })), ['DAY_CLOSED 130 130', 'EXPIRED low PRICE_OUT_OF_LIMITS']);
  assert.deepEqual(lines(desk.raw({ action: 'DAY_CLOSE', reference_price: 90 })), ['DAY_CLOSED 130 90']);
  assert.deepEqual(desk.add('x', 'BUY', 120, 5), ['REJECTED x PRICE_OUT_OF_LIMITS']);
});

test('a mass cancel takes out one user, in order of entry', () => {
  const desk = new Desk();
  for (const id of ['c', 'a', 'd', 'b']) desk.add(id, 'BUY', 10, 5, { user_id: id === 'd' ? 'you' : 'me' });
  desk.cancel('a', 'me');
  const events = desk.raw({ action: 'MASS_CANCEL', user_id: 'me', request_id: 'r' });
  assert.deepEqual(lines(events), ['CANCELLED c BY_MASS_CANCEL', 'CANCELLED b BY_MASS_CANCEL']);
  assert.deepEqual(desk.raw({ action: 'MASS_CANCEL', user_id: 'me' }), []);
  assert.deepEqual(desk.cancel('d', 'you'), ['CANCELLED d BY_REQUEST']);
});

test('records of an older route epoch are fenced', () => {
  const desk = new Desk();
  desk.add('a', 'BUY', 10, 5, { route_epoch: 3 });
  assert.deepEqual(desk.add('b', 'BUY', 10, 5, { route_epoch: 2 }), ['REJECTED b STALE_ROUTE']);
  assert.deepEqual(desk.cancel('a'), ['CANCEL_REJECTED a STALE_ROUTE ACCEPTED']);
  const record: OrderRecord = {
    v: 1,
    action: 'SET_STATUS',
    symbol: 'TEST',
    timestamp: 1,
    route_epoch: 2,
    status: 'HALTED',
  };
  assert.match(desk.shard.apply(record, () => assert.fail())?.reason ?? '', /STALE_ROUTE/);
  assert.deepEqual(desk.add('c', 'BUY', 10, 5, { route_epoch: 3 }), ['ACCEPTED c']);
});

test('assets and decimals of an instrument never change', () => {
  const desk = new Desk();
  const instrument = { ...permissiveInstrument('TEST'), amount_scale: 10 };
  const record: OrderRecord = {
    v: 1,
    action: 'SET_INSTRUMENT',
    symbol: 'TEST',
    timestamp: 1,
    route_epoch: 0,
    instrument,
  };
  const before = desk.shard.stateHash();
  assert.match(desk.shard.apply(record, () => assert.fail())?.reason ?? '', /INVALID_INSTRUMENT/);
  assert.equal(desk.shard.stateHash(), before);
});
