import type { StreamRecord } from '../../../ports/stream.ts';
import { GroupKind, SEGMENT_HEADER_BYTES } from './format.ts';
import type { Partition } from './partition.ts';
import { damaged, ForwardReader, readGroup, type Segment } from './segment.ts';
import { Walk } from './walk.ts';

/** Read at once from the file, and how long a walk grows. */
const PIECE_BYTES = 1024 * 1024;
/** Walks kept: a consumer that reads on, and every other that reads the same stretch of the log, finds its records here. */
const KEPT_WALKS = 16;

/** Reads records that are no longer in memory. Whoever reads a stretch of the log first reads it for all partitions. */
export class LogReader {
  readonly #segments: readonly Segment[];
  /** The one used last comes first. */
  readonly #walks: Walk[] = [];
  /** One walk at a time, so that those who ask for the same stretch at once share it. */
  #walking: Promise<unknown> = Promise.resolve();

  constructor(segments: readonly Segment[]) {
    this.#segments = segments;
  }

  /** At least one record, given that `offset` lies within the partition's bounds. */
  async read(partition: Partition, offset: number, maxRecords: number): Promise<StreamRecord[]> {
    const kept = this.#fromKept(partition, offset, maxRecords);
    if (kept) return kept;
    const walked = this.#walking.then(() => this.#walkTo(partition, offset, maxRecords));
    this.#walking = walked.catch(() => {});
    return walked;
  }

  #fromKept(partition: Partition, offset: number, maxRecords: number): StreamRecord[] | undefined {
    for (const [i, walk] of this.#walks.entries()) {
      const records = walk.records(partition, offset, maxRecords);
      if (records === undefined) continue;
      if (i > 0) this.#walks.unshift(...this.#walks.splice(i, 1));
      return records;
    }
    return undefined;
  }

  async #walkTo(partition: Partition, offset: number, maxRecords: number): Promise<StreamRecord[]> {
    // Another may have walked here meanwhile.
    const kept = this.#fromKept(partition, offset, maxRecords);
    if (kept) return kept;
    const entry = partition.index.find(offset);
    if (!entry) throw new Error(`${partition.topic}/${partition.partition}: no index entry for offset ${offset}`);
    let { position } = entry;
    // A copy: retention and new segments change the list while this reads.
    for (const segment of this.#segments.slice(this.#segments.indexOf(entry.segment))) {
      const records = await this.#walkThrough(segment, position, (walk) => walk.records(partition, offset, maxRecords));
      if (records !== undefined) return records;
      position = SEGMENT_HEADER_BYTES;
    }
    throw new Error(`${partition.topic}/${partition.partition}: offset ${offset} is not where the index says`);
  }

  /** Walks through one segment until `find` has found something in a walk, or the segment ends. */
  async #walkThrough<T>(segment: Segment, from: number, find: (walk: Walk) => T | undefined): Promise<T | undefined> {
    segment.readers++;
    try {
      const { bytes: size } = segment;
      const reader = new ForwardReader(segment.file, size, PIECE_BYTES);
      for (let position = this.#pastKept(segment, from); position < size; ) {
        const walk = this.#walkAt(segment, position);
        await this.#extend(walk, reader, size);
        const found = find(walk);
        if (found !== undefined) return found;
        position = this.#pastKept(segment, walk.to);
      }
      return undefined;
    } finally {
      segment.readers--;
      if (segment.removed && segment.readers === 0) await segment.file.close();
    }
  }

  /** Whoever walks has asked the kept walks before: what they hold need not be read again. */
  #pastKept(segment: Segment, from: number): number {
    let position = from;
    for (;;) {
      const over = this.#walks.find((walk) => walk.segment === segment && walk.from <= position && position < walk.to);
      if (over === undefined) return position;
      position = over.to;
    }
  }

  /** The walk that goes on at a position: one that ended there, as long as it is short, or a new one. */
  #walkAt(segment: Segment, position: number): Walk {
    const short = this.#walks.find(
      (walk) => walk.segment === segment && walk.to === position && position - walk.from < PIECE_BYTES,
    );
    if (short !== undefined) return short;
    const walk = new Walk(segment, position);
    this.#walks.unshift(walk);
    if (this.#walks.length > KEPT_WALKS) this.#walks.pop();
    return walk;
  }

  async #extend(walk: Walk, reader: ForwardReader, size: number): Promise<void> {
    const { segment } = walk;
    while (walk.to < size && walk.to - walk.from < PIECE_BYTES) {
      const group = await readGroup(reader, segment, walk.to, size);
      if (group === 'end') return;
      if ('broken' in group) throw damaged(segment, walk.to, group.broken);
      walk.add(group.header.kind === GroupKind.DATA ? group.body : undefined, group.next);
    }
  }
}
