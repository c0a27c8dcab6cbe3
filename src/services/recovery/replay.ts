import type { OrderRecord } from '../../domain/records.ts';
import type { Topics } from '../../domain/topics.ts';
import { decodeRecord, Poison } from '../../matching/engine/decode.ts';
import type { ConsumerName, Store } from '../../ports/store.ts';
import { OffsetGoneError, RecordsLostError, type Stream, type StreamRecord } from '../../ports/stream.ts';
import { decodeEvent, decodeLedger, PoisonError } from '../projection/decode.ts';

export type ReplayTopics = Pick<Topics, 'orders' | 'fills' | 'ledger'>;

/** Where replays of the orders stream stand, by partition. (Those of the other streams are kept in the store.) */
export type OrderPositions = Record<number, number>;

export interface ReplayCounts {
  /** Records of the orders stream: orders, cancels, replaces, and what admins and the calendar said. */
  orders: number;
  events: number;
  transfers: number;
  /** Records that no consumer could use, as when they came first. */
  poison: number;
}

/** A store that stands behind the log and is being brought up to it. */
export type ReplayedStore = Pick<Store, 'replayOrders' | 'applyLedger' | 'applyEvents' | 'saveHistory' | 'position'>;

const PAGE = 1_000;

/** The end of every partition of a topic. */
export async function endsOf(stream: Pick<Stream, 'topics' | 'bounds'>, topic: string): Promise<Map<number, number>> {
  const info = (await stream.topics()).find((candidate) => candidate.topic === topic);
  const ends = new Map<number, number>();
  for (let partition = 0; partition < (info?.partitions ?? 0); partition += 1)
    ends.set(partition, (await stream.bounds(topic, partition)).end);
  return ends;
}

/**
 * Replays the log into a store that is being rebuilt, up to where it ends now: orders with their holds, then deposits and
 * withdrawals, then events. The ends are read in the opposite order of cause (money first, orders last), so that while the
 * exchange runs every event up to the cut finds its order recorded.
 * @returns counts, and from where the orders stream must be replayed next time
 * @throws OffsetGoneError when the log no longer reaches back to where the store stands
 * @throws RecordsLostError when the log ends before it
 */
export async function replay(
  store: ReplayedStore,
  stream: Stream,
  topics: ReplayTopics,
  from: OrderPositions,
  progress: (done: ReplayCounts) => void = () => {},
): Promise<{ counts: ReplayCounts; orders: OrderPositions }> {
  const ledgerEnds = await endsOf(stream, topics.ledger);
  const fillsEnds = await endsOf(stream, topics.fills);
  const orderEnds = await endsOf(stream, topics.orders);
  const counts: ReplayCounts = { orders: 0, events: 0, transfers: 0, poison: 0 };

  for (const [partition, end] of orderEnds) {
    for await (const page of pages(stream, topics.orders, partition, from[partition] ?? 0, end)) {
      const isHome = (symbol: string) => stream.partitionOf(topics.orders, symbol) === partition;
      const records = page.flatMap((record) => decodeAll(record, (value) => decodeOrder(value, isHome), counts));
      await store.replayOrders(records);
      counts.orders += records.length;
      progress(counts);
    }
  }
  for (const [partition, end] of ledgerEnds) {
    const start = await store.position('account-processor', topics.ledger, partition);
    for await (const page of pages(stream, topics.ledger, partition, start, end)) {
      const items = page.flatMap((record) => decodeAll(record, decodeLedger, counts));
      await store.applyLedger({ topic: topics.ledger, partition, next_offset: nextOf(page), items });
      counts.transfers += items.length;
      progress(counts);
    }
  }
  for (const [partition, end] of fillsEnds) {
    await replayEvents(store, stream, topics, { partition, end }, counts, progress);
  }
  return { counts, orders: Object.fromEntries(orderEnds) };
}

async function replayEvents(
  store: ReplayedStore,
  stream: Stream,
  topics: ReplayTopics,
  { partition, end }: { partition: number; end: number },
  counts: ReplayCounts,
  progress: (done: ReplayCounts) => void,
): Promise<void> {
  const stands = (consumer: ConsumerName) => store.position(consumer, topics.fills, partition);
  const start = Math.min(await stands('fill-processor'), await stands('history-saver'));
  for await (const page of pages(stream, topics.fills, partition, start, end)) {
    const items = page.flatMap((record) => decodeAll(record, decodeEvent, counts));
    const batch = { topic: topics.fills, partition, next_offset: nextOf(page), items };
    await store.applyEvents(batch);
    await store.saveHistory(batch);
    counts.events += items.length;
    progress(counts);
  }
}

async function* pages(
  stream: Stream,
  topic: string,
  partition: number,
  start: number,
  end: number,
): AsyncIterable<StreamRecord[]> {
  const { begin } = await stream.bounds(topic, partition);
  if (start > end) throw new RecordsLostError(topic, partition, start, end);
  if (start < begin && start < end) throw new OffsetGoneError(topic, partition, start, begin);
  for (let offset = start; offset < end; ) {
    const records = await stream.read(topic, partition, offset, Math.min(PAGE, end - offset));
    if (records.length === 0) return;
    yield records;
    offset = nextOf(records);
  }
}

function nextOf(records: readonly StreamRecord[]): number {
  return (records.at(-1)?.offset ?? -1) + 1;
}

function decodeAll<T>(record: StreamRecord, decode: (value: Uint8Array) => T, counts: ReplayCounts): T[] {
  try {
    return [decode(record.value)];
  } catch (error) {
    if (!(error instanceof PoisonError)) throw error;
    counts.poison += 1;
    return [];
  }
}

/** By the engine's own measure: what is poison to it must have no effect here either. */
function decodeOrder(value: Uint8Array, isHome: (symbol: string) => boolean): OrderRecord {
  const record = decodeRecord(value);
  if (record instanceof Poison) throw new PoisonError(record.reason);
  if (!isHome(record.symbol)) throw new PoisonError(`${record.symbol} does not belong to this partition`);
  return record;
}
