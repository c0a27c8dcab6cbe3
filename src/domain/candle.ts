/** Candles. Prices and volumes are integers in the instrument's own units; times are those of the market's clock face. */

/** Chart intervals, each a whole multiple of one before it. */
export const INTERVALS = ['1m', '3m', '5m', '15m', '30m', '1h', '4h', '1d'] as const;
export type Interval = (typeof INTERVALS)[number];

/** Intervals whose running candle the cache keeps beside the minute's (`candle:3m:S` ...). */
export const ROLLUPS = ['3m', '5m', '15m', '30m'] as const;

export const INTERVAL_SECONDS: Record<Interval, number> = {
  '1m': 60,
  '3m': 180,
  '5m': 300,
  '15m': 900,
  '30m': 1_800,
  '1h': 3_600,
  '4h': 14_400,
  '1d': 86_400,
};

/** Where an interval is added up from: each bucket is a whole number of buckets of its source. */
export const BUILT_FROM: Record<Exclude<Interval, '1m'>, Interval> = {
  '3m': '1m',
  '5m': '1m',
  '15m': '5m',
  '30m': '15m',
  '1h': '30m',
  '4h': '1h',
  '1d': '4h',
};

/** A bar of a chart; `time` is its first moment, in epoch seconds. */
export interface Bar {
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

/** Adds up bars that ascend in time into wider ones; `startOf` gives the start of the bucket a time belongs to. */
export function aggregate(bars: readonly Bar[], startOf: (time: number) => number): Bar[] {
  const wide: Bar[] = [];
  let last: Bar | undefined;
  for (const bar of bars) {
    const time = startOf(bar.time);
    if (last === undefined || last.time !== time) {
      last = { ...bar, time };
      wide.push(last);
      continue;
    }
    last.high = Math.max(last.high, bar.high);
    last.low = Math.min(last.low, bar.low);
    last.close = bar.close;
    last.volume += bar.volume;
  }
  return wide;
}
