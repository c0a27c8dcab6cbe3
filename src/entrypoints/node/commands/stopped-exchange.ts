import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FolderArchive } from '../../../adapters/archive/folder/folder-archive.ts';
import { SystemChance, SystemClock } from '../../../adapters/clock/system.ts';
import { FolderLock } from '../../../adapters/data-dir/lock.ts';
import { pinoLog } from '../../../adapters/log/pino.ts';
import { SqlError, SqlState } from '../../../adapters/store/sql/driver.ts';
import { EmbeddedStream } from '../../../adapters/stream/embedded/stream.ts';
import type { Topics } from '../../../domain/topics.ts';
import type { Archive } from '../../../ports/archive.ts';
import type { Store } from '../../../ports/store.ts';
import type { Stream } from '../../../ports/stream.ts';
import { type RebuildReport, rebuild } from '../../../services/recovery/rebuild.ts';
import type { ReplayCounts } from '../../../services/recovery/replay.ts';
import { topicsOf } from '../config.ts';
import { type EmbeddedStoreDeps, openAtTheEndOfTheLog, rebuildEmbeddedStore, storeFolders } from '../embedded-store.ts';
import type { Config } from '../settings.ts';
import { openDatabase, ServerError } from '../storage.ts';
import { refuseOtherNames } from '../stream-names.ts';
import { CommandError } from './command.ts';

/** Log and archive of an exchange that does not run, held so that none starts meanwhile. */
interface StoppedData {
  stream: Stream;
  archive: Archive;
  topics: Topics;
  close(): Promise<void>;
}

/** The same with its store. */
export type StoppedExchange = StoppedData & { store: Store };

/**
 * Opens the data of a stopped exchange. Only the folder's lock is taken: whether its last run ended in order stays for the
 * next start to judge.
 * @throws CommandError when there is no exchange in the folder; DataDirInUseError when it runs
 */
export async function openStopped(config: Config): Promise<StoppedExchange> {
  return opened(config, async (deps, keep) => {
    const { store: folder } = storeFolders(resolve(config.dataDir));
    const embedded = config.databaseUrl === '';
    // A store made here would be empty, and the next start would take it for a whole one.
    if (embedded && !existsSync(folder)) {
      throw new CommandError(
        `${resolve(config.dataDir)} has no store; supernoba rebuild makes it again, so does a start`,
      );
    }
    const store: Store = keep(
      embedded ? await openAtTheEndOfTheLog(folder, deps) : await openDatabase(config.databaseUrl),
    );
    await store.migrate();
    return store;
  });
}

/**
 * Makes the store of a stopped exchange again, from checkpoint and log. The embedded one is replaced when the new one is
 * whole; a database of DATABASE_URL must be empty.
 */
export async function rebuildStopped(config: Config, progress: (done: ReplayCounts) => void): Promise<RebuildReport> {
  let report: RebuildReport | undefined;
  const exchange = await opened(config, async (deps, keep) => {
    if (config.databaseUrl === '') {
      report = await rebuildEmbeddedStore(storeFolders(resolve(config.dataDir)), { ...deps, progress });
      return undefined;
    }
    const store = keep(await openDatabase(config.databaseUrl));
    report = await rebuild(store, { ...deps, progress }).catch((error) => {
      if (!(error instanceof SqlError) || error.sqlState !== SqlState.NOT_FRESH) throw error;
      throw new ServerError('DATABASE_URL: a rebuild needs an empty database', error);
    });
    return store;
  });
  await exchange.close();
  if (report === undefined) throw new Error('the rebuild ended without a report');
  return report;
}

type Closable = { close(): Promise<void> };

async function opened<S extends Store | undefined>(
  config: Config,
  openStore: (deps: EmbeddedStoreDeps, keep: <T extends Closable>(part: T) => T) => Promise<S>,
): Promise<StoppedData & { store: S }> {
  const folder = resolve(config.dataDir);
  if (!existsSync(join(folder, 'log'))) throw new CommandError(`there is no exchange in ${folder}`);
  const lock = await FolderLock.take(folder);
  const closing: (() => Promise<void>)[] = [() => lock.release()];
  const keep = <T extends Closable>(part: T): T => {
    closing.push(() => part.close());
    return part;
  };
  const close = async () => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  try {
    const clock = new SystemClock();
    const stream = keep(await EmbeddedStream.open({ folder: join(folder, 'log'), clock, chance: new SystemChance() }));
    const archive = await FolderArchive.open(config.archive === '' ? join(folder, 'archive') : config.archive);
    const topics = topicsOf(config);
    await refuseOtherNames(stream, topics);
    const store = await openStore({ stream, topics, archive, clock, log: pinoLog(config.logLevel) }, keep);
    return { stream, topics, archive, store, close };
  } catch (error) {
    await close();
    throw error;
  }
}
