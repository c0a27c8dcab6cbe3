import { rm } from 'node:fs/promises';
import { openPgliteStore } from '../../adapters/store/pglite/store.ts';
import type { Timer } from '../../ports/clock.ts';
import { checkpoints } from '../../services/recovery/checkpoint.ts';
import { advanceCheckpoint } from '../../services/recovery/rebuild.ts';
import type { EmbeddedStoreDeps, StoreFolders } from './embedded-store.ts';

/** A start has other work to do first. */
const FIRST_AFTER_MS = 10 * 60_000;

/**
 * Takes the checkpoint forward now and then, so that making the store again reads hours of log and not its whole life. The next one is
 * due so long after the newest that there is, not after the start: an exchange that is started anew every morning has them too.
 */
export function keepCheckpoints(
  folders: StoreFolders,
  deps: EmbeddedStoreDeps,
  everyMs: number,
): { stop(): Promise<void> } {
  const { archive, clock } = deps;
  let isStopped = false;
  let timer: Timer | undefined;
  let running = first();

  function schedule(ms: number): void {
    if (isStopped) return;
    timer = clock.setTimeout(() => {
      running = oneCheckpoint(folders, deps).then(() => schedule(everyMs));
    }, ms);
  }

  async function first(): Promise<void> {
    const [newest] = await checkpoints(archive).catch(() => []);
    // A clock that was ahead when it was written puts nothing off for longer than usual.
    const dueMs = newest === undefined ? 0 : Math.min(newest.created_at + everyMs - clock.now(), everyMs);
    schedule(Math.max(dueMs, FIRST_AFTER_MS));
  }

  return {
    async stop() {
      isStopped = true;
      timer?.cancel();
      await running;
    },
  };
}

async function oneCheckpoint(folders: StoreFolders, deps: EmbeddedStoreDeps): Promise<void> {
  try {
    await rm(folders.scratch, { recursive: true, force: true });
    const scratch = await openPgliteStore(folders.scratch);
    await advanceCheckpoint(scratch, { ...deps, createdAt: deps.clock.now() }).finally(() => scratch.close());
    await rm(folders.scratch, { recursive: true, force: true });
  } catch (error) {
    deps.log.error({ err: error }, 'no checkpoint could be written; the next round tries again');
  }
}
