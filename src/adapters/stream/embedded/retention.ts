import type { Log } from '../../../ports/log.ts';
import type { Disk } from '../../disk/disk.ts';
import type { Partition } from './partition.ts';
import type { Segment } from './segment.ts';

/**
 * Removes the oldest segments, one after the other, while all of them hold only records older than the longest
 * retention and before everything that somebody still needs. The newest segment always stays.
 */
export async function removeExpired(init: {
  disk: Disk;
  folder: string;
  /** Epoch ms. */
  now: number;
  log: Log;
  segments: Segment[];
  partitions: ReadonlyMap<number, Partition>;
  retentionMs: number;
  neededFrom(partition: Partition): Promise<number>;
}): Promise<void> {
  const { segments, partitions } = init;
  try {
    while (segments.length > 1 && segments[0]!.lastTimestamp < init.now - init.retentionMs) {
      const next = segments[1]!;
      for (const partition of partitions.values()) {
        if ((await init.neededFrom(partition)) < (next.starts.get(partition.id) ?? 0)) return;
      }
      await removeOldest(init.disk, init.folder, segments, partitions);
      init.log.info({ file: next.path }, 'log: retention moved the beginning of the log');
    }
  } catch (error) {
    init.log.warn({ error: String(error) }, 'log: retention could not remove a segment; it will try again');
  }
}

async function removeOldest(
  disk: Disk,
  folder: string,
  segments: Segment[],
  partitions: ReadonlyMap<number, Partition>,
): Promise<void> {
  const [oldest, next] = segments;
  if (!oldest || !next) return;
  await disk.remove(oldest.path);
  await disk.syncFolder(folder);
  segments.shift();
  for (const partition of partitions.values()) {
    partition.begin = next.starts.get(partition.id) ?? 0;
    partition.index.forget(oldest);
  }
  oldest.removed = true;
  if (oldest.readers === 0) await oldest.file.close();
}
