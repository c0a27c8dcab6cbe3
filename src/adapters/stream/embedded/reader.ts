import type { StreamRecord } from '../../../ports/stream.ts';
import { GroupKind, SEGMENT_HEADER_BYTES } from './format.ts';
import { blocksOf, decodeBlock } from './group.ts';
import type { Partition } from './partition.ts';
import { damaged, ForwardReader, readGroup, type Segment } from './segment.ts';

/** Read at once from the file, and how much of the log one call walks through once it has found something. */
const PIECE_BYTES = 1024 * 1024;
/** Decoded stretches kept: a consumer that reads on finds its next records here. */
const KEPT_STRETCHES = 16;

interface Stretch {
  partition: Partition;
  records: StreamRecord[];
}

/** Reads records that are no longer in memory. */
export class LogReader {
  readonly #segments: readonly Segment[];
  readonly #stretches: Stretch[] = [];

  constructor(segments: readonly Segment[]) {
    this.#segments = segments;
  }

  /** At least one record, given that `offset` lies within the partition's bounds. */
  async read(partition: Partition, offset: number, maxRecords: number): Promise<StreamRecord[]> {
    const kept = this.#fromKept(partition, offset, maxRecords);
    if (kept) return kept;
    const records = await this.#load(partition, offset);
    this.#stretches.unshift({ partition, records });
    if (this.#stretches.length > KEPT_STRETCHES) this.#stretches.pop();
    return records.slice(0, maxRecords);
  }

  #fromKept(partition: Partition, offset: number, maxRecords: number): StreamRecord[] | undefined {
    for (const [i, stretch] of this.#stretches.entries()) {
      if (stretch.partition !== partition) continue;
      const from = offset - stretch.records[0]!.offset;
      if (from < 0 || from >= stretch.records.length) continue;
      if (from + maxRecords >= stretch.records.length) this.#stretches.splice(i, 1);
      return stretch.records.slice(from, from + maxRecords);
    }
    return undefined;
  }

  async #load(partition: Partition, offset: number): Promise<StreamRecord[]> {
    const entry = partition.index.find(offset);
    if (!entry) throw new Error(`${partition.topic}/${partition.partition}: no index entry for offset ${offset}`);
    const records: StreamRecord[] = [];
    let position = entry.position;
    // A copy: retention and new segments change the list while this reads.
    for (const segment of this.#segments.slice(this.#segments.indexOf(entry.segment))) {
      await this.#walk(segment, position, partition, offset, records);
      if (records.length > 0) return records;
      position = SEGMENT_HEADER_BYTES;
    }
    throw new Error(`${partition.topic}/${partition.partition}: offset ${offset} is not where the index says`);
  }

  /** Collects records of one segment until it ends, or until enough of the log has been walked through. */
  async #walk(
    segment: Segment,
    from: number,
    partition: Partition,
    offset: number,
    into: StreamRecord[],
  ): Promise<void> {
    segment.readers++;
    try {
      const size = segment.bytes;
      const reader = new ForwardReader(segment.file, size, PIECE_BYTES);
      for (let position = from; into.length === 0 || position - from < PIECE_BYTES; ) {
        const group = await readGroup(reader, segment, position, size);
        if (group === 'end') return;
        if ('broken' in group) throw damaged(segment, position, group.broken);
        position = group.next;
        if (group.header.kind !== GroupKind.DATA) continue;
        for (const block of blocksOf(group.body)) {
          if (block.partitionId !== partition.id || block.baseOffset + block.count <= offset) continue;
          decodeBlock(group.body, block, partition.partition, offset, into);
        }
      }
    } finally {
      segment.readers--;
      if (segment.removed && segment.readers === 0) await segment.file.close();
    }
  }
}
