import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SystemChance, SystemClock } from '../../../adapters/clock/system.ts';
import { FolderLock } from '../../../adapters/data-dir/lock.ts';
import { openPgliteStore } from '../../../adapters/store/pglite/store.ts';
import { openPostgresStore } from '../../../adapters/store/postgres/store.ts';
import { EmbeddedStream } from '../../../adapters/stream/embedded/stream.ts';
import type { Topics } from '../../../domain/topics.ts';
import type { Store } from '../../../ports/store.ts';
import type { Stream } from '../../../ports/stream.ts';
import type { Config } from '../settings.ts';
import { storeFolder, topicsOf } from '../storage.ts';
import { CommandError } from './command.ts';

/** Log and store of an exchange that does not run, held so that none starts meanwhile. */
export interface StoppedExchange {
  stream: Stream;
  store: Store;
  topics: Topics;
  close(): Promise<void>;
}

/**
 * Opens the data of a stopped exchange. Only the folder's lock is taken: whether its last run ended in order stays for the
 * next start to judge.
 * @param options.emptyStore throw the embedded store away first (a store of DATABASE_URL must be empty already)
 * @throws CommandError when there is no exchange in the folder; DataDirInUseError when it runs
 */
export async function openStopped(config: Config, options: { emptyStore?: boolean } = {}): Promise<StoppedExchange> {
  const folder = resolve(config.dataDir);
  if (!existsSync(join(folder, 'log'))) throw new CommandError(`there is no exchange in ${folder}`);
  const lock = await FolderLock.take(folder);
  const closing: (() => Promise<void>)[] = [() => lock.release()];
  const close = async () => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  try {
    const stream = await EmbeddedStream.open({
      folder: join(folder, 'log'),
      clock: new SystemClock(),
      chance: new SystemChance(),
    });
    closing.push(() => stream.close());
    const embedded = config.databaseUrl === '';
    if (embedded && options.emptyStore === true) await rm(storeFolder(folder), { recursive: true, force: true });
    const store = embedded
      ? await openPgliteStore(storeFolder(folder))
      : openPostgresStore({ url: config.databaseUrl });
    closing.push(() => store.close());
    await store.migrate();
    return { stream, store, topics: topicsOf(config), close };
  } catch (error) {
    await close();
    throw error;
  }
}
