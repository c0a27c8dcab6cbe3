import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { FolderArchive } from '../../../src/adapters/archive/folder/folder-archive.ts';
import { SystemChance, SystemClock } from '../../../src/adapters/clock/system.ts';
import { MemoryStore } from '../../../src/adapters/store/memory/store.ts';
import { EmbeddedStream } from '../../../src/adapters/stream/embedded/stream.ts';
import { DEFAULT_TOPICS } from '../../../src/domain/topics.ts';
import type { Archive } from '../../../src/ports/archive.ts';
import { silentLog } from '../../../src/ports/log.ts';
import type { RebuildStore } from '../../../src/ports/store.ts';
import { OffsetGoneError, type Stream } from '../../../src/ports/stream.ts';
import { checkpoints } from '../../../src/services/recovery/checkpoint.ts';
import { advanceCheckpoint, rebuild } from '../../../src/services/recovery/rebuild.ts';
import { startPostgres } from '../../servers/postgres.ts';
import { dumpLines, MORNING, transfer } from './make.ts';
import { pgliteMaker } from './pglite-maker.ts';
import { postgresMaker } from './postgres-maker.ts';
import type { StoreMaker } from './suite.ts';
import { World } from './world.ts';

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const clock = new SystemClock();
const chance = new SystemChance();

/** Writes what a world's logs have gained since the last time. */
class Scribe {
  readonly #world: World;
  readonly #stream: Stream;
  readonly #written = { orders: 0, events: 0, ledger: 0 };

  constructor(world: World, stream: Stream) {
    this.#world = world;
    this.#stream = stream;
  }

  async write(): Promise<void> {
    const { orders, events, ledger } = this.#world;
    const keyed = <T extends { symbol: string }>(log: readonly T[]) =>
      log.map((record) => ({ key: record.symbol, value: encode(record) }));
    await this.#append(DEFAULT_TOPICS.orders, keyed(orders.slice(this.#written.orders)));
    await this.#append(DEFAULT_TOPICS.fills, keyed(events.slice(this.#written.events)));
    const transfers = ledger.slice(this.#written.ledger);
    await this.#append(
      DEFAULT_TOPICS.ledger,
      transfers.map((record) => ({ key: record.user_id, value: encode(record) })),
    );
    Object.assign(this.#written, { orders: orders.length, events: events.length, ledger: ledger.length });
  }

  async #append(topic: string, records: { key: string; value: Uint8Array }[]): Promise<void> {
    if (records.length > 0) await this.#stream.append(topic, records);
  }
}

/** The same log after retention has taken everything before these offsets. */
function trimmed(stream: Stream, begins: ReadonlyMap<string, number>): Stream {
  const beginOf = (topic: string, partition: number) => begins.get(`${topic} ${partition}`) ?? 0;
  return Object.assign(Object.create(stream), {
    topics: () => stream.topics(),
    partitionOf: (topic: string, key: string) => stream.partitionOf(topic, key),
    bounds: async (topic: string, partition: number) => ({
      begin: beginOf(topic, partition),
      end: (await stream.bounds(topic, partition)).end,
    }),
    read: async (topic: string, partition: number, offset: number, max: number) => {
      const begin = beginOf(topic, partition);
      if (offset < begin) throw new OffsetGoneError(topic, partition, offset, begin);
      return stream.read(topic, partition, offset, max);
    },
  });
}

async function endsOf(stream: Stream): Promise<Map<string, number>> {
  const ends = new Map<string, number>();
  for (const { topic, partitions } of await stream.topics())
    for (let partition = 0; partition < partitions; partition += 1)
      ends.set(`${topic} ${partition}`, (await stream.bounds(topic, partition)).end);
  return ends;
}

function rebuildSuite(name: string, maker: StoreMaker<RebuildStore>): void {
  describe(`rebuild: ${name}`, () => {
    let folder: string;
    let stream: EmbeddedStream;
    let archive: Archive;
    before(() => maker.start());
    after(() => maker.stop());
    beforeEach(async (context) => {
      folder = mkdtempSync(join(tmpdir(), 'supernoba-rebuild-'));
      stream = await EmbeddedStream.open({ folder: join(folder, 'log'), clock, chance });
      archive = await FolderArchive.open(join(folder, 'archive'));
      await stream.ensureTopic(DEFAULT_TOPICS.orders, { partitions: 4 });
      await stream.ensureTopic(DEFAULT_TOPICS.fills, { partitions: 2 });
      await stream.ensureTopic(DEFAULT_TOPICS.ledger, { partitions: 1 });
      if (!('after' in context)) return;
      context.after(async () => {
        await stream.close();
        rmSync(folder, { recursive: true, force: true });
      });
    });

    const deps = () => ({ stream, topics: DEFAULT_TOPICS, archive, log: silentLog });

    async function live(seed: number): Promise<{ world: World; original: MemoryStore; scribe: Scribe }> {
      const original = new MemoryStore();
      await original.migrate();
      const world = new World(seed, [original]);
      await world.start();
      return { world, original, scribe: new Scribe(world, stream) };
    }

    async function steps(world: World, count: number): Promise<void> {
      for (let step = 0; step < count; step += 1) await world.step();
    }

    it('makes an equal store from the log alone', async () => {
      const { world, original, scribe } = await live(11);
      await steps(world, 80);
      await world.finish();
      await scribe.write();
      const store = await maker.fresh();
      const report = await rebuild(store, deps());
      assert.equal(report.checkpoint, null);
      assert.equal(report.events, world.events.length);
      assert.deepEqual(await dumpLines(store), await dumpLines(original));
      assert.equal(await store.rebuilding(), false);
    });

    it('makes an equal store from a checkpoint taken in full flow and a log that begins at it', async () => {
      const { world, original, scribe } = await live(12);
      await steps(world, 60);
      await scribe.write();
      const begins = await endsOf(stream);
      const scratch = await maker.fresh();
      await advanceCheckpoint(scratch, { ...deps(), createdAt: MORNING });
      await steps(world, 60);
      await world.finish();
      await scribe.write();
      const store = await maker.fresh();
      const report = await rebuild(store, { ...deps(), stream: trimmed(stream, begins) });
      assert.equal(report.checkpoint, MORNING);
      assert.deepEqual(await dumpLines(store), await dumpLines(original));
      // Life goes on in the new store: progress came along, so what is delivered again changes nothing.
      await store.applyEvents({ topic: DEFAULT_TOPICS.fills, partition: 0, next_offset: 1, items: world.events });
      assert.deepEqual(await dumpLines(store), await dumpLines(original));
    });

    it('advances from checkpoint to checkpoint, and passes over a damaged one', async () => {
      const { world, original, scribe } = await live(13);
      for (const round of [1, 2, 3, 4]) {
        await steps(world, 25);
        await scribe.write();
        await advanceCheckpoint(new MemoryStore(), { ...deps(), createdAt: MORNING + round, keep: 2 });
      }
      await world.finish();
      await scribe.write();
      const [newest, older, ...others] = await checkpoints(archive);
      assert.deepEqual([newest?.created_at, older?.created_at, others.length], [MORNING + 4, MORNING + 3, 0]);
      await archive.put(newest!.parts[0]!.key, new Uint8Array([1, 2, 3]));
      const store = await maker.fresh();
      assert.equal((await rebuild(store, deps())).checkpoint, MORNING + 3);
      assert.deepEqual(await dumpLines(store), await dumpLines(original));
    });

    it('takes the units of an instrument from its first definition: one with others is poison', async () => {
      const { world, original, scribe } = await live(15);
      const define = async () => {
        const defined = world.orders.find((record) => record.action === 'SET_INSTRUMENT');
        assert.ok(defined);
        const { symbol, instrument } = defined;
        const poison = { ...defined, instrument: { ...instrument, amount_scale: instrument.amount_scale * 1_000 } };
        await stream.append(DEFAULT_TOPICS.orders, [{ key: symbol, value: encode(poison) }]);
      };
      await steps(world, 20);
      await scribe.write();
      await define();
      await steps(world, 20);
      await scribe.write();
      await advanceCheckpoint(await maker.fresh(), { ...deps(), createdAt: MORNING });
      await define();
      await steps(world, 20);
      await world.finish();
      await scribe.write();
      const nothing = await FolderArchive.open(join(folder, 'another'));
      for (const from of [nothing, archive]) {
        const store = await maker.fresh();
        await rebuild(store, { ...deps(), archive: from });
        assert.deepEqual(await dumpLines(store), await dumpLines(original));
      }
    });

    it('says so when the log does not reach back, when the store is not fresh, and when the money does not come out', async () => {
      const { world, scribe } = await live(14);
      await steps(world, 20);
      await world.finish();
      await scribe.write();
      const begins = new Map([[`${DEFAULT_TOPICS.ledger} 0`, 1]]);
      const store = await maker.fresh();
      await assert.rejects(rebuild(store, { ...deps(), stream: trimmed(stream, begins) }), OffsetGoneError);
      assert.equal(await store.rebuilding(), true);
      await assert.rejects(rebuild(store, deps()), /fresh/);
      const short = transfer('WITHDRAW', 'w-short', 'ann', 'KRW', 1_000_000_000);
      await stream.append(DEFAULT_TOPICS.ledger, [{ key: 'ann', value: encode(short) }]);
      const broken = await maker.fresh();
      await assert.rejects(rebuild(broken, deps()));
      assert.equal(await broken.rebuilding(), true);
    });
  });
}

rebuildSuite('memory', {
  start: async () => {},
  fresh: async () => new MemoryStore(),
  stop: async () => {},
});
rebuildSuite('PGlite', pgliteMaker());

const server = await startPostgres();
if ('notRun' in server) {
  console.log(`not run: rebuild: PostgreSQL (${server.notRun})`);
} else {
  after(() => server.stop());
  rebuildSuite('PostgreSQL', postgresMaker(server));
}
