import type { StreamRecord } from '../../../ports/stream.ts';
import type { Segment } from './segment.ts';

/** Distance in the log between two index entries of a partition: what a seek may have to skip. */
const INDEX_STRIDE_BYTES = 128 * 1024;

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

  constructor(id: number, topic: string, partition: number, tailBytes: number) {
    this.id = id;
    this.topic = topic;
    this.partition = partition;
    this.tail = new Tail(tailBytes);
  }

  /** Durable records join the partition: readers may see them from here on. */
  publish(records: readonly StreamRecord[], segment: Segment, position: number): void {
    this.index.note(this.end, segment, position);
    this.tail.push(records);
    this.end += records.length;
    this.wake();
  }

  /** Records that were found on disk at the start. */
  recovered(count: number, segment: Segment, position: number): void {
    this.index.note(this.end, segment, position);
    this.end += count;
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

/** The newest records in memory, so that consumers who keep up never touch the disk. */
export class Tail {
  readonly #maxBytes: number;
  #records: StreamRecord[] = [];
  #head = 0;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Offset of the oldest record held; undefined when none is. */
  get begin(): number | undefined {
    return this.#records[this.#head]?.offset;
  }

  push(records: readonly StreamRecord[]): void {
    for (const record of records) {
      this.#records.push(record);
      this.#bytes += weight(record);
    }
    while (this.#bytes > this.#maxBytes && this.#head < this.#records.length) {
      this.#bytes -= weight(this.#records[this.#head]!);
      this.#head++;
    }
    if (this.#head > 1_024 && this.#head * 2 > this.#records.length) {
      this.#records = this.#records.slice(this.#head);
      this.#head = 0;
    }
  }

  /** From an offset that is held. */
  slice(offset: number, maxRecords: number): StreamRecord[] {
    const from = this.#head + (offset - this.begin!);
    return this.#records.slice(from, from + maxRecords);
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
