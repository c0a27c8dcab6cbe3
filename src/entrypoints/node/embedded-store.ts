import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openPgliteStore } from '../../adapters/store/pglite/store.ts';
import type { Archive } from '../../ports/archive.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { RebuildStore } from '../../ports/store.ts';
import { advanceCheckpoint, type RebuildDeps, type RebuildReport, rebuild } from '../../services/recovery/rebuild.ts';

/**
 * The embedded store never syncs, so it is only ever a projection of the log. A folder that cannot be trusted is moved away at
 * once, a new one is made beside it and moved into place when it is whole: whatever crashes meanwhile, the next start
 * finds either a whole store or none, and none means: make it again.
 */
export interface StoreFolders {
  store: string;
  distrusted: string;
  unfinished: string;
  scratch: string;
}

export function storeFolders(dataDir: string): StoreFolders {
  return {
    store: join(dataDir, 'store'),
    distrusted: join(dataDir, 'store-distrusted'),
    unfinished: join(dataDir, 'store-unfinished'),
    scratch: join(dataDir, 'store-scratch'),
  };
}

/** @param trusted false after a loss of power: what the store holds may be older than what was acknowledged. */
export async function openEmbeddedStore(
  folders: StoreFolders,
  deps: RebuildDeps,
  trusted: boolean,
): Promise<RebuildStore> {
  if (!trusted) {
    deps.log.warn({}, 'the last run ended with the machine: the store is made again from the log');
    await distrust(folders);
  }
  if (!(await exists(folders.store)) && (await logHolds(deps))) await rebuildEmbeddedStore(folders, deps);
  return openPgliteStore(folders.store);
}

/** Makes the store again from checkpoint and log, in place of the one that is there. */
export async function rebuildEmbeddedStore(folders: StoreFolders, deps: RebuildDeps): Promise<RebuildReport> {
  await distrust(folders);
  await rm(folders.unfinished, { recursive: true, force: true });
  const store = await openPgliteStore(folders.unfinished);
  const report = await rebuild(store, deps).finally(() => store.close());
  await rename(folders.unfinished, folders.store);
  await rm(folders.distrusted, { recursive: true, force: true });
  return report;
}

async function distrust({ store, distrusted }: StoreFolders): Promise<void> {
  if (!(await exists(store))) return;
  await rm(distrusted, { recursive: true, force: true });
  await rename(store, distrusted);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function logHolds({ stream, topics }: RebuildDeps): Promise<boolean> {
  for (const { topic, partitions } of await stream.topics()) {
    if (topic !== topics.orders && topic !== topics.ledger) continue;
    for (let partition = 0; partition < partitions; partition += 1) {
      if ((await stream.bounds(topic, partition)).end > 0) return true;
    }
  }
  return false;
}

/** Takes the checkpoint forward now and then, so that making the store again reads hours of log and not its whole life. */
export function keepCheckpoints(
  folders: StoreFolders,
  deps: RebuildDeps & { clock: Clock; log: Log; archive: Archive },
  everyMs: number,
): { stop(): Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  const timer: Timer = deps.clock.setInterval(() => {
    running = running.then(() => oneCheckpoint(folders, deps));
  }, everyMs);
  return {
    async stop() {
      timer.cancel();
      await running;
    },
  };
}

async function oneCheckpoint(folders: StoreFolders, deps: RebuildDeps & { clock: Clock }): Promise<void> {
  try {
    await rm(folders.scratch, { recursive: true, force: true });
    const scratch = await openPgliteStore(folders.scratch);
    await advanceCheckpoint(scratch, { ...deps, createdAt: deps.clock.now() }).finally(() => scratch.close());
    await rm(folders.scratch, { recursive: true, force: true });
  } catch (error) {
    deps.log.error({ err: error }, 'no checkpoint could be written; the next round tries again');
  }
}
