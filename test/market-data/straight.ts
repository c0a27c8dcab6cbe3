import { type Bar, INTERVAL_SECONDS, type Interval } from '../../src/domain/candle.ts';
import type { FillEvent } from '../../src/domain/events.ts';

const SEOUL_SECONDS = 9 * 3600;

/**
 * Candles straight from all trades in order of seq, by arithmetic that shares nothing with market data: Seoul is nine hours
 * ahead of UTC and knows no summer time.
 */
export function straightBars(fills: readonly FillEvent[], interval: Interval): Bar[] {
  const bars: Bar[] = [];
  let newest = 0;
  for (const { timestamp, price, quantity } of fills) {
    newest = Math.max(newest, Math.floor(timestamp / 60_000) * 60);
    const length = INTERVAL_SECONDS[interval];
    const time = Math.floor((newest + SEOUL_SECONDS) / length) * length - SEOUL_SECONDS;
    const last = bars.at(-1);
    if (last?.time !== time) {
      bars.push({ time, open: price, high: price, low: price, close: price, volume: quantity });
      continue;
    }
    last.high = Math.max(last.high, price);
    last.low = Math.min(last.low, price);
    last.close = price;
    last.volume += quantity;
  }
  return bars;
}
