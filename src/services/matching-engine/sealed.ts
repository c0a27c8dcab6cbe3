import { crc32 } from 'node:zlib';
import { SnapshotError } from '../../matching/order-book.ts';

/** JSON text behind its CRC-32 (8 hex digits and a space): what is read back is what was written, or an error. */
export function seal(value: object): string {
  return sealText(JSON.stringify(value));
}

/** As seal, for a text that is written already. */
export function sealText(json: string): string {
  return `${checksum(json)} ${json}`;
}

/** The text behind its checksum. @throws SnapshotError on any damage */
export function unsealText(text: string): string {
  const json = text.slice(9);
  if (text[8] !== ' ' || text.slice(0, 8) !== checksum(json)) throw new SnapshotError('The stored text is damaged.');
  return json;
}

/**
 * Bytes that are made base64 at a time: a multiple of 3. A text of more than a megabyte would lie outside V8's heap, where a thread
 * that makes little garbage leaves it for long.
 */
const BASE64_PIECE_BYTES = 3 << 14;
/** Bytes that are summed up at a time. */
const SUM_PIECE_BYTES = 1 << 20;

/**
 * As seal, with data behind the JSON and a line feed, as base64; the work comes in steps of about a millisecond. `unsealWithText` reads it
 * back. The JSON must be ASCII.
 */
export function* sealWithData(value: object, data: Buffer): Generator<void, Buffer, void> {
  const head = `${' '.repeat(9)}${JSON.stringify(value)}\n`;
  const sealed = Buffer.allocUnsafeSlow(head.length + Math.ceil(data.length / 3) * 4);
  let to = sealed.write(head, 'latin1');
  for (let at = 0; at < data.length; at += BASE64_PIECE_BYTES) {
    to += sealed.write(data.toString('base64', at, at + BASE64_PIECE_BYTES), to, 'latin1');
    yield;
  }
  let crc = 0;
  for (let at = 9; at < sealed.length; at += SUM_PIECE_BYTES) {
    crc = crc32(sealed.subarray(at, at + SUM_PIECE_BYTES), crc);
    yield;
  }
  sealed.write(hex(crc), 'latin1');
  return sealed;
}

export function unsealWithText<T extends { v: number; kind: string }>(
  sealed: string,
  kind: T['kind'],
  version: T['v'],
): { value: T; text: string } {
  const content = opened(sealed);
  const lineFeed = content.indexOf('\n');
  if (lineFeed < 0) throw new SnapshotError(`This is no ${kind}.`);
  return { value: checked<T>(content.slice(0, lineFeed), kind, version), text: content.slice(lineFeed + 1) };
}

/** Throws SnapshotError on any damage. The caller knows what it sealed; `kind` and `v` guard against another thing or version. */
export function unseal<T extends { v: number; kind: string }>(text: string, kind: T['kind'], version: T['v']): T {
  return checked<T>(opened(text), kind, version);
}

/** What stands behind the checksum, if it is right. */
function opened(sealed: string): string {
  const content = sealed.slice(9);
  if (sealed[8] !== ' ' || sealed.slice(0, 8) !== checksum(content)) {
    throw new SnapshotError('The stored text is damaged.');
  }
  return content;
}

function checked<T extends { v: number; kind: string }>(json: string, kind: T['kind'], version: T['v']): T {
  const value = JSON.parse(json) as T; // under the checksum, and its kind is checked next
  if (value.kind !== kind) throw new SnapshotError(`This is a ${value.kind}, not a ${kind}.`);
  if (value.v !== version) throw new SnapshotError(`Version ${value.v} of a ${kind} is not known.`);
  return value;
}

function checksum(text: string): string {
  return hex(crc32(text));
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}
