import { gunzipSync } from 'node:zlib';
import { INTERVALS } from '../../src/domain/candle.ts';
import type { EngineEvent, FillEvent } from '../../src/domain/events.ts';
import { marketKeys } from '../../src/domain/market-keys.ts';
import type { TradeMessage } from '../../src/domain/messages.ts';
import type { Archive } from '../../src/ports/archive.ts';
import type { Cache } from '../../src/ports/cache.ts';
import type { MarketData } from '../../src/services/market-data/market-data.ts';
import { straightBars } from '../market-data/straight.ts';
import type { SimulatedExchange } from './exchange.ts';
import type { LogCopy } from './log-copy.ts';
import type { MarketSights } from './market-sights.ts';

const MANY = 1_000_000;
/** Trades on the tape at least, if there were so many. */
const TAPE = 50;

/** Candles, tape, ticker, day, archive and whatever watchers saw of the trades equal what the log says, added up straight. */
export async function marketFaults(exchange: SimulatedExchange, log: LogCopy, sights: MarketSights): Promise<string[]> {
  const { market, archive, cache } = exchange;
  const faults: string[] = [...sights.faults];
  await market.writer.drained();
  for (const [symbol, events] of log.bySymbol) {
    const fills = events.filter((event): event is FillEvent => event.event === 'FILL');
    faults.push(...(await chartFaults(market, symbol, fills)));
    faults.push(...(await priceFaults(market, symbol, events)));
    faults.push(...(await tapeFaults(cache, symbol, fills)));
    await market.backup.run();
    faults.push(...(await archiveFaults(archive, symbol, fills)));
  }
  faults.push(...sights.compareTrades(log.events));
  return faults;
}

async function chartFaults(market: MarketData, symbol: string, fills: readonly FillEvent[]): Promise<string[]> {
  const faults: string[] = [];
  for (const interval of INTERVALS) {
    const told = JSON.stringify(await market.reader.chart(symbol, interval, { limit: MANY }));
    const straight = JSON.stringify(straightBars(fills, interval));
    if (told !== straight) faults.push(`chart: ${symbol} ${interval} is ${told}, the trades make ${straight}`);
  }
  return faults;
}

/** The last price, and the running day since the last day's close. */
async function priceFaults(market: MarketData, symbol: string, events: readonly EngineEvent[]): Promise<string[]> {
  const faults: string[] = [];
  const last = events.findLast((event) => event.event === 'FILL');
  const told = (await market.reader.ticker(symbol))?.p ?? 0;
  if (last !== undefined && told !== last.price) faults.push(`ticker: ${symbol} is at ${told}, not at ${last.price}`);
  const closed = events.findLastIndex((event) => event.event === 'DAY_CLOSED');
  const day = events.slice(closed + 1).filter((event) => event.event === 'FILL');
  const today = await market.reader.today(symbol);
  const wanted = day.length === 0 ? undefined : dayOf(day);
  const has = today && [today.o, today.h, today.l, today.c, today.v].join(' ');
  if (wanted !== undefined && has !== wanted) faults.push(`day: ${symbol} is ${has}, the trades make ${wanted}`);
  return faults;
}

function dayOf(fills: readonly FillEvent[]): string {
  const prices = fills.map(({ price }) => price);
  const volume = fills.reduce((sum, { quantity }) => sum + quantity, 0);
  return [prices[0], Math.max(...prices), Math.min(...prices), prices.at(-1), volume].join(' ');
}

/** `trades:S` is the end of all trades, without a hole. */
async function tapeFaults(cache: Cache, symbol: string, fills: readonly FillEvent[]): Promise<string[]> {
  const texts = await cache.listRange(marketKeys.trades(symbol), 0, -1);
  const shown = texts.map((text) => (JSON.parse(text) as TradeMessage).id).reverse();
  const end = fills.slice(fills.length - shown.length).map(({ trade_id }) => trade_id);
  if (shown.join() !== end.join()) return [`tape: ${symbol} shows ${shown.join()}, not ${end.join()}`];
  if (shown.length < Math.min(fills.length, TAPE)) return [`tape: ${symbol} shows ${shown.length} of ${fills.length}`];
  return [];
}

/** Every trade once, and every minute. */
async function archiveFaults(archive: Archive, symbol: string, fills: readonly FillEvent[]): Promise<string[]> {
  const faults: string[] = [];
  const trades = await linesOf<{ seq: number }>(archive, `trades/symbol=${symbol}/`);
  const seqs = trades.map(({ seq }) => seq).sort((a, b) => a - b);
  if (seqs.join() !== fills.map(({ seq }) => seq).join()) {
    faults.push(`archive: ${symbol} has the trades ${seqs.join()}, not ${fills.map(({ seq }) => seq).join()}`);
  }
  const minutes = JSON.stringify(await linesOf(archive, `candles/symbol=${symbol}/`));
  const straight = JSON.stringify(straightBars(fills, '1m'));
  if (minutes !== straight) faults.push(`archive: ${symbol} has the minutes ${minutes}, not ${straight}`);
  return faults;
}

async function linesOf<T>(archive: Archive, prefix: string): Promise<T[]> {
  const lines: T[] = [];
  for (const key of await archive.list(prefix)) {
    const bytes = await archive.get(key);
    if (bytes === undefined || bytes.length === 0) continue;
    for (const line of gunzipSync(bytes).toString().trimEnd().split('\n')) lines.push(JSON.parse(line));
  }
  return lines;
}
