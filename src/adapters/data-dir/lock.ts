import { link, open, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { bootId, isAlive, processStart } from './boot-id.ts';

/** Who holds a folder. */
interface Holder {
  pid: number;
  host: string;
  boot_id: string | null;
  process_start: string | null;
  released: boolean;
}

const NAME = /^lock-(\d{8})$/;
const HEARTBEAT_MS = 5_000;
/** A holder on another host (or in another container) cannot be asked; it is believed dead after this long without a beat. */
const SILENT_MS = 20_000;

/** A second start on the folder, in one line. */
export class DataDirInUseError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DataDirInUseError';
  }
}

/**
 * Keeps a second process out of a folder; the lock of a dead process is taken over.
 *
 * Every taking makes a new generation, `lock-N+1`, by an atomic link: of many takers one wins. The file of the newest
 * generation always stays (released or not), so that one who looked at generation N long ago cannot win with N+1 later: he
 * finds a newer one and gives up.
 */
export class FolderLock {
  readonly #path: string;
  readonly #holder: Holder;
  readonly #heartbeat: NodeJS.Timeout;

  private constructor(path: string, holder: Holder) {
    this.#path = path;
    this.#holder = holder;
    this.#heartbeat = setInterval(() => {
      const now = new Date();
      utimes(path, now, now).catch(() => {});
    }, HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  /** Throws DataDirInUseError, with one clear line, when a living process holds the folder. */
  static async take(folder: string): Promise<FolderLock> {
    const holder = await ourselves();
    const draft = join(folder, `.lock-${process.pid}-${Math.random().toString(36).slice(2)}`);
    try {
      await write(draft, holder, 'wx');
      for (;;) {
        const newest = (await generations(folder)).at(-1);
        if (newest !== undefined) await refuseIfHeld(folder, newest);
        const taken = await tryTake(folder, draft, (newest ?? 0) + 1);
        if (taken) return new FolderLock(taken, holder);
      }
    } finally {
      await rm(draft, { force: true });
    }
  }

  async release(): Promise<void> {
    clearInterval(this.#heartbeat);
    await write(this.#path, { ...this.#holder, released: true }, 'r+');
  }
}

async function ourselves(): Promise<Holder> {
  return {
    pid: process.pid,
    host: hostname(),
    boot_id: (await bootId()) ?? null,
    process_start: (await processStart(process.pid)) ?? null,
    released: false,
  };
}

async function tryTake(folder: string, draft: string, generation: number): Promise<string | undefined> {
  const path = pathOf(folder, generation);
  try {
    await link(draft, path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return undefined;
    throw error;
  }
  const all = await generations(folder);
  if (all.at(-1) !== generation) {
    await rm(path, { force: true });
    return undefined;
  }
  for (const old of all.slice(0, -1)) await rm(pathOf(folder, old), { force: true });
  return path;
}

async function refuseIfHeld(folder: string, generation: number): Promise<void> {
  const path = pathOf(folder, generation);
  const holder = await read(path);
  if (!holder || holder.released) return;
  const mine = await ourselves();
  if (holder.host !== mine.host) {
    const silentMs = Date.now() - (await stat(path)).mtimeMs;
    if (silentMs > SILENT_MS) return;
    const seen = `${Math.round(silentMs / 1000)} s ago`;
    throw new DataDirInUseError(`${folder} is in use by process ${holder.pid} on ${holder.host} (seen ${seen}).`);
  }
  if (holder.boot_id !== null && mine.boot_id !== null && holder.boot_id !== mine.boot_id) return;
  if (!(await isAlive(holder.pid))) return;
  const start = await processStart(holder.pid);
  if (holder.process_start !== null && start !== undefined && holder.process_start !== start) return;
  throw new DataDirInUseError(
    `${folder} is in use by process ${holder.pid}; one folder serves one exchange at a time.`,
  );
}

async function generations(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names
    .map((name) => NAME.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}

function pathOf(folder: string, generation: number): string {
  return join(folder, `lock-${String(generation).padStart(8, '0')}`);
}

async function write(path: string, holder: Holder, flags: 'wx' | 'r+'): Promise<void> {
  const file = await open(path, flags, 0o640);
  try {
    const text = `${JSON.stringify(holder)}\n`;
    await file.write(text, 0);
    await file.truncate(Buffer.byteLength(text));
    await file.sync();
  } finally {
    await file.close();
  }
}

/** undefined for a lock that a power loss left without its contents: nobody holds it. */
async function read(path: string): Promise<Holder | undefined> {
  try {
    const content: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isHolder(content) ? content : undefined;
  } catch {
    return undefined;
  }
}

function isHolder(content: unknown): content is Holder {
  if (typeof content !== 'object' || content === null) return false;
  const holder = content as Partial<Record<keyof Holder, unknown>>;
  return Number.isSafeInteger(holder.pid) && typeof holder.host === 'string' && typeof holder.released === 'boolean';
}
