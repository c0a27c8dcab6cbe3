import { join } from 'node:path';
import { readWhole, replaceFile } from '../disk/disk.ts';
import { NodeDisk } from '../disk/node-disk.ts';
import { bootId } from './boot-id.ts';
import { FolderLock } from './lock.ts';

export { DataDirInUseError } from './lock.ts';

/** Layout of a data folder as a whole; what lies in it has versions of its own. */
const FORMAT = 1;

/** A data folder that this program cannot use, in one line. */
export class DataDirError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DataDirError';
  }
}

interface StateFile {
  format: number;
  boot_id: string | null;
  /** The last program that had the folder closed it in order. */
  clean: boolean;
}

/** A data folder that this process holds alone. */
export class DataDir {
  readonly path: string;
  /** The last run ended in order (or there was none). */
  readonly cleanShutdown: boolean;
  /**
   * The last run did not, and the machine has started anew since (or cannot tell): what was written but not synced
   * may be gone, so everything that does not sync for itself must be made again from the log.
   */
  readonly powerLossSuspected: boolean;
  readonly #lock: FolderLock;
  readonly #state: StateFile;

  private constructor(path: string, lock: FolderLock, before: StateFile | undefined, now: StateFile) {
    this.path = path;
    this.#lock = lock;
    this.#state = now;
    this.cleanShutdown = before?.clean ?? true;
    const sameBoot = before !== undefined && before.boot_id !== null && before.boot_id === now.boot_id;
    this.powerLossSuspected = !this.cleanShutdown && !sameBoot;
  }

  /**
   * Makes the folder if there is none and takes its lock. Throws DataDirInUseError when another process has it, and a
   * DataDirError when the folder is of a newer format or its state is damaged.
   */
  static async open(path: string): Promise<DataDir> {
    const disk = new NodeDisk();
    await disk.makeFolder(path);
    const lock = await FolderLock.take(path);
    try {
      const before = await readState(path);
      const now: StateFile = { format: FORMAT, boot_id: (await bootId()) ?? null, clean: false };
      await writeState(path, now);
      return new DataDir(path, lock, before, now);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Path of something inside. */
  inside(name: string): string {
    return join(this.path, name);
  }

  /**
   * Lets go of the folder. `clean`: everything is closed and synced, so that the next start can trust all of it.
   */
  async close(options: { clean: boolean }): Promise<void> {
    if (options.clean) await writeState(this.path, { ...this.#state, clean: true });
    await this.#lock.release();
  }
}

function statePath(folder: string): string {
  return join(folder, 'state.json');
}

async function writeState(folder: string, state: StateFile): Promise<void> {
  await replaceFile(new NodeDisk(), statePath(folder), Buffer.from(`${JSON.stringify(state)}\n`));
}

async function readState(folder: string): Promise<StateFile | undefined> {
  const bytes = await readWhole(new NodeDisk(), statePath(folder));
  if (!bytes) return undefined;
  const state = parse(bytes);
  if (!state)
    throw new DataDirError(
      `${statePath(folder)} is damaged. Remove it if nothing else in the folder is; the store is then made again from the log.`,
    );
  if (state.format > FORMAT) {
    throw new DataDirError(
      `${folder} is of format ${state.format}; this program knows format ${FORMAT}. Use a newer version.`,
    );
  }
  return state;
}

function parse(bytes: Uint8Array): StateFile | undefined {
  try {
    const content: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return isState(content) ? content : undefined;
  } catch {
    return undefined;
  }
}

function isState(content: unknown): content is StateFile {
  if (typeof content !== 'object' || content === null) return false;
  const state = content as Partial<Record<keyof StateFile, unknown>>;
  return (
    Number.isSafeInteger(state.format) &&
    typeof state.clean === 'boolean' &&
    (state.boot_id === null || typeof state.boot_id === 'string')
  );
}
