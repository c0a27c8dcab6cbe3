import { dirname, join } from 'node:path';
import type { Archive } from '../../../ports/archive.ts';
import { type Disk, DRAFT_SUFFIX, errorCode, isMissing, readWhole, replaceFile } from '../../disk/disk.ts';
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
  static async open(folder: string, disk: Disk = new NodeDisk()): Promise<FolderArchive> {
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
      return await readWhole(this.#disk, this.#path(key));
    } catch (error) {
      // The key names a folder, or goes on below a blob: there is no such blob.
      if (errorCode(error) === 'EISDIR' || errorCode(error) === 'ENOTDIR') return undefined;
      throw error;
    }
  }

  async list(prefix: string): Promise<string[]> {
    checkPrefix(prefix);
    const keys: string[] = [];
    // Only the folder that the prefix names need be walked.
    await this.#walk(prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix, keys);
    return keys.sort();
  }

  async delete(key: string): Promise<void> {
    const path = this.#path(key);
    await this.#disk.remove(path);
    await this.#disk.syncFolder(dirname(path)).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
  }

  #path(key: string): string {
    checkKey(key);
    return join(this.#folder, key);
  }

  /** `at` is the beginning of the keys in the folder: empty, or ending in a slash. */
  async #walk(at: string, prefix: string, into: string[]): Promise<void> {
    const folder = join(this.#folder, at);
    for (const name of await this.#disk.list(folder)) {
      const key = at + name;
      if (key.startsWith(prefix) && !name.endsWith(DRAFT_SUFFIX)) into.push(key);
    }
    for (const name of await this.#disk.folders(folder)) {
      const below = `${at}${name}/`;
      if (below.startsWith(prefix) || prefix.startsWith(below)) await this.#walk(below, prefix, into);
    }
  }
}
