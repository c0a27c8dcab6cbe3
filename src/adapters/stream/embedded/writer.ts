import type { Chance, Clock } from '../../../ports/clock.ts';
import type { Log } from '../../../ports/log.ts';
import { type StreamAppend, type StreamPosition, type StreamRecord, StreamWriteError } from '../../../ports/stream.ts';
import type { Disk } from '../../disk/disk.ts';
import { GroupKind } from './format.ts';
import { GroupEncoder } from './group.ts';
import type { Partition } from './partition.ts';
import { createSegment, type Segment, segmentPath } from './segment.ts';

export interface WriterOptions {
  /** A new segment file begins once the current one is larger. */
  segmentBytes: number;
  /** Bytes of records that may wait to be written; past it appends are refused. */
  maxQueueBytes: number;
  /** A flush takes at most about this much. */
  maxGroupBytes: number;
  /** For the test that proves what the sync is for. */
  unsafeAcknowledgeBeforeSync: boolean;
}

/** One append call on its way: its records already know their partitions. */
interface Call {
  records: readonly StreamAppend[];
  partitions: Partition[];
  bytes: number;
  resolve: (positions: StreamPosition[]) => void;
  reject: (error: Error) => void;
}

/**
 * Group commit: one flush at a time; what is appended meanwhile waits and shares the next write and the next sync,
 * whatever its topic. A flush that fails cleanly leaves the log as it was; one whose outcome nobody can know poisons it.
 */
export class Writer {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #chance: Chance;
  readonly #log: Log;
  readonly #options: WriterOptions;
  readonly #encoder = new GroupEncoder();
  readonly #segments: Segment[];
  readonly #partitions: ReadonlyMap<number, Partition>;
  readonly #onFailure: (error: Error) => void;
  readonly #onRoll: () => void;
  #queue: Call[] = [];
  #queuedBytes = 0;
  #flushing: Promise<void> | undefined;
  #nextGroup: number;
  #failure: Error | undefined;
  #closing = false;
  /** A segment that could not be made and may be there all the same. */
  #unfinished: string | undefined;

  constructor(init: {
    disk: Disk;
    folder: string;
    clock: Clock;
    chance: Chance;
    log: Log;
    options: WriterOptions;
    segments: Segment[];
    partitions: ReadonlyMap<number, Partition>;
    nextGroup: number;
    onFailure: (error: Error) => void;
    onRoll: () => void;
  }) {
    this.#disk = init.disk;
    this.#folder = init.folder;
    this.#clock = init.clock;
    this.#chance = init.chance;
    this.#log = init.log;
    this.#options = init.options;
    this.#segments = init.segments;
    this.#partitions = init.partitions;
    this.#nextGroup = init.nextGroup;
    this.#onFailure = init.onFailure;
    this.#onRoll = init.onRoll;
  }

  /** Why the log takes no more appends, if so. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  append(records: readonly StreamAppend[], partitions: Partition[], bytes: number): Promise<StreamPosition[]> {
    const refusal = this.#refusal(bytes);
    if (refusal) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      this.#queue.push({ records, partitions, bytes, resolve, reject });
      this.#queuedBytes += bytes;
      // Not at once: everything that this turn of the event loop appends goes into one group.
      if (!this.#flushing) this.#flushing = Promise.resolve().then(() => this.#run());
    });
  }

  /** Writes what waits, then the mark of an orderly end. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#flushing;
    if (!this.#failure) await this.#writeMark();
  }

  /** The first segment of a new log. */
  async begin(): Promise<void> {
    this.#segments.push(await this.#newSegment());
  }

  #refusal(bytes: number): StreamWriteError | undefined {
    if (this.#failure) {
      return new StreamWriteError(`the log refuses appends since it failed: ${this.#failure.message}`, false);
    }
    if (this.#closing) return new StreamWriteError('the log is closed', false);
    if (this.#queuedBytes > 0 && this.#queuedBytes + bytes > this.#options.maxQueueBytes) {
      return new StreamWriteError('the log is overloaded: too much waits to be written', false);
    }
    return undefined;
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const calls = this.#take();
      if (this.#failure) {
        const why = `the log refuses appends since it failed: ${this.#failure.message}`;
        for (const call of calls) call.reject(new StreamWriteError(why, false, { cause: this.#failure }));
        continue;
      }
      await this.#commit(calls);
      if (this.#active.bytes >= this.#options.segmentBytes) await this.#roll();
    }
    this.#flushing = undefined;
  }

  get #active(): Segment {
    return this.#segments.at(-1)!;
  }

  #take(): Call[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length && (count === 0 || bytes < this.#options.maxGroupBytes)) {
      bytes += this.#queue[count]!.bytes;
      count++;
    }
    this.#queuedBytes -= bytes;
    return this.#queue.splice(0, count);
  }

  async #commit(calls: readonly Call[]): Promise<void> {
    const staged = new Map<Partition, StreamRecord[]>();
    const positions = calls.map((call) => stage(call, staged));
    const segment = this.#active;
    const position = segment.bytes;
    const timestamp = this.#clock.now();
    const group = this.#encode(segment, timestamp, staged);
    const acknowledge = () => {
      for (const [i, call] of calls.entries()) call.resolve(positions[i]!);
    };
    if (this.#options.unsafeAcknowledgeBeforeSync) acknowledge();
    const failed = await this.#write(segment, group);
    if (failed) {
      for (const call of calls) call.reject(failed);
      return;
    }
    segment.bytes += group.length;
    segment.lastTimestamp = timestamp;
    this.#nextGroup++;
    for (const [partition, records] of staged) partition.publish(records, segment, position);
    acknowledge();
  }

  #encode(segment: Segment, timestamp: number, staged: Map<Partition, StreamRecord[]>): Buffer {
    this.#encoder.begin();
    for (const [partition, records] of staged) this.#encoder.addBlock(partition.id, partition.end, records);
    return this.#encoder.seal({
      kind: GroupKind.DATA,
      number: this.#nextGroup,
      salt: segment.salt,
      position: segment.bytes,
      timestamp,
    });
  }

  /** Makes a group durable, or says how that failed. */
  async #write(segment: Segment, group: Buffer): Promise<StreamWriteError | undefined> {
    try {
      await segment.file.write(group, segment.bytes);
    } catch (error) {
      return this.#takeBack(segment, error);
    }
    try {
      await segment.file.sync();
      return undefined;
    } catch (error) {
      // The kernel may have dropped the pages and will not say so twice: never sync again and believe it.
      return this.#poison('a sync failed', error);
    }
  }

  /** After a failed write (a full disk, mostly) the part that was written is cut off again. */
  async #takeBack(segment: Segment, cause: unknown): Promise<StreamWriteError> {
    const what = cause instanceof Error ? cause.message : String(cause);
    try {
      await segment.file.truncate(segment.bytes);
      await segment.file.sync();
    } catch (error) {
      return this.#poison('a failed write could not be taken back', error);
    }
    this.#log.error({ error: what }, 'log: a write failed and was taken back');
    return new StreamWriteError(`the log could not be written: ${what}`, false, { cause });
  }

  #poison(what: string, cause: unknown): StreamWriteError {
    const message = `${what}: ${cause instanceof Error ? cause.message : String(cause)}`;
    this.#failure = new Error(message, { cause });
    this.#log.error({ error: message }, 'log: takes no more appends until the program starts again');
    this.#onFailure(this.#failure);
    return new StreamWriteError(message, 'unknown', { cause });
  }

  /** Goes over to a new segment. If that fails (a full disk) the old one goes on a while. */
  async #roll(): Promise<void> {
    try {
      await this.#removeUnfinished();
      this.#unfinished = segmentPath(this.#folder, this.#nextGroup);
      this.#segments.push(await this.#newSegment());
      this.#unfinished = undefined;
    } catch (error) {
      this.#log.warn({ error: String(error) }, 'log: no new segment yet');
      await this.#removeUnfinished().catch(() => {});
      return;
    }
    this.#onRoll();
  }

  /** What a failed attempt has left, before the next one: only the last segment of a log may be unfinished. */
  async #removeUnfinished(): Promise<void> {
    if (this.#unfinished === undefined) return;
    await this.#disk.remove(this.#unfinished);
    await this.#disk.syncFolder(this.#folder);
    this.#unfinished = undefined;
  }

  async #newSegment(): Promise<Segment> {
    const starts = new Map([...this.#partitions.values()].map((partition) => [partition.id, partition.end]));
    const segment = await createSegment(this.#disk, this.#folder, this.#encoder, {
      firstGroup: this.#nextGroup,
      salt: Math.floor(this.#chance.random() * 2 ** 32),
      timestamp: this.#clock.now(),
      starts,
    });
    this.#nextGroup++;
    return segment;
  }

  async #writeMark(): Promise<void> {
    const segment = this.#active;
    this.#encoder.begin();
    const mark = this.#encoder.seal({
      kind: GroupKind.CLOSED,
      number: this.#nextGroup,
      salt: segment.salt,
      position: segment.bytes,
      timestamp: this.#clock.now(),
    });
    if (!(await this.#write(segment, mark))) segment.bytes += mark.length;
  }
}

/** Gives the records of a call their offsets, partition by partition, in the order of the calls. */
function stage(call: Call, staged: Map<Partition, StreamRecord[]>): StreamRecord[] {
  return call.records.map(({ key, value }, i) => {
    const partition = call.partitions[i]!;
    let records = staged.get(partition);
    if (!records) {
      records = [];
      staged.set(partition, records);
    }
    const offset = partition.end + records.length;
    const record = { partition: partition.partition, offset, key, value };
    records.push(record);
    return record;
  });
}
