import { basename, dirname, join } from 'node:path';
import type { Disk, DiskFile } from '../../src/adapters/disk/disk.ts';

/** A device writes sectors whole or not at all. */
const SECTOR_BYTES = 512;

export interface Operation {
  kind: 'create' | 'write' | 'sync' | 'truncate' | 'read' | 'rename' | 'remove' | 'sync-folder';
  path: string;
  /** Bytes to write or read. */
  bytes: number;
}

/** What a hook may make of an operation: an error, of a write after some bytes. */
export interface Fault {
  code: 'ENOSPC' | 'EIO';
  /** Of a write: bytes that reached the file before the error. */
  written?: number;
}

/**
 * A disk in memory that keeps apart what is written and what is synced. Power loss drops what was not synced: each sector
 * of an unsynced write survives or not by itself, names survive up to some point of the order in which they were made.
 * It never lies about a sync. `hook` sees every operation before it happens and can fail it, delay it, or cut the power.
 */
export class FaultyDisk {
  hook: ((operation: Operation) => Fault | undefined | Promise<Fault | undefined>) | undefined;
  #files = new Map<string, MemoryFile>();
  /** Folder -> names as the device knows them, and changes not synced yet. */
  readonly #durable = new Map<string, Map<string, MemoryFile>>();
  readonly #changes = new Map<string, NameChange[]>();
  #life = 0;

  /** The disk as one life of a program sees it. After a crash or power loss its operations never return. */
  mount(): Disk {
    return new Mount(this, this.#life);
  }

  /** Drops what was not synced. `random` decides what survives of it: uniform in [0, 1). */
  powerLoss(random: () => number): void {
    this.#life++;
    for (const [folder, changes] of this.#changes) {
      const survive = Math.floor(random() * (changes.length + 1));
      for (const change of changes.slice(0, survive)) this.#make(folder, change);
    }
    this.#changes.clear();
    this.#files = new Map();
    for (const [folder, names] of this.#durable) {
      for (const [name, file] of names) this.#files.set(join(folder, name), file);
    }
    for (const file of new Set(this.#files.values())) file.losePower(random);
  }

  /** Kills the program only: what it wrote is in the kernel's hands. */
  crash(): void {
    this.#life++;
  }

  /** The bytes of a file as a reader sees them now. */
  contents(path: string): Uint8Array {
    return this.find(path).visible();
  }

  paths(): string[] {
    return [...this.#files.keys()].sort();
  }

  /** Of the files that lie in a folder itself. */
  names(at: string): string[] {
    const folder = withoutSlash(at);
    const names: string[] = [];
    for (const path of this.#files.keys()) {
      if (path[folder.length] === '/' && path.startsWith(folder) && !path.includes('/', folder.length + 1))
        names.push(path.slice(folder.length + 1));
    }
    return names.sort();
  }

  /** Changes a byte on the device itself, as bit rot does. */
  damage(path: string, position: number, mask = 0xff): void {
    this.find(path).damage(position, mask);
  }

  /** Cuts a file on the device itself. */
  cut(path: string, bytes: number): void {
    this.find(path).cut(bytes);
  }

  /** Takes a file away on the device itself. */
  lose(path: string): void {
    this.#files.delete(path);
    this.#durable.get(dirname(path))?.delete(basename(path));
  }

  /** Lets the hook decide about an operation: throws its fault, never returns to a program that has died. */
  async act(life: number, operation: Operation): Promise<void> {
    const fault = life === this.#life ? await this.hook?.(operation) : undefined;
    if (life !== this.#life) await new Promise<never>(() => {});
    if (fault) throw new DiskError(fault.code, operation.path, fault.written ?? 0);
  }

  makeFolder(path: string): void {
    for (let folder = path; !this.#durable.has(folder); folder = dirname(folder)) this.#durable.set(folder, new Map());
  }

  folders(at: string): string[] {
    const folder = withoutSlash(at);
    return [...this.#durable.keys()]
      .filter((path) => dirname(path) === folder && path !== folder)
      .map((path) => basename(path));
  }

  create(path: string): MemoryFile {
    if (this.#files.has(path)) throw new DiskError('EEXIST', path, 0);
    const file = new MemoryFile();
    this.#files.set(path, file);
    this.#change(path, { name: basename(path), file });
    return file;
  }

  rename(from: string, to: string): void {
    const file = this.find(from);
    this.#files.delete(from);
    this.#files.set(to, file);
    this.#change(to, { name: basename(to), file, renamedFrom: basename(from) });
  }

  remove(path: string): void {
    if (this.#files.delete(path)) this.#change(path, { name: basename(path), file: undefined });
  }

  syncFolder(folder: string): void {
    for (const change of this.#changes.get(folder) ?? []) this.#make(folder, change);
    this.#changes.delete(folder);
  }

  find(path: string): MemoryFile {
    const file = this.#files.get(path);
    if (!file) throw new DiskError('ENOENT', path, 0);
    return file;
  }

  #change(path: string, change: NameChange): void {
    const folder = dirname(path);
    const changes = this.#changes.get(folder) ?? [];
    changes.push(change);
    this.#changes.set(folder, changes);
  }

  #make(folder: string, change: NameChange): void {
    const names = this.#durable.get(folder) ?? new Map<string, MemoryFile>();
    this.#durable.set(folder, names);
    if (change.renamedFrom !== undefined) names.delete(change.renamedFrom);
    if (change.file) names.set(change.name, change.file);
    else names.delete(change.name);
  }
}

class Mount implements Disk {
  readonly #device: FaultyDisk;
  readonly #life: number;

  constructor(device: FaultyDisk, life: number) {
    this.#device = device;
    this.#life = life;
  }

  async makeFolder(path: string): Promise<void> {
    this.#device.makeFolder(path);
  }

  async list(folder: string): Promise<string[]> {
    return this.#device.names(folder);
  }

  async folders(folder: string): Promise<string[]> {
    return this.#device.folders(folder);
  }

  async open(path: string, mode: 'create' | 'write' | 'read'): Promise<DiskFile> {
    const act = (operation: Operation) => this.#device.act(this.#life, operation);
    if (mode !== 'create') return new Handle(this.#device.find(path), act, path);
    await act({ kind: 'create', path, bytes: 0 });
    return new Handle(this.#device.create(path), act, path);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#device.act(this.#life, { kind: 'rename', path: to, bytes: 0 });
    this.#device.rename(from, to);
  }

  async remove(path: string): Promise<void> {
    await this.#device.act(this.#life, { kind: 'remove', path, bytes: 0 });
    this.#device.remove(path);
  }

  async syncFolder(folder: string): Promise<void> {
    await this.#device.act(this.#life, { kind: 'sync-folder', path: folder, bytes: 0 });
    this.#device.syncFolder(folder);
  }
}

interface NameChange {
  name: string;
  /** undefined: the name went away. */
  file: MemoryFile | undefined;
  renamedFrom?: string;
}

class Handle implements DiskFile {
  readonly #file: MemoryFile;
  readonly #act: (operation: Operation) => Promise<void>;
  readonly #path: string;
  #open = true;

  constructor(file: MemoryFile, act: (operation: Operation) => Promise<void>, path: string) {
    this.#file = file;
    this.#act = act;
    this.#path = path;
  }

  async size(): Promise<number> {
    return this.#file.visible().length;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    await this.#begin('read', into.length);
    const bytes = this.#file.visible().subarray(position, position + into.length);
    into.set(bytes);
    return bytes.length;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    try {
      await this.#begin('write', bytes.length);
    } catch (error) {
      if (error instanceof DiskError && error.written > 0) this.#file.write(bytes.subarray(0, error.written), position);
      throw error;
    }
    this.#file.write(bytes, position);
  }

  async sync(): Promise<void> {
    await this.#begin('sync', 0);
    this.#file.sync();
  }

  async truncate(bytes: number): Promise<void> {
    await this.#begin('truncate', bytes);
    this.#file.truncate(bytes);
  }

  async close(): Promise<void> {
    this.#open = false;
  }

  async #begin(kind: Operation['kind'], bytes: number): Promise<void> {
    if (!this.#open) throw new DiskError('EBADF', this.#path, 0);
    await this.#act({ kind, path: this.#path, bytes });
  }
}

/** A file twice: as the kernel shows it, and as the device holds it with the writes that are still on their way there. */
class MemoryFile {
  #bytes: Uint8Array<ArrayBufferLike> = new Uint8Array(1024);
  #size = 0;
  #synced: Uint8Array<ArrayBufferLike> = new Uint8Array(1024);
  #syncedSize = 0;
  #unsynced: { position: number; bytes: Uint8Array | undefined }[] = [];

  visible(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  write(bytes: Uint8Array, position: number): void {
    const copy = bytes.slice();
    this.#bytes = fitted(this.#bytes, position + copy.length);
    this.#bytes.set(copy, position);
    this.#size = Math.max(this.#size, position + copy.length);
    this.#unsynced.push({ position, bytes: copy });
  }

  truncate(bytes: number): void {
    this.#bytes.fill(0, bytes, this.#size);
    this.#size = bytes;
    this.#unsynced.push({ position: bytes, bytes: undefined });
  }

  sync(): void {
    for (const change of this.#unsynced) this.#reach(change);
    this.#unsynced = [];
  }

  losePower(random: () => number): void {
    const kept = random();
    for (const { position, bytes } of this.#unsynced) {
      if (!bytes) {
        if (random() < kept) this.#reach({ position, bytes });
        continue;
      }
      for (let at = 0; at < bytes.length; ) {
        const end = Math.min(at + SECTOR_BYTES - ((position + at) % SECTOR_BYTES), bytes.length);
        if (random() < kept) this.#reach({ position: position + at, bytes: bytes.subarray(at, end) });
        at = end;
      }
    }
    this.#unsynced = [];
    this.#bytes = this.#synced.slice();
    this.#size = this.#syncedSize;
  }

  damage(position: number, mask: number): void {
    if (position >= this.#size) throw new RangeError(`no byte ${position}`);
    this.#bytes[position] = this.#bytes[position]! ^ mask;
    if (position < this.#syncedSize) this.#synced[position] = this.#synced[position]! ^ mask;
  }

  cut(bytes: number): void {
    this.truncate(bytes);
    this.sync();
  }

  #reach({ position, bytes }: { position: number; bytes: Uint8Array | undefined }): void {
    if (!bytes) {
      this.#synced.fill(0, position, this.#syncedSize);
      this.#syncedSize = position;
      return;
    }
    this.#synced = fitted(this.#synced, position + bytes.length);
    this.#synced.set(bytes, position);
    this.#syncedSize = Math.max(this.#syncedSize, position + bytes.length);
  }
}

function fitted(bytes: Uint8Array, size: number): Uint8Array {
  if (size <= bytes.length) return bytes;
  const larger = new Uint8Array(Math.max(bytes.length * 2, size));
  larger.set(bytes);
  return larger;
}

function withoutSlash(folder: string): string {
  return folder.endsWith('/') ? folder.slice(0, -1) : folder;
}

class DiskError extends Error {
  readonly code: string;
  readonly written: number;

  constructor(code: string, path: string, written: number) {
    super(`${code}: ${path}`);
    this.code = code;
    this.written = written;
  }
}
