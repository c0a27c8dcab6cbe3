import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Bar } from '../../domain/candle.ts';
import type { FillEvent } from '../../domain/events.ts';
import type { Side } from '../../domain/order.ts';
import type { Archive } from '../../ports/archive.ts';

const compress = promisify(gzip);
const PIECE_LINES = 500;

/** Lets whatever waits on this thread have its turn. */
export type Pause = () => Promise<void>;

/**
 * Files of the archive: gzip'd NDJSON in Hive's folder names, so that DuckDB reads them as a table
 * (`read_ndjson('trades/*\/*\/*.ndjson.gz', hive_partitioning = true)`). All numbers are integers as inside the exchange.
 */

/** A line of a trades file. Prices, quantities and amounts are in the instrument's units, the time is in epoch milliseconds. */
export interface ArchivedTrade {
  trade_id: string;
  seq: number;
  timestamp: number;
  price: number;
  quantity: number;
  amount: number;
  taker_side: Side;
  buyer_order_id: string;
  seller_order_id: string;
}

/** Where the trades of one symbol and day (YYYY-MM-DD, market time) lie; files in it ascend in seq by their names. */
export function tradesFolder(symbol: string, date: string): string {
  return `trades/symbol=${symbol}/date=${date}/`;
}

/**
 * Trades of one symbol and day out of one stretch of the fills stream, which ends before offset `next`. The offset of its first
 * trade names the file. A backup that is done again, after a crash from the same offset or after the candle store was lost in
 * other stretches, replaces it and doubles nothing: files that begin within the stretch go, and what they held beyond it
 * comes with the next one, because the stream is read on.
 */
export async function putTrades(
  archive: Archive,
  part: { symbol: string; date: string; partition: number; offset: number; next: number },
  fills: readonly FillEvent[],
  pause: Pause,
): Promise<void> {
  const { symbol, date, partition, offset, next } = part;
  const folder = tradesFolder(symbol, date);
  const nameOf = (at: number) => `${folder}${partition}-${String(at).padStart(15, '0')}.ndjson.gz`;
  await putLines(archive, nameOf(offset), fills, tradeLine, pause);
  for (const key of await archive.list(`${folder}${partition}-`)) {
    if (key > nameOf(offset) && key < nameOf(next)) await archive.delete(key);
  }
}

/** Every minute of a symbol's day so far; replaced whole as the day goes on. */
export async function putMinutes(
  archive: Archive,
  symbol: string,
  date: string,
  bars: readonly Bar[],
  pause: Pause,
): Promise<void> {
  await putLines(archive, `candles/symbol=${symbol}/date=${date}/1m.ndjson.gz`, bars, (bar) => bar, pause);
}

function tradeLine(fill: FillEvent): ArchivedTrade {
  const { trade_id, seq, timestamp, price, quantity, amount, taker_side, buyer, seller } = fill;
  return {
    trade_id,
    seq,
    timestamp,
    price,
    quantity,
    amount,
    taker_side,
    buyer_order_id: buyer.order_id,
    seller_order_id: seller.order_id,
  };
}

/**
 * Long files are written and compressed in pieces, so that neither this thread nor a whole core is kept from the orders for
 * more than one of them. Members of gzip one after the other are one file (RFC 1952, 2.2).
 */
async function putLines<T>(
  archive: Archive,
  key: string,
  rows: readonly T[],
  line: (row: T) => object,
  pause: Pause,
): Promise<void> {
  const pieces: Buffer[] = [];
  for (let i = 0; i < rows.length; i += PIECE_LINES) {
    if (i > 0) await pause();
    const text = rows.slice(i, i + PIECE_LINES).map((row) => `${JSON.stringify(line(row))}\n`);
    pieces.push(await compress(text.join('')));
  }
  await archive.put(key, Buffer.concat(pieces));
}
