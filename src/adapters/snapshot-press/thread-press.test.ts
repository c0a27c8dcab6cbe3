import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomRecords } from '../../../test/engine/random-records.ts';
import { BookHost } from '../../matching/book-host.ts';
import { EngineShard } from '../../matching/engine/shard.ts';
import { imageOf, type SymbolImage } from '../../matching/engine/snapshot.ts';
import { SlicedPress } from '../../services/matching-engine/press.ts';
import { type SnapshotHead, unsealSnapshot } from '../../services/matching-engine/snapshot-store.ts';
import { SystemClock } from '../clock/system.ts';
import { ThreadPress } from './thread-press.ts';

const SYMBOLS = ['A', 'B'];
const host = new BookHost();
const newShard = () => new EngineShard({ createBook: () => host.open(), recentOrders: 20 });
const headOf = (symbol: string): SnapshotHead => ({
  ...{ v: 2, kind: 'symbol-snapshot', topic: 'orders', partition: 0, symbol, offset: 7, seq: 9 },
});

function tradedShard(): EngineShard {
  const shard = newShard();
  for (const record of randomRecords(1, 600, SYMBOLS)) shard.applyBytes(Buffer.from(JSON.stringify(record)), () => {});
  return shard;
}

const image = (shard: EngineShard, symbol: string) => imageOf(shard.symbol(symbol)!);

test('the thread writes the same snapshots as the engine itself, several at once, and they restore the engine', async () => {
  const press = new ThreadPress();
  try {
    const shard = tradedShard();
    const sliced = new SlicedPress(new SystemClock());
    const sealed = await Promise.all(SYMBOLS.map((symbol) => press.seal(headOf(symbol), image(shard, symbol))));
    const restored = newShard();
    for (const [i, symbol] of SYMBOLS.entries()) {
      assert.deepEqual(Buffer.from(sealed[i]!), Buffer.from(await sliced.seal(headOf(symbol), image(shard, symbol))));
      restored.restore(symbol, Buffer.from(unsealSnapshot(Buffer.from(sealed[i]!).toString()).data, 'base64'));
    }
    assert.equal(restored.stateHash(), shard.stateHash());
  } finally {
    await press.close();
  }
});

test('what the engine does after the image was taken is not in the snapshot', async () => {
  const press = new ThreadPress();
  try {
    const shard = tradedShard();
    const before = shard.snapshot('A')!;
    const pressed = press.seal(headOf('A'), image(shard, 'A'));
    for (const record of randomRecords(2, 300, ['A'])) {
      shard.applyBytes(Buffer.from(JSON.stringify(record)), () => {});
    }
    const { data } = unsealSnapshot(Buffer.from(await pressed).toString());
    assert.deepEqual(Buffer.from(data, 'base64'), Buffer.from(before));
  } finally {
    await press.close();
  }
});

test('a thread that fails rejects what it was asked for, and the next snapshot is written all the same', async () => {
  const press = new ThreadPress();
  try {
    const shard = tradedShard();
    const broken = { ...image(shard, 'A'), chunks: [null] } as unknown as SymbolImage; // what no engine makes
    await assert.rejects(press.seal(headOf('A'), broken), TypeError);
    assert.equal(unsealSnapshot(Buffer.from(await press.seal(headOf('A'), image(shard, 'A'))).toString()).symbol, 'A');
  } finally {
    await press.close();
  }
});

test('a snapshot that the end of the thread overtakes is rejected, and one that comes later gets its answer', async () => {
  const press = new ThreadPress();
  const shard = tradedShard();
  const overtaken = press.seal(headOf('A'), image(shard, 'A'));
  const [outcome] = await Promise.allSettled([overtaken, press.close()]);
  if (outcome.status === 'rejected') assert.match(String(outcome.reason), /has ended/);
  await press.seal(headOf('A'), image(shard, 'A'));
  await press.close();
});
