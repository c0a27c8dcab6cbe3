import { crc32 } from 'node:zlib';

/**
 * Bytes of the log, little-endian.
 *
 * A segment file is a header and then groups. A group is what one flush wrote: everything that was in flight, of all
 * topics and partitions, under one checksum. The next group is written only after the one before is synced, so after
 * power loss at most the last group of the last segment can be torn, and a broken group with another one behind it is damage.
 *
 *   segment header  'SNBLOG' version:u16 salt:u32 0:u32 firstGroup:f64 0:u32 crc:u32
 *   group header    magic:u32 kind:u32 number:f64 salt:u32 position:u32 timestamp:f64 bodyBytes:u32 bodyCrc:u32 headerCrc:u32
 *   group body      blocks: partitionId:u32 count:u32 baseOffset:f64 recordBytes:u32, then `count` records
 *   record          valueBytes:u32 keyBytes:u16 key value
 *
 * Salt (random per segment) and position make sure that no bytes inside a record can pass for a group header.
 */
export const FORMAT_VERSION = 1;

export const SEGMENT_HEADER_BYTES = 32;
export const GROUP_HEADER_BYTES = 44;
export const BLOCK_HEADER_BYTES = 20;
export const RECORD_HEADER_BYTES = 6;

const SEGMENT_MAGIC = Buffer.from('SNBLOG', 'latin1');
export const GROUP_MAGIC = Buffer.from([0xff, 0x53, 0x4e, 0x47]);
const GROUP_MAGIC_WORD = GROUP_MAGIC.readUInt32LE(0);

export const GroupKind = {
  /** Records. */
  DATA: 1,
  /** First in every segment: an empty block for each partition tells the offset at which it goes on. */
  OFFSETS: 2,
  /** Written by an orderly close, so that damage to the last records cannot pass for a torn tail. */
  CLOSED: 3,
} as const;

export interface SegmentHeader {
  salt: number;
  firstGroup: number;
}

export interface GroupHeader {
  kind: number;
  number: number;
  salt: number;
  position: number;
  timestamp: number;
  bodyBytes: number;
  bodyCrc: number;
}

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  SEGMENT_MAGIC.copy(bytes);
  bytes.writeUInt16LE(FORMAT_VERSION, 6);
  bytes.writeUInt32LE(header.salt, 8);
  bytes.writeDoubleLE(header.firstGroup, 16);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 28)), 28);
  return bytes;
}

/** undefined for anything but an intact header; a header of a newer version throws. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES || !bytes.subarray(0, 6).equals(SEGMENT_MAGIC)) return undefined;
  if (crc32(bytes.subarray(0, 28)) !== bytes.readUInt32LE(28)) return undefined;
  const version = bytes.readUInt16LE(6);
  if (version !== FORMAT_VERSION) {
    throw new Error(`The log is of format ${version}; this program knows format ${FORMAT_VERSION}.`);
  }
  return { salt: bytes.readUInt32LE(8), firstGroup: bytes.readDoubleLE(16) };
}

/** Writes a group's header in front of its body, which stands complete in `bytes` from GROUP_HEADER_BYTES on. */
export function sealGroup(bytes: Buffer, header: Omit<GroupHeader, 'bodyBytes' | 'bodyCrc'>): void {
  const body = bytes.subarray(GROUP_HEADER_BYTES);
  bytes.writeUInt32LE(GROUP_MAGIC_WORD, 0);
  bytes.writeUInt32LE(header.kind, 4);
  bytes.writeDoubleLE(header.number, 8);
  bytes.writeUInt32LE(header.salt, 16);
  bytes.writeUInt32LE(header.position, 20);
  bytes.writeDoubleLE(header.timestamp, 24);
  bytes.writeUInt32LE(body.length, 32);
  bytes.writeUInt32LE(crc32(body), 36);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 40)), 40);
}

/** undefined for anything but an intact group header. */
export function decodeGroupHeader(bytes: Buffer): GroupHeader | undefined {
  if (bytes.length < GROUP_HEADER_BYTES || bytes.readUInt32LE(0) !== GROUP_MAGIC_WORD) return undefined;
  if (crc32(bytes.subarray(0, 40)) !== bytes.readUInt32LE(40)) return undefined;
  return {
    kind: bytes.readUInt32LE(4),
    number: bytes.readDoubleLE(8),
    salt: bytes.readUInt32LE(16),
    position: bytes.readUInt32LE(20),
    timestamp: bytes.readDoubleLE(24),
    bodyBytes: bytes.readUInt32LE(32),
    bodyCrc: bytes.readUInt32LE(36),
  };
}

/** The log holds something it cannot: it was damaged after it was synced. Nothing is dropped; a person must look. */
export class CorruptLogError extends Error {
  readonly file: string;
  readonly position: number;

  constructor(file: string, position: number, what: string) {
    super(
      `The log is damaged: ${file} at byte ${position}: ${what}. Nothing was changed; restore the file from a copy.`,
    );
    this.name = 'CorruptLogError';
    this.file = file;
    this.position = position;
  }
}
