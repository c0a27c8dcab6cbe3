import type { Dirent } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Disk, type DiskFile, errorCode, isMissing } from './disk.ts';

const FLAGS = { create: 'wx+', write: 'r+', read: 'r' } as const;

/** The machine's own file system. */
export class NodeDisk implements Disk {
  async makeFolder(path: string): Promise<void> {
    const firstMade = await mkdir(path, { recursive: true });
    if (firstMade === undefined) return;
    for (let folder = path; folder.length >= firstMade.length; folder = dirname(folder)) {
      await this.syncFolder(dirname(folder));
    }
  }

  async list(folder: string): Promise<string[]> {
    return (await entriesOf(folder)).filter((entry) => entry.isFile()).map((entry) => entry.name);
  }

  async folders(folder: string): Promise<string[]> {
    return (await entriesOf(folder)).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  }

  async open(path: string, mode: 'create' | 'write' | 'read'): Promise<DiskFile> {
    return new NodeFile(await open(path, FLAGS[mode], 0o640));
  }

  rename(from: string, to: string): Promise<void> {
    return rename(from, to);
  }

  remove(path: string): Promise<void> {
    return rm(path, { force: true });
  }

  async syncFolder(folder: string): Promise<void> {
    // Windows cannot open a folder for syncing; NTFS journals names by itself.
    if (process.platform === 'win32') return;
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } catch (error) {
      // Some network file systems refuse to sync folders: they make names durable by themselves.
      if (errorCode(error) !== 'EINVAL') throw error;
    } finally {
      await handle.close();
    }
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

class NodeFile implements DiskFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    let done = 0;
    while (done < into.length) {
      const { bytesRead } = await this.#handle.read(into, done, into.length - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  truncate(bytes: number): Promise<void> {
    return this.#handle.truncate(bytes);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
