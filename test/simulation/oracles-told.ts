import type { EngineEvent } from '../../src/domain/events.ts';
import type { PrivateMessage } from '../../src/domain/messages.ts';
import type { Client } from './client.ts';
import type { LogCopy } from './log-copy.ts';

/**
 * Each event stands in the fills stream once; each user's line tells exactly what the events say to him, each symbol's in
 * order of seq. Written from the events alone: it shares nothing with the notifier.
 */
export function toldFaults({ events }: LogCopy, lines: ReadonlyMap<string, readonly string[]>): string[] {
  const faults: string[] = [];
  const last = new Map<string, number>();
  const due = new Map<string, string[]>();
  for (const event of events) {
    const { symbol, seq } = event;
    if (seq <= (last.get(symbol) ?? 0)) faults.push(`fills stream: ${symbol} seq ${seq} stands there again`);
    last.set(symbol, seq);
    for (const [userId, words] of wordsOf(event)) listOf(due, `${userId} ${symbol}`).push(words);
  }
  const told = new Map<string, string[]>();
  for (const [userId, texts] of lines) {
    for (const text of texts) {
      const message: PrivateMessage = JSON.parse(text);
      listOf(told, `${userId} ${message.data.symbol}`).push(wordsTold(message));
    }
  }
  for (const key of new Set([...due.keys(), ...told.keys()])) {
    const [should, does] = [due.get(key) ?? [], told.get(key) ?? []];
    const at = Array.from(should.length > does.length ? should : does).findIndex((_, i) => should[i] !== does[i]);
    if (at >= 0) faults.push(`messages: ${key} is told "${does[at]}" where the events say "${should[at]}"`);
  }
  return faults;
}

function listOf(lists: Map<string, string[]>, key: string): string[] {
  let list = lists.get(key);
  if (list === undefined) {
    list = [];
    lists.set(key, list);
  }
  return list;
}

/** For each user whom an event concerns, the buyer first: what he must hear. */
function wordsOf(event: EngineEvent): [userId: string, words: string][] {
  const { seq } = event;
  if (event.event === 'FILL') {
    return [event.buyer, event.seller].map(({ user_id, order_id, remaining_qty, fee }) => [
      user_id,
      `${seq} FILL ${order_id} ${event.quantity} at ${event.price}, ${remaining_qty} left, fee ${fee}`,
    ]);
  }
  if (!('user_id' in event) || event.event === 'DUPLICATE') return [];
  return [[event.user_id, `${seq} ${event.event} ${event.order_id} ${event.remaining_qty} left`]];
}

function wordsTold(message: PrivateMessage): string {
  if (message.type === 'FILL') {
    const { seq, order_id, filled_qty, filled_price, remaining_qty, fee } = message.data;
    return `${seq} FILL ${order_id} ${filled_qty} at ${filled_price}, ${remaining_qty} left, fee ${fee}`;
  }
  const { seq, event, order_id, remaining_qty } = message.data;
  return `${seq} ${event} ${order_id} ${remaining_qty} left`;
}

/** A cancel or replace that was answered stands in the log; none stands there twice. */
export function requestFaults({ orders }: LogCopy, clients: readonly Client[]): string[] {
  const faults: string[] = [];
  const inLog = new Map<string, Set<string>>();
  for (const record of orders) {
    if (record.action !== 'CANCEL' && record.action !== 'REPLACE') continue;
    const key = `${record.action} ${record.order_id}`;
    const requests = inLog.get(key) ?? new Set();
    if (requests.has(record.request_id)) faults.push(`request ${record.request_id} stands in the log twice: ${key}`);
    inLog.set(key, requests.add(record.request_id));
  }
  const answered = new Map<string, number>();
  for (const request of clients.flatMap(({ requests }) => requests)) {
    answered.set(request, (answered.get(request) ?? 0) + 1);
  }
  const lost = [...answered]
    .filter(([request, times]) => (inLog.get(request)?.size ?? 0) < times)
    .map(([request, times]) => `${request} was answered ${times} times, the log has ${inLog.get(request)?.size ?? 0}`);
  return [...faults, ...lost];
}
