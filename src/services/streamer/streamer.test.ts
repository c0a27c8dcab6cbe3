import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { InProcessCache } from '../../adapters/cache/in-process/in-process-cache.ts';
import { SeededChance, SimulatedClock } from '../../adapters/clock/simulated.ts';
import type { Cache } from '../../ports/cache.ts';
import type { Timer } from '../../ports/clock.ts';
import { silentLog } from '../../ports/log.ts';
import { silentMetrics } from '../../ports/metrics.ts';
import type { StreamClient, Tier } from './client.ts';
import { textFrame, textFrames } from './frame.ts';
import { Streamer } from './streamer.ts';

let clock: HaltingClock;
let cache: InProcessCache;
let streamer: Streamer;

beforeEach(() => {
  clock = new HaltingClock();
  cache = new InProcessCache(clock);
  streamer = make(cache, 'signal');
});
afterEach(() => streamer.close());

function make(from: Cache, source: 'signal' | 'poll'): Streamer {
  const made = new Streamer({ cache: from, clock, log: silentLog, metrics: silentMetrics, source });
  made.start();
  return made;
}

/** A clock on which time can pass while nothing runs, as for a frozen process, a machine asleep, a busy event loop. */
class HaltingClock extends SimulatedClock {
  #stood = 0;

  override monotonic(): number {
    return super.monotonic() + this.#stood;
  }

  /** Once behind, a timer takes a millisecond at least, as real ones do. */
  override setTimeout(callback: () => void, ms: number): Timer {
    return super.setTimeout(callback, Math.max(this.#stood > 0 ? 1 : 0, ms));
  }

  stillFor(ms: number): void {
    this.#stood += ms;
  }
}

/** A client that writes down what came when; `congested` is set by the test. */
class Sink {
  congested = false;
  writes: { at: number; messages: Record<string, unknown>[] }[] = [];
  client!: StreamClient;

  send(frames: Buffer): boolean {
    this.writes.push({ at: clock.monotonic(), messages: unframe(frames) });
    return true;
  }

  get depths(): number[] {
    return this.writes.flatMap(({ messages }) => messages.flatMap((m) => (m.e === 'd' ? [Number(m.u)] : [])));
  }

  get trades(): number[] {
    return this.writes.flatMap(({ messages }) => messages.flatMap((m) => (m.e === 'trade' ? [Number(m.t)] : [])));
  }
}

function unframe(bytes: Buffer): Record<string, unknown>[] {
  const messages: Record<string, unknown>[] = [];
  for (let at = 0; at < bytes.length; ) {
    const short = bytes[at + 1]!;
    const start = at + (short === 127 ? 10 : short === 126 ? 4 : 2);
    const length = short === 127 ? bytes.readUInt32BE(at + 6) : short === 126 ? bytes.readUInt16BE(at + 2) : short;
    messages.push(JSON.parse(bytes.toString('utf8', start, start + length)));
    at = start + length;
  }
  return messages;
}

async function join(tier: Tier, main: string, by: Streamer = streamer): Promise<Sink> {
  const sink = new Sink();
  sink.client = by.join(sink, tier);
  await by.prepare([main]);
  sink.send(Buffer.concat(by.watch(sink.client, { main, full: [], sub: [] })));
  by.unprepare([main]);
  return sink;
}

async function setDepth(symbol: string, u: number): Promise<void> {
  await cache.set(`depth:${symbol}`, JSON.stringify({ e: 'd', s: symbol, t: u, b: [], a: [], u }));
  streamer.changed(symbol);
}

async function addTrades(symbol: string, ...numbers: number[]): Promise<void> {
  const texts = numbers.map((n) => JSON.stringify({ e: 'trade', s: symbol, t: n }));
  await cache.listPush(`trades:${symbol}`, texts, { max: 1_000, ttlSeconds: 60 });
  const v = String(numbers.at(-1));
  await cache.hashSet(`candle:1m:${symbol}`, { o: '1', h: '1', l: '1', c: '1', v, t: '202512161420', t_epoch: '0' });
  streamer.changed(symbol);
}

test('a depth that the cache has lost and got back is not told again', async () => {
  await setDepth('TEST', 7);
  const sink = await join('realtime', 'TEST');
  await cache.flush();
  streamer.changed('TEST');
  await clock.advance(100);
  await setDepth('TEST', 7);
  await clock.advance(100);
  assert.deepEqual(sink.depths, [7]);
  await setDepth('TEST', 8);
  await clock.advance(100);
  assert.deepEqual(sink.depths, [7, 8]);
});

test('frames have the lengths of RFC 6455', () => {
  for (const length of [0, 1, 125, 126, 65_535, 65_536, 100_000]) {
    const text = `"${'x'.repeat(length)}"`.slice(0, Math.max(2, length));
    const [message] = unframe(textFrame(text.endsWith('"') ? text : `${text.slice(0, -1)}"`));
    assert.equal(String(message).length, Math.max(0, text.length - 2));
  }
  assert.equal(unframe(textFrames(['1', '2', '3'])).length, 3);
});

test('a logged-in client is served every 50 ms, an anonymous one every 500 ms, and neither when nothing changed', async () => {
  const realtime = await join('realtime', 'A');
  const anonymous = await join('public', 'A');
  await clock.advance(5);
  for (let u = 1; u <= 200; u++) {
    await setDepth('A', u);
    await clock.advance(10);
  }
  const ticks = (sink: Sink) => sink.writes.slice(1).map(({ at }) => at);
  const gaps = (at: number[]) => [...new Set(at.slice(1).map((ms, i) => ms - at[i]!))];
  assert.deepEqual(gaps(ticks(realtime)), [50]);
  assert.deepEqual(gaps(ticks(anonymous)), [500]);
  assert.equal(ticks(realtime).length, 40);
  assert.equal(ticks(anonymous).length, 4);
  await clock.advance(600);
  const written = [realtime.writes.length, anonymous.writes.length];
  await clock.advance(5_000);
  assert.deepEqual([realtime.writes.length, anonymous.writes.length], written);
  assert.equal(realtime.depths.at(-1), 200);
  assert.equal(anonymous.depths.at(-1), 200);
});

test('clients are spread evenly over their tier', async () => {
  await Promise.all(Array.from({ length: 100 }, () => join('public', 'A')));
  await clock.advance(5);
  await setDepth('A', 1);
  const before = streamer.counts.sent.public;
  const each: number[] = [];
  for (let slot = 0; slot < 50; slot++) {
    const sent = streamer.counts.sent.public;
    await clock.advance(10);
    each.push(streamer.counts.sent.public - sent);
  }
  assert.equal(streamer.counts.sent.public - before, 100);
  assert.deepEqual([...new Set(each)], [2]);
});

test('a congested client is skipped, counted, and then gets the newest state with what fits of the trades', async () => {
  const sink = await join('realtime', 'A');
  await setDepth('A', 1);
  await clock.advance(60);
  sink.congested = true;
  for (let i = 2; i <= 101; i++) {
    await setDepth('A', i);
    await addTrades('A', i);
    await clock.advance(10);
  }
  assert.deepEqual(sink.depths, [1]);
  assert.equal(streamer.counts.conflated.realtime, 20);
  assert.ok(clock.monotonic() - sink.client.behindSince! >= 900);
  sink.congested = false;
  await clock.advance(60);
  assert.deepEqual(sink.depths, [1, 101]);
  assert.deepEqual(
    sink.trades,
    Array.from({ length: 50 }, (_, i) => 52 + i),
  );
  assert.equal(sink.client.behindSince, undefined);
});

test('a streamer that stood still serves what is new at once, and counts what it left out', async () => {
  const sinks = { realtime: await join('realtime', 'A'), public: await join('public', 'A') };
  await clock.advance(5);
  await setDepth('A', 1);
  await clock.advance(600);
  const turns = () => Object.values(streamer.counts).reduce((sum, count) => sum + count.realtime + count.public, 0);
  const before = turns();
  clock.stillFor(600_000);
  await setDepth('A', 2);
  await clock.advance(500);
  assert.deepEqual([sinks.realtime.depths.at(-1), sinks.public.depths.at(-1)], [2, 2]);
  const due = 600_500 / 50 + 600_500 / 500;
  assert.ok(Math.abs(turns() - before - due) <= 2, `${turns() - before} turns of ${due}`);
});

test('a streamer with less time than it needs still serves everybody, in turn', async () => {
  const sinks = await Promise.all(Array.from({ length: 10 }, () => join('realtime', 'A')));
  const anonymous = await join('public', 'A');
  for (let u = 1; u <= 200; u++) {
    await setDepth('A', u);
    // Each turn of the event loop takes as long as two periods of the logged-in.
    clock.stillFor(100);
    await clock.advance(1);
  }
  for (const sink of sinks) assert.ok(sink.depths.length >= 30, `${sink.depths.length} depths`);
  assert.ok(anonymous.depths.length >= 3, `${anonymous.depths.length} depths`);
});

test('every trade comes once and in order, whoever joins, leaves and changes symbols meanwhile', async () => {
  const chance = new SeededChance(7);
  const sinks: { sink: Sink; symbol: string; from: number }[] = [];
  let number = 0;
  for (let step = 0; step < 400; step++) {
    const symbol = chance.pick(['A', 'B']);
    if (chance.chance(0.1))
      sinks.push({ sink: await join(chance.pick(['realtime', 'public']), symbol), symbol, from: number });
    if (sinks.length > 5 && chance.chance(0.1)) streamer.leave(sinks.shift()!.sink.client);
    await addTrades('A', ++number);
    await addTrades('B', number);
    if (chance.chance(0.3)) await clock.advance(chance.int(1, 40));
  }
  await clock.advance(1_000);
  for (const { sink } of sinks) {
    const first = sink.trades[0]!;
    const conflated = sink.client.tier === 'public';
    if (conflated)
      assert.deepEqual(
        sink.trades,
        [...new Set(sink.trades)].sort((a, b) => a - b),
      );
    else
      assert.deepEqual(
        sink.trades,
        sink.trades.map((_, i) => first + i),
      );
    assert.equal(sink.trades.at(-1), number);
  }
});

test('polling sees what another process wrote, survives a cache that fails, and never shows an older depth', async () => {
  let failing = false;
  const flaky = new Proxy<Cache>(cache, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => (failing ? Promise.reject(new Error('away')) : value.apply(target, args));
    },
  });
  const polling = make(flaky, 'poll');
  const sink = await join('realtime', 'A', polling);
  for (let u = 1; u <= 60; u++) {
    failing = u > 20 && u <= 40;
    await cache.set('depth:A', JSON.stringify({ e: 'd', s: 'A', u }));
    await clock.advance(50);
  }
  await clock.advance(200);
  polling.close();
  assert.deepEqual(
    sink.depths,
    [...sink.depths].sort((a, b) => a - b),
  );
  assert.equal(sink.depths.at(-1), 60);
  assert.ok(!sink.depths.some((u) => u > 21 && u <= 39));
});

test('a cache that fails in the middle of a reading costs no symbol a trade or a closed candle', async () => {
  let failing = '';
  const flaky = new Proxy<Cache>(cache, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) =>
        args[0] === failing ? Promise.reject(new Error('away')) : value.apply(target, args);
    },
  });
  const own = make(flaky, 'signal');
  await addTrades('A', 1);
  await addTrades('B', 1);
  const sinks = [await join('realtime', 'A', own), await join('realtime', 'B', own)];
  failing = 'trades:B';
  const minute = { o: '1', h: '1', l: '1', c: '1', v: '1', t: '202512161419', t_epoch: '1765862340' };
  for (const symbol of ['A', 'B']) {
    await cache.listPush(`candle:closed:1m:${symbol}`, [JSON.stringify(minute)], { max: 10, ttlSeconds: 60 });
    await cache.delete(`candle:1m:${symbol}`);
    await cache.listPush(`trades:${symbol}`, [JSON.stringify({ e: 'trade', s: symbol, t: 2 })], {
      max: 10,
      ttlSeconds: 60,
    });
    own.changed(symbol);
  }
  await clock.advance(100);
  failing = '';
  await clock.advance(100);
  own.close();
  for (const sink of sinks) {
    assert.deepEqual(sink.trades, [1, 2]);
    const closes = sink.writes.flatMap(({ messages }) => messages.filter(({ e }) => e === 'candle_close'));
    assert.equal(closes.length, 1);
  }
});

test('a symbol watched in several ways is told once a tick, and goes on in the others when one ends', async () => {
  const ticker = async (p: number) => {
    await cache.set('ticker:A', JSON.stringify({ e: 't', s: 'A', t: p, p, c: 0, yc: 0 }));
    streamer.changed('A');
    await clock.advance(60);
  };
  const sink = await join('realtime', 'A');
  streamer.watch(sink.client, { full: ['A'], sub: ['A'] });
  await addTrades('A', 1);
  await setDepth('A', 1);
  await ticker(1);
  streamer.unwatch(sink.client, { main: true, full: [], sub: [] });
  await ticker(2);
  streamer.unwatch(sink.client, { main: false, full: ['A'], sub: [] });
  await ticker(3);
  const prices = sink.writes.flatMap(({ messages }) => messages.flatMap(({ e, p }) => (e === 't' ? [p] : [])));
  assert.deepEqual([sink.depths, sink.trades, prices], [[1], [1], [1, 2, 3]]);
});

test('symbols nobody watches are not read', async () => {
  let reads = 0;
  const counting = new Proxy<Cache>(cache, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (name === 'getMany') reads += 1;
        return value.apply(target, args);
      };
    },
  });
  const own = make(counting, 'signal');
  const sink = await join('realtime', 'A', own);
  own.changed('A');
  await clock.advance(100);
  const watched = reads;
  own.leave(sink.client);
  for (const symbol of ['A', 'B', 'C']) own.changed(symbol);
  await clock.advance(100);
  own.close();
  assert.ok(watched >= 2);
  assert.equal(reads, watched);
});

test('a stamped tick tells its slot and its scheduled time', async () => {
  const sink = await join('realtime', 'A');
  sink.client.stamped = true;
  await setDepth('A', 1);
  await clock.advance(60);
  const { at, messages } = sink.writes.at(-1)!;
  assert.equal(messages[0]!.e, 'tick');
  assert.equal(messages[0]!.t, clock.now() - (clock.monotonic() - at));
  assert.equal(Number(messages[0]!.k) * 10, at);
});
