import type { Archive } from '../../ports/archive.ts';
import type { Log } from '../../ports/log.ts';
import type { RebuildStore } from '../../ports/store.ts';
import type { Stream } from '../../ports/stream.ts';
import {
  checkpoints,
  isWhole,
  type Manifest,
  pruneCheckpoints,
  readCheckpoint,
  writeCheckpoint,
} from './checkpoint.ts';
import { type OrderPositions, type ReplayCounts, type ReplayTopics, replay } from './replay.ts';

export interface RebuildDeps {
  stream: Stream;
  topics: ReplayTopics;
  archive: Archive;
  log: Log;
  progress?: (done: ReplayCounts) => void;
}

export interface RebuildReport extends ReplayCounts {
  /** Time (epoch ms) of the checkpoint it began with; null: from the log alone. */
  checkpoint: number | null;
}

/**
 * Makes a fresh store from the newest good checkpoint and the log. It comes out with the money, orders, trades and progress of the
 * original (equal dumps once both have applied the whole log), except for what no log knows: orders and withdrawals that were
 * held but never published are absent, and so are their holds.
 * @throws OffsetGoneError when neither the log nor a good checkpoint reaches back far enough
 */
export async function rebuild(store: RebuildStore, deps: RebuildDeps): Promise<RebuildReport> {
  await store.migrate();
  await store.beginRebuild();
  const { manifest, replayed } = await restore(store, deps);
  await store.endRebuild();
  deps.log.info({ ...replayed.counts, checkpoint: manifest?.id }, 'the store is made again');
  return { ...replayed.counts, checkpoint: manifest?.created_at ?? null };
}

async function restore(store: RebuildStore, deps: RebuildDeps) {
  const manifest = await newestWhole(deps.archive, deps.log);
  const from: OrderPositions = manifest?.order_positions ?? {};
  if (manifest !== undefined)
    for await (const rows of readCheckpoint(deps.archive, manifest)) await store.importRows(rows);
  const replayed = await replay(store, deps.stream, deps.topics, from, deps.progress);
  return { manifest, replayed };
}

async function newestWhole(archive: Archive, log: Log): Promise<Manifest | undefined> {
  for (const manifest of await checkpoints(archive)) {
    if (await isWhole(archive, manifest)) return manifest;
    log.warn({ checkpoint: manifest.id }, 'a checkpoint is damaged; trying the one before');
  }
  return undefined;
}

/**
 * Takes the newest checkpoint forward: a scratch store (fresh, not the exchange's own) is made from it and from the log up to
 * now, and written out as the next checkpoint. The running exchange is only read from, and only its log.
 * @param keep older checkpoints that stay, in case the newest is damaged
 */
export async function advanceCheckpoint(
  scratch: RebuildStore,
  deps: RebuildDeps & { createdAt: number; keep?: number },
): Promise<Manifest> {
  await scratch.migrate();
  await scratch.beginRebuild();
  const { replayed } = await restore(scratch, deps);
  const manifest = await writeCheckpoint(deps.archive, scratch, replayed.orders, deps.createdAt);
  await pruneCheckpoints(deps.archive, deps.keep ?? 2);
  return manifest;
}
