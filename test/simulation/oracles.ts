import { audit } from '../../src/audit/audit.ts';
import type { AddRecord, OrderRecord } from '../../src/domain/records.ts';
import { PARTITIONS } from '../../src/domain/topics.ts';
import { Poison } from '../../src/matching/engine/decode.ts';
import type { EngineShard } from '../../src/matching/engine/shard.ts';
import { SnapshotError } from '../../src/matching/order-book.ts';
import type { Archive } from '../../src/ports/archive.ts';
import type { Store } from '../../src/ports/store.ts';
import type { Stream } from '../../src/ports/stream.ts';
import { type SymbolSnapshot, unsealSnapshot } from '../../src/services/matching-engine/snapshot-store.ts';
import type { Client } from './client.ts';
import { type SimulatedExchange, TOPICS } from './exchange.ts';
import type { LogCopy } from './log-copy.ts';
import type { MarketSights } from './market-sights.ts';
import { type NaiveReplay, naiveShard } from './naive-replay.ts';

const MANY = 1_000_000;

/**
 * Money, locks, orders, history and seq, recomputed from the log; every event equal, byte for byte, to what an engine with the
 * naive book says to the same records, where it is given one.
 */
export async function auditFaults(stream: Stream, store: Store, naive?: NaiveReplay): Promise<string[]> {
  const engine = naive === undefined ? {} : { engine: () => naive };
  const report = await audit({ stream, topics: TOPICS, store, quiet: naive !== undefined, ...engine });
  return report.first_differences.map((difference) => `audit: ${difference}`);
}

/** Each client order id has had at most one effect, and the one it was acknowledged with if it was. */
export function effectFaults({ orders }: LogCopy, clients: readonly Client[]): string[] {
  const faults: string[] = [];
  const ids = new Map<string, Set<string>>();
  for (const record of orders) if (record.action === 'ADD') idsOf(ids, record).add(record.order_id);
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

/**
 * The engine's state, whatever snapshots it came from, is that of a replay from the first record with the naive book; so is
 * that of a replay from any snapshot that is kept. The depths that watchers saw are those of the naive book at their `u`.
 *
 * @param naive after the audit has played the log through it
 */
export async function stateFaults(
  exchange: SimulatedExchange,
  naive: NaiveReplay,
  sights: MarketSights,
): Promise<string[]> {
  const faults: string[] = [...naive.faults];
  const hashes: string[] = [];
  for (const { shard, records } of naive.partitions) {
    if (shard.stateHash() !== '') hashes.push(shard.stateHash());
    for (const symbol of shard.symbols()) {
      for (const { u } of sights.unconfirmed(symbol)) faults.push(`depth ${u} of ${symbol} was seen, but never was`);
      faults.push(...(await snapshotFaults(exchange.archive, shard, symbol, records)));
    }
  }
  const replayed = hashes.sort().join(' ');
  const running = exchange.seat.engine.stateHash();
  if (running !== replayed) faults.push(`state: the engine is at ${running}, a replay at ${replayed}`);
  return faults;
}

/** Restored from the oldest and the newest snapshot that the archive keeps, and brought up to date, the symbol is where the whole replay is. */
async function snapshotFaults(
  archive: Archive,
  whole: EngineShard,
  symbol: string,
  records: readonly (OrderRecord | Poison)[],
): Promise<string[]> {
  const faults: string[] = [];
  const keys = await archive.list(`snapshots/${symbol}/`);
  for (const key of new Set([...keys.slice(0, 1), ...keys.slice(-1)])) {
    const snapshot = wholeSnapshot(await archive.get(key));
    if (snapshot === undefined) continue;
    const shard = naiveShard();
    shard.restore(symbol, Buffer.from(snapshot.data, 'base64'));
    for (const record of records.slice(snapshot.offset + 1)) {
      if (!(record instanceof Poison) && record.symbol === symbol) shard.apply(record, () => {});
    }
    const [here, there] = [shard.stateHash(symbol), whole.stateHash(symbol)];
    if (here !== there)
      faults.push(`state: from snapshot ${key} a replay of ${symbol} comes to ${here}, not to ${there}`);
  }
  return faults;
}

/** Undefined for one that has rotted. */
function wholeSnapshot(bytes: Uint8Array | undefined): SymbolSnapshot | undefined {
  try {
    return bytes && unsealSnapshot(Buffer.from(bytes).toString());
  } catch (error) {
    if (error instanceof SnapshotError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Nothing hangs in the air once everything is quiet. */
export async function leftovers(stream: Stream, store: Store): Promise<string[]> {
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
