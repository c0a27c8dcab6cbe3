import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Mortal } from '../../../test/engine/mortal.ts';
import { randomOf, randomRecords } from '../../../test/engine/random-records.ts';
import { FolderArchive } from '../../adapters/archive/folder/folder-archive.ts';
import { InProcessCache } from '../../adapters/cache/in-process/in-process-cache.ts';
import { SystemChance, SystemClock } from '../../adapters/clock/system.ts';
import { EmbeddedStream } from '../../adapters/stream/embedded/stream.ts';
import type { EngineEvent } from '../../domain/events.ts';
import type { OrderRecord } from '../../domain/records.ts';
import { DEFAULT_TOPICS, PARTITIONS } from '../../domain/topics.ts';
import { NaiveBook } from '../../matching/naive-book.ts';
import type { Archive } from '../../ports/archive.ts';
import type { Cache } from '../../ports/cache.ts';
import { silentLog } from '../../ports/log.ts';
import { silentMetrics } from '../../ports/metrics.ts';
import type { Stream } from '../../ports/stream.ts';
import { readTail } from './outbox.ts';
import type { DeadLetter } from './published.ts';
import { type MatchingEngineDeps, MatchingEngineService } from './service.ts';
import type { SymbolBatch } from './tap.ts';

const SYMBOLS = ['ALPHA', 'BETA', 'GAMMA', 'DELTA', 'EPS'];
const worlds: World[] = [];
const engines: MatchingEngineService[] = [];
after(async () => {
  await Promise.all(engines.map((engine) => engine.stop()));
  for (const { stream, cache, folder } of worlds) {
    await stream.close();
    await cache.close();
    await rm(folder, { recursive: true, force: true });
  }
});

/** What outlives an engine: log, backup cache and archive. */
interface World {
  stream: Stream;
  cache: Cache;
  archive: Archive;
  folder: string;
}

const clock = new SystemClock();

async function newWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'engine-service-'));
  const stream = await EmbeddedStream.open({ folder: join(folder, 'log'), clock, chance: new SystemChance(clock) });
  for (const name of ['orders', 'fills', 'deadLetters'] as const) {
    await stream.ensureTopic(DEFAULT_TOPICS[name], { partitions: PARTITIONS[name] });
  }
  const archive = await FolderArchive.open(join(folder, 'archive'));
  const world = { stream, cache: new InProcessCache(clock), archive, folder };
  worlds.push(world);
  return world;
}

function engineOn(world: World, change: Partial<MatchingEngineDeps> = {}): MatchingEngineService {
  const engine = new MatchingEngineService({
    ...world,
    clock,
    log: silentLog,
    metrics: silentMetrics,
    topics: DEFAULT_TOPICS,
    createBook: () => new NaiveBook(),
    taps: [],
    recentOrders: 100,
    maxBatch: 37,
    ...change,
  });
  engines.push(engine);
  return engine;
}

async function send(world: World, records: readonly OrderRecord[]): Promise<void> {
  const appends = records.map((record) => ({ key: record.symbol, value: Buffer.from(JSON.stringify(record)) }));
  await world.stream.append(DEFAULT_TOPICS.orders, appends);
}

async function isDrained(engine: MatchingEngineService): Promise<boolean> {
  return (await engine.lag()) === 0 && engine.waitingEvents === 0;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await clock.sleep(2);
}

function mortalWorld(world: World, life: Mortal): World {
  const { stream, cache, archive, folder } = world;
  return { stream: life.stream(stream), cache: life.cache(cache), archive: life.archive(archive), folder };
}

function ignored(): void {}

/** Every event of the fills stream as text, by symbol; asserts that seq counts from 1 without gap or double. */
async function published(world: World): Promise<Record<string, string[]>> {
  const bySymbol: Record<string, string[]> = {};
  for await (const value of readTail(world.stream, DEFAULT_TOPICS.fills, [])) {
    const text = Buffer.from(value).toString();
    const event = JSON.parse(text) as EngineEvent;
    bySymbol[event.symbol] ??= [];
    const events = bySymbol[event.symbol]!;
    events.push(text);
    assert.equal(event.seq, events.length, `seq of ${event.symbol}`);
  }
  return bySymbol;
}

/** One engine over all records, never stopped in between. */
async function uninterrupted(records: readonly OrderRecord[]): Promise<{ events: object; hash: string }> {
  const world = await newWorld();
  const engine = engineOn(world);
  await engine.start();
  await send(world, records);
  await until(() => isDrained(engine));
  const result = { events: await published(world), hash: engine.stateHash() };
  await engine.stop();
  return result;
}

const RECORDS = randomRecords(7, 600, SYMBOLS);

test('an engine publishes every event once, and two engines over one log say the same', async () => {
  const first = await uninterrupted(RECORDS);
  const second = await uninterrupted(RECORDS);
  assert.deepEqual(second, first);
  assert.ok(Object.values(first.events).flat().length > RECORDS.length / 2);
});

test('an engine that dies at any write, or is stopped, goes on as if nothing had happened', async () => {
  const expected = await uninterrupted(RECORDS);
  for (const seed of [1, 2, 3]) {
    const random = randomOf(seed);
    const world = await newWorld();
    for (let from = 0; from < RECORDS.length; from += 83) {
      const life = new Mortal(1 + Math.floor(random() * 12), random() < 0.5);
      const engine = engineOn(mortalWorld(world, life));
      await Promise.race([engine.start().catch(ignored), life.death]);
      await send(world, RECORDS.slice(from, from + 83));
      await until(async () => life.isDead || (await isDrained(engine)));
      const snapshot = random() < 0.7 ? engine.createSnapshot().catch(ignored) : undefined;
      if (snapshot !== undefined) await Promise.race([snapshot, life.death]);
      if (random() < 0.5) life.die();
      await engine.stop();
    }
    const last = engineOn(world);
    await last.start();
    await until(() => isDrained(last));
    assert.deepEqual(await published(world), expected.events, `seed ${seed}`);
    assert.equal(last.stateHash(), expected.hash, `seed ${seed}`);
    await last.stop();
  }
});

test('a damaged snapshot is passed over: the one before and a longer replay take its place', async () => {
  const expected = await uninterrupted(RECORDS);
  const world = await newWorld();
  const engine = engineOn(world);
  await engine.start();
  await send(world, RECORDS.slice(0, 300));
  await until(() => isDrained(engine));
  await engine.createSnapshot();
  await send(world, RECORDS.slice(300));
  await until(() => isDrained(engine));
  await engine.stop();
  await world.cache.set('snapshot:ALPHA', `${await world.cache.get('snapshot:ALPHA')}x`);
  await world.cache.delete('snapshot:BETA');
  for (const symbol of ['ALPHA', 'GAMMA'])
    await damage(world, (await world.archive.list(`snapshots/${symbol}/`)).at(-1)!);
  for (let partition = 0; partition < PARTITIONS.orders; partition += 1) {
    const manifests = await world.archive.list(`snapshots/partition-${partition}/`);
    if (manifests.length > 0) await damage(world, manifests.at(-1)!);
  }
  await sameAfterStart(world, expected);
  for (const key of await world.archive.list('snapshots/')) await damage(world, key);
  await world.cache.flush();
  await sameAfterStart(world, expected);
});

async function damage(world: World, key: string): Promise<void> {
  const bytes = Buffer.from((await world.archive.get(key))!);
  bytes[bytes.length >> 1]! ^= 1;
  await world.archive.put(key, bytes);
}

async function sameAfterStart(world: World, expected: { events: object; hash: string }): Promise<void> {
  const mute = { ...mortalWorld(world, new Mortal(0)), stream: world.stream };
  const engine = engineOn(mute);
  await engine.start();
  await until(() => isDrained(engine));
  assert.equal(engine.stateHash(), expected.hash);
  assert.deepEqual(await published(world), expected.events);
  await engine.stop();
}

test('a snapshot of another log is passed over', async () => {
  const world = await newWorld();
  const engine = engineOn(world);
  await engine.start();
  await send(world, RECORDS);
  await until(() => isDrained(engine));
  await engine.stop();
  const other = { ...(await newWorld()), cache: world.cache, archive: world.archive };
  const fresh = engineOn(other);
  await fresh.start();
  assert.equal(fresh.stateHash(), '');
  await fresh.stop();
});

test('a poison record goes to the dead letters once, with its place and reason, and blocks nothing', async () => {
  const world = await newWorld();
  const values = [
    '{"action":',
    '{"action":"DANCE","symbol":"ALPHA"}',
    Buffer.from([0xff, 0xfe]),
    '[1]',
    '{"v":2,"action":"ADD"}',
  ];
  const life = new Mortal();
  const engine = engineOn(mortalWorld(world, life));
  await engine.start();
  const appends = values.map((value) => ({ key: 'ALPHA', value: Buffer.from(value) }));
  await world.stream.append(DEFAULT_TOPICS.orders, appends);
  await send(world, RECORDS);
  await until(() => isDrained(engine));
  await engine.createSnapshot();
  await world.stream.append(DEFAULT_TOPICS.orders, appends.slice(0, 1));
  await until(() => isDrained(engine));
  life.die();
  await engine.stop();
  const again = engineOn(world);
  await again.start();
  await until(() => isDrained(again));
  await again.stop();
  const letters: DeadLetter[] = [];
  for await (const value of readTail(world.stream, DEFAULT_TOPICS.deadLetters, [])) {
    letters.push(JSON.parse(Buffer.from(value).toString()) as DeadLetter);
  }
  const mine = letters.filter(({ reason }) => !reason.startsWith('STALE_ROUTE'));
  assert.deepEqual(
    mine.map(({ encoding, value }) => Buffer.from(value, encoding)),
    [...values, values[0]!].map((value) => Buffer.from(value)),
  );
  assert.match(mine[1]!.reason, /unknown action DANCE/);
  assert.equal(new Set(letters.map(({ partition, offset }) => `${partition}/${offset}`)).size, letters.length);
  await published(world);
});

test('taps are told of a batch before its events are durable, with depth and seq', async () => {
  const world = await newWorld();
  const told: SymbolBatch[] = [];
  const failing = {
    onBatch: () => {
      throw new Error('a tap that fails');
    },
  };
  const engine = engineOn(world, { taps: [failing, { onBatch: (batch) => told.push(...batch) }] });
  await engine.start();
  await send(world, RECORDS);
  await until(() => isDrained(engine));
  const events = await published(world);
  for (const symbol of SYMBOLS) {
    const mine = told.filter((batch) => batch.symbol === symbol);
    assert.deepEqual(
      mine.flatMap((batch) => batch.events.map(({ seq }) => seq)),
      events[symbol]?.map((_, i) => i + 1),
    );
    const last = mine.at(-1)!;
    assert.equal(last.seq, events[symbol]?.length);
    assert.ok(last.bids.every(([price], i) => i === 0 || price < last.bids[i - 1]![0]));
  }
  await engine.stop();
  const afterStart: SymbolBatch[] = [];
  const next = engineOn(world, { taps: [{ onBatch: (batch) => afterStart.push(...batch) }] });
  await next.start();
  assert.deepEqual(afterStart.map(({ symbol }) => symbol).sort(), [...SYMBOLS].sort());
  for (const batch of afterStart)
    assert.deepEqual(batch.bids, told.filter(({ symbol }) => symbol === batch.symbol).at(-1)!.bids);
  await next.stop();
});

test('one symbol is snapshotted, removed and restored while the others trade on', async () => {
  const expected = await uninterrupted(RECORDS);
  const world = await newWorld();
  const engine = engineOn(world);
  await engine.start();
  await send(world, RECORDS.slice(0, 200));
  await until(() => isDrained(engine));
  const snapshot = (await engine.snapshotOrderBook('ALPHA'))!;
  await send(world, RECORDS.slice(200, 300));
  await until(() => isDrained(engine));
  assert.equal(await engine.removeOrderBook('ALPHA'), true);
  await send(world, RECORDS.slice(300, 400));
  await until(() => isDrained(engine));
  assert.equal(await engine.snapshotOrderBook('ALPHA'), undefined);
  const broken = Buffer.from(snapshot);
  broken[broken.length - 9]! ^= 1;
  await assert.rejects(engine.restoreOrderBook('ALPHA', broken), { name: 'SnapshotError' });
  await assert.rejects(engine.restoreOrderBook('BETA', snapshot), { name: 'SnapshotError' });
  await engine.restoreOrderBook('ALPHA', snapshot);
  await send(world, RECORDS.slice(400));
  await until(() => isDrained(engine));
  assert.equal(engine.stateHash(), expected.hash);
  assert.deepEqual(await published(world), expected.events);
  await engine.createSnapshot();
  assert.equal(await engine.removeOrderBook('BETA'), true);
  await engine.createSnapshot();
  await engine.restoreSnapshot();
  assert.equal(await engine.snapshotOrderBook('BETA'), undefined);
  const [beta] = (await world.archive.list('snapshots/BETA/')).slice(-1);
  await engine.restoreOrderBook('BETA', (await world.archive.get(beta!))!);
  assert.equal(engine.stateHash(), expected.hash);
  assert.deepEqual(await published(world), expected.events);
  await engine.stop();
});

test('a symbol that is given up while a round of snapshots is written is not found complete in its older one', async () => {
  const world = await newWorld();
  const engine = engineOn(world);
  await engine.start();
  const records = RECORDS.filter(({ symbol }) => symbol === 'ALPHA');
  await send(world, records.slice(0, 40));
  await until(() => isDrained(engine));
  await engine.createSnapshot();
  await send(world, records.slice(40));
  await until(() => isDrained(engine));
  const round = engine.createSnapshot();
  assert.equal(await engine.removeOrderBook('ALPHA'), true);
  await round;
  await engine.restoreSnapshot();
  assert.equal(engine.depth('ALPHA', 1), undefined);
});

test('the archive keeps the last few snapshots of a symbol', async () => {
  const world = await newWorld();
  const engine = engineOn(world);
  await engine.start();
  for (let from = 0; from < RECORDS.length; from += 60) {
    await send(world, RECORDS.slice(from, from + 60));
    await until(() => isDrained(engine));
    await engine.createSnapshot();
  }
  await engine.stop();
  assert.equal((await world.archive.list('snapshots/ALPHA/')).length, 5);
});
