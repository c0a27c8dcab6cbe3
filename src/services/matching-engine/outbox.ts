import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { type Stream, type StreamAppend, StreamWriteError } from '../../ports/stream.ts';
import { messageOf } from './snapshot-store.ts';

const MAX_APPEND = 5_000;
const READ_PAGE = 1_000;
const FIRST_PAUSE_MS = 10;
const MAX_PAUSE_MS = 1_000;

interface Waiter {
  /** How many records must be durable in all. */
  upTo: number;
  resolve: () => void;
  reject: (error: Error) => void;
}

/**
 * Appends records to one topic behind the engine's back, in order and without doubles: one append is in flight at a time,
 * what comes meanwhile goes with the next. After an append with an unknown end the log is read to learn what it holds.
 */
export class Outbox {
  readonly #stream: Stream;
  readonly #topic: string;
  readonly #identify: (value: Uint8Array) => string;
  readonly #clock: Clock;
  readonly #log: Log;
  #pending: StreamAppend[] = [];
  #pushed = 0;
  #durable = 0;
  #waiters: Waiter[] = [];
  #running = false;
  #stopping = false;
  #failed: Error | undefined;
  readonly #next: number[];

  /**
   * @param next offsets of the topic's partitions, at or before the first record that will be appended
   * @param identify names a record so that it is recognised in the log
   */
  constructor(deps: {
    stream: Stream;
    topic: string;
    next: readonly number[];
    identify: (value: Uint8Array) => string;
    clock: Clock;
    log: Log;
  }) {
    this.#stream = deps.stream;
    this.#topic = deps.topic;
    this.#next = [...deps.next];
    this.#identify = deps.identify;
    this.#clock = deps.clock;
    this.#log = deps.log;
  }

  /** By partition: records that are not durable yet will stand at or after this offset. */
  get next(): number[] {
    return [...this.#next];
  }

  /** Records that are not durable yet. */
  get waiting(): number {
    return this.#pushed - this.#durable;
  }

  push(records: readonly StreamAppend[]): void {
    if (records.length === 0) return;
    for (const record of records) this.#pending.push(record);
    this.#pushed += records.length;
    if (!this.#running) void this.#run();
  }

  /** Resolves when everything pushed until now is durable. Rejects when that will not happen any more. */
  flush(): Promise<void> {
    return this.#until(this.#pushed);
  }

  /** Resolves when at most `max` records wait. */
  room(max: number): Promise<void> {
    return this.#until(this.#pushed - max);
  }

  /** From now on a failed append is not tried again. */
  stop(): void {
    this.#stopping = true;
  }

  #until(upTo: number): Promise<void> {
    if (this.#durable >= upTo) return Promise.resolve();
    if (this.#failed !== undefined) return Promise.reject(this.#failed);
    return new Promise((resolve, reject) => this.#waiters.push({ upTo, resolve, reject }));
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#pending.length > 0 && this.#failed === undefined) {
      const batch = this.#pending.splice(0, MAX_APPEND);
      try {
        await this.#deliver(batch);
        this.#durable += batch.length;
      } catch (error) {
        this.#failed = error instanceof Error ? error : new Error(String(error));
      }
      this.#tellWaiters();
    }
    this.#running = false;
  }

  #tellWaiters(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      if (this.#durable >= waiter.upTo) waiter.resolve();
      else if (this.#failed !== undefined) waiter.reject(this.#failed);
      else this.#waiters.push(waiter);
    }
  }

  async #deliver(batch: readonly StreamAppend[]): Promise<void> {
    let rest = batch;
    let isKnown = true;
    for (let pauseMs = FIRST_PAUSE_MS; rest.length > 0; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
      try {
        if (!isKnown) rest = await this.#missing(rest);
        isKnown = true;
        await this.#append(rest);
        return;
      } catch (error) {
        isKnown = isKnown && error instanceof StreamWriteError && error.written === false;
        this.#log.error(
          { topic: this.#topic, error: messageOf(error) },
          'engine: an append failed; it will be tried again',
        );
        if (this.#stopping) throw error;
        await this.#clock.sleep(pauseMs);
      }
    }
  }

  async #append(records: readonly StreamAppend[]): Promise<void> {
    if (records.length === 0) return;
    for (const { partition, offset } of await this.#stream.append(this.#topic, records)) {
      this.#next[partition] = offset + 1;
    }
  }

  /** The records of a failed append that the log does not hold. */
  async #missing(records: readonly StreamAppend[]): Promise<readonly StreamAppend[]> {
    const held = new Set<string>();
    for await (const value of readTail(this.#stream, this.#topic, this.#next)) held.add(this.#identify(value));
    return records.filter(({ value }) => !held.has(this.#identify(value)));
  }
}

/** The values of all records of a topic at or after the offsets given, partition by partition. */
export async function* readTail(stream: Stream, topic: string, from: readonly number[]): AsyncGenerator<Uint8Array> {
  const partitions = (await stream.topics()).find((one) => one.topic === topic)?.partitions ?? 0;
  for (let partition = 0; partition < partitions; partition += 1) {
    const { begin, end } = await stream.bounds(topic, partition);
    let offset = Math.max(begin, from[partition] ?? 0);
    while (offset < end) {
      const records = await stream.read(topic, partition, offset, READ_PAGE);
      if (records.length === 0) break;
      for (const record of records) yield record.value;
      offset = records[records.length - 1]!.offset + 1;
    }
  }
}

/** The offset behind the newest record of each partition. */
export async function endsOf(stream: Stream, topic: string): Promise<number[]> {
  const partitions = (await stream.topics()).find((one) => one.topic === topic)?.partitions ?? 0;
  const ends: number[] = [];
  for (let partition = 0; partition < partitions; partition += 1) {
    ends.push((await stream.bounds(topic, partition)).end);
  }
  return ends;
}
