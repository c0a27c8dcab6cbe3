import type { Worker } from 'node:worker_threads';
import type { Press, SymbolImage } from '../../services/matching-engine/press.ts';
import type { SnapshotHead } from '../../services/matching-engine/snapshot-store.ts';
import { backgroundThread } from '../threads/background-thread.ts';
import { ownMemory, type PressOrder, type PressReply } from './messages.ts';

interface Waiting {
  resolve: (sealed: Uint8Array) => void;
  reject: (error: Error) => void;
}

/**
 * Writes snapshots down in a thread of its own: a book of some ten thousand orders takes tens of milliseconds, which no order has
 * to wait for. A thread that fails rejects what it was asked for; the next snapshot gets another one.
 */
export class ThreadPress implements Press {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #lastId = 0;

  seal(head: SnapshotHead, image: SymbolImage): Promise<Uint8Array> {
    const worker = this.#worker ?? this.#hire();
    // A process that has nothing else to do waits for its snapshots, and for nothing else of this thread.
    worker.ref();
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      worker.postMessage(
        { id, head, image } satisfies PressOrder,
        ownMemory([image.head, image.book, ...image.chunks]),
      );
      this.#waiting.set(id, { resolve, reject });
    });
  }

  /** Ends the thread; what it was still asked for is rejected. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #hire(): Worker {
    const worker = backgroundThread(new URL('./worker.ts', import.meta.url));
    this.#worker = worker;
    worker.on('message', ({ id, sealed }: PressReply) => {
      this.#waiting.get(id)?.resolve(sealed);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) worker.unref();
    });
    worker.on('error', (error) => this.#fail(worker, error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', () => this.#fail(worker, new Error('the thread of the snapshots has ended')));
    return worker;
  }

  #fail(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
