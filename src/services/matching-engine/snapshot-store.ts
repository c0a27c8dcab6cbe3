import { type SymbolImage, writeImage } from '../../matching/engine/snapshot.ts';
import type { Archive } from '../../ports/archive.ts';
import type { Cache } from '../../ports/cache.ts';
import type { Log } from '../../ports/log.ts';
import { seal, sealWithData, unseal, unsealWithText } from './sealed.ts';

/** One symbol as it was after the record at `offset` of its orders partition. */
export interface SymbolSnapshot extends SnapshotHead {
  /** Base64 of the engine's own snapshot (src/matching/engine/snapshot.ts). */
  data: string;
}

export interface SnapshotHead {
  v: 2;
  kind: 'symbol-snapshot';
  topic: string;
  partition: number;
  symbol: string;
  offset: number;
  seq: number;
}

/** A snapshot as it is stored. */
export interface SealedSnapshot {
  symbol: string;
  offset: number;
  /** Its events up to this seq are published with it. */
  published: number;
  /** ASCII text. */
  bytes: Uint8Array;
}

/**
 * Written after the symbols of a round: with it, the newest snapshots of its symbols and the records after `offset` are
 * all that a start needs. Where a symbol's newest good snapshot is older than told here, its records are replayed from there.
 */
export interface Manifest {
  v: 1;
  kind: 'snapshot-manifest';
  topic: string;
  partition: number;
  /** Every record up to here is in the snapshots of its symbol. */
  offset: number;
  /** `offset`: of the symbol's newest snapshot. `published`: events up to this seq are in the fills stream. */
  symbols: Record<string, { offset: number; published: number }>;
  /** Symbols that were given up, so that their records are passed over, and up to which seq their events are published. */
  removed: Record<string, number>;
  /** Events that are newer than `published` stand at or after these offsets, by partition of the fills stream. */
  fills: number[];
  /** Poison records after `offset` stand at or after these offsets of the dead-letter stream. */
  dead_letters: number[];
}

export type Tier = 'cache' | 'archive';
export const TIERS: readonly Tier[] = ['cache', 'archive'];

/** How many snapshots of a symbol, and manifests of a partition, the archive keeps. */
const KEEP = 5;
const OFFSET_DIGITS = 16;

const cacheKey = (symbol: string) => `snapshot:${symbol}`;
const cacheManifestKey = (partition: number) => `snapshot-manifest:${partition}`;
const archivePrefix = (symbol: string) => `snapshots/${symbol}/`;
const archiveManifestPrefix = (partition: number) => `snapshots/partition-${partition}/`;
const archiveKey = (prefix: string, offset: number) => `${prefix}${String(offset).padStart(OFFSET_DIGITS, '0')}`;

/** Writes an image down and seals it, in steps of about a millisecond. */
export function* sealImage(head: SnapshotHead, image: SymbolImage): Generator<void, Uint8Array, void> {
  const data = yield* writeImage(image);
  return yield* sealWithData(head, data);
}

/** Throws SnapshotError on any damage. */
export function unsealSnapshot(text: string): SymbolSnapshot {
  const { value, text: data } = unsealWithText<SnapshotHead>(text, 'symbol-snapshot', 2);
  return { ...value, data };
}

/** Where snapshots are kept: the backup cache (newest only) and the archive (the last few). */
export class SnapshotStore {
  readonly #cache: Cache;
  readonly #archive: Archive;
  readonly #log: Log;

  constructor(deps: { cache: Cache; archive: Archive; log: Log }) {
    this.#cache = deps.cache;
    this.#archive = deps.archive;
    this.#log = deps.log;
  }

  async save(tier: Tier, snapshots: readonly SealedSnapshot[]): Promise<void> {
    if (tier === 'cache') {
      await this.#cache.setMany(snapshots.map((one) => [cacheKey(one.symbol), asciiOf(one.bytes)]));
      return;
    }
    for (const one of snapshots) await this.#put(archivePrefix(one.symbol), one.offset, one.bytes);
  }

  async saveManifest(tier: Tier, manifest: Manifest): Promise<void> {
    const text = seal(manifest);
    if (tier === 'cache') await this.#cache.set(cacheManifestKey(manifest.partition), text);
    else await this.#put(archiveManifestPrefix(manifest.partition), manifest.offset, Buffer.from(text));
  }

  async #put(prefix: string, offset: number, bytes: Uint8Array): Promise<void> {
    await this.#archive.put(archiveKey(prefix, offset), bytes);
    const keys = await this.#archive.list(prefix);
    for (const old of keys.slice(0, -KEEP)) await this.#archive.delete(old);
  }

  /** Good manifests, the cache's and the archive's newest, in no order. */
  async manifests(partition: number): Promise<Manifest[]> {
    const found: Manifest[] = [];
    for await (const { text, from } of this.#candidates(
      cacheManifestKey(partition),
      archiveManifestPrefix(partition),
    )) {
      const manifest = this.#read(from, () => unseal<Manifest>(text, 'snapshot-manifest', 1));
      if (manifest === undefined) continue;
      found.push(manifest);
      if (from.startsWith('archive')) break;
    }
    return found;
  }

  /**
   * The newest snapshot of a symbol that `accept` takes: the cache's if it is at least as new as `expected`, else the newest
   * good one of cache and archive. What `accept` throws at, or what is damaged, is logged and passed over.
   */
  async newest(
    symbol: string,
    expected: number,
    accept: (snapshot: SymbolSnapshot) => void,
  ): Promise<SymbolSnapshot | undefined> {
    let best: SymbolSnapshot | undefined;
    for await (const { text, from } of this.#candidates(cacheKey(symbol), archivePrefix(symbol))) {
      const snapshot = this.#read(from, () => unsealSnapshot(text));
      if (snapshot === undefined || (best !== undefined && snapshot.offset <= best.offset)) continue;
      const isGood = this.#read(from, () => {
        accept(snapshot);
        return true;
      });
      if (isGood !== true) continue;
      best = snapshot;
      if (snapshot.offset >= expected || from.startsWith('archive')) break;
    }
    return best;
  }

  async *#candidates(key: string, prefix: string): AsyncGenerator<{ text: string; from: string }> {
    const cached = await this.#cache.get(key).catch((error: unknown) => {
      this.#log.warn({ key, error: messageOf(error) }, 'engine: the backup cache does not answer');
      return undefined;
    });
    if (cached !== undefined) yield { text: cached, from: `cache ${key}` };
    for (const name of (await this.#archive.list(prefix)).reverse()) {
      const bytes = await this.#archive.get(name);
      if (bytes !== undefined) yield { text: Buffer.from(bytes).toString(), from: `archive ${name}` };
    }
  }

  #read<T>(from: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.#log.error({ from, error: messageOf(error) }, 'engine: a snapshot cannot be used and is passed over');
      return undefined;
    }
  }

  /** Every symbol that has a snapshot somewhere. */
  async symbols(): Promise<string[]> {
    const cached = await this.#cache.keys(cacheKey('*')).catch(() => []);
    const archived = await this.#archive.list('snapshots/');
    const names = new Set(cached.map((key) => key.slice(cacheKey('').length)));
    for (const key of archived) names.add(key.split('/')[1] ?? '');
    return [...names].filter((name) => /^[A-Z0-9]+$/.test(name)).sort();
  }

  async forget(symbol: string): Promise<void> {
    await this.#cache.delete(cacheKey(symbol));
  }
}

function asciiOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
