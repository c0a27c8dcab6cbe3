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

/** Throws SnapshotError on any damage. The caller knows what it sealed; `kind` and `v` guard against another thing or version. */
export function unseal<T extends { v: number; kind: string }>(text: string, kind: T['kind'], version: T['v']): T {
  const value = JSON.parse(unsealText(text)) as T; // under the checksum, and its kind is checked next
  if (value.kind !== kind) throw new SnapshotError(`This is a ${value.kind}, not a ${kind}.`);
  if (value.v !== version) throw new SnapshotError(`Version ${value.v} of a ${kind} is not known.`);
  return value;
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, '0');
}
