import type { Topics } from '../../domain/topics.ts';
import { decodeRecord, Poison } from '../../matching/engine/decode.ts';
import type { RebuildStore } from '../../ports/store.ts';
import type { Stream } from '../../ports/stream.ts';

const PAGE = 1_000;

/**
 * Why a database cannot serve the log beside it, in the words of a command line; undefined when it can. An exchange that settled
 * into another log's database, or into half of one, would take the missing orders for damage.
 */
export async function databaseMisfit(
  store: Pick<RebuildStore, 'rebuilding' | 'order'>,
  stream: Pick<Stream, 'topics' | 'bounds' | 'read'>,
  topics: Pick<Topics, 'orders'>,
): Promise<string | undefined> {
  if (await store.rebuilding())
    return 'a rebuild of this database did not come to its end; make it empty and run supernoba rebuild';
  for (const { topic, partitions } of await stream.topics()) {
    if (topic !== topics.orders) continue;
    for (let partition = 0; partition < partitions; partition += 1) {
      const first = await firstOrder(stream, topic, partition);
      if (first !== undefined && (await store.order(first)) === undefined)
        return `this database does not hold the orders of the log (${first}); give it an empty one and run supernoba rebuild`;
    }
  }
  return undefined;
}

/** Every order is in the store before it is in the log, and for good. */
async function firstOrder(
  stream: Pick<Stream, 'bounds' | 'read'>,
  topic: string,
  partition: number,
): Promise<string | undefined> {
  const { begin, end } = await stream.bounds(topic, partition);
  for (let offset = begin; offset < end; ) {
    const records = await stream.read(topic, partition, offset, PAGE);
    for (const { value } of records) {
      const record = decodeRecord(value);
      if (!(record instanceof Poison) && record.action === 'ADD') return record.order_id;
    }
    offset = (records.at(-1)?.offset ?? end) + 1;
  }
  return undefined;
}
