/**
 * A durable, partitioned, append-only log. Engines: embedded (one machine), Kafka, Kinesis.
 *
 * Promises every adapter keeps (test/conformance/stream):
 * - `append` resolves only when the records are durable (fsync'd, or acknowledged by all in-sync replicas). When it
 *   rejects with a StreamWriteError the records of that call are in the log wholly or not at all, as `written` says.
 * - Records of one partition keep the order in which `append` was called, and offsets ascend.
 * - A reader never sees a record that is not durable yet.
 * - Delivery is at least once: a consumer keeps its own position, together with its effect.
 */
export interface Stream {
  /** Makes a topic if there is none; an existing one keeps its partitions (changing them is an error). */
  ensureTopic(topic: string, options: { partitions: number; retentionMs?: number }): Promise<void>;
  topics(): Promise<TopicInfo[]>;
  deleteTopic(topic: string): Promise<void>;
  /** Calls in flight share one write and one fsync (group commit). The result has one position per record, in order. */
  append(topic: string, records: readonly StreamAppend[]): Promise<StreamPosition[]>;
  /** Durable records from `offset` on: at most `maxRecords`, perhaps fewer than there are, none only when the reader has caught up. */
  read(topic: string, partition: number, offset: number, maxRecords: number): Promise<StreamRecord[]>;
  /** Offset of the oldest record kept, and the offset that the next record will get. */
  bounds(topic: string, partition: number): Promise<{ begin: number; end: number }>;
  /**
   * Feeds a consumer from where it says it stands. One batch at a time per partition; the next batch is not delivered
   * before `onBatch` has resolved. If it rejects, the same records come again after a pause that doubles up to a second.
   */
  consume(consumer: StreamConsumer): Promise<StreamSubscription>;
  /** The partition a key goes to: the same for every process and restart. */
  partitionOf(topic: string, key: string): number;
  close(): Promise<void>;
}

export interface StreamAppend {
  key: string;
  value: Uint8Array;
}

export interface StreamPosition {
  partition: number;
  offset: number;
}

export interface StreamRecord extends StreamPosition {
  key: string;
  value: Uint8Array;
}

export interface TopicInfo {
  topic: string;
  partitions: number;
}

export interface StreamConsumer {
  topic: string;
  /** Names the consumer in metrics and, on Kafka, the consumer group that shares the partitions out. */
  group: string;
  /** Called when a partition is taken over: where to start. */
  position(partition: number): Promise<number>;
  onBatch(partition: number, records: readonly StreamRecord[]): Promise<void>;
  /** The partition went to another member of the group (a rebalance): stop touching its state. */
  onRevoked?(partition: number): Promise<void>;
  /** Told of every failed delivery (onBatch or position rejected, OffsetGoneError, a disk that cannot be read) before the pause. */
  onError?(partition: number, error: Error): void;
  /** At most this many records a batch (default 1,000). */
  maxRecords?: number;
}

export interface StreamSubscription {
  /** How far behind the consumer is: records appended and durable but not yet handled, over its partitions. */
  lag(): Promise<number>;
  /** Finishes the batch at hand and stops. */
  close(): Promise<void>;
}

/** Storage failed under an append. `written` false: surely nothing of it is in the log. */
export class StreamWriteError extends Error {
  readonly written: boolean | 'unknown';
  constructor(message: string, written: boolean | 'unknown', options?: ErrorOptions) {
    super(message, options);
    this.name = 'StreamWriteError';
    this.written = written;
  }
}

/** A consumer fell behind retention: what it needs is gone, so it must start from a newer snapshot. */
export class OffsetGoneError extends Error {
  constructor(topic: string, partition: number, offset: number, begin: number) {
    super(`${topic}/${partition}: offset ${offset} is gone, the log begins at ${begin}`);
    this.name = 'OffsetGoneError';
  }
}

/** The log ends before what has been taken from it already: records are lost, or an older log has been put in its place. */
export class RecordsLostError extends Error {
  constructor(topic: string, partition: number, taken: number, end: number) {
    super(
      `${topic}/${partition} ends at ${end}, but what lies beside the log knows it up to ${taken}: records are lost. ` +
        'Put the newer log back. If the older log is meant, leave only log in the data folder and start again.',
    );
    this.name = 'RecordsLostError';
  }
}
