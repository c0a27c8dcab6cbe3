import { FolderArchive } from '../../adapters/archive/folder/folder-archive.ts';
import { InProcessCache } from '../../adapters/cache/in-process/in-process-cache.ts';
import { ValkeyCache } from '../../adapters/cache/valkey/valkey-cache.ts';
import { SqliteCandleStore } from '../../adapters/candle-store/sqlite/sqlite-candle-store.ts';
import { DataDir } from '../../adapters/data-dir/data-dir.ts';
import { EmbeddedStore } from '../../adapters/store/embedded/embedded-store.ts';
import { openPostgresStore } from '../../adapters/store/postgres/store.ts';
import { SqlError } from '../../adapters/store/sql/driver.ts';
import { EmbeddedStream } from '../../adapters/stream/embedded/stream.ts';
import { PARTITIONS, RETENTION_MS, type Topics } from '../../domain/topics.ts';
import type { Archive } from '../../ports/archive.ts';
import type { Cache } from '../../ports/cache.ts';
import type { CandleStore } from '../../ports/candle-store.ts';
import type { Chance, Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Store } from '../../ports/store.ts';
import type { Stream } from '../../ports/stream.ts';
import { type CacheServer, cacheServers, topicsOf } from './config.ts';
import { databaseMisfit } from './database-fits.ts';
import { type EmbeddedStoreDeps, openEmbeddedStore, storeFolders } from './embedded-store.ts';
import { keepCheckpoints } from './keep-checkpoints.ts';
import type { Config } from './settings.ts';
import { refuseOtherNames } from './stream-names.ts';

/** What an exchange stands on, opened: this is where the adapters behind the ports are chosen. */
export interface Storage {
  dataDir: DataDir;
  topics: Topics;
  stream: Stream;
  store: Store;
  /** How far what the store keeps on disk is behind what it answers. */
  writing: { unwritten: number; failedWrites: number };
  /** The depth cache: market data, connections, limits. */
  cache: Cache;
  /** The backup cache: snapshots. May be the same. */
  backupCache: Cache;
  archive: Archive;
  candles: CandleStore;
  /** Closes everything. `clean`: all that was taken is durable, so the next start can trust the store. */
  close(options: { clean: boolean }): Promise<void>;
}

export interface StorageDeps {
  clock: Clock;
  chance: Chance;
  log: Log;
  /** The oldest offset of the orders stream that a restart of the engine may need. */
  neededFrom(topic: string, partition: number): Promise<number | undefined>;
  /** The log takes nothing any more (a sync has failed): only a new start can tell what is durable. */
  onLogFailure(error: Error): void;
}

/** Sees to it that a part that was opened is closed in the end. */
type Keep = <T>(part: T, close: (part: T) => unknown) => T;

/** How often the checkpoint that a rebuild begins with is taken forward. */
const CHECKPOINT_EVERY_MS = 6 * 3600 * 1000;

/**
 * Opens the data folder (a second process on it is refused) and what lies in it. What was opened is closed again when a
 * later part fails, so that a start that went wrong leaves no lock behind.
 */
export async function openStorage(config: Config, deps: StorageDeps): Promise<Storage> {
  const dataDir = await DataDir.open(config.dataDir);
  const opened: (() => Promise<void>)[] = [];
  const keep: Keep = (part, close) => {
    opened.unshift(async () => void (await close(part)));
    return part;
  };
  const closeAll = async (clean: boolean) => {
    for (const close of opened.splice(0)) await close();
    await dataDir.close({ clean });
  };
  try {
    const topics = topicsOf(config);
    const stream = keep(await openStream(dataDir, topics, deps), (part) => part.close());
    const archive = await FolderArchive.open(config.archive === '' ? dataDir.inside('archive') : config.archive);
    const recovery = { stream, topics, archive, log: deps.log, clock: deps.clock };
    const store = keep(await openStore(config, dataDir, recovery), (part) => part.close());
    await store.migrate();
    if (config.databaseUrl === '') {
      keep(keepCheckpoints(storeFolders(dataDir.path), recovery, CHECKPOINT_EVERY_MS), (upkeep) => upkeep.stop());
    }
    const { cache, backupCache } = await openCaches(config, deps, keep);
    if (config.dev) await Promise.all([cache.flush(), backupCache.flush()]);
    const writing = store instanceof EmbeddedStore ? store : { unwritten: 0, failedWrites: 0 };
    const candles = keep(new SqliteCandleStore(dataDir.inside('candles.sqlite')), (part) => part.close());
    const parts = { dataDir, topics, stream, store, writing, cache, backupCache, archive, candles };
    return { ...parts, close: ({ clean }) => closeAll(clean) };
  } catch (error) {
    await closeAll(false);
    throw error;
  }
}

async function openStream(dataDir: DataDir, topics: Topics, deps: StorageDeps): Promise<Stream> {
  const { clock, chance, log, neededFrom, onLogFailure: onFailure } = deps;
  const stream = await EmbeddedStream.open({
    folder: dataDir.inside('log'),
    clock,
    chance,
    log,
    neededFrom,
    onFailure,
  });
  try {
    await refuseOtherNames(stream, topics);
  } catch (error) {
    await stream.close();
    throw error;
  }
  for (const [role, topic] of Object.entries(topics)) {
    // The keys of Topics and of PARTITIONS are the same by their types.
    const partitions = PARTITIONS[role as keyof Topics];
    await stream.ensureTopic(topic, { partitions, retentionMs: RETENTION_MS });
  }
  return stream;
}

/** A server that the exchange stands on and cannot use; `message` is the one line that an operator needs. */
export class ServerError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'ServerError';
  }
}

/** The store in the database of DATABASE_URL. @throws ServerError when it cannot be reached or refuses */
export async function openDatabase(url: string): Promise<ReturnType<typeof openPostgresStore>> {
  const store = openPostgresStore({ url });
  try {
    await store.migrate();
    return store;
  } catch (error) {
    await store.close();
    if (error instanceof SqlError) throw new ServerError(`DATABASE_URL: ${error.message}`, error);
    throw error;
  }
}

/** A database of one's own is durable by itself; the embedded one is made again when it cannot be trusted. */
async function openStore(config: Config, dataDir: DataDir, recovery: EmbeddedStoreDeps): Promise<Store> {
  if (config.databaseUrl !== '') {
    const store = await openDatabase(config.databaseUrl);
    const misfit = await databaseMisfit(store, recovery.stream, recovery.topics).catch((error) => String(error));
    if (misfit === undefined) return store;
    await store.close();
    throw new ServerError(`DATABASE_URL: ${misfit}`, undefined);
  }
  return openEmbeddedStore(storeFolders(dataDir.path), recovery, !dataDir.powerLossSuspected);
}

async function openCaches(config: Config, { clock, log }: StorageDeps, keep: Keep) {
  const close = (cache: Cache) => cache.close();
  if (config.cache === 'in-process') {
    const cache = keep<Cache>(new InProcessCache(clock), close);
    return { cache, backupCache: cache };
  }
  const password = config.valkeyAuthToken === '' ? {} : { password: config.valkeyAuthToken };
  const connect = async (server: CacheServer) => {
    const opening = ValkeyCache.connect({ ...server, ...password, tls: config.valkeyTls, log });
    const cache = await opening.catch((error: Error) => {
      const why = error.cause instanceof Error ? ` (${error.cause.message})` : '';
      throw new ServerError(`${error.message}${why}`, error);
    });
    return keep<Cache>(cache, close);
  };
  const { depth, backup } = cacheServers(config);
  const cache = await connect(depth);
  const isOne = depth.host === backup.host && depth.port === backup.port;
  return { cache, backupCache: isOne ? cache : await connect(backup) };
}
