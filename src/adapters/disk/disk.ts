import { dirname, join } from 'node:path';

/**
 * What durable adapters need of a file system, as little as possible, so that tests can put a disk behind them that
 * loses what was not synced. Errors carry Node's `code` (ENOSPC, EIO, ENOENT...).
 */
export interface Disk {
  /** Makes a folder and its parents; durable once it resolves. */
  makeFolder(path: string): Promise<void>;
  /** Names of the files in a folder, in no order; empty when there is no such folder. */
  list(folder: string): Promise<string[]>;
  /** Names of the folders in a folder, in no order; empty when there is no such folder. */
  folders(folder: string): Promise<string[]>;
  /** `create` refuses a file that exists; the new name is durable only after syncFolder. */
  open(path: string, mode: 'create' | 'write' | 'read'): Promise<DiskFile>;
  /** Replaces what `to` names; durable only after syncFolder. */
  rename(from: string, to: string): Promise<void>;
  /** A missing file is no error; durable only after syncFolder. */
  remove(path: string): Promise<void>;
  /** Makes the names in a folder durable. */
  syncFolder(folder: string): Promise<void>;
}

export interface DiskFile {
  size(): Promise<number>;
  /** Fills `into` from `position`; fewer bytes only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Writes all of `bytes` or rejects, perhaps with a part written. Durable only after `sync`. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Contents and length are on stable storage when it resolves (fdatasync). After a rejection nothing may be assumed. */
  sync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  close(): Promise<void>;
}

export async function readWhole(disk: Disk, path: string): Promise<Uint8Array | undefined> {
  let file: DiskFile;
  try {
    file = await disk.open(path, 'read');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const bytes = new Uint8Array(await file.size());
    const got = await file.read(bytes, 0);
    return got === bytes.length ? bytes : bytes.subarray(0, got);
  } finally {
    await file.close();
  }
}

/** Puts a whole file in the place of an old one: readers, also after power loss, see the old or the new one. */
export async function replaceFile(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(path);
  const draft = await createDraft(disk, folder);
  try {
    try {
      await draft.file.write(bytes, 0);
      await draft.file.sync();
    } finally {
      await draft.file.close();
    }
    await disk.rename(draft.path, path);
    await disk.syncFolder(folder);
  } catch (error) {
    await disk.remove(draft.path).catch(() => {});
    throw error;
  }
}

/** Several may write into one folder at once, each its own draft. */
async function createDraft(disk: Disk, folder: string): Promise<{ path: string; file: DiskFile }> {
  for (let number = 0; ; number++) {
    const path = join(folder, `.${number}${DRAFT_SUFFIX}`);
    try {
      return { path, file: await disk.open(path, 'create') };
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
  }
}

/** Files that end so are drafts that a crash left behind: nobody needs them. */
export const DRAFT_SUFFIX = '.draft';

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

export function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT';
}
