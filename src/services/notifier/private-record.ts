import type { PrivateMessage } from '../../domain/messages.ts';

/**
 * A record of the stream supernoba-private: everything that one append tells, in one record, because a record is the unit
 * that survives a crash whole. Both sides of a fill are in one record, so `seqs` never runs ahead of what was told.
 */
export const PRIVATE_RECORD_VERSION = 1;

export interface PrivateRecord {
  v: typeof PRIVATE_RECORD_VERSION;
  /** Last engine seq of each symbol whose messages are all in this record or before it. */
  seqs: Record<string, number>;
  users: PrivateEntry[];
}

/** Consecutive messages of one user. */
export interface PrivateEntry {
  user: string;
  /** The number of the first message; the others follow without a gap. */
  useq: number;
  /** Offset of the record with the user's previous messages, -1 for none. */
  prev: number;
  messages: PrivateMessage[];
}

/** An entry as it is written: messages as JSON texts, so that each is serialised once for stream, memory and sockets. */
export interface EntryTexts {
  user: string;
  useq: number;
  prev: number;
  texts: string[];
}

export function encodePrivateRecord(seqs: ReadonlyMap<string, number>, entries: Iterable<EntryTexts>): Buffer {
  const users: string[] = [];
  for (const { user, useq, prev, texts } of entries) {
    users.push(`{"user":${JSON.stringify(user)},"useq":${useq},"prev":${prev},"messages":[${texts.join(',')}]}`);
  }
  const seqText = JSON.stringify(Object.fromEntries(seqs));
  return Buffer.from(`{"v":${PRIVATE_RECORD_VERSION},"seqs":${seqText},"users":[${users.join(',')}]}`);
}

/** @throws Error when the bytes are no record of a version this program knows: the log is damaged or newer. */
export function decodePrivateRecord(value: Uint8Array): PrivateRecord {
  const record = JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString()) as PrivateRecord;
  if (record.v !== PRIVATE_RECORD_VERSION) throw new Error(`private record of unknown version ${String(record.v)}`);
  return record;
}
