import { readLog } from '../../src/audit/read-log.ts';
import type { EngineEvent } from '../../src/domain/events.ts';
import type { OrderRecord } from '../../src/domain/records.ts';
import type { Stream, StreamRecord } from '../../src/ports/stream.ts';
import { TOPICS } from './exchange.ts';

/** The log once nobody writes any more, read once and parsed once however many judge it: whoever looks at it changes nothing in it. */
export interface LogCopy {
  /** For those who read bytes. */
  stream: Stream;
  /** Of the orders stream, partition by partition. */
  orders: readonly OrderRecord[];
  /** The same by partition and offset. */
  ordersIn: readonly (readonly OrderRecord[])[];
  /** Of the fills stream, partition by partition. */
  events: readonly EngineEvent[];
  eventsIn: readonly (readonly EngineEvent[])[];
  /** The same, in the order of their seq. */
  bySymbol: ReadonlyMap<string, readonly EngineEvent[]>;
}

export async function logCopy(stream: Stream): Promise<LogCopy> {
  const copy = streamCopy(stream);
  const ordersIn: OrderRecord[][] = await parsed(copy, TOPICS.orders);
  const eventsIn: EngineEvent[][] = await parsed(copy, TOPICS.fills);
  const [orders, events] = [ordersIn.flat(), eventsIn.flat()];
  const bySymbol = Map.groupBy(
    events.toSorted((a, b) => a.seq - b.seq),
    ({ symbol }) => symbol,
  );
  return { stream: copy, orders, ordersIn, events, eventsIn, bySymbol };
}

/** What the records of a topic say, by partition and offset. */
async function parsed<T>(stream: Stream, topic: string): Promise<T[][]> {
  const partitions: T[][] = [];
  for await (const page of readLog(stream, topic)) {
    for (const { partition, value } of page) {
      const said: T = JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString());
      partitions[partition] ??= [];
      partitions[partition].push(said);
    }
  }
  return Array.from(partitions, (said = []) => said);
}

/** The streams, read once however many look at them. */
function streamCopy(stream: Stream): Stream {
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
