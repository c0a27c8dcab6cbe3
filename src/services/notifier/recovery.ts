import type { Topics } from '../../domain/topics.ts';
import type { Archive } from '../../ports/archive.ts';
import type { Log } from '../../ports/log.ts';
import { RecordsLostError, type Stream } from '../../ports/stream.ts';
import { type CheckpointOrigin, readCheckpoint } from './checkpoint.ts';
import { Lines } from './lines.ts';
import { decodePrivateRecord } from './private-record.ts';
import type { RecentMessages } from './recent.ts';

const RECORDS_A_READ = 500;

interface Deps {
  stream: Stream;
  topics: Pick<Topics, 'private'>;
  archive: Archive;
  log: Log;
}

/**
 * The number lines as of the last durable record: the newest checkpoint, then the stream from there.
 * @throws Error when neither reaches back far enough. Going on would give numbers twice, so the exchange must not start.
 */
export async function recoverLines(
  { stream, topics, archive, log }: Deps,
  recent: RecentMessages,
): Promise<{ lines: Lines; fills: Map<number, number>; origin: CheckpointOrigin }> {
  const lines = new Lines();
  const { checkpoint, origin } = await readCheckpoint(archive, log);
  const { begin, end } = await stream.bounds(topics.private, 0);
  const start = origin.offset;
  if (start < begin) {
    throw new Error(
      `${topics.private} begins at ${begin}, but the notifier's checkpoint ${checkpoint ? `stands at ${start}` : 'is missing'}: ` +
        'users would get numbers twice. Put notifier/checkpoint-*.json back into the archive.',
    );
  }
  if (start > end) throw new RecordsLostError(topics.private, 0, start, end);
  for (const [user, [useq, last]] of Object.entries(checkpoint?.users ?? {})) lines.sawUser(user, useq, last);
  for (const [symbol, seq] of Object.entries(checkpoint?.seqs ?? {})) lines.sawSeq(symbol, seq);
  lines.end = await readTail(stream, topics.private, start, lines, recent);
  const fills = Object.entries(checkpoint?.fills ?? {}).map(
    ([partition, offset]) => [Number(partition), offset] as const,
  );
  return { lines, fills: new Map(fills), origin };
}

async function readTail(
  stream: Stream,
  topic: string,
  start: number,
  lines: Lines,
  recent: RecentMessages,
): Promise<number> {
  let offset = start;
  for (;;) {
    const records = await stream.read(topic, 0, offset, RECORDS_A_READ);
    for (const record of records) {
      const { seqs, users } = decodePrivateRecord(record.value);
      for (const { user, useq, messages } of users) {
        lines.sawUser(user, useq + messages.length - 1, record.offset);
        recent.add(
          user,
          useq,
          messages.map((message) => JSON.stringify(message)),
        );
      }
      for (const [symbol, seq] of Object.entries(seqs)) lines.sawSeq(symbol, seq);
      offset = record.offset + 1;
    }
    if (records.length === 0) return offset;
  }
}
