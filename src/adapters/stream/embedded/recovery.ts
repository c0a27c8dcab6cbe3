import type { Log } from '../../../ports/log.ts';
import type { Disk } from '../../disk/disk.ts';
import { CorruptLogError, decodeSegmentHeader, GroupKind, SEGMENT_HEADER_BYTES } from './format.ts';
import { blocksOf } from './group.ts';
import type { Partition } from './partition.ts';
import { ForwardReader, findGroupHeader, type Group, listSegments, readGroup, type Segment } from './segment.ts';

export interface Recovered {
  /** Oldest first; the last one is open for writing. Empty for a new log. */
  segments: Segment[];
  nextGroup: number;
}

const SCAN_PIECE_BYTES = 4 * 1024 * 1024;

/**
 * Reads the whole log and checks every checksum, number and offset. What a power loss may leave (a torn last group, a
 * half-made last segment) is cut off; anything else that is not as it was written throws CorruptLogError and changes nothing.
 */
export async function recover(
  disk: Disk,
  folder: string,
  partitions: ReadonlyMap<number, Partition>,
  log: Log,
): Promise<Recovered> {
  const scan = new Scan(disk, folder, partitions, log);
  const paths = await listSegments(disk, folder);
  try {
    for (const [i, path] of paths.entries()) await scan.segment(path, i === 0, i === paths.length - 1);
    await scan.finish();
  } catch (error) {
    await Promise.all(scan.segments.map((segment) => segment.file.close().catch(() => {})));
    throw error;
  }
  return { segments: scan.segments, nextGroup: scan.nextGroup };
}

class Scan {
  readonly segments: Segment[] = [];
  nextGroup = 1;
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #partitions: ReadonlyMap<number, Partition>;
  readonly #log: Log;
  #lastGroupAt = SEGMENT_HEADER_BYTES;

  constructor(disk: Disk, folder: string, partitions: ReadonlyMap<number, Partition>, log: Log) {
    this.#disk = disk;
    this.#folder = folder;
    this.#partitions = partitions;
    this.#log = log;
  }

  async segment(path: string, isFirst: boolean, isLast: boolean): Promise<void> {
    const file = await this.#disk.open(path, isLast ? 'write' : 'read');
    const size = await file.size();
    const reader = new ForwardReader(file, size, SCAN_PIECE_BYTES);
    const headerBytes = await reader.view(0, SEGMENT_HEADER_BYTES);
    const header = headerBytes && decodeSegmentHeader(headerBytes);
    const segment: Segment = {
      path,
      file,
      salt: header?.salt ?? 0,
      firstGroup: header?.firstGroup ?? 0,
      bytes: SEGMENT_HEADER_BYTES,
      lastTimestamp: 0,
      starts: new Map(),
      readers: 0,
      removed: false,
    };
    this.segments.push(segment);
    if (!header) return this.#halfMade(segment, reader, size, isLast, 'the segment header is broken');
    if (isFirst) this.nextGroup = header.firstGroup;
    else if (isLast && header.firstGroup < this.nextGroup) {
      // It could not be finished, and the segment before it went on.
      return this.#halfMade(segment, reader, size, isLast, `group ${header.firstGroup} stands in two segments`);
    } else if (header.firstGroup !== this.nextGroup) {
      throw new CorruptLogError(path, 0, `group ${this.nextGroup} should follow, but ${header.firstGroup} does`);
    }
    await this.#groups(segment, reader, size, isFirst, isLast);
  }

  async #groups(
    segment: Segment,
    reader: ForwardReader,
    size: number,
    isFirst: boolean,
    isLast: boolean,
  ): Promise<void> {
    for (let position = SEGMENT_HEADER_BYTES; ; ) {
      const group = await readGroup(reader, segment, position, size);
      if (group === 'end' && position > SEGMENT_HEADER_BYTES) return;
      if (group === 'end' || 'broken' in group) {
        const what = group === 'end' ? 'the segment is empty' : group.broken;
        if (position === SEGMENT_HEADER_BYTES) return this.#halfMade(segment, reader, size, isLast, what);
        return this.#tornTail(segment, reader, position, size, isLast, what);
      }
      this.#apply(segment, position, group, isFirst);
      this.#lastGroupAt = position;
      position = group.next;
      segment.bytes = position;
      segment.lastTimestamp = group.header.timestamp;
    }
  }

  #apply(segment: Segment, position: number, group: Group, isFirst: boolean): void {
    const { kind, number } = group.header;
    if (number !== this.nextGroup) {
      throw new CorruptLogError(segment.path, position, `group ${this.nextGroup} should stand here, not ${number}`);
    }
    this.nextGroup++;
    if (kind === GroupKind.CLOSED) return;
    if (kind !== GroupKind.DATA && kind !== GroupKind.OFFSETS) {
      throw new CorruptLogError(segment.path, position, `a group is of the unknown kind ${kind}`);
    }
    for (const block of blocksOf(group.body)) {
      if (kind === GroupKind.OFFSETS) segment.starts.set(block.partitionId, block.baseOffset);
      const partition = this.#partitions.get(block.partitionId);
      if (!partition) continue;
      if (kind === GroupKind.OFFSETS && isFirst) {
        partition.begin = block.baseOffset;
        partition.end = block.baseOffset;
      }
      if (block.baseOffset !== partition.end) {
        const name = `${partition.topic}/${partition.partition}`;
        const what = `${name}: offset ${partition.end} should follow, but ${block.baseOffset} does`;
        throw new CorruptLogError(segment.path, position, what);
      }
      if (kind === GroupKind.DATA) partition.recovered(block.count, segment, position);
    }
  }

  /** A segment without a good beginning: the crash came while it was made, unless records were already in it. */
  async #halfMade(segment: Segment, reader: ForwardReader, size: number, isLast: boolean, what: string): Promise<void> {
    if (!isLast) throw new CorruptLogError(segment.path, 0, what);
    const data = await findGroupHeader(reader, undefined, SEGMENT_HEADER_BYTES, size, GroupKind.DATA);
    if (data !== undefined) throw new CorruptLogError(segment.path, 0, `${what}, but records follow at byte ${data}`);
    this.#log.warn({ file: segment.path }, 'log: removed a segment that a crash left half-made');
    this.segments.pop();
    await segment.file.close();
    await this.#disk.remove(segment.path);
    await this.#disk.syncFolder(this.#folder);
    const previous = this.segments.at(-1);
    if (!previous) return;
    await previous.file.close();
    previous.file = await this.#disk.open(previous.path, 'write');
  }

  async #tornTail(
    segment: Segment,
    reader: ForwardReader,
    position: number,
    size: number,
    isLast: boolean,
    what: string,
  ): Promise<void> {
    const next = await findGroupHeader(reader, segment.salt, position + 1, size);
    if (next !== undefined)
      throw new CorruptLogError(segment.path, position, `${what}, and more follows at byte ${next}`);
    if (!isLast) throw new CorruptLogError(segment.path, position, `${what}, and a newer segment follows`);
    const fields = { file: segment.path, position, bytes: size - position };
    this.#log.warn(fields, 'log: cut off a torn tail that was never acknowledged');
    await segment.file.truncate(position);
    await segment.file.sync();
  }

  /**
   * The last group may stand in the page cache alone: written but not yet synced when the process was killed, or after a
   * sync that failed and left its pages marked clean. It is written once more and synced before anybody reads it.
   */
  async finish(): Promise<void> {
    const active = this.segments.at(-1);
    if (!active) return;
    const at = this.#lastGroupAt < active.bytes ? this.#lastGroupAt : SEGMENT_HEADER_BYTES;
    const bytes = Buffer.allocUnsafeSlow(active.bytes - at);
    await active.file.read(bytes, at);
    await active.file.write(bytes, at);
    await active.file.sync();
    await this.#disk.syncFolder(this.#folder);
  }
}
