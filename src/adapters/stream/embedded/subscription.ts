import type { Clock } from '../../../ports/clock.ts';
import type { Log } from '../../../ports/log.ts';
import type { StreamConsumer, StreamRecord, StreamSubscription } from '../../../ports/stream.ts';
import type { Partition, Reader } from './partition.ts';

const DEFAULT_MAX_RECORDS = 1_000;
const FIRST_PAUSE_MS = 10;
const MAX_PAUSE_MS = 1_000;

/** What a subscription needs of the log. */
export interface Source {
  read(partition: Partition, offset: number, maxRecords: number): Promise<StreamRecord[]>;
}

/** Feeds one consumer: for each partition a loop that reads, hands over, and sleeps until there is news. */
export class Subscription implements StreamSubscription {
  readonly #consumer: StreamConsumer;
  readonly #source: Source;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onClose: () => void;
  readonly #feeds: Feed[];
  #closed: Promise<void> | undefined;

  constructor(init: {
    consumer: StreamConsumer;
    source: Source;
    partitions: readonly Partition[];
    clock: Clock;
    log: Log;
    onClose: () => void;
  }) {
    this.#consumer = init.consumer;
    this.#source = init.source;
    this.#clock = init.clock;
    this.#log = init.log;
    this.#onClose = init.onClose;
    this.#feeds = init.partitions.map((partition) => new Feed(partition));
    for (const feed of this.#feeds) {
      feed.partition.join(feed);
      feed.done = this.#run(feed);
    }
  }

  /** The offset from which a partition is still needed; undefined until the consumer has said where it stands. */
  position(partition: Partition): number | undefined {
    return this.#feeds.find((feed) => feed.partition === partition)?.next;
  }

  async lag(): Promise<number> {
    return this.#feeds.reduce((sum, { partition, next }) => sum + partition.end - (next ?? partition.begin), 0);
  }

  close(): Promise<void> {
    this.#closed ??= this.#finish();
    return this.#closed;
  }

  async #finish(): Promise<void> {
    for (const feed of this.#feeds) feed.stop();
    await Promise.all(this.#feeds.map((feed) => feed.done));
    for (const feed of this.#feeds) feed.partition.leave(feed);
    this.#onClose();
  }

  async #run(feed: Feed): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (!feed.stopped) {
      try {
        await this.#step(feed);
        pauseMs = FIRST_PAUSE_MS;
      } catch (error) {
        this.#report(feed, error);
        await feed.pause(this.#clock, pauseMs);
        pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS);
      }
    }
  }

  async #step(feed: Feed): Promise<void> {
    feed.next ??= await this.#consumer.position(feed.partition.partition);
    if (feed.batch.length === 0) await this.#fetch(feed);
    if (feed.batch.length === 0) return feed.news();
    if (feed.stopped) return;
    await this.#consumer.onBatch(feed.partition.partition, feed.batch);
    feed.next = feed.batch.at(-1)!.offset + 1;
    feed.batch = [];
    feed.partition.passed();
  }

  async #fetch(feed: Feed): Promise<void> {
    try {
      const max = this.#consumer.maxRecords ?? DEFAULT_MAX_RECORDS;
      feed.batch = await this.#source.read(feed.partition, feed.next!, max);
    } catch (error) {
      // Perhaps it stands elsewhere by now (a newer snapshot): it is asked again.
      feed.next = undefined;
      throw error;
    }
  }

  #report(feed: Feed, error: unknown): void {
    const cause = error instanceof Error ? error : new Error(String(error));
    const { topic, group } = this.#consumer;
    const fields = { topic, group, partition: feed.partition.partition, offset: feed.next, error: cause.message };
    this.#log.warn(fields, 'stream: a consumer failed; its records will come again');
    this.#consumer.onError?.(feed.partition.partition, cause);
  }
}

/** How far one partition of one consumer has come. */
class Feed implements Reader {
  readonly partition: Partition;
  next: number | undefined;
  /** Handed over but not handled yet: after a failure the same records come again. */
  batch: readonly StreamRecord[] = [];
  stopped = false;
  done: Promise<void> = Promise.resolve();
  #wake: (() => void) | undefined;

  constructor(partition: Partition) {
    this.partition = partition;
  }

  stop(): void {
    this.stopped = true;
    this.#wake?.();
  }

  /** Until the partition has more than this consumer has seen. */
  news(): Promise<void> {
    return new Promise((resolve) => {
      if (this.stopped || this.partition.end > (this.next ?? 0)) return resolve();
      const forget = this.partition.onNews(resolve);
      this.#wake = () => {
        forget();
        resolve();
      };
    });
  }

  pause(clock: Clock, ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.stopped) return resolve();
      const timer = clock.setTimeout(resolve, ms);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}
