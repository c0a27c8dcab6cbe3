import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Archive } from '../../ports/archive.ts';
import type { CheckpointRow, RebuildStore } from '../../ports/store.ts';
import { sealText, unsealText } from '../matching-engine/sealed.ts';
import type { OrderPositions } from './replay.ts';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Version of the parts and the manifest; the rows are those of the schema. */
const VERSION = 1;
const FOLDER = 'checkpoints';

/**
 * A checkpoint: what the store held when the log was applied up to its positions. Written last, so that it is whole, and behind
 * its checksum: a wrong position would leave orders out.
 */
export interface Manifest {
  v: typeof VERSION;
  id: string;
  created_at: number;
  /** From here the orders stream must be replayed; the other positions are rows of the checkpoint. */
  order_positions: OrderPositions;
  parts: { key: string; rows: number; sha256: string }[];
}

/** Damage, or a version of another program: the checkpoint is of no use, an older one may be. */
export class CheckpointError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CheckpointError';
  }
}

export async function writeCheckpoint(
  archive: Archive,
  store: RebuildStore,
  orderPositions: OrderPositions,
  createdAt: number,
): Promise<Manifest> {
  const id = String(createdAt).padStart(15, '0');
  const parts: Manifest['parts'] = [];
  for await (const rows of store.exportRows()) {
    const lines = rows.map((row) => JSON.stringify(row)).join('\n');
    const bytes = await compress(lines, { level: 3 });
    const key = `${FOLDER}/${id}/part-${String(parts.length).padStart(6, '0')}.ndjson.gz`;
    await archive.put(key, bytes);
    parts.push({ key, rows: rows.length, sha256: sha256(bytes) });
  }
  const manifest: Manifest = { v: VERSION, id, created_at: createdAt, order_positions: orderPositions, parts };
  await archive.put(manifestKey(id), new TextEncoder().encode(sealText(JSON.stringify(manifest))));
  return manifest;
}

/** Manifests of whole checkpoints, newest first. */
export async function checkpoints(archive: Archive): Promise<Manifest[]> {
  const keys = (await archive.list(`${FOLDER}/`)).filter((key) => key.endsWith('/manifest.json'));
  const manifests: Manifest[] = [];
  for (const key of keys.sort().reverse()) {
    const bytes = await archive.get(key);
    const manifest = bytes === undefined ? undefined : readManifest(bytes);
    if (manifest !== undefined) manifests.push(manifest);
  }
  return manifests;
}

function readManifest(bytes: Uint8Array): Manifest | undefined {
  try {
    const manifest: Manifest = JSON.parse(unsealText(new TextDecoder().decode(bytes)));
    return manifest.v === VERSION && Array.isArray(manifest.parts) ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** The rows of a checkpoint, part by part. @throws CheckpointError on any damage */
export async function* readCheckpoint(archive: Archive, manifest: Manifest): AsyncIterable<CheckpointRow[]> {
  for (const { key, rows, sha256: expected } of manifest.parts) {
    const bytes = await archive.get(key);
    if (bytes === undefined) throw new CheckpointError(`${key} is missing`);
    if (sha256(bytes) !== expected) throw new CheckpointError(`${key} is damaged`);
    const lines = (await decompress(bytes)).toString('utf8').split('\n');
    if (lines.length !== rows) throw new CheckpointError(`${key} has ${lines.length} rows instead of ${rows}`);
    yield lines.map((line): CheckpointRow => JSON.parse(line));
  }
}

/** Looks at every part without using it. */
export async function isWhole(archive: Archive, manifest: Manifest): Promise<boolean> {
  for (const { key, sha256: expected } of manifest.parts) {
    const bytes = await archive.get(key);
    if (bytes === undefined || sha256(bytes) !== expected) return false;
  }
  return true;
}

/** Deletes all but the newest `keep` checkpoints, and parts that no manifest names. */
export async function pruneCheckpoints(archive: Archive, keep: number): Promise<void> {
  const kept = new Set((await checkpoints(archive)).slice(0, keep).map(({ id }) => id));
  for (const key of await archive.list(`${FOLDER}/`)) {
    const id = key.split('/')[1];
    if (id !== undefined && !kept.has(id)) await archive.delete(key);
  }
}

function manifestKey(id: string): string {
  return `${FOLDER}/${id}/manifest.json`;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
