import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { SystemChance, SystemClock } from '../../adapters/clock/system.ts';
import { MemoryStore } from '../../adapters/store/memory/store.ts';
import { EmbeddedStream } from '../../adapters/stream/embedded/stream.ts';
import type { EngineEvent } from '../../domain/events.ts';
import { DEFAULT_TOPICS } from '../../domain/topics.ts';
import { silentLog } from '../../ports/log.ts';
import { silentMetrics } from '../../ports/metrics.ts';
import type { LedgerResult } from '../../ports/store.ts';
import { AccountProcessor } from '../account-processor/account-processor.ts';
import { FillProcessor } from '../fill-processor/fill-processor.ts';
import { HistorySaver } from '../history-saver/history-saver.ts';
import type { DeadLetter } from './dead-letters.ts';

const clock = new SystemClock();
const encode = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

function duplicate(symbol: string, seq: number): EngineEvent {
  return { v: 1, event: 'DUPLICATE', symbol, seq, timestamp: 1, order_id: 'o', user_id: 'u' };
}

function accepted(symbol: string, seq: number): EngineEvent {
  const word = { order_id: `nobody-${seq}`, user_id: 'u', side: 'BUY' as const, filled_qty: 0, remaining_qty: 1 };
  const terms = { order_type: 'LIMIT' as const, time_in_force: 'GTC' as const, price: 1, quantity: 1 };
  return { v: 1, event: 'ACCEPTED', symbol, seq, timestamp: 1, ...word, ...terms };
}

function deposit(transfer_id: string, amount: unknown) {
  return { v: 1, action: 'DEPOSIT', transfer_id, user_id: 'ann', asset: 'KRW', amount, timestamp: 1, actor: 'root' };
}

describe('consumers of the streams', () => {
  let folder: string;
  let stream: EmbeddedStream;
  let store: MemoryStore;
  const open: { stop(): Promise<void> }[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'supernoba-consumers-'));
    stream = await EmbeddedStream.open({ folder, clock, chance: new SystemChance() });
    for (const topic of Object.values(DEFAULT_TOPICS)) await stream.ensureTopic(topic, { partitions: 1 });
    store = new MemoryStore();
  });

  afterEach(async () => {
    for (const consumer of open.splice(0)) await consumer.stop();
    await stream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const deps = () => ({ stream, store, topics: DEFAULT_TOPICS, log: silentLog, metrics: silentMetrics, clock });

  async function settling(onEvents: (events: readonly EngineEvent[]) => void = () => {}): Promise<FillProcessor> {
    const consumer = new FillProcessor({
      ...deps(),
      store: {
        position: (...of) => store.position(...of),
        async applyEvents(batch) {
          await store.applyEvents(batch);
          onEvents(batch.items);
        },
      },
    });
    open.push(consumer);
    await consumer.start();
    return consumer;
  }

  const publish = (...values: unknown[]) =>
    stream.append(
      DEFAULT_TOPICS.fills,
      values.map((value) => ({ key: 'S', value: encode(value) })),
    );

  async function caughtUp(consumer: { lag(): Promise<number> }): Promise<void> {
    const patience = clock.monotonic() + 60_000;
    while ((await consumer.lag()) > 0) {
      assert.ok(clock.monotonic() < patience, 'the consumer does not catch up');
      await clock.sleep(10);
    }
  }

  async function letters(): Promise<DeadLetter[]> {
    const records = await stream.read(DEFAULT_TOPICS.deadLetters, 0, 0, 100);
    return records.map(({ value }) => JSON.parse(new TextDecoder().decode(value)));
  }

  it('apply what is published, once, and go on where they stood after a restart', async () => {
    const told: number[] = [];
    const first = await settling((events) => told.push(...events.map(({ seq }) => seq)));
    await publish(duplicate('S', 1), duplicate('S', 2));
    await caughtUp(first);
    await first.stop();
    assert.deepEqual(told, [1, 2]);
    assert.equal(await store.position('fill-processor', DEFAULT_TOPICS.fills, 0), 2);
    await publish(duplicate('S', 3));
    const second = await settling((events) => told.push(...events.map(({ seq }) => seq)));
    await caughtUp(second);
    assert.deepEqual(told, [1, 2, 3]);
    assert.equal(await store.position('history-saver', DEFAULT_TOPICS.fills, 0), 0);
    const history = new HistorySaver(deps());
    open.push(history);
    await history.start();
    await caughtUp(history);
    assert.equal(await store.position('history-saver', DEFAULT_TOPICS.fills, 0), 3);
  });

  it('set poison aside with its reason and where it stood, and go on behind it', async () => {
    const consumer = await settling();
    await publish('not json', duplicate('S', 1), { v: 2 }, { ...duplicate('S', 2), event: 'FILL' }, duplicate('S', 2));
    await caughtUp(consumer);
    const reasons = (await letters()).map(({ offset, reason, consumer: who }) => [offset, reason, who]);
    assert.deepEqual(reasons, [
      [0, 'the record is not UTF-8 JSON', 'fill-processor'],
      [2, 'the event has version 2', 'fill-processor'],
      [3, 'the event FILL lacks what its kind needs', 'fill-processor'],
    ]);
    assert.equal(Buffer.from((await letters())[0]!.value_base64, 'base64').toString(), 'not json');
    assert.equal(await store.position('fill-processor', DEFAULT_TOPICS.fills, 0), 5);
    assert.equal(consumer.stopped.size, 0);
  });

  it('stop only the symbol whose events break an invariant, and say why', async () => {
    const consumer = await settling();
    await publish(duplicate('GOOD', 1), duplicate('GAP', 2), accepted('LOST', 1), duplicate('GOOD', 2));
    await caughtUp(consumer);
    await publish(duplicate('GOOD', 3), duplicate('GAP', 3), duplicate('LOST', 2));
    await caughtUp(consumer);
    assert.deepEqual([...consumer.stopped.keys()].sort(), ['GAP', 'LOST']);
    const rows = [];
    for await (const { table, row } of store.dump()) if (table === 'applied_seq') rows.push(row);
    assert.deepEqual(rows, [{ consumer: 'fill-processor', symbol: 'GOOD', seq: 3 }]);
    const reasons = (await letters()).map(({ offset, reason }) => [offset, reason]);
    assert.deepEqual(reasons, [
      [1, 'GAP is stopped: events of GAP have a gap: 0 is applied, then came 2'],
      [2, 'LOST is stopped: an event names order nobody-1, which was never recorded'],
    ]);
  });

  it('try again for ever what storage failed to take', async () => {
    let failures = 3;
    const flaky = new Proxy(store, {
      get(target, name) {
        if (name === 'applyEvents' && failures-- > 0) return () => Promise.reject(new Error('no connection'));
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    const consumer = new FillProcessor({ ...deps(), store: flaky });
    open.push(consumer);
    await consumer.start();
    await publish(duplicate('S', 1));
    await caughtUp(consumer);
    assert.equal(await store.position('fill-processor', DEFAULT_TOPICS.fills, 0), 1);
    assert.deepEqual(await letters(), []);
  });

  it('tell what became of each transfer', async () => {
    const results: LedgerResult[] = [];
    const consumer = new AccountProcessor(deps());
    consumer.onResult((result) => results.push(result));
    open.push(consumer);
    await consumer.start();
    const values = [deposit('t1', 5), deposit('t1', 5), deposit('t2', 0.5), deposit('t3', Number.MAX_SAFE_INTEGER)];
    const records = values.map((value) => ({ key: 'ann', value: encode(value) }));
    await stream.append(DEFAULT_TOPICS.ledger, records);
    await caughtUp(consumer);
    assert.deepEqual(results, [
      { transfer_id: 't1', kind: 'APPLIED' },
      { transfer_id: 't1', kind: 'DUPLICATE' },
      { transfer_id: 't3', kind: 'REFUSED', code: 'BALANCE_LIMIT' },
    ]);
    assert.deepEqual(
      (await letters()).map(({ offset, reason }) => [offset, reason]),
      [[2, 'the ledger record has no amount or timestamp']],
    );
  });
});
