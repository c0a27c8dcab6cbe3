import type { OrderRecord } from '../../domain/records.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EntryRequest, EntryResult } from '../../ports/store.ts';

/** A command on its way: what the store must check and hold, the record to publish then, and who waits for it. */
export interface Command {
  entry: EntryRequest;
  /** Made once the store has agreed, since cancels and replaces learn their symbol from it. */
  record(result: EntryResult): OrderRecord;
  settle(result: EntryResult): void;
  fail(error: Error): void;
}

/** What is done in its turn too, but not in a batch: after the commands called before it have gone, before those called after. */
interface Alone {
  run(): Promise<void>;
}

export interface CommandQueueOptions {
  clock: Pick<Clock, 'turn'>;
  /** Commands in one batch at most. */
  maxBatch: number;
  /** Takes a batch into the store and sends it on its way to the log; settles or fails each of its commands. Never rejects. */
  enter(batch: readonly Command[]): Promise<void>;
}

/** Commands in the order of their calls: while one batch is being entered the next one gathers. */
export class CommandQueue {
  readonly #options: CommandQueueOptions;
  readonly #queue: (Command | Alone)[] = [];
  #entering = false;
  #waiting = 0;
  #idle: (() => void) | undefined;

  constructor(options: CommandQueueOptions) {
    this.#options = options;
  }

  /** Callers without an answer yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Resolves with what the store said, once the record (if it is to have one) is durable. */
  submit(entry: EntryRequest, record: (result: EntryResult) => OrderRecord): Promise<EntryResult> {
    return this.#queued((settle, fail) => ({ entry, record, settle, fail }));
  }

  /** Does something between the commands called before and those called after. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#queued((settle, fail) => ({ run: () => work().then(settle, fail) }));
  }

  /** Resolves when nobody waits. */
  idle(): Promise<void> {
    if (this.#waiting === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle = resolve;
    });
  }

  #queued<T>(make: (settle: (result: T) => void, fail: (error: Error) => void) => Command | Alone): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting += 1;
      const done = () => {
        this.#waiting -= 1;
        if (this.#waiting === 0) this.#idle?.();
      };
      const settle = (result: T) => {
        done();
        resolve(result);
      };
      const fail = (error: Error) => {
        done();
        reject(error);
      };
      this.#queue.push(make(settle, fail));
      if (!this.#entering) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#entering = true;
    // Everything that this turn of the event loop brings goes into one batch.
    await this.#options.clock.turn();
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      if ('run' in next) {
        this.#queue.shift();
        await next.run();
      } else {
        await this.#options.enter(this.#takeBatch());
      }
    }
    this.#entering = false;
  }

  #takeBatch(): Command[] {
    const batch: Command[] = [];
    for (const queued of this.#queue) {
      if (batch.length === this.#options.maxBatch || 'run' in queued) break;
      batch.push(queued);
    }
    this.#queue.splice(0, batch.length);
    return batch;
  }
}
