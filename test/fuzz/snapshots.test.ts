import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { crc32 } from 'node:zlib';
import { CommandError } from '../../src/entrypoints/node/commands/command.ts';
import { readSnapshots, writeSnapshots } from '../../src/entrypoints/node/commands/match-snapshot.ts';
import { BookHost } from '../../src/matching/book-host.ts';
import { EngineShard } from '../../src/matching/engine/shard.ts';
import { finish } from '../../src/matching/engine/steps.ts';
import { NaiveBook } from '../../src/matching/naive-book.ts';
import { SnapshotError } from '../../src/matching/order-book.ts';
import { sealWithData } from '../../src/services/matching-engine/sealed.ts';
import { unsealSnapshot } from '../../src/services/matching-engine/snapshot-store.ts';
import { randomRecords } from '../engine/random-records.ts';
import { pick } from './mutate.ts';
import { hold, surface } from './surface.ts';

const SYMBOL = 'FZ';
/** A damaged length may ask for any memory; what is really taken stays under this. */
const MEMORY_MAX = 512 * 1024 * 1024;

/** What is still held after a collection: how much garbage waits besides is the collector's affair. */
function memoryKept(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function shardAfter(seed: number, records: number): EngineShard {
  const shard = new EngineShard({ createBook: () => new NaiveBook(), recentOrders: 30 });
  for (const record of randomRecords(seed, records, [SYMBOL])) shard.apply(record, () => {});
  return shard;
}

const shards = [shardAfter(1, 3), shardAfter(2, 40), shardAfter(3, 300)];
const snapshots = shards.map((shard) => Buffer.from(shard.snapshot(SYMBOL) ?? []));
const hashes = new Map(snapshots.map((bytes, i) => [bytes.toString('latin1'), shards[i]!.stateHash(SYMBOL)]));

/** Restores and looks: an untouched snapshot gives its state, a damaged one is refused and changes nothing. */
function restore(shard: EngineShard, input: Buffer): void {
  const before = shard.stateHash(SYMBOL);
  const expected = hashes.get(input.toString('latin1'));
  try {
    shard.restore(SYMBOL, input);
  } catch (error) {
    assert.ok(error instanceof SnapshotError, `${String(error)}`);
    assert.equal(expected, undefined, 'a good snapshot was refused');
    assert.equal(shard.stateHash(SYMBOL), before, 'a refused snapshot has changed something');
    return;
  }
  assert.equal(shard.stateHash(SYMBOL), expected, 'a damaged snapshot was taken for a good one');
}

surface({
  name: 'engine-snapshot',
  seeds: snapshots,
  async run(inputs) {
    const host = new BookHost();
    const targets = [shardAfter(4, 100), new EngineShard({ createBook: () => host.open(), recentOrders: 30 })];
    for (const input of inputs.all()) await hold(inputs, input, () => restore(pick(inputs.chance, targets), input));
    assert.ok(host.bytes < MEMORY_MAX, `${host.bytes} bytes of books`);
  },
});

/** A snapshot whose checksums are right and whose content is not: what a faulty writer would leave. */
function forged(input: Buffer): Buffer {
  const bytes = Buffer.from(input);
  if (bytes.length < 16) return bytes;
  const body = bytes.subarray(16);
  bytes.writeUInt32LE(0x594d_4e53, 0);
  bytes.writeUInt32LE(2, 4);
  bytes.writeUInt32LE(crc32(body), 8);
  bytes.writeUInt32LE(body.length, 12);
  return bytes;
}

surface({
  name: 'forged-snapshot',
  seeds: snapshots.slice(0, 2),
  async run(inputs) {
    const host = new BookHost();
    const options = { createBook: () => host.open(), recentOrders: 30 };
    const records = randomRecords(5, 20, [SYMBOL]);
    for (const input of inputs.all(() => forged(inputs.mutated()))) {
      await hold(inputs, input, () => {
        const shard = new EngineShard(options);
        try {
          shard.restore(SYMBOL, input);
        } catch (error) {
          // Under a right checksum any error is a refusal; what counts is that nothing has changed.
          assert.ok(error instanceof Error);
          assert.deepEqual(shard.symbols(), []);
          return;
        }
        // It is some state of an engine, and must go on as one: an event or an honest stop, and it can be written again.
        try {
          for (const record of records) shard.apply(record, () => {});
          shard.snapshot(SYMBOL);
        } catch (error) {
          assert.ok(error instanceof Error);
        }
        shard.remove(SYMBOL);
      });
    }
    assert.ok(host.bytes < MEMORY_MAX, `${host.bytes} bytes of books`);
    const kept = memoryKept();
    assert.ok(kept < MEMORY_MAX, `${kept} bytes of memory`);
  },
});

const sealed = snapshots.map((data, i) =>
  finish(
    sealWithData(
      {
        v: 2,
        kind: 'symbol-snapshot',
        topic: 'supernoba-orders',
        partition: 0,
        symbol: SYMBOL,
        offset: i,
        seq: i,
      },
      data,
    ),
  ),
);

surface({
  name: 'sealed-snapshot',
  seeds: sealed,
  async run(inputs) {
    const good = new Set(sealed.map(String));
    for (const input of inputs.all()) {
      await hold(inputs, input, () => {
        try {
          unsealSnapshot(input.toString());
        } catch (error) {
          assert.ok(error instanceof SnapshotError, String(error));
          return;
        }
        assert.ok(good.has(input.toString()), 'a damaged text was unsealed');
      });
    }
  },
});

surface({
  name: 'match-snapshot',
  seeds: matchFiles(),
  share: 0.3,
  async run(inputs) {
    const folder = mkdtempSync(join(tmpdir(), 'supernoba-fuzz-'));
    const path = join(folder, 'state.bin');
    const good = new Set(matchFiles().map((bytes) => bytes.toString('latin1')));
    try {
      for (const input of inputs.all()) {
        writeFileSync(path, input);
        await hold(inputs, input, () => {
          const shard = new EngineShard({ createBook: () => new NaiveBook(), recentOrders: 30 });
          try {
            readSnapshots(path, shard);
          } catch (error) {
            assert.ok(error instanceof CommandError, String(error));
            return;
          }
          // Fewer symbols than were written would be a wrong state: the file tells how many there are, outside any checksum.
          assert.ok(good.has(input.toString('latin1')), 'a damaged file was read as a whole one');
        });
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
});

function matchFiles(): Buffer[] {
  const folder = mkdtempSync(join(tmpdir(), 'supernoba-fuzz-'));
  try {
    return [['FZ'], ['FZ', 'GZ', 'HZ']].map((symbols) => {
      const shard = new EngineShard({ createBook: () => new NaiveBook(), recentOrders: 30 });
      for (const record of randomRecords(6, 60, symbols)) shard.apply(record, () => {});
      return writtenBy(shard, join(folder, 'state.bin'));
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writtenBy(shard: EngineShard, path: string): Buffer {
  writeSnapshots(path, shard);
  return readFileSync(path);
}
