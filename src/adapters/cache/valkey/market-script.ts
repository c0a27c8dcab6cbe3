import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'iovalkey';
import {
  CLOSED_MAX,
  CLOSED_TTL_SECONDS,
  MINUTE_TTL_SECONDS,
  marketKeys,
  ROLLUP_TTL_SECONDS,
  TRADES_MAX,
  TRADES_TTL_SECONDS,
  tradeText,
} from '../../../domain/market-keys.ts';
import type { MarketItem, TapeTrade } from '../../../domain/market-state.ts';

type Operation = 'apply' | 'close' | 'restore' | 'trim';

const SCRIPT = readFileSync(new URL('market.lua', import.meta.url), 'utf8');
const SHA = createHash('sha1').update(SCRIPT).digest('hex');

const LIMITS = JSON.stringify({
  minute_ttl: MINUTE_TTL_SECONDS,
  rollup_ttl: ROLLUP_TTL_SECONDS,
  closed_max: CLOSED_MAX,
  closed_ttl: CLOSED_TTL_SECONDS,
  trades_max: TRADES_MAX,
  trades_ttl: TRADES_TTL_SECONDS,
});

/** Runs market.lua inside the server, which learns it at the first use and again when it was restarted. */
export async function runMarketScript(
  client: Redis,
  operation: Operation,
  symbol: string,
  ...args: string[]
): Promise<unknown> {
  const keys = [
    marketKeys.state(symbol),
    marketKeys.minute(symbol),
    marketKeys.closed(symbol),
    marketKeys.trades(symbol),
    marketKeys.ohlc(symbol),
    marketKeys.previous(symbol),
    marketKeys.ticker(symbol),
    ...marketKeys.rollups(symbol),
  ];
  const parameters = [...keys, operation, LIMITS, ...args];
  try {
    return await client.evalsha(SHA, keys.length, ...parameters);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return client.eval(SCRIPT, keys.length, ...parameters);
  }
}

/** Items as the script reads them; each minute of the batch is told once. */
export function itemsText(items: readonly MarketItem[]): string {
  const minutes: (number | string)[][] = [];
  const indexes = new Map<number, number>();
  const rows = items.map((item) => {
    const { seq, timestamp } = item;
    if (item.kind === 'DAY') return ['D', seq, timestamp, item.close, item.reference];
    if (item.kind === 'REFERENCE') return ['R', seq, timestamp, item.reference];
    const { minute } = item;
    let index = indexes.get(minute.start);
    if (index === undefined) {
      const buckets = minute.buckets.flatMap(({ start, label }) => [start, label]);
      index = minutes.push([minute.start, minute.label, ...buckets]) - 1;
      indexes.set(minute.start, index);
    }
    return ['T', seq, timestamp, index, item.price, item.quantity, item.side, item.id];
  });
  return JSON.stringify({ minutes, items: rows });
}

/** Trades as they stand in `trades:S`, oldest first. */
export function tradesText(symbol: string, trades: readonly TapeTrade[]): string {
  return JSON.stringify(trades.slice(-TRADES_MAX).map((trade) => tradeText(symbol, trade)));
}
