import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededChance, SimulatedClock } from '../../adapters/clock/simulated.ts';
import { DEFAULT_TOPICS } from '../../domain/topics.ts';
import { EngineShard } from '../../matching/engine/shard.ts';
import { NaiveBook } from '../../matching/naive-book.ts';
import type { StreamAppend } from '../../ports/stream.ts';
import { InstrumentRegistry } from '../instruments/registry.ts';
import { AuditLog } from './audit.ts';
import { SymbolAdmin } from './symbols.ts';

/** Long enough that nobody who does not wait for the engine finds the change made. */
const ENGINE_MS = 30;

/** Instruments over an engine that takes its time. */
function slowExchange() {
  const clock = new SimulatedClock();
  const instruments = new InstrumentRegistry();
  const shard = new EngineShard({ createBook: () => new NaiveBook() });
  const apply = (value: Uint8Array) => {
    const symbols = new Set<string>();
    const poison = shard.applyBytes(value, ({ symbol }) => symbols.add(symbol));
    assert.equal(poison, undefined);
    for (const symbol of symbols) instruments.put(shard.symbol(symbol)!.instrument!);
  };
  const stream = {
    async ensureTopic() {},
    async append(topic: string, records: readonly StreamAppend[]) {
      if (topic === DEFAULT_TOPICS.orders)
        for (const { value } of records) clock.setTimeout(() => apply(value), ENGINE_MS);
      return records.map((_, offset) => ({ partition: 0, offset }));
    },
    read: async () => [],
    bounds: async () => ({ begin: 0, end: 0 }),
  };
  const admin = new SymbolAdmin({
    ...{ stream, instruments, clock },
    ordersTopic: DEFAULT_TOPICS.orders,
    store: { instruments: async () => instruments.list() },
    cache: { setAdd: async () => {}, setRemove: async () => {}, setMembers: async () => [] },
    audit: new AuditLog({ stream, topic: 'audit', clock, chance: new SeededChance(1) }),
  });
  const order = (order_id: string, is_buy: boolean, price: number) =>
    apply(
      Buffer.from(
        JSON.stringify({ action: 'ADD', symbol: 'TEST', order_id, user_id: 'u', is_buy, price, quantity: 1 }),
      ),
    );
  /** Runs a call while time passes. */
  async function done<T>(call: Promise<T>): Promise<T> {
    let isDone = false;
    const ended = call.finally(() => {
      isDone = true;
    });
    while (!isDone) await clock.advance(1);
    return ended;
  }
  return { admin, order, done };
}

test('a change right after a day close keeps the reference that the close rolled to', async () => {
  const { admin, order, done } = slowExchange();
  await done(admin.create('root', { symbol: 'TEST', reference_price: 1000 }));
  order('s', false, 1100);
  order('b', true, 1100);
  const closed = admin.dayClose('root', 'TEST', undefined);
  const renamed = admin.change('root', 'TEST', { name: 'Test' });
  assert.equal((await done(closed)).reference_price, 1100);
  assert.equal((await done(renamed)).reference_price, 1100);
});

test('a day close that is given the reference of today is waited for as well', async () => {
  const { admin, done } = slowExchange();
  const made = await done(admin.create('root', { symbol: 'TEST', reference_price: 1000 }));
  assert.notEqual(await done(admin.dayClose('root', 'TEST', 1000)), made);
});
