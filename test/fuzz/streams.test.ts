import assert from 'node:assert/strict';
import { MemoryStore } from '../../src/adapters/store/memory/store.ts';
import { audit } from '../../src/audit/audit.ts';
import { shardEngine } from '../../src/audit/shard-engine.ts';
import { DEFAULT_TOPICS } from '../../src/domain/topics.ts';
import { decodeRecord, Poison } from '../../src/matching/engine/decode.ts';
import { NaiveBook } from '../../src/matching/naive-book.ts';
import { silentLog } from '../../src/ports/log.ts';
import type { Store } from '../../src/ports/store.ts';
import { decodeEvent, decodeLedger, PoisonError } from '../../src/services/projection/decode.ts';
import { rebuild } from '../../src/services/recovery/rebuild.ts';
import { dumpLines } from '../conformance/store/make.ts';
import { FuzzCore, SYMBOLS } from './core.ts';
import { hold, type Inputs, surface } from './surface.ts';

/** Strange records that one exchange gets before it is looked at and given up. */
const RECORDS = 25;

type Topic = 'orders' | 'fills' | 'ledger';

/** Whether the readers of a stream must set a record aside. */
const isPoison: Record<Topic, (value: Uint8Array) => boolean> = {
  orders: (value) => decodeRecord(value) instanceof Poison,
  fills: (value) => refuses(() => decodeEvent(value)),
  ledger: (value) => refuses(() => decodeLedger(value)),
};

function refuses(decode: () => unknown): boolean {
  try {
    decode();
    return false;
  } catch (error) {
    assert.ok(error instanceof PoisonError, String(error));
    return true;
  }
}

for (const topic of ['orders', 'fills', 'ledger'] as const) {
  surface({
    name: `stream-${topic}`,
    borrows: [topic],
    // An exchange of its own for every few inputs costs more than all other surfaces together.
    share: 0.1,
    async run(inputs) {
      const all = inputs.all();
      for (let world = 0; ; world += 1) {
        const some = [...take(all, RECORDS)];
        if (some.length === 0) return;
        await hold(inputs, Buffer.concat(some.flatMap((one) => [one, Buffer.of(10)])), () =>
          live(topic, some, inputs, world),
        );
      }
    },
  });
}

function* take<T>(from: Generator<T>, count: number): Generator<T> {
  for (let i = 0; i < count; i += 1) {
    const { done, value } = from.next();
    if (done) return;
    yield value;
  }
}

/** One exchange: clients trade, strange records come in between, then everything is looked at. */
async function live(topic: Topic, records: readonly Buffer[], inputs: Inputs, world: number): Promise<void> {
  const core = await FuzzCore.open(new MemoryStore(), world);
  try {
    const poison: { partition: number; offset: number }[] = [];
    for (const record of records) {
      if (inputs.chance.random() < 0.5) await core.order('FZ');
      const position = await core.write(DEFAULT_TOPICS[topic], 'FZ', record);
      if (isPoison[topic](record)) poison.push(position);
    }
    await core.quiet();
    await checkDeadLetters(core, topic, poison);
    await checkMoney(core.store);
    await checkOthersGoOn(core);
    await checkAgainstLog(core, topic, records);
    await checkRestart(core);
  } finally {
    await core.close();
  }
}

/** What cannot be used is set aside with its reason, once by each reader, and nothing else is said to be poison. */
async function checkDeadLetters(
  core: FuzzCore,
  topic: Topic,
  poison: readonly { partition: number; offset: number }[],
): Promise<void> {
  const letters = (await core.deadLetters()).filter((letter) => letter.topic === DEFAULT_TOPICS[topic]);
  for (const { partition, offset } of poison) {
    const mine = letters.filter((letter) => letter.partition === partition && letter.offset === offset);
    assert.equal(mine.length, topic === 'fills' ? 2 : 1, `dead letters of ${topic}/${partition} offset ${offset}`);
    for (const { reason } of mine) assert.ok(typeof reason === 'string' && reason !== '');
  }
}

/** Nobody is overdrawn, nothing is a fraction, nothing passes the end of a wallet. */
async function checkMoney(store: Store): Promise<void> {
  for await (const { table, row } of store.dump()) {
    if (table === 'wallet') {
      const { balance, locked } = row;
      const isSound = Number.isSafeInteger(balance) && Number.isSafeInteger(locked) && locked >= 0 && locked <= balance;
      assert.ok(isSound, `a wallet of ${row.user_id} in ${row.asset}: balance ${balance}, locked ${locked}`);
    }
    if (table === 'order') {
      const numbers = [row.price, row.quantity, row.filled_qty, row.remaining_qty, row.hold, row.filled_notional];
      assert.ok(
        numbers.every((n) => Number.isSafeInteger(Number(n)) && Number(n) >= 0),
        JSON.stringify(row),
      );
    }
  }
}

/** A symbol that no strange record named trades as ever, whatever has become of the other. */
async function checkOthersGoOn(core: FuzzCore): Promise<void> {
  if (core.stopped.length === 0 || core.stopped.includes('FY')) return;
  await core.order('FY');
  await core.quiet();
  const { end } = await core.stream.bounds(DEFAULT_TOPICS.fills, core.stream.partitionOf(DEFAULT_TOPICS.fills, 'FY'));
  assert.ok(end > 0);
}

/**
 * With every lane running the audit finds nothing but the poison itself, and a store made again from the log is the same. A
 * well-formed lie (an event that no engine said, a withdrawal that nothing was held for) cannot be told by its reader; the
 * audit must tell then, or nothing is wrong.
 */
async function checkAgainstLog(core: FuzzCore, topic: Topic, records: readonly Buffer[]): Promise<void> {
  if (core.stopped.length > 0) return;
  const { stream, store } = core;
  const engine = () => shardEngine(() => new NaiveBook());
  const report = await audit({ stream, store, topics: DEFAULT_TOPICS, quiet: true, engine });
  // Poison among money and events is a difference by itself; it may fill the list, so what is left is counted.
  const poison = records.filter((value) => topic !== 'orders' && isPoison[topic](value)).length;
  if (report.differences > poison) {
    const told = `the audit: ${report.first_differences.join('\n')}`;
    assert.ok(
      records.some((record) => mayLie(topic, record)),
      told,
    );
    return;
  }
  const again = new MemoryStore();
  await rebuild(again, { stream, topics: DEFAULT_TOPICS, archive: core.archive, log: silentLog });
  assert.deepEqual(await dumpLines(again), await dumpLines(store), 'made again from the log');
}

function mayLie(topic: Topic, record: Buffer): boolean {
  if (isPoison[topic](record)) return false;
  return topic === 'fills' || (topic === 'ledger' && decodeLedger(record).action === 'WITHDRAW');
}

/** An engine that starts again on the same streams is in the same state and says nothing twice. */
async function checkRestart(core: FuzzCore): Promise<void> {
  const before = core.engine.stateHash();
  const ends = await endsOf(core);
  await core.restartEngine();
  await core.quiet();
  assert.equal(core.engine.stateHash(), before, 'the state of the engine after a restart');
  assert.deepEqual(await endsOf(core), ends, 'a restart says nothing twice');
}

function endsOf({ stream }: FuzzCore): Promise<number[]> {
  const topics = [DEFAULT_TOPICS.fills, DEFAULT_TOPICS.deadLetters];
  return Promise.all(
    topics.flatMap((topic) =>
      SYMBOLS.map(async (symbol) => (await stream.bounds(topic, stream.partitionOf(topic, symbol))).end),
    ),
  );
}
