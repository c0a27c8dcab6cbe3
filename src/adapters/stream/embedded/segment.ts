import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Disk, DiskFile } from '../../disk/disk.ts';
import {
  CorruptLogError,
  decodeGroupHeader,
  encodeSegmentHeader,
  GROUP_HEADER_BYTES,
  GROUP_MAGIC,
  type GroupHeader,
  GroupKind,
  SEGMENT_HEADER_BYTES,
} from './format.ts';
import type { GroupEncoder } from './group.ts';

/** One file of the log. Only the newest is written to. */
export interface Segment {
  path: string;
  file: DiskFile;
  salt: number;
  firstGroup: number;
  /** Durable bytes: where the next group goes. */
  bytes: number;
  /** Timestamp of its newest group (epoch ms). */
  lastTimestamp: number;
  /** For each partition id the offset at which it goes on in this segment. */
  starts: Map<number, number>;
  /** Reads at work; a segment that retention removed is closed after the last. */
  readers: number;
  removed: boolean;
}

const SEGMENT_NAME = /^log-(\d{16})\.seg$/;

export function segmentPath(folder: string, firstGroup: number): string {
  return join(folder, `log-${String(firstGroup).padStart(16, '0')}.seg`);
}

/** Paths of the segments in a folder, oldest first. */
export async function listSegments(disk: Disk, folder: string): Promise<string[]> {
  const names = await disk.list(folder);
  return names
    .filter((name) => SEGMENT_NAME.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/**
 * Makes the file of a new segment, durable with its header and the offsets at which every partition goes on. When it fails
 * the file may be there: it must be gone, durably, before another segment is made.
 */
export async function createSegment(
  disk: Disk,
  folder: string,
  encoder: GroupEncoder,
  init: { firstGroup: number; salt: number; timestamp: number; starts: Map<number, number> },
): Promise<Segment> {
  const path = segmentPath(folder, init.firstGroup);
  encoder.begin();
  for (const [id, offset] of init.starts) encoder.addBlock(id, offset, []);
  const group = encoder.seal({
    kind: GroupKind.OFFSETS,
    number: init.firstGroup,
    salt: init.salt,
    position: SEGMENT_HEADER_BYTES,
    timestamp: init.timestamp,
  });
  const bytes = Buffer.concat([encodeSegmentHeader(init), group]);
  const file = await disk.open(path, 'create');
  try {
    await file.write(bytes, 0);
    await file.sync();
    await disk.syncFolder(folder);
  } catch (error) {
    await file.close().catch(() => {});
    throw error;
  }
  return {
    path,
    file,
    salt: init.salt,
    firstGroup: init.firstGroup,
    bytes: bytes.length,
    lastTimestamp: init.timestamp,
    starts: init.starts,
    readers: 0,
    removed: false,
  };
}

/** Reads a file front to back in large pieces. Views stay valid: each piece is its own memory. */
export class ForwardReader {
  readonly #file: DiskFile;
  readonly #end: number;
  readonly #pieceBytes: number;
  #piece: Buffer = Buffer.alloc(0);
  #pieceStart = 0;

  constructor(file: DiskFile, end: number, pieceBytes: number) {
    this.#file = file;
    this.#end = end;
    this.#pieceBytes = pieceBytes;
  }

  /** The bytes at a position, or undefined where the file ends before them; a promise only where the file must be asked. */
  view(position: number, length: number): Buffer | undefined | Promise<Buffer | undefined> {
    if (position + length > this.#end) return undefined;
    const from = position - this.#pieceStart;
    if (from >= 0 && from + length <= this.#piece.length) return this.#piece.subarray(from, from + length);
    return this.#read(position, length);
  }

  async #read(position: number, length: number): Promise<Buffer | undefined> {
    const wanted = Math.min(Math.max(length, this.#pieceBytes), this.#end - position);
    const piece = Buffer.allocUnsafe(wanted);
    const got = await this.#file.read(piece, position);
    this.#piece = piece.subarray(0, got);
    this.#pieceStart = position;
    return got >= length ? this.#piece.subarray(0, length) : undefined;
  }
}

export interface Group {
  header: GroupHeader;
  body: Buffer;
  /** Where the next group begins. */
  next: number;
}

/** The group at a position, or why there is none. `end` means: nothing at all is there. */
export async function readGroup(
  reader: ForwardReader,
  segment: { salt: number },
  position: number,
  size: number,
): Promise<Group | { broken: string } | 'end'> {
  if (position === size) return 'end';
  const headerView = reader.view(position, GROUP_HEADER_BYTES);
  const headerBytes = headerView instanceof Promise ? await headerView : headerView;
  if (!headerBytes) return { broken: 'a group header is cut short' };
  const header = decodeGroupHeader(headerBytes);
  if (!header || header.salt !== segment.salt || header.position !== position) {
    return { broken: 'a group header is broken' };
  }
  const bodyAt = position + GROUP_HEADER_BYTES;
  const bodyView = reader.view(bodyAt, header.bodyBytes);
  const body = bodyView instanceof Promise ? await bodyView : bodyView;
  if (!body) return { broken: 'a group is cut short' };
  if (crc32(body) !== header.bodyCrc) return { broken: 'a group does not match its checksum' };
  return { header, body, next: bodyAt + header.bodyBytes };
}

/**
 * Position of the first intact group header from `from` on: if there is one, what lies before it was once durable.
 * `salt` undefined: whatever the salt; `kind` undefined: whatever the kind.
 */
export async function findGroupHeader(
  reader: ForwardReader,
  salt: number | undefined,
  from: number,
  size: number,
  kind?: number,
): Promise<number | undefined> {
  const STRIDE = 1024 * 1024;
  for (let at = from; at < size; at += STRIDE) {
    const bytes = await reader.view(at, Math.min(STRIDE + GROUP_HEADER_BYTES, size - at));
    if (!bytes) return undefined;
    for (let hit = bytes.indexOf(GROUP_MAGIC); hit !== -1; hit = bytes.indexOf(GROUP_MAGIC, hit + 1)) {
      const header = decodeGroupHeader(bytes.subarray(hit));
      if (!header || header.position !== at + hit) continue;
      if ((salt ?? header.salt) === header.salt && (kind ?? header.kind) === header.kind) return at + hit;
    }
  }
  return undefined;
}

/** As CorruptLogError, for a group that cannot be read now though it was whole when it was written. */
export function damaged(segment: Segment, position: number, what: string): CorruptLogError {
  return new CorruptLogError(segment.path, position, what);
}
