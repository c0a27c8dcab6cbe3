import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { MarketState, TapeTrade } from '../../domain/market-state.ts';
import type { MarketTime } from '../../domain/market-time.ts';
import type { Archive } from '../../ports/archive.ts';
import { type ArchivedTrade, tradesFolder } from './archive-files.ts';

const decompress = promisify(gunzip);

/** What a screen that has just come is shown; older trades are read from the store. */
export const TAPE_TRADES = 50;
const NEWLINE = 0x0a;

/**
 * The newest trades that a state has counted, oldest first, out of the archive, which has all of them: the backup stores trades
 * before the state that counts them. The last trading day and the two before it are looked through: a trade that came
 * late lies in the day of its own time, among others that came before it.
 */
export async function newestTrades(
  archive: Archive,
  time: MarketTime,
  symbol: string,
  state: MarketState,
): Promise<TapeTrade[]> {
  if (state.bar === undefined) return [];
  let day = time.bucketStart('1d', state.bar.start);
  const found: ArchivedTrade[] = [];
  for (let days = 0; days < 2 || (days < 3 && found.length < TAPE_TRADES); days++) {
    found.push(...(await newestIn(archive, tradesFolder(symbol, time.date(day * 1000)), state.seq)));
    day = time.bucketStart('1d', day - 1);
  }
  return found
    .sort((a, b) => a.seq - b.seq)
    .slice(-TAPE_TRADES)
    .map(tapeTrade);
}

async function newestIn(archive: Archive, folder: string, seq: number): Promise<ArchivedTrade[]> {
  const found: ArchivedTrade[] = [];
  const files = await archive.list(folder);
  while (files.length > 0 && found.length < TAPE_TRADES) {
    const file = await archive.get(files.pop()!);
    if (file) found.push(...lastLines(await decompress(file), seq, TAPE_TRADES - found.length));
  }
  return found;
}

/** The last `count` trades of a file up to `seq`, newest first. Files are long: only their end is read. */
function lastLines(text: Buffer, seq: number, count: number): ArchivedTrade[] {
  const trades: ArchivedTrade[] = [];
  let end = text.length - 1;
  while (end > 0 && trades.length < count) {
    const start = text.lastIndexOf(NEWLINE, end - 1) + 1;
    // Written by putTrades only.
    const trade = JSON.parse(text.toString('utf8', start, end)) as ArchivedTrade;
    if (trade.seq <= seq) trades.push(trade);
    end = start - 1;
  }
  return trades;
}

function tapeTrade({ trade_id, timestamp, price, quantity, taker_side }: ArchivedTrade): TapeTrade {
  return { id: trade_id, timestamp, price, quantity, side: taker_side };
}
