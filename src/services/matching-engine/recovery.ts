import { EngineShard, type ShardOptions } from '../../matching/engine/shard.ts';
import type { Log } from '../../ports/log.ts';
import { OffsetGoneError, type Stream } from '../../ports/stream.ts';
import { endsOf, readTail } from './outbox.ts';
import { deadLetterPosition, eventPosition } from './published.ts';
import type { Manifest, SnapshotStore } from './snapshot-store.ts';

export interface RecoveryDeps {
  stream: Stream;
  snapshots: SnapshotStore;
  log: Log;
  shard: ShardOptions;
  topics: { orders: string; fills: string; deadLetters: string };
}

/** A partition as it stood at its newest good snapshots, and what must happen to bring it up to date. */
export interface Recovered {
  shard: EngineShard;
  /** The first record to read. */
  start: number;
  /** Records of these symbols up to these offsets are in their snapshots already. */
  contained: Map<string, number>;
  /** Symbols that were given up, with the seq up to which their events had been published. */
  removed: Map<string, number>;
  /** Events up to these seqs are in the fills stream already. */
  published: Map<string, number>;
  /** Poison records up to here are in the dead-letter stream already. */
  deadLettered: number;
  fillsNext: number[];
  deadLettersNext: number[];
  /** The end of the partition as it was found: once it is reached, the replay is over. */
  end: number;
}

/**
 * Newest good snapshots of a partition's symbols, and what the streams say has been published since. Throws
 * OffsetGoneError when the log no longer reaches back far enough.
 */
export async function recoverPartition(deps: RecoveryDeps, partition: number): Promise<Recovered> {
  const { begin, end } = await deps.stream.bounds(deps.topics.orders, partition);
  const manifest = await newestManifest(deps, partition, end);
  const shard = new EngineShard(deps.shard);
  const { contained, offsets, published } = await restoreSymbols(deps, partition, end, manifest, shard);
  const start = startOf(manifest, offsets);
  if (start < begin) throw new OffsetGoneError(deps.topics.orders, partition, start, begin);
  const fillsNext = await endsOf(deps.stream, deps.topics.fills);
  const deadLettersNext = await endsOf(deps.stream, deps.topics.deadLetters);
  await learnPublished(deps, partition, manifest, published);
  const deadLettered = await learnDeadLettered(deps, partition, manifest);
  const removed = new Map(Object.entries(manifest?.removed ?? {}));
  for (const [symbol, seq] of removed) published.set(symbol, Math.max(seq, published.get(symbol) ?? 0));
  const fields = { partition, symbols: shard.symbols().length, snapshot_offset: manifest?.offset ?? null, start, end };
  deps.log.info(fields, 'engine: partition recovered from its snapshots; the log is replayed from here');
  return { shard, start, contained, removed, published, deadLettered, fillsNext, deadLettersNext, end };
}

async function newestManifest(deps: RecoveryDeps, partition: number, end: number): Promise<Manifest | undefined> {
  let newest: Manifest | undefined;
  for (const manifest of await deps.snapshots.manifests(partition)) {
    if (!belongs(deps, partition, end, manifest)) {
      deps.log.error({ partition, offset: manifest.offset, end }, 'engine: a manifest of another log is passed over');
    } else if (newest === undefined || manifest.offset > newest.offset) {
      newest = manifest;
    }
  }
  return newest;
}

/** Only durable records are ever applied, so what speaks of records beyond the log's end was made from another log. */
function belongs(
  deps: RecoveryDeps,
  partition: number,
  end: number,
  of: { topic: string; partition: number; offset: number },
): boolean {
  return of.topic === deps.topics.orders && of.partition === partition && of.offset < end;
}

interface RestoredSymbols {
  contained: Map<string, number>;
  /** Up to which offset each symbol that must be there is complete; -1 for one without any good snapshot. */
  offsets: Map<string, number>;
  published: Map<string, number>;
}

async function restoreSymbols(
  deps: RecoveryDeps,
  partition: number,
  end: number,
  manifest: Manifest | undefined,
  shard: EngineShard,
): Promise<RestoredSymbols> {
  const restored: RestoredSymbols = { contained: new Map(), offsets: new Map(), published: new Map() };
  const all = manifest === undefined ? await deps.snapshots.symbols() : Object.keys(manifest.symbols);
  const mine = all.filter((symbol) => deps.stream.partitionOf(deps.topics.orders, symbol) === partition);
  for (const symbol of mine) {
    const expected = manifest?.symbols[symbol];
    const snapshot = await deps.snapshots.newest(symbol, expected?.offset ?? Number.MAX_SAFE_INTEGER, (candidate) => {
      if (!belongs(deps, partition, end, candidate)) throw new Error('the snapshot belongs to another log');
      shard.restore(symbol, Buffer.from(candidate.data, 'base64'));
    });
    const offset = completeUpTo(snapshot?.offset ?? -1, expected?.offset, manifest);
    if (expected !== undefined) restored.offsets.set(symbol, offset);
    if (snapshot !== undefined) restored.contained.set(symbol, offset);
    restored.published.set(symbol, Math.max(snapshot?.seq ?? 0, expected?.published ?? 0));
  }
  return restored;
}

/** A symbol whose newest snapshot is there had no records between it and the manifest; an older snapshot lacks some. */
function completeUpTo(offset: number, expected: number | undefined, manifest: Manifest | undefined): number {
  if (manifest === undefined || expected === undefined || offset < expected) return offset;
  return Math.max(offset, manifest.offset);
}

function startOf(manifest: Manifest | undefined, offsets: ReadonlyMap<string, number>): number {
  if (manifest === undefined) return 0;
  return Math.min(manifest.offset, ...offsets.values()) + 1;
}

/** The newest event of each symbol that the fills stream holds behind the manifest. */
async function learnPublished(
  deps: RecoveryDeps,
  partition: number,
  manifest: Manifest | undefined,
  published: Map<string, number>,
): Promise<void> {
  for await (const value of readTail(deps.stream, deps.topics.fills, manifest?.fills ?? [])) {
    const position = eventPosition(value);
    if (position === undefined) continue;
    const { symbol, seq } = position;
    if (seq > (published.get(symbol) ?? 0) && deps.stream.partitionOf(deps.topics.orders, symbol) === partition) {
      published.set(symbol, seq);
    }
  }
}

async function learnDeadLettered(
  deps: RecoveryDeps,
  partition: number,
  manifest: Manifest | undefined,
): Promise<number> {
  let newest = manifest?.offset ?? -1;
  for await (const value of readTail(deps.stream, deps.topics.deadLetters, manifest?.dead_letters ?? [])) {
    const letter = deadLetterPosition(value);
    if (letter?.topic === deps.topics.orders && letter.partition === partition) {
      newest = Math.max(newest, letter.offset);
    }
  }
  return newest;
}
