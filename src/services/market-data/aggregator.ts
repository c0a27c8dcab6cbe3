import { aggregate, BUILT_FROM, INTERVALS, type Interval } from '../../domain/candle.ts';
import type { MarketTime } from '../../domain/market-time.ts';
import type { BarRows, CandleStore } from '../../ports/candle-store.ts';

/** Symbols whose minutes changed, with the first changed minute (epoch seconds). */
export type ChangedMinutes = ReadonlyMap<string, number>;

/**
 * Fills the wider intervals of the candle store from its minutes, each from the next narrower one, from the bucket of the
 * first changed minute on. It computes rows from rows, so doing it again changes nothing.
 */
export async function aggregateMinutes(candles: CandleStore, time: MarketTime, changed: ChangedMinutes): Promise<void> {
  for (const interval of INTERVALS) {
    if (interval === '1m') continue;
    const rows: BarRows[] = [];
    for (const [symbol, minute] of changed) rows.push(await widerBars(candles, time, symbol, interval, minute));
    await candles.putBars(rows);
  }
}

async function widerBars(
  candles: CandleStore,
  time: MarketTime,
  symbol: string,
  interval: Exclude<Interval, '1m'>,
  firstMinute: number,
): Promise<BarRows> {
  const from = time.bucketStart(interval, firstMinute);
  const narrow = await candles.bars(symbol, BUILT_FROM[interval], { from, limit: Number.MAX_SAFE_INTEGER });
  return { symbol, interval, bars: aggregate(narrow, (at) => time.bucketStart(interval, at)) };
}
