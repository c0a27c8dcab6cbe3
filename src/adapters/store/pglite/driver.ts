import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { FolderLock } from '../../data-dir/lock.ts';
import { backgroundThread } from '../../threads/background-thread.ts';
import { type Row, type SqlDriver, SqlError } from '../sql/driver.ts';
import { OPENED, type WorkerReply, type WorkerRequest, type WorkerSettings } from './messages.ts';

interface Waiting {
  resolve(answers: Row[][]): void;
  reject(error: Error): void;
}

type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;

/** PGlite in a thread of its own. `folder` undefined: in memory. */
export async function pgliteDriver(folder: string | undefined): Promise<SqlDriver> {
  if (folder !== undefined) await mkdir(folder, { recursive: true });
  // PGlite itself would let two processes open one folder, and they would destroy it.
  const lock = folder === undefined ? undefined : await FolderLock.take(folder);
  try {
    return await PgliteDriver.open(folder, lock);
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

class PgliteDriver implements SqlDriver {
  readonly #worker: Worker;
  readonly #lock: FolderLock | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = OPENED;
  #closed: Promise<void> | undefined;
  #failure: Error | undefined;

  private constructor(worker: Worker, lock: FolderLock | undefined) {
    this.#worker = worker;
    this.#lock = lock;
    worker.on('message', (reply: WorkerReply) => this.#answer(reply));
    worker.on('error', (error) => this.#fail(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', () => this.#fail(new Error('the database thread has ended')));
  }

  static async open(folder: string | undefined, lock: FolderLock | undefined): Promise<PgliteDriver> {
    const settings: WorkerSettings = { folder: folder === undefined ? undefined : join(folder, 'pg') };
    const worker = backgroundThread(new URL('./worker.ts', import.meta.url), { workerData: settings });
    const driver = new PgliteDriver(worker, lock);
    try {
      await new Promise<Row[][]>((resolve, reject) => driver.#waiting.set(OPENED, { resolve, reject }));
    } catch (error) {
      // It waits for requests, and would keep the process alive.
      await worker.terminate();
      throw error;
    }
    return driver;
  }

  transaction(...[statements, lane]: Parameters<SqlDriver['transaction']>): Promise<Row[][]> {
    return this.#send({ kind: 'transaction', lane, statements });
  }

  async script(sql: string): Promise<void> {
    await this.#send({ kind: 'script', sql });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    try {
      await this.#send({ kind: 'close' });
    } finally {
      await this.#worker.terminate();
      await this.#lock?.release();
    }
  }

  #send(request: Unnumbered<WorkerRequest>): Promise<Row[][]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...request, id });
    });
  }

  #answer(reply: WorkerReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.ok) waiting?.resolve(reply.answers);
    else waiting?.reject(new SqlError(reply.message, reply.sqlState));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}
