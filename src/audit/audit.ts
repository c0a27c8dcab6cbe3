import type { Topics } from '../domain/topics.ts';
import type { Store, StoredOrder, StoreRow } from '../ports/store.ts';
import type { Stream } from '../ports/stream.ts';
import { Findings } from './findings.ts';
import { type Applied, LogView } from './log-view.ts';
import { eventOf, ledgerOf, orderOf } from './parse.ts';
import { placeOf, readLog } from './read-log.ts';
import { type AuditedEngine, replayEvents } from './replay-events.ts';

export interface AuditSources {
  stream: Stream;
  topics: Pick<Topics, 'orders' | 'fills' | 'ledger'>;
  store: Pick<Store, 'dump' | 'position' | 'pendingReplaces' | 'pendingWithdrawals'>;
  /** A fresh engine: it gets the orders stream and must say every event of the fills stream again, byte for byte. */
  engine?: () => AuditedEngine;
  /** True: every consumer must have caught up with the log (a quiet exchange). False: it may have been killed on the way. */
  quiet: boolean;
}

export interface AuditReport {
  clean: boolean;
  differences: number;
  first_differences: string[];
  orders: number;
  events: number;
  fills: number;
  wallets: number;
  trades: number;
  /** Events that settlement had not applied when the exchange stopped. */
  unsettled_events: number;
  /** Orders held and recorded that never reached the log (the next start publishes them). */
  unpublished_orders: number;
  /** Events compared with a second engine's, byte for byte. */
  events_replayed: number;
}

/**
 * Recomputes from the streams what the store must hold and compares: wallets = deposits - withdrawals +- fills and fees,
 * locked = what open orders need, filled quantity = fills, history = fills, seq gap-free, events = a second engine's.
 * Nothing may write while it runs. Throws LogTruncatedError when the log does not reach back to its beginning.
 */
export async function audit(sources: AuditSources): Promise<AuditReport> {
  const { stream, topics, store } = sources;
  const findings = new Findings();
  const applied = await appliedSeqs(store.dump());
  const view = new LogView(findings, applied.settled, applied.saved);
  await readOrders(sources, view);
  await readEvents(sources, view, findings);
  const ledgerBehind = await readLedger(sources, view, findings);
  await addUnlogged(store, view);
  view.lockOrders();
  const counts = await compareStore(store.dump(), view, findings);
  view.accounts.finish(findings);
  if (sources.quiet) expectCaughtUp(view, applied, ledgerBehind, findings);
  const replayed = sources.engine ? await replayEvents(sources.engine(), stream, topics.orders, view, findings) : 0;
  const events = [...view.trails.values()].reduce((sum, trail) => sum + trail.last, 0);
  return {
    clean: findings.count === 0,
    differences: findings.count,
    first_differences: findings.first,
    orders: view.orders.size,
    events,
    fills: view.fills,
    ...counts,
    unsettled_events: view.unsettled,
    events_replayed: replayed,
  };
}

async function readOrders({ stream, topics }: AuditSources, view: LogView): Promise<void> {
  for await (const page of readLog(stream, topics.orders)) {
    for (const record of page) {
      const order = orderOf(record);
      const isHome = order !== undefined && stream.partitionOf(topics.orders, order.symbol) === record.partition;
      if (isHome) view.order(order);
    }
  }
}

async function readEvents({ stream, topics }: AuditSources, view: LogView, findings: Findings): Promise<void> {
  for await (const page of readLog(stream, topics.fills)) {
    for (const record of page) {
      const event = eventOf(record);
      if (typeof event === 'string') findings.add(`${placeOf(topics.fills, record)} ${event}`);
      else view.event(event, record.value);
    }
  }
}

/** @returns how many records settlement has not applied */
async function readLedger({ stream, topics, store }: AuditSources, view: LogView, findings: Findings): Promise<number> {
  const applied = await store.position('account-processor', topics.ledger, 0);
  let behind = 0;
  for await (const page of readLog(stream, topics.ledger)) {
    for (const record of page) {
      const transfer = ledgerOf(record);
      if (typeof transfer === 'string') findings.add(`${placeOf(topics.ledger, record)} ${transfer}`);
      else if (record.offset < applied) view.ledger(transfer);
      if (record.offset >= applied) behind += 1;
    }
  }
  return behind;
}

async function appliedSeqs(rows: AsyncIterable<StoreRow>): Promise<{ settled: Applied; saved: Applied }> {
  const settled = new Map<string, number>();
  const saved = new Map<string, number>();
  for await (const { table, row } of rows) {
    if (table !== 'applied_seq') continue;
    if (row.consumer === 'fill-processor') settled.set(row.symbol, row.seq);
    if (row.consumer === 'history-saver') saved.set(row.symbol, row.seq);
  }
  return { settled, saved };
}

/** A crash can leave holds whose record never reached the log; they are told apart by their ids and owed to their wallets. */
async function addUnlogged(store: AuditSources['store'], view: LogView): Promise<void> {
  for (const { request_id, order_id, hold_delta } of await store.pendingReplaces()) {
    if (!view.requests.has(request_id)) view.orders.get(order_id)?.asked.set(request_id, BigInt(hold_delta));
  }
  for (const { transfer_id, user_id, asset, amount } of await store.pendingWithdrawals()) {
    if (!view.accounts.knowsTransfer(transfer_id)) view.accounts.lock(user_id, asset, BigInt(amount));
  }
}

async function compareStore(rows: AsyncIterable<StoreRow>, view: LogView, findings: Findings) {
  const counts = { wallets: 0, trades: 0, unpublished_orders: 0 };
  const wallets: Extract<StoreRow, { table: 'wallet' }>['row'][] = [];
  for await (const { table, row } of rows) {
    if (table === 'wallet') wallets.push(row);
    if (table === 'trade') {
      counts.trades += 1;
      compareTrade(row, view, findings);
    }
    if (table === 'order') {
      const order = view.orders.get(row.order_id);
      if (order !== undefined) order.compare(row, findings);
      else if (row.status === 'PENDING') counts.unpublished_orders += lockUnpublished(row, view);
      else if (row.status !== 'REJECTED' || row.hold !== 0)
        findings.add(`order ${row.order_id} is ${row.status} in the store and not in the log`);
    }
  }
  for (const [id, order] of view.orders)
    if (!order.seen) findings.add(`order ${id} is in the log and not in the store`);
  for (const id of view.trades.keys()) findings.add(`trade ${id} is in the log and not in the history`);
  for (const wallet of wallets) view.accounts.compare(wallet, findings);
  return { ...counts, wallets: wallets.length };
}

function lockUnpublished(row: StoredOrder, view: LogView): number {
  const instrument = view.instruments.get(row.symbol);
  const asset = row.side === 'BUY' ? instrument?.quote : instrument?.base;
  if (asset !== undefined) view.accounts.lock(row.user_id, asset, BigInt(row.hold));
  return 1;
}

function compareTrade(row: Extract<StoreRow, { table: 'trade' }>['row'], view: LogView, findings: Findings): void {
  const expected = view.trades.get(row.trade_id);
  if (expected === undefined) {
    findings.add(`trade ${row.trade_id} is in the history twice, or not in the log`);
    return;
  }
  view.trades.delete(row.trade_id);
  const told = new Map<string, unknown>(Object.entries(row));
  for (const [field, value] of Object.entries(expected)) {
    if (told.get(field) !== value) findings.expect(`trade ${row.trade_id}: ${field}`, told.get(field), value);
  }
}

function expectCaughtUp(
  view: LogView,
  applied: { settled: Applied; saved: Applied },
  ledgerBehind: number,
  findings: Findings,
): void {
  for (const [symbol, trail] of view.trails) {
    findings.expect(`${symbol}: last seq settled`, applied.settled.get(symbol) ?? 0, trail.last);
    findings.expect(`${symbol}: last seq in the history`, applied.saved.get(symbol) ?? 0, trail.last);
  }
  findings.expect('ledger records not applied', ledgerBehind, 0);
}
