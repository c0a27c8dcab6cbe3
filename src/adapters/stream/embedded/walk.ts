import type { StreamRecord } from '../../../ports/stream.ts';
import { type Block, blocksOf, decodeBlock } from './group.ts';
import type { Partition } from './partition.ts';
import type { Segment } from './segment.ts';

interface KeptBlock extends Block {
  body: Buffer;
  /** Decoded when somebody asks for them first. */
  records: StreamRecord[] | undefined;
}

/** A stretch of one segment that was read: the blocks of all partitions in it, one after the other without a gap. */
export class Walk {
  readonly segment: Segment;
  /** Where in the file it begins, and where it ends so far. */
  readonly from: number;
  to: number;
  readonly #blocks = new Map<number, KeptBlock[]>();

  constructor(segment: Segment, from: number) {
    this.segment = segment;
    this.from = from;
    this.to = from;
  }

  /** The next group of the segment, which ends at `to`; `body` undefined: it holds no records. */
  add(body: Buffer | undefined, to: number): void {
    this.to = to;
    if (body === undefined) return;
    for (const block of blocksOf(body)) {
      const kept = { ...block, body, records: undefined };
      const blocks = this.#blocks.get(block.partitionId);
      if (blocks === undefined) this.#blocks.set(block.partitionId, [kept]);
      else blocks.push(kept);
    }
  }

  /** Records from `offset` on as far as this stretch has them; undefined when it does not have `offset`. */
  records({ id, partition }: Partition, offset: number, maxRecords: number): StreamRecord[] | undefined {
    const blocks = this.#blocks.get(id);
    if (blocks === undefined || offset < blocks[0]!.baseOffset) return undefined;
    const found: StreamRecord[] = [];
    for (let i = blockOf(blocks, offset); i < blocks.length && found.length < maxRecords; i++) {
      const block = blocks[i]!;
      block.records ??= decodeBlock(block.body, block, partition);
      const from = Math.max(0, offset - block.baseOffset);
      const until = Math.min(block.count, from + maxRecords - found.length);
      for (let at = from; at < until; at++) found.push(block.records[at]!);
    }
    return found.length === 0 ? undefined : found;
  }
}

/** Index of the last block that begins at or before an offset. */
function blockOf(blocks: readonly KeptBlock[], offset: number): number {
  let low = 0;
  let high = blocks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (blocks[middle]!.baseOffset <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
