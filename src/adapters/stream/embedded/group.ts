import type { StreamRecord } from '../../../ports/stream.ts';
import { BLOCK_HEADER_BYTES, GROUP_HEADER_BYTES, type GroupHeader, RECORD_HEADER_BYTES, sealGroup } from './format.ts';

/** Records of one partition within one group. */
export interface Block {
  partitionId: number;
  count: number;
  baseOffset: number;
  /** Where its records lie within the group's body. */
  start: number;
  end: number;
}

const MIN_BUFFER = 64 * 1024;
/** A buffer that one large group has blown up is not kept longer than needed. */
const KEPT_BUFFER = 8 * 1024 * 1024;

/** Encodes one group at a time into a buffer that is used again for the next: write it out before beginning another. */
export class GroupEncoder {
  #buffer = Buffer.allocUnsafeSlow(MIN_BUFFER);
  #at = GROUP_HEADER_BYTES;
  readonly #keys = new Map<string, Buffer>();

  begin(): void {
    this.#at = GROUP_HEADER_BYTES;
    if (this.#buffer.length > KEPT_BUFFER) this.#buffer = Buffer.allocUnsafeSlow(MIN_BUFFER);
  }

  addBlock(partitionId: number, baseOffset: number, records: readonly StreamRecord[]): void {
    this.#reserve(BLOCK_HEADER_BYTES);
    const header = this.#at;
    this.#at += BLOCK_HEADER_BYTES;
    for (const record of records) this.#addRecord(record);
    const buffer = this.#buffer;
    buffer.writeUInt32LE(partitionId, header);
    buffer.writeUInt32LE(records.length, header + 4);
    buffer.writeDoubleLE(baseOffset, header + 8);
    buffer.writeUInt32LE(this.#at - header - BLOCK_HEADER_BYTES, header + 16);
  }

  /** The finished bytes of the group; valid until the next `begin`. */
  seal(header: Omit<GroupHeader, 'bodyBytes' | 'bodyCrc'>): Buffer {
    const bytes = this.#buffer.subarray(0, this.#at);
    sealGroup(bytes, header);
    return bytes;
  }

  #addRecord(record: StreamRecord): void {
    const key = this.#encodeKey(record.key);
    const { value } = record;
    this.#reserve(RECORD_HEADER_BYTES + key.length + value.length);
    const buffer = this.#buffer;
    const at = this.#at;
    buffer.writeUInt32LE(value.length, at);
    buffer.writeUInt16LE(key.length, at + 4);
    buffer.set(key, at + RECORD_HEADER_BYTES);
    buffer.set(value, at + RECORD_HEADER_BYTES + key.length);
    this.#at = at + RECORD_HEADER_BYTES + key.length + value.length;
  }

  /** Keys are symbols and user ids: few, and the same again and again. */
  #encodeKey(key: string): Buffer {
    let bytes = this.#keys.get(key);
    if (!bytes) {
      bytes = Buffer.from(key, 'utf8');
      if (this.#keys.size >= 10_000) this.#keys.clear();
      this.#keys.set(key, bytes);
    }
    return bytes;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#at + bytes));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}

/** Walks over the blocks of a body whose checksum was found right. Throws when they do not fill it exactly. */
export function* blocksOf(body: Buffer): Generator<Block> {
  let at = 0;
  while (at < body.length) {
    if (at + BLOCK_HEADER_BYTES > body.length) throw new Error('a block header does not fit into its group');
    const start = at + BLOCK_HEADER_BYTES;
    const end = start + body.readUInt32LE(at + 16);
    if (end > body.length) throw new Error('a block does not fit into its group');
    yield {
      partitionId: body.readUInt32LE(at),
      count: body.readUInt32LE(at + 4),
      baseOffset: body.readDoubleLE(at + 8),
      start,
      end,
    };
    at = end;
  }
}

/** Records of a block. Values are views into `body`. */
export function decodeBlock(body: Buffer, block: Block, partition: number): StreamRecord[] {
  const records: StreamRecord[] = [];
  let at = block.start;
  for (let i = 0; i < block.count; i++) {
    const valueBytes = body.readUInt32LE(at);
    const keyEnd = at + RECORD_HEADER_BYTES + body.readUInt16LE(at + 4);
    const key = body.toString('utf8', at + RECORD_HEADER_BYTES, keyEnd);
    at = keyEnd + valueBytes;
    records.push({ partition, offset: block.baseOffset + i, key, value: body.subarray(keyEnd, at) });
  }
  if (at !== block.end) throw new Error('the records of a block do not fill it');
  return records;
}
