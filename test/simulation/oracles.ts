import type { MemoryStore } from '../../src/adapters/store/memory/store.ts';
import { audit } from '../../src/audit/audit.ts';
import { readLog } from '../../src/audit/read-log.ts';
import { shardEngine } from '../../src/audit/shard-engine.ts';
import type { AddRecord, OrderRecord } from '../../src/domain/records.ts';
import { PARTITIONS } from '../../src/domain/topics.ts';
import { EngineShard } from '../../src/matching/engine/shard.ts';
import { NaiveBook } from '../../src/matching/naive-book.ts';
import type { Stream } from '../../src/ports/stream.ts';
import type { Client } from './client.ts';
import { type SimulatedExchange, TOPICS } from './exchange.ts';

const PAGE = 1_000;
const MANY = 1_000_000;

/**
 * Money, locks, orders, history and seq, recomputed from the log; every event equal, byte for byte, to what an engine with the
 * naive book says to the same records.
 */
export async function auditFaults(stream: Stream, store: MemoryStore, quiet: boolean): Promise<string[]> {
  const engine = () => shardEngine(() => new NaiveBook());
  const report = await audit({ stream, topics: TOPICS, store, quiet, ...(quiet ? { engine } : {}) });
  return report.first_differences.map((difference) => `audit: ${difference}`);
}

/** Each client order id has had at most one effect, and the one it was acknowledged with if it was. */
export async function effectFaults(stream: Stream, clients: readonly Client[]): Promise<string[]> {
  const faults: string[] = [];
  const ids = new Map<string, Set<string>>();
  for await (const page of readLog(stream, TOPICS.orders)) {
    for (const { value } of page) {
      const record: OrderRecord = JSON.parse(Buffer.from(value).toString());
      if (record.action === 'ADD') idsOf(ids, record).add(record.order_id);
    }
  }
  for (const { told } of clients) {
    for (const { client_order_id, order_id } of told) {
      const effects = [...(ids.get(client_order_id) ?? [])];
      if (effects.length > 1) faults.push(`${client_order_id} became ${effects.join(' and ')}`);
      if (order_id !== undefined && effects[0] !== order_id) {
        faults.push(`${client_order_id} was acknowledged as ${order_id}, but the log has ${effects[0] ?? 'nothing'}`);
      }
    }
  }
  return faults;
}

function idsOf(ids: Map<string, Set<string>>, { client_order_id = '' }: AddRecord): Set<string> {
  let known = ids.get(client_order_id);
  if (!known) {
    known = new Set();
    ids.set(client_order_id, known);
  }
  return known;
}

/** The engine's state, whatever snapshots it came from, is that of a replay from the first record with the naive book. */
export async function stateFaults(exchange: SimulatedExchange): Promise<string[]> {
  const hashes: string[] = [];
  for (let partition = 0; partition < PARTITIONS.orders; partition++) {
    const shard = new EngineShard({ createBook: () => new NaiveBook() });
    const { begin, end } = await exchange.stream.bounds(TOPICS.orders, partition);
    for (let offset = begin; offset < end; ) {
      const records = await exchange.stream.read(TOPICS.orders, partition, offset, PAGE);
      for (const { value } of records) shard.applyBytes(value, () => {});
      offset += records.length;
    }
    if (shard.stateHash() !== '') hashes.push(shard.stateHash());
  }
  const replayed = hashes.sort().join(' ');
  const running = exchange.engine.stateHash();
  return running === replayed ? [] : [`state: the engine is at ${running}, a replay at ${replayed}`];
}

/** Nothing hangs in the air once everything is quiet. */
export async function leftovers(stream: Stream, store: MemoryStore): Promise<string[]> {
  const faults: string[] = [];
  const orders = await store.pendingOrders(Number.MAX_SAFE_INTEGER, MANY);
  if (orders.length > 0) faults.push(`left over: order ${orders[0]!.order_id} is still pending`);
  const replaces = await store.pendingReplaces();
  if (replaces.length > 0) faults.push(`left over: funds held for replace ${replaces[0]!.request_id}`);
  const withdrawals = await store.pendingWithdrawals();
  if (withdrawals.length > 0) faults.push(`left over: funds held for withdrawal ${withdrawals[0]!.transfer_id}`);
  for (let partition = 0; partition < PARTITIONS.deadLetters; partition++) {
    const { end } = await stream.bounds(TOPICS.deadLetters, partition);
    if (end > 0) faults.push(`left over: ${end} dead letters`);
  }
  return faults;
}
