import { aggregate, type Bar, type Interval } from '../../domain/candle.ts';
import { type CandleFields, marketKeys } from '../../domain/market-keys.ts';
import { parseMarketState } from '../../domain/market-state-text.ts';
import type { MarketTime } from '../../domain/market-time.ts';
import type { Cache } from '../../ports/cache.ts';
import type { CandleStore } from '../../ports/candle-store.ts';

interface Sources {
  cache: Cache;
  candles: CandleStore;
  time: MarketTime;
}

/**
 * Hot and cold bars as one ascending row, without a gap or a double, also while a minute closes or a backup runs. It holds
 * because of the order of reading: active before closed before cold is the order in which a bar wanders, so a bar that
 * moves meanwhile is met again, never missed; of two with one time the fuller is the newer, since volume only grows.
 */
export async function readChart(
  sources: Sources,
  symbol: string,
  interval: Interval,
  { limit, end = Number.MAX_SAFE_INTEGER }: { limit: number; end?: number },
): Promise<Bar[]> {
  const { candles, time } = sources;
  const hot = await hotBars(sources.cache, symbol);
  if (interval === '1m') {
    const cold = await candles.bars(symbol, '1m', { limit, end });
    return merge(cold, hot)
      .filter((bar) => bar.time < end)
      .slice(-limit);
  }
  const first = hot[0];
  if (first === undefined) return candles.bars(symbol, interval, { limit, end });
  // From the bucket of the first hot minute on, wide bars are added up from minutes, of which some are cold already.
  const seam = time.bucketStart(interval, first.time);
  const minutes = seam < end ? merge(await candles.bars(symbol, '1m', { limit: MINUTES_MAX, from: seam }), hot) : [];
  const tail = aggregate(minutes, (at) => time.bucketStart(interval, at)).filter((bar) => bar.time < end);
  const cold = await candles.bars(symbol, interval, { limit, end: Math.min(end, seam) });
  return [...cold, ...tail].slice(-limit);
}

/** More minutes than lie between a day's start and the newest of a full closed list. */
const MINUTES_MAX = 1_000_000;

/** Active and closed minutes of the cache, ascending. */
async function hotBars(cache: Cache, symbol: string): Promise<Bar[]> {
  const { bar } = parseMarketState(await cache.get(marketKeys.state(symbol)));
  const closed = (await cache.listRange(marketKeys.closed(symbol), 0, -1)).map(closedBar).reverse();
  if (bar === undefined) return closed;
  const { start: time, open, high, low, close, volume } = bar;
  return merge(closed, [{ time, open, high, low, close, volume }]);
}

function closedBar(text: string): Bar {
  // Written by the cache adapters only (candleText).
  const { t_epoch, o, h, l, c, v } = JSON.parse(text) as CandleFields;
  return {
    time: Number(t_epoch),
    open: Number(o),
    high: Number(h),
    low: Number(l),
    close: Number(c),
    volume: Number(v),
  };
}

/** Two ascending rows as one. */
function merge(one: readonly Bar[], other: readonly Bar[]): Bar[] {
  const merged: Bar[] = [];
  let i = 0;
  let j = 0;
  for (;;) {
    const a = one[i];
    const b = other[j];
    if (a === undefined || b === undefined) return merged.concat(one.slice(i), other.slice(j));
    if (a.time <= b.time) i += 1;
    if (b.time <= a.time) j += 1;
    merged.push(a.time < b.time || (a.time === b.time && a.volume > b.volume) ? a : b);
  }
}
