import { partitionOf } from '../../../domain/partition.ts';
import { RETENTION_MS } from '../../../domain/topics.ts';
import type { Chance, Clock } from '../../../ports/clock.ts';
import { type Log, silentLog } from '../../../ports/log.ts';
import {
  OffsetGoneError,
  type Stream,
  type StreamAppend,
  type StreamConsumer,
  type StreamPosition,
  type StreamRecord,
  type TopicInfo,
} from '../../../ports/stream.ts';
import { type Disk, DRAFT_SUFFIX } from '../../disk/disk.ts';
import { NodeDisk } from '../../disk/node-disk.ts';
import { CorruptLogError } from './format.ts';
import { Partition } from './partition.ts';
import { LogReader } from './reader.ts';
import { recover } from './recovery.ts';
import { Registry } from './registry.ts';
import { removeExpired } from './retention.ts';
import type { Segment } from './segment.ts';
import { Subscription } from './subscription.ts';
import { Writer, type WriterOptions } from './writer.ts';

export interface EmbeddedStreamOptions extends Partial<WriterOptions> {
  /** Where the log lives; nobody else may write there (src/adapters/data-dir keeps second processes out). */
  folder: string;
  clock: Clock;
  chance: Chance;
  disk?: Disk;
  log?: Log;
  /** Memory for the newest records of each partition. */
  tailBytes?: number;
  /**
   * The oldest offset that somebody still needs (a snapshot, a consumer that is not running): retention keeps the
   * log from there on, however old it is. undefined: nobody needs anything.
   */
  neededFrom?: (topic: string, partition: number) => Promise<number | undefined>;
  /** Told once when a sync has failed and the log takes no more appends: the program should end and be started again. */
  onFailure?: (error: Error) => void;
}

const MAX_KEY_BYTES = 65_535;
const MAX_VALUE_BYTES = 16 * 1024 * 1024;
const MAX_SEGMENT_BYTES = 1024 * 1024 * 1024;
const RECORD_OVERHEAD_BYTES = 64;
const PARTITION_CACHE = 10_000;

/** The stream of one machine: a checksummed log on its own disk, shared by all topics (docs/adr/0002-log.md). */
export class EmbeddedStream implements Stream {
  readonly #options: EmbeddedStreamOptions;
  readonly #log: Log;
  readonly #registry: Registry;
  readonly #partitions: Map<number, Partition>;
  readonly #byTopic = new Map<string, Partition[]>();
  readonly #keys = new Map<string, Map<string, Partition>>();
  readonly #segments: Segment[];
  readonly #writer: Writer;
  readonly #reader: LogReader;
  readonly #subscriptions = new Map<string, Subscription>();
  /** Changes of the registry follow one another. */
  #changes: Promise<unknown> = Promise.resolve();
  #trimming: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  private constructor(init: {
    options: EmbeddedStreamOptions;
    registry: Registry;
    partitions: Map<number, Partition>;
    segments: Segment[];
    nextGroup: number;
  }) {
    const { options, segments, partitions } = init;
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#registry = init.registry;
    this.#partitions = partitions;
    this.#segments = segments;
    for (const { topic, partitionIds } of init.registry.topics.values()) {
      this.#byTopic.set(
        topic,
        partitionIds.map((id) => partitions.get(id)!),
      );
    }
    this.#writer = new Writer({
      disk: options.disk ?? new NodeDisk(),
      folder: options.folder,
      clock: options.clock,
      chance: options.chance,
      log: this.#log,
      options: writerOptions(options),
      segments,
      partitions,
      nextGroup: init.nextGroup,
      onFailure: (error) => options.onFailure?.(error),
      onRoll: () => void this.trim(),
    });
    this.#reader = new LogReader(segments);
  }

  /**
   * Opens the log of a folder, or makes one. Throws CorruptLogError when it is damaged, and whatever the disk throws;
   * a start after power loss finds every acknowledged record.
   */
  static async open(options: EmbeddedStreamOptions): Promise<EmbeddedStream> {
    const { folder, disk = new NodeDisk(), log = silentLog } = options;
    await disk.makeFolder(folder);
    for (const name of await disk.list(folder)) {
      if (name.endsWith(DRAFT_SUFFIX)) await disk.remove(`${folder}/${name}`);
    }
    const { registry, exists } = await Registry.load(disk, folder);
    const partitions = new Map<number, Partition>();
    for (const entry of registry.topics.values()) addPartitions(partitions, entry, options);
    const { segments, nextGroup } = await recover(disk, folder, partitions, log);
    if (!exists && segments.length > 0) throw new CorruptLogError(folder, 0, 'there are segments but no topics.json');
    if (segments.length === 0 && registry.topics.size > 0) {
      throw new CorruptLogError(folder, 0, 'topics.json lists topics but there is no segment');
    }
    if (!exists) await registry.save();
    const stream = new EmbeddedStream({ options, registry, partitions, segments, nextGroup });
    if (segments.length === 0) await stream.#writer.begin();
    return stream;
  }

  /** Why appends are refused until the program starts again (a sync failed); undefined while all is well. */
  get failure(): Error | undefined {
    return this.#writer.failure;
  }

  ensureTopic(topic: string, options: { partitions: number; retentionMs?: number }): Promise<void> {
    return this.#change(async () => {
      const known = this.#byTopic.get(topic);
      if (known) {
        if (known.length === options.partitions) return;
        throw new Error(`Topic ${topic} has ${known.length} partitions, not ${options.partitions}.`);
      }
      if (!Number.isSafeInteger(options.partitions) || options.partitions < 1 || options.partitions > 10_000) {
        throw new RangeError(`A topic has 1 to 10,000 partitions, not ${options.partitions}.`);
      }
      const entry = await this.#registry.add(topic, options.partitions, options.retentionMs ?? RETENTION_MS);
      this.#byTopic.set(topic, addPartitions(this.#partitions, entry, this.#options));
    });
  }

  async topics(): Promise<TopicInfo[]> {
    return [...this.#byTopic].map(([topic, partitions]) => ({ topic, partitions: partitions.length }));
  }

  deleteTopic(topic: string): Promise<void> {
    return this.#change(async () => {
      if (!this.#byTopic.has(topic)) return;
      if ([...this.#subscriptions.keys()].some((key) => key.startsWith(`${topic} `))) {
        throw new Error(`Topic ${topic} still has consumers.`);
      }
      await this.#registry.remove(topic);
      for (const partition of this.#byTopic.get(topic) ?? []) this.#partitions.delete(partition.id);
      this.#byTopic.delete(topic);
      this.#keys.delete(topic);
    });
  }

  /** The values are kept, not copied: whoever appends does not change them afterwards. */
  append(topic: string, records: readonly StreamAppend[]): Promise<StreamPosition[]> {
    try {
      this.#partitionsOf(topic);
      if (records.length === 0) return Promise.resolve([]);
      let bytes = 0;
      const partitions = records.map((record) => {
        bytes += RECORD_OVERHEAD_BYTES + checkedBytes(record);
        return this.#partitionOfKey(topic, record.key);
      });
      return this.#writer.append(records, partitions, bytes);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async read(topic: string, partition: number, offset: number, maxRecords: number): Promise<StreamRecord[]> {
    return this.#read(this.#partition(topic, partition), offset, maxRecords);
  }

  async bounds(topic: string, partition: number): Promise<{ begin: number; end: number }> {
    const { begin, end } = this.#partition(topic, partition);
    return { begin, end };
  }

  async consume(consumer: StreamConsumer): Promise<Subscription> {
    const key = `${consumer.topic} ${consumer.group}`;
    if (this.#closed) throw new Error('the log is closed');
    if (this.#subscriptions.has(key)) {
      throw new Error(`Group ${consumer.group} already consumes ${consumer.topic} in this process.`);
    }
    const subscription = new Subscription({
      consumer,
      source: { read: (partition, offset, max) => this.#read(partition, offset, max) },
      partitions: this.#partitionsOf(consumer.topic),
      clock: this.#options.clock,
      log: this.#log,
      onClose: () => this.#subscriptions.delete(key),
    });
    this.#subscriptions.set(key, subscription);
    return subscription;
  }

  partitionOf(topic: string, key: string): number {
    return this.#partitionOfKey(topic, key).partition;
  }

  /** Removes segments that nobody needs any more. The log does so itself whenever it begins a new segment. */
  trim(): Promise<void> {
    this.#trimming ??= this.#trim().finally(() => {
      this.#trimming = undefined;
    });
    return this.#trimming;
  }

  #trim(): Promise<void> {
    return removeExpired({
      disk: this.#options.disk ?? new NodeDisk(),
      folder: this.#options.folder,
      now: this.#options.clock.now(),
      log: this.#log,
      segments: this.#segments,
      partitions: this.#partitions,
      retentionMs: Math.max(0, ...[...this.#registry.topics.values()].map((entry) => entry.retentionMs)),
      neededFrom: (partition) => this.#neededFrom(partition),
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#finish();
    return this.#closed;
  }

  async #finish(): Promise<void> {
    await Promise.all([...this.#subscriptions.values()].map((subscription) => subscription.close()));
    await this.#changes;
    await this.#writer.close();
    await this.#trimming;
    await Promise.all(this.#segments.map((segment) => segment.file.close()));
  }

  async #read(partition: Partition, offset: number, maxRecords: number): Promise<StreamRecord[]> {
    const { begin, end, tail } = partition;
    if (offset < begin) throw new OffsetGoneError(partition.topic, partition.partition, offset, begin);
    if (offset > end || !Number.isSafeInteger(offset)) {
      throw new RangeError(`${partition.topic}/${partition.partition}: offset ${offset} is past the end, ${end}`);
    }
    if (offset === end || maxRecords <= 0) return [];
    const held = tail.begin;
    if (held !== undefined && held <= offset) return tail.slice(offset, maxRecords);
    return this.#reader.read(partition, offset, maxRecords);
  }

  /** What retention must keep of a partition: the least that a running consumer or `neededFrom` asks for. */
  async #neededFrom(partition: Partition): Promise<number> {
    const asked = await this.#options.neededFrom?.(partition.topic, partition.partition);
    let needed = asked ?? partition.end;
    for (const [key, subscription] of this.#subscriptions) {
      if (!key.startsWith(`${partition.topic} `)) continue;
      needed = Math.min(needed, subscription.position(partition) ?? partition.begin);
    }
    return needed;
  }

  #change<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#changes.then(() => {
      if (this.#closed) throw new Error('the log is closed');
      return work();
    });
    this.#changes = done.catch(() => {});
    return done;
  }

  #partitionsOf(topic: string): Partition[] {
    const partitions = this.#byTopic.get(topic);
    if (!partitions) throw new Error(`There is no topic ${topic}.`);
    return partitions;
  }

  #partition(topic: string, index: number): Partition {
    const partition = this.#partitionsOf(topic)[index];
    if (!partition) throw new RangeError(`Topic ${topic} has no partition ${index}.`);
    return partition;
  }

  #partitionOfKey(topic: string, key: string): Partition {
    let known = this.#keys.get(topic);
    if (!known || known.size >= PARTITION_CACHE) {
      known = new Map();
      this.#keys.set(topic, known);
    }
    let partition = known.get(key);
    if (!partition) {
      const partitions = this.#partitionsOf(topic);
      partition = partitions[partitionOf(key, partitions.length)]!;
      known.set(key, partition);
    }
    return partition;
  }
}

function writerOptions(options: EmbeddedStreamOptions): WriterOptions {
  return {
    segmentBytes: Math.min(options.segmentBytes ?? 64 * 1024 * 1024, MAX_SEGMENT_BYTES),
    maxQueueBytes: options.maxQueueBytes ?? 64 * 1024 * 1024,
    maxGroupBytes: options.maxGroupBytes ?? 4 * 1024 * 1024,
    unsafeAcknowledgeBeforeSync: options.unsafeAcknowledgeBeforeSync ?? false,
  };
}

function addPartitions(
  into: Map<number, Partition>,
  entry: { topic: string; partitionIds: readonly number[] },
  options: EmbeddedStreamOptions,
): Partition[] {
  return entry.partitionIds.map((id, index) => {
    const partition = new Partition(id, entry.topic, index, options.tailBytes ?? 4 * 1024 * 1024);
    into.set(id, partition);
    return partition;
  });
}

/** Characters of a key take at most three bytes; most keys need no exact count. */
function checkedBytes({ key, value }: StreamAppend): number {
  if (key.length * 3 > MAX_KEY_BYTES && Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw new RangeError(`A key has at most ${MAX_KEY_BYTES} bytes.`);
  }
  if (value.length > MAX_VALUE_BYTES) throw new RangeError(`A value has at most ${MAX_VALUE_BYTES} bytes.`);
  return key.length + value.length;
}
