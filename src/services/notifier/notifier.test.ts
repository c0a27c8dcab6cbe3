import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { accepted, batchOf, fill, NotifierUnderTest, type Told } from '../../../test/support/notifier.ts';
import { FolderArchive } from '../../adapters/archive/folder/folder-archive.ts';
import { SeededChance } from '../../adapters/clock/simulated.ts';
import type { EngineEvent } from '../../domain/events.ts';
import { DEFAULT_TOPICS } from '../../domain/topics.ts';
import { silentLog } from '../../ports/log.ts';
import { silentMetrics } from '../../ports/metrics.ts';
import { type Stream, StreamWriteError } from '../../ports/stream.ts';
import { sealText, unsealText } from '../matching-engine/sealed.ts';
import { PrivateFollower } from './follower.ts';
import { Notifier } from './notifier.ts';

let t: NotifierUnderTest;
beforeEach(async () => {
  t = await NotifierUnderTest.make();
});
afterEach(() => t.end());

async function until(done: () => boolean | Promise<boolean>, ms = 30_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await done())) {
    if (Date.now() > end) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Every event told to each of its users once, in order of seq, and every user's numbers are 1, 2, 3, ... */
function assertWhole(told: readonly Told[], events: readonly EngineEvent[]): void {
  const wanted = events.flatMap((event) => {
    if (event.event === 'ACCEPTED') return [`${event.user_id} ${event.symbol} ${event.seq} ${event.order_id}`];
    if (event.event !== 'FILL') return [];
    return [event.buyer, event.seller].map((p) => `${p.user_id} ${event.symbol} ${event.seq} ${p.order_id}`);
  });
  assert.deepEqual(told.map((one) => `${one.user} ${one.symbol} ${one.seq} ${one.order}`).sort(), wanted.sort());
  for (const [user, own] of Map.groupBy(told, (one) => one.user)) {
    assert.deepEqual(
      own.map((one) => one.useq),
      own.map((_, i) => i + 1),
      user,
    );
    for (const [symbol, ofSymbol] of Map.groupBy(own, (one) => one.symbol)) {
      const seqs = ofSymbol.map((one) => one.seq);
      assert.deepEqual(
        seqs,
        [...seqs].sort((a, b) => a - b),
        `${user} ${symbol}`,
      );
    }
  }
}

test('one event, two users: each gets a number of their own line, pushed only when durable', async () => {
  const events = [accepted('A', 1, 'ann'), fill('A', 2, 'bob', 'ann'), fill('A', 3, 'ann', 'ann')];
  t.notifier.onBatch(batchOf(events));
  assert.equal(t.pushed.length, 0);
  await t.notifier.settled();
  assertWhole(t.pushed, events);
  assert.match(await t.metrics.text(), /^notifier_waiting 0$/m, 'nothing waits any more, and the metrics say so');
  assert.deepEqual(await t.told(), t.pushed);
  assert.equal(t.notifier.lastUseq('ann'), 4);
  const [first] = await t.notifier.events('bob', 1, 10);
  assert.deepEqual(first, {
    type: 'FILL',
    data: {
      order_id: 'A-b2',
      client_order_id: null,
      symbol: 'A',
      side: 'BUY',
      filled_qty: 10,
      filled_price: 100,
      remaining_qty: 0,
      status: 'FILLED',
      trade_id: 'A-2',
      fee: 0,
      seq: 2,
      useq: 1,
    },
  });
});

test('what is told again is skipped; what skips ahead is left to the stream, which tells it in order', async () => {
  const events = [1, 2, 3, 4, 5, 6].map((seq) => accepted('A', seq, 'ann'));
  t.notifier.onBatch(batchOf(events.slice(0, 2)));
  t.notifier.onBatch(batchOf(events.slice(0, 2)));
  t.notifier.onBatch(batchOf(events.slice(4)));
  await t.notifier.settled();
  assertWhole(t.pushed, events.slice(0, 2));
  await t.publish(events);
  await until(() => t.pushed.length === 6);
  assertWhole(t.pushed, events);
});

test('what is told in the very moment in which the queue has run empty is pushed as well', async () => {
  // Whatever else runs between the last append and the end of the drain: its steps are a handful of microtasks.
  let told = 0;
  let steps = 0;
  t.between = (stream) =>
    spied(stream, async () => {
      for (let step = 0; step < steps; step++) await undefined;
      if (told % 2 === 0) return;
      told += 1;
      t.notifier.onBatch(batchOf([accepted('A', told, 'ann')]));
    });
  await t.crash({ feeder: false });
  for (steps = 0; steps < 12; steps++) {
    told += 1;
    t.notifier.onBatch(batchOf([accepted('A', told, 'ann')]));
    await until(() => told % 2 === 0 && t.pushed.length === told);
  }
});

/** A log that calls back, without waiting, once an append of private messages is durable. */
function spied(stream: Stream, onAppended: () => void): Stream {
  return new Proxy(stream, {
    get(target, name) {
      if (name !== 'append') return Reflect.get(target, name).bind(target);
      return async (...call: Parameters<Stream['append']>) => {
        const positions = await target.append(...call);
        if (call[0] === DEFAULT_TOPICS.private) onAppended();
        return positions;
      };
    },
  });
}

test('resume across a restart: the numbers go on, and old messages come back from memory, checkpoint and log', async () => {
  const events = Array.from({ length: 600 }, (_, i) => accepted('A', i + 1, i % 3 === 0 ? 'ann' : 'bob'));
  for (let i = 0; i < 300; i += 7) t.notifier.onBatch(batchOf(events.slice(i, Math.min(i + 7, 300))));
  await t.notifier.settled();
  await t.notifier.checkpoint();
  t.notifier.onBatch(batchOf(events.slice(300, 400)));
  await t.notifier.settled();
  await t.crash();
  assert.equal(t.notifier.lastUseq('ann'), 134);
  t.notifier.onBatch(batchOf(events.slice(350)));
  await t.notifier.settled();
  assertWhole(await t.told(), events);
  for (const [from, limit] of [
    [1, 1_000],
    [90, 20],
    [130, 10],
    [199, 5],
    [200, 5],
    [201, 5],
  ] as const) {
    const got = await t.notifier.events('ann', from, limit);
    const last = Math.min(200, from + limit - 1);
    assert.deepEqual(
      got.map(({ data }) => data.useq),
      Array.from({ length: Math.max(0, last - from + 1) }, (_, i) => from + i),
    );
  }
  assert.deepEqual(await t.notifier.events('nobody', 1, 10), []);
});

test('a stream that refuses appends delays messages, loses none, doubles none, and says so', async () => {
  let mood: 'well' | 'refuses' | 'unsure' | 'writes and fails' = 'well';
  t.between = (stream) =>
    new Proxy(stream, {
      get(target, name) {
        if (name !== 'append') {
          const value = Reflect.get(target, name, target) as unknown;
          return typeof value === 'function' ? value.bind(target) : value;
        }
        return (async (topic, records) => {
          if (topic !== DEFAULT_TOPICS.private || mood === 'well') return target.append(topic, records);
          if (mood === 'refuses') throw new StreamWriteError('disk full', false);
          if (mood === 'writes and fails') await target.append(topic, records);
          throw new StreamWriteError('connection lost', 'unknown');
        }) satisfies Stream['append'];
      },
    });
  await t.crash();
  const events: EngineEvent[] = [];
  for (const next of ['refuses', 'unsure', 'writes and fails', 'refuses'] as const) {
    mood = next;
    for (let i = 0; i < 20; i++) {
      const more = [accepted('A', events.length + 1, `u${i % 4}`), fill('A', events.length + 2, 'u1', 'u2')];
      events.push(...more);
      t.notifier.onBatch(batchOf(more));
    }
    await until(() => !t.notifier.healthy);
    mood = 'well';
    await t.notifier.settled();
    assert.ok(t.notifier.healthy);
    assertWhole(t.pushed, events);
  }
  assertWhole(await t.told(), events);
});

test('a damaged checkpoint costs only a longer read, from an offset that retention must keep', async () => {
  const events = Array.from({ length: 30 }, (_, i) => accepted('A', i + 1, 'ann'));
  for (let i = 0; i < 30; i += 10) {
    t.notifier.onBatch(batchOf(events.slice(i, i + 10)));
    await t.notifier.settled();
    await t.notifier.checkpoint();
  }
  const archive = await FolderArchive.open(`${t.folder}/archive`);
  const offsets = await Promise.all(
    ['a', 'b'].map(async (name) => {
      const key = `notifier/checkpoint-${name}.json`;
      const text = unsealText(Buffer.from((await archive.get(key))!).toString());
      return { key, text, offset: JSON.parse(text).offset as number };
    }),
  );
  const [older, newer] = offsets.sort((one, two) => one.offset - two.offset);
  assert.equal(t.notifier.neededFrom, older!.offset);
  // One digit of a number: still JSON, and only its checksum tells.
  await archive.put(newer!.key, Buffer.from(sealText(newer!.text).replace('"ann":[30', '"ann":[20')));
  await t.crash();
  assert.equal(t.notifier.lastUseq('ann'), 30);
  t.notifier.onBatch(batchOf([accepted('A', 31, 'ann')]));
  await t.notifier.settled();
  assert.equal(t.notifier.lastUseq('ann'), 31);
});

test('a lost checkpoint with a trimmed log refuses to start: numbers would be given twice', async () => {
  t.notifier.onBatch(batchOf([accepted('A', 1, 'ann')]));
  await t.notifier.settled();
  t.between = (stream) =>
    new Proxy(stream, {
      get(target, name) {
        if (name === 'bounds') return async () => ({ begin: 5, end: 9 });
        const value = Reflect.get(target, name, target) as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  await assert.rejects(
    Notifier.open({
      stream: t.between(t.stream),
      topics: DEFAULT_TOPICS,
      archive: await FolderArchive.open(`${t.folder}/empty`),
      push: { toUser: () => false },
      clock: t.clock,
      log: silentLog,
      metrics: silentMetrics,
    }),
    /numbers twice/,
  );
});

test('a gateway in another process follows: it pushes every message once, in order, and serves resumes', async () => {
  const events = Array.from({ length: 300 }, (_, i) => accepted('A', i + 1, i % 3 === 0 ? 'ann' : 'bob'));
  t.notifier.onBatch(batchOf(events.slice(0, 100)));
  await t.notifier.settled();
  const pushed: string[] = [];
  const follower = await PrivateFollower.open({
    stream: t.stream,
    topics: DEFAULT_TOPICS,
    archive: await FolderArchive.open(`${t.folder}/archive`),
    push: {
      toUser(user, texts, firstUseq) {
        for (const [i] of texts.entries()) pushed.push(`${user} ${firstUseq + i}`);
        return true;
      },
    },
    log: silentLog,
    group: 'gateway-2',
  });
  for (let i = 100; i < 300; i += 9) t.notifier.onBatch(batchOf(events.slice(i, i + 9)));
  await t.notifier.settled();
  await until(() => pushed.length === 200);
  assert.deepEqual(
    pushed.filter((one) => one.startsWith('ann')),
    Array.from({ length: 66 }, (_, i) => `ann ${35 + i}`),
  );
  assert.equal(follower.lastUseq('bob'), 200);
  assert.deepEqual(await follower.eventTexts('ann', 30, 10), await t.notifier.eventTexts('ann', 30, 10));
  await follower.close();
});

for (const seed of [1, 2, 3, 4, 5, 6]) {
  test(`useq has no gap under random interleavings, lost words and crashes (seed ${seed})`, async () => {
    const chance = new SeededChance(seed);
    const symbols = ['A', 'B', 'C'];
    const users = ['u1', 'u2', 'u3', 'u4', 'u5'];
    const seqs = new Map(symbols.map((symbol) => [symbol, 0]));
    const all: EngineEvent[] = [];
    let unpublished: EngineEvent[] = [];
    for (let round = 0; round < 60; round++) {
      const batch: EngineEvent[] = [];
      for (let i = chance.int(1, 30); i > 0; i--) {
        const symbol = chance.pick(symbols);
        const seq = seqs.get(symbol)! + 1;
        seqs.set(symbol, seq);
        const event = chance.chance(0.5)
          ? accepted(symbol, seq, chance.pick(users))
          : fill(symbol, seq, chance.pick(users), chance.pick(users));
        batch.push(event);
      }
      all.push(...batch);
      unpublished.push(...batch);
      // The engine's word may be lost whole, come twice, or come again with what was before.
      if (!chance.chance(0.1)) t.notifier.onBatch(batchOf(batch));
      if (chance.chance(0.1)) t.notifier.onBatch(batchOf(all.slice(-chance.int(1, 60))));
      if (chance.chance(0.5)) {
        await t.publish(unpublished);
        unpublished = [];
      }
      if (chance.chance(0.2)) await t.notifier.checkpoint();
      if (chance.chance(0.1)) await t.crash();
    }
    await t.publish(unpublished);
    const wanted = all.reduce((n, event) => n + (event.event === 'FILL' ? 2 : 1), 0);
    await until(async () => (await t.told()).length >= wanted);
    assertWhole(await t.told(), all);
    const numbers = (await t.notifier.events('u1', 1, 10_000)).map(({ data }) => data.useq);
    assert.deepEqual(
      numbers,
      numbers.map((_, i) => i + 1),
    );
    assert.equal(numbers.length, t.notifier.lastUseq('u1'));
  });
}
