import { readLog } from '../../audit/read-log.ts';
import type { EngineEvent } from '../../domain/events.ts';
import type { LedgerRecord, OrderRecord } from '../../domain/records.ts';
import type { Topics } from '../../domain/topics.ts';
import { decodeRecord, Poison } from '../../matching/engine/decode.ts';
import type { Store } from '../../ports/store.ts';
import type { Stream, StreamRecord } from '../../ports/stream.ts';

export interface Rebuilt {
  orders: number;
  events: number;
  transfers: number;
}

/**
 * Makes an empty store again from the log: orders and their holds, everything the engine said about them, trades, deposits and
 * withdrawals, and the position of every consumer. Throws LogTruncatedError when the log does not reach back to its beginning.
 */
export async function rebuildStore(
  stream: Stream,
  store: Store,
  topics: Pick<Topics, 'orders' | 'fills' | 'ledger'>,
  onProgress: (rebuilt: Rebuilt) => void = () => {},
): Promise<Rebuilt> {
  const rebuilt: Rebuilt = { orders: 0, events: 0, transfers: 0 };
  for await (const page of readLog(stream, topics.ledger)) {
    const items = page.map((record): LedgerRecord => JSON.parse(text(record)));
    await store.applyLedger({ ...positionAfter(page, topics.ledger), items });
    rebuilt.transfers += items.length;
  }
  for await (const page of readLog(stream, topics.orders)) {
    const records = page.map((record) => decodeRecord(record.value));
    const good = records.filter((record): record is OrderRecord => !(record instanceof Poison));
    await store.replayOrders(good);
    rebuilt.orders += good.filter(({ action }) => action === 'ADD').length;
    onProgress(rebuilt);
  }
  for await (const page of readLog(stream, topics.fills)) {
    const batch = { ...positionAfter(page, topics.fills), items: page.map((r): EngineEvent => JSON.parse(text(r))) };
    await store.applyEvents(batch);
    await store.saveHistory(batch);
    rebuilt.events += batch.items.length;
    onProgress(rebuilt);
  }
  return rebuilt;
}

function positionAfter(page: readonly StreamRecord[], topic: string) {
  const last = page.at(-1);
  if (last === undefined) throw new Error('a page of the log is never empty');
  return { topic, partition: last.partition, next_offset: last.offset + 1 };
}

function text(record: StreamRecord): string {
  return Buffer.from(record.value.buffer, record.value.byteOffset, record.value.byteLength).toString();
}
