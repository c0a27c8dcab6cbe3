import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataDirInUseError } from '../../adapters/data-dir/lock.ts';
import type { EmbeddedStore } from '../../adapters/store/embedded/embedded-store.ts';
import { openEmbedded } from '../../adapters/store/embedded/open.ts';
import { openPgliteStore } from '../../adapters/store/pglite/store.ts';
import type { Clock } from '../../ports/clock.ts';
import { RecordsLostError } from '../../ports/stream.ts';
import { type RebuildDeps, type RebuildReport, rebuild } from '../../services/recovery/rebuild.ts';
import { endsOf, replay } from '../../services/recovery/replay.ts';

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

export type EmbeddedStoreDeps = RebuildDeps & { clock: Clock };

/**
 * The store, brought from its last cut to where the log ends.
 * @param trusted false after a loss of power: what the database holds may be older than its positions say
 */
export async function openEmbeddedStore(
  folders: StoreFolders,
  deps: EmbeddedStoreDeps,
  trusted: boolean,
): Promise<EmbeddedStore> {
  if (!trusted) {
    deps.log.warn({}, 'the last run ended with the machine: the store is made again from the log');
    await distrust(folders);
  }
  if (!(await exists(folders.store)) && (await logHolds(deps))) await rebuildEmbeddedStore(folders, deps);
  try {
    return await openAtTheEndOfTheLog(folders.store, deps);
  } catch (error) {
    // A store that knows more than the log may be all that is left of what is lost: it is not thrown away.
    if (error instanceof DataDirInUseError || error instanceof RecordsLostError) throw error;
    deps.log.error({ err: error }, 'the store does not come out of the log as it stands: it is made again');
  }
  await rebuildEmbeddedStore(folders, deps);
  return openAtTheEndOfTheLog(folders.store, deps);
}

/** @throws Error when the store and the log do not fit each other */
export async function openAtTheEndOfTheLog(folder: string, deps: EmbeddedStoreDeps): Promise<EmbeddedStore> {
  const { clock, log, stream, topics } = deps;
  const orders = { topic: topics.orders, ends: () => endsOf(stream, topics.orders) };
  const store = await openEmbedded(folder, { clock, log, orders });
  try {
    await store.catchUp(async (from) => {
      const { counts } = await replay(store, stream, topics, from);
      if (counts.orders > 0) log.info({ ...counts }, 'the store is brought up to the log');
    });
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
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
