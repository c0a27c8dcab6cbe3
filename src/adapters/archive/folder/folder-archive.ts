import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Archive } from '../../../ports/archive.ts';
import { type Disk, DRAFT_SUFFIX, isMissing, replaceFile } from '../../disk/disk.ts';
import { NodeDisk } from '../../disk/node-disk.ts';
import { checkKey, checkPrefix } from '../keys.ts';

/** An archive in a folder: a blob is a file, the key is its path. */
export class FolderArchive implements Archive {
  readonly #folder: string;
  readonly #disk: Disk;

  private constructor(folder: string, disk: Disk) {
    this.#folder = folder;
    this.#disk = disk;
  }

  /** Makes the folder if there is none. */
  static async open(folder: string): Promise<FolderArchive> {
    const disk = new NodeDisk();
    await disk.makeFolder(folder);
    return new FolderArchive(folder, disk);
  }

  async put(key: string, value: Uint8Array): Promise<void> {
    const path = this.#path(key);
    await this.#disk.makeFolder(dirname(path));
    await replaceFile(this.#disk, path, value);
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(this.#path(key));
    } catch (error) {
      if (isMissing(error) || isFolder(error)) return undefined;
      throw error;
    }
  }

  async list(prefix: string): Promise<string[]> {
    checkPrefix(prefix);
    const keys: string[] = [];
    // Only the folder that the prefix names need be walked.
    await this.#walk(join(this.#folder, prefix.slice(0, prefix.lastIndexOf('/') + 1)), prefix, keys);
    return keys.sort();
  }

  async delete(key: string): Promise<void> {
    const path = this.#path(key);
    await rm(path, { force: true });
    await this.#disk.syncFolder(dirname(path)).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
  }

  #path(key: string): string {
    checkKey(key);
    return join(this.#folder, key);
  }

  async #walk(folder: string, prefix: string, into: string[]): Promise<void> {
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    for (const entry of entries) {
      const path = join(folder, entry.name);
      const key = relative(this.#folder, path).split(sep).join('/');
      if (entry.isDirectory() && (`${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`))) {
        await this.#walk(path, prefix, into);
      }
      if (entry.isFile() && key.startsWith(prefix) && !key.endsWith(DRAFT_SUFFIX)) into.push(key);
    }
  }
}

function isFolder(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EISDIR' || error.code === 'ENOTDIR');
}
