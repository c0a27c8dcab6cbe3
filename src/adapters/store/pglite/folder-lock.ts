import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Keeps two processes from opening one data folder: PGlite itself would let them, and they would destroy it. The lock is a file
 * that names its owner; the lock of a process that is gone is taken over.
 */
export interface FolderLock {
  release(): void;
}

export class FolderLockedError extends Error {
  constructor(folder: string, pid: number) {
    super(`${folder} is in use by process ${pid}; stop it first, or choose another DATA_DIR`);
    this.name = 'FolderLockedError';
  }
}

interface Owner {
  pid: number;
  /** When the process started, in clock ticks since boot, so that a reused process id is told apart (0 where unknown). */
  started: string;
  boot: string;
}

const ATTEMPTS = 5;

/** @throws FolderLockedError when a living process holds the lock */
export function lockFolder(folder: string): FolderLock {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'store.lock');
  const mine: Owner = { pid: process.pid, started: startOf(process.pid), boot: bootId() };
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(mine));
  try {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      if (take(draft, path)) return { release: () => rmSync(path, { force: true }) };
      const owner = ownerOf(path);
      if (owner !== undefined && isAlive(owner)) throw new FolderLockedError(folder, owner.pid);
      // Of several processes that find the same stale lock only one renames it.
      moveAside(path, `${draft}.stale`);
    }
    throw new Error(`${path} could not be taken`);
  } finally {
    rmSync(draft, { force: true });
    rmSync(`${draft}.stale`, { force: true });
  }
}

/** A link is made wholly or not at all, and never over an existing file. */
function take(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function moveAside(path: string, aside: string): void {
  try {
    renameSync(path, aside);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}

function ownerOf(path: string): Owner | undefined {
  try {
    const owner: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof owner !== 'object' || owner === null || !('pid' in owner) || typeof owner.pid !== 'number')
      return undefined;
    const started = 'started' in owner ? String(owner.started) : '';
    return { pid: owner.pid, started, boot: 'boot' in owner ? String(owner.boot) : '' };
  } catch {
    return undefined;
  }
}

function isAlive(owner: Owner): boolean {
  if (owner.boot !== bootId()) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return owner.started === startOf(owner.pid);
}

function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}
