import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Bar } from '../../domain/candle.ts';
import type { MarketTime } from '../../domain/market-time.ts';
import type { Archive } from '../../ports/archive.ts';
import type { CandleStore } from '../../ports/candle-store.ts';
import { aggregateMinutes } from './aggregator.ts';

const decompress = promisify(gunzip);

const MINUTES = /^candles\/symbol=([A-Z0-9]+)\/date=[\d-]+\/1m\.ndjson\.gz$/;

/**
 * Fills an empty candle store from the archive: the minutes as they were stored, wider bars from them. What came after the last
 * backup, and the positions, come from the fills stream, as far back as that reaches.
 * @returns minutes taken over
 */
export async function restoreCandles(archive: Archive, candles: CandleStore, time: MarketTime): Promise<number> {
  const first = new Map<string, number>();
  let count = 0;
  for (const key of await archive.list('candles/')) {
    const symbol = MINUTES.exec(key)?.[1];
    const file = symbol && (await archive.get(key));
    if (!symbol || !file) continue;
    const bars = linesOf(await decompress(file));
    await candles.putBars([{ symbol, interval: '1m', bars }]);
    count += bars.length;
    for (const bar of bars) first.set(symbol, Math.min(first.get(symbol) ?? bar.time, bar.time));
  }
  for (const one of first) await aggregateMinutes(candles, time, new Map([one]));
  return count;
}

/** Written by putMinutes only. */
function linesOf(text: Buffer): Bar[] {
  return text
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Bar);
}
