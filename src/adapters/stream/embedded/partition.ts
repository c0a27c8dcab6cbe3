import type { StreamRecord } from '../../../ports/stream.ts';
import type { Segment } from './segment.ts';

/** Distance in the log between two index entries of a partition: what a seek may have to skip. */
const INDEX_STRIDE_BYTES = 128 * 1024;

/** A consumer that reads a partition from front to back. */
export interface Reader {
  /** The offset that it wants next; undefined until it has said where it stands. */
  readonly next: number | undefined;
}

/** What the log knows about one partition: its bounds, where its records lie, and the newest of them. */
export class Partition {
  readonly id: number;
  readonly topic: string;
  readonly partition: number;
  /** Offset of the oldest record kept. */
  begin = 0;
  /** Offset of the next record: everything before it is durable. */
  end = 0;
  readonly index = new OffsetIndex();
  readonly tail: Tail;
  readonly #waiting = new Set<() => void>();
  readonly #readers = new Set<Reader>();

  constructor(id: number, topic: string, partition: number, tailBytes: number) {
    this.id = id;
    this.topic = topic;
    this.partition = partition;
    this.tail = new Tail(tailBytes);
  }

  /** Durable records join the partition: readers may see them from here on. */
  publish(records: readonly StreamRecord[], segment: Segment, position: number): void {
    this.index.note(this.end, segment, position);
    if (this.#readers.size > 0) this.tail.push(records);
    this.end += records.length;
    this.wake();
  }

  /** Records that were found on disk at the start. */
  recovered(count: number, segment: Segment, position: number): void {
    this.index.note(this.end, segment, position);
    this.end += count;
  }

  join(reader: Reader): void {
    this.#readers.add(reader);
  }

  leave(reader: Reader): void {
    this.#readers.delete(reader);
    this.passed();
  }

  /**
   * A reader has come further. What all have seen leaves the memory at once: it dies young, and the collector of garbage
   * has nothing to do with it. Who wants it later finds it on disk.
   */
  passed(): void {
    let least = this.end;
    for (const { next = 0 } of this.#readers) if (next < least) least = next;
    this.tail.dropBefore(least);
  }

  /** Calls back once, at the next publish or wake. Returns how to take the wish back. */
  onNews(callback: () => void): () => void {
    this.#waiting.add(callback);
    return () => this.#waiting.delete(callback);
  }

  wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const callback of waiting) callback();
  }
}

/** Records in memory that a consumer will want, so that those who keep up never touch the disk. */
export class Tail {
  readonly #maxBytes: number;
  /** As they were published: each without a gap, and one after the other. */
  readonly #batches: (readonly StreamRecord[])[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Offset of the oldest record held; undefined when none is. */
  get begin(): number | undefined {
    return this.#batches[0]?.[0]?.offset;
  }

  push(records: readonly StreamRecord[]): void {
    if (records.length === 0) return;
    this.#batches.push(records);
    for (const record of records) this.#bytes += weight(record);
    while (this.#bytes > this.#maxBytes) this.#dropFirst();
  }

  /** Batches that lie before an offset as a whole. */
  dropBefore(offset: number): void {
    for (let first = this.#batches[0]; first !== undefined && first.at(-1)!.offset < offset; first = this.#batches[0])
      this.#dropFirst();
  }

  #dropFirst(): void {
    for (const record of this.#batches.shift()!) this.#bytes -= weight(record);
  }

  /** From an offset that is held. */
  slice(offset: number, maxRecords: number): StreamRecord[] {
    const found: StreamRecord[] = [];
    for (let i = this.#batchOf(offset); i < this.#batches.length && found.length < maxRecords; i++) {
      const batch = this.#batches[i]!;
      const from = Math.max(0, offset - batch[0]!.offset);
      for (const record of batch.slice(from, from + maxRecords - found.length)) found.push(record);
    }
    return found;
  }

  /** Index of the last batch that begins at or before an offset. */
  #batchOf(offset: number): number {
    let low = 0;
    let high = this.#batches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#batches[middle]![0]!.offset <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

function weight(record: StreamRecord): number {
  return record.value.length + 128;
}

export interface IndexEntry {
  offset: number;
  segment: Segment;
  position: number;
}

/** Sparse: from which group on to look for an offset. */
export class OffsetIndex {
  #entries: IndexEntry[] = [];

  /** A group at `position` holds records of the partition from `offset` on. */
  note(offset: number, segment: Segment, position: number): void {
    const last = this.#entries.at(-1);
    if (last && last.segment === segment && position - last.position < INDEX_STRIDE_BYTES) return;
    this.#entries.push({ offset, segment, position });
  }

  /** The last entry at or before an offset. */
  find(offset: number): IndexEntry | undefined {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#entries[middle]!.offset <= offset) low = middle + 1;
      else high = middle;
    }
    return this.#entries[low - 1];
  }

  /** The segment is gone. */
  forget(segment: Segment): void {
    this.#entries = this.#entries.filter((entry) => entry.segment !== segment);
  }
}
