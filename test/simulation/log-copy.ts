import type { Stream, StreamRecord } from '../../src/ports/stream.ts';

/** The streams as they are once nobody writes any more, read once however many look at them. */
export function logCopy(stream: Stream): Stream {
  const copies = new Map<string, Promise<StreamRecord[]>>();
  const copyOf = (topic: string, partition: number) => {
    const key = `${topic}/${partition}`;
    let copy = copies.get(key);
    if (copy === undefined) {
      copy = readAll(stream, topic, partition);
      copies.set(key, copy);
    }
    return copy;
  };
  return {
    topics: () => stream.topics(),
    bounds: (topic, partition) => stream.bounds(topic, partition),
    partitionOf: (topic, key) => stream.partitionOf(topic, key),
    async read(topic, partition, offset, maxRecords) {
      const copy = await copyOf(topic, partition);
      const from = offset - (copy[0]?.offset ?? 0);
      return copy.slice(from, from + maxRecords);
    },
    append: refuse,
    consume: refuse,
    ensureTopic: refuse,
    deleteTopic: refuse,
    close: async () => {},
  };
}

async function readAll(stream: Stream, topic: string, partition: number): Promise<StreamRecord[]> {
  const { begin, end } = await stream.bounds(topic, partition);
  const records: StreamRecord[] = [];
  for (let offset = begin; offset < end; offset = begin + records.length) {
    records.push(...(await stream.read(topic, partition, offset, end - offset)));
  }
  return records;
}

async function refuse(): Promise<never> {
  throw new Error('a copy of the log is only read');
}
