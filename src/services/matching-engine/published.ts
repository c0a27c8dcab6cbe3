import type { StreamAppend, StreamRecord } from '../../ports/stream.ts';

/** The start of every event of the engine (src/matching/engine/encode.ts). */
const HEAD = /^\{"v":1,"event":"[A-Z_]+","symbol":"([A-Z0-9]+)","seq":(\d+),/;
const HEAD_BYTES = 96;

/** Which event a record of the fills stream is, without parsing all of it. undefined: not one of the engine's. */
export function eventPosition(value: Uint8Array): { symbol: string; seq: number } | undefined {
  const start = Buffer.from(value.buffer, value.byteOffset, Math.min(value.length, HEAD_BYTES)).toString('latin1');
  const match = HEAD.exec(start);
  return match === null ? undefined : { symbol: match[1]!, seq: Number(match[2]) };
}

/** A record that the engine could not apply, as the dead-letter stream keeps it: where it stood, why, and what it was. */
export interface DeadLetter {
  v: 1;
  topic: string;
  partition: number;
  offset: number;
  key: string;
  reason: string;
  encoding: 'utf8' | 'base64';
  value: string;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function deadLetterOf(topic: string, record: StreamRecord, reason: string): StreamAppend {
  const letter: DeadLetter = {
    v: 1,
    topic,
    partition: record.partition,
    offset: record.offset,
    key: record.key,
    reason,
    ...textOf(record.value),
  };
  return { key: record.key, value: Buffer.from(JSON.stringify(letter)) };
}

function textOf(value: Uint8Array): Pick<DeadLetter, 'encoding' | 'value'> {
  try {
    return { encoding: 'utf8', value: utf8.decode(value) };
  } catch {
    return { encoding: 'base64', value: Buffer.from(value).toString('base64') };
  }
}

/** Where the record of a dead letter stood, or undefined for something that is no dead letter. */
export function deadLetterPosition(
  value: Uint8Array,
): { topic: string; partition: number; offset: number } | undefined {
  try {
    const { topic, partition, offset } = JSON.parse(Buffer.from(value).toString()) as Partial<DeadLetter>;
    if (topic === undefined || partition === undefined || offset === undefined) return undefined;
    return { topic, partition, offset };
  } catch {
    return undefined;
  }
}
