import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { randomRecords } from '../../../test/engine/random-records.ts';
import type { OrderRecord } from '../../domain/records.ts';
import { BookHost } from '../book-host.ts';
import { NaiveBook } from '../naive-book.ts';
import { SnapshotError } from '../order-book.ts';
import { encodeEvent } from './encode.ts';
import { EngineShard } from './shard.ts';
import '../../../test/support/property-seed.ts';

const SYMBOLS = ['A', 'B'];
/** Small, so that ids are forgotten on the way. */
const newShard = () => new EngineShard({ createBook: () => new NaiveBook(), recentOrders: 20 });

function run(shard: EngineShard, records: readonly OrderRecord[]): string[] {
  const events: string[] = [];
  for (const record of records) {
    shard.applyBytes(Buffer.from(JSON.stringify(record)), (event) => {
      const text = encodeEvent(event);
      assert.deepEqual(JSON.parse(text), event);
      events.push(text);
    });
  }
  return events;
}

test('from a snapshot at any point on, the same records give the same events and the same state', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0 }), fc.integer({ min: 10, max: 400 }), fc.nat(400), (seed, count, at) => {
      const records = randomRecords(seed, count, SYMBOLS);
      const whole = newShard();
      const before = run(whole, records.slice(0, at));
      const later = newShard();
      for (const symbol of whole.symbols()) later.restore(symbol, whole.snapshot(symbol)!);
      assert.equal(later.stateHash(), whole.stateHash());
      const rest = records.slice(at);
      assert.deepEqual(run(later, rest), run(whole, rest));
      assert.equal(later.stateHash(), whole.stateHash());
      const again = newShard();
      run(again, records);
      assert.equal(again.stateHash(), whole.stateHash());
      for (const symbol of whole.symbols()) assert.deepEqual(again.snapshot(symbol), whole.snapshot(symbol));
      assert.ok(before.length <= records.length * 20);
    }),
    { numRuns: 60 },
  );
});

test("the exchange's book and the naive one give the same events and state, and read each other's snapshots", () => {
  const host = new BookHost();
  const newFast = () => new EngineShard({ createBook: () => host.open(), recentOrders: 20 });
  fc.assert(
    fc.property(fc.integer({ min: 0 }), fc.nat(400), (seed, at) => {
      const records = randomRecords(seed, 400, SYMBOLS);
      const naive = newShard();
      const fast = newFast();
      assert.deepEqual(run(fast, records.slice(0, at)), run(naive, records.slice(0, at)));
      const crossed = newFast();
      for (const symbol of naive.symbols()) crossed.restore(symbol, naive.snapshot(symbol)!);
      const rest = run(naive, records.slice(at));
      assert.deepEqual(run(fast, records.slice(at)), rest);
      assert.deepEqual(run(crossed, records.slice(at)), rest);
      assert.equal(fast.stateHash(), naive.stateHash());
      assert.equal(crossed.stateHash(), naive.stateHash());
      for (const shard of [fast, crossed]) for (const symbol of shard.symbols()) shard.remove(symbol);
    }),
    { numRuns: 40 },
  );
});

test('an order that nobody will ever see again makes the state differ', () => {
  const one = newShard();
  const two = newShard();
  run(one, randomRecords(1, 100, SYMBOLS));
  run(two, randomRecords(1, 100, SYMBOLS));
  assert.equal(one.stateHash(), two.stateHash());
  run(two, [
    {
      ...{
        v: 1,
        action: 'ADD',
        symbol: 'A',
        timestamp: 200,
        route_epoch: 0,
        order_id: 'late',
        user_id: 'u',
        is_buy: true,
      },
      ...{
        price: 0,
        quantity: 1,
        order_type: 'LIMIT',
        time_in_force: 'GTC',
        hold: 0,
        maker_fee_bps: 0,
        taker_fee_bps: 0,
      },
    },
  ]);
  assert.notEqual(one.stateHash(), two.stateHash());
});

test('any flipped bit and any cut of a snapshot is detected, and the symbol is untouched', () => {
  const shard = newShard();
  run(shard, randomRecords(3, 60, ['A']));
  const snapshot = shard.snapshot('A')!;
  const hash = shard.stateHash();
  for (let bit = 0; bit < snapshot.length * 8; bit += bit < 200 ? 1 : 7) {
    const damaged = Uint8Array.from(snapshot);
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    assert.throws(() => shard.restore('A', damaged), SnapshotError, `bit ${bit}`);
  }
  for (let length = 0; length < snapshot.length; length += 13) {
    assert.throws(() => shard.restore('A', snapshot.subarray(0, length)), SnapshotError, `length ${length}`);
  }
  assert.throws(() => shard.restore('B', snapshot), SnapshotError);
  assert.equal(shard.stateHash(), hash);
  shard.restore('A', snapshot);
  assert.equal(shard.remove('A'), true);
  assert.equal(shard.stateHash(), '');
});
