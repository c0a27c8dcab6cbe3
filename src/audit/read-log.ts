import type { Stream, StreamRecord } from '../ports/stream.ts';

/** The log no longer reaches back to its first record, so nothing can be recomputed from it alone. */
export class LogTruncatedError extends Error {
  constructor(topic: string, partition: number, begin: number) {
    super(`${topic}/${partition} begins at offset ${begin}: records before it are gone, an audit needs the whole log`);
    this.name = 'LogTruncatedError';
  }
}

const PAGE = 2_000;

/** All records of a topic that are durable now, partition by partition, in pages. A topic never made has none. */
export async function* readLog(stream: Stream, topic: string): AsyncGenerator<readonly StreamRecord[]> {
  const info = (await stream.topics()).find((candidate) => candidate.topic === topic);
  for (let partition = 0; partition < (info?.partitions ?? 0); partition++) {
    const { begin, end } = await stream.bounds(topic, partition);
    if (begin > 0) throw new LogTruncatedError(topic, partition, begin);
    let offset = 0;
    while (offset < end) {
      const page = await stream.read(topic, partition, offset, PAGE);
      const last = page.at(-1);
      if (last === undefined) break;
      offset = last.offset + 1;
      yield page;
    }
  }
}

/** Where a record stands, for a finding. */
export function placeOf(topic: string, record: StreamRecord): string {
  return `${topic}/${record.partition} offset ${record.offset}`;
}
