import type { Bar, CandleMessage, Interval } from '@supernoba/client';

export const INTERVALS: readonly Interval[] = ['1m', '3m', '5m', '15m', '30m', '1h', '4h', '1d'];

const SECONDS: Record<Interval, number> = {
  '1m': 60,
  '3m': 180,
  '5m': 300,
  '15m': 900,
  '30m': 1_800,
  '1h': 3_600,
  '4h': 14_400,
  '1d': 86_400,
};

/** Market time is Asia/Seoul, which has no daylight saving: candle minutes and day boundaries are at +9 hours. */
export const MARKET_OFFSET_S = 9 * 3_600;

/** The minute YYYYMMDDHHmm of market time as epoch seconds. */
export function minuteToEpoch(minute: string): number {
  const part = (from: number, to: number) => Number(minute.slice(from, to));
  return Date.UTC(part(0, 4), part(4, 6) - 1, part(6, 8), part(8, 10), part(10, 12)) / 1000 - MARKET_OFFSET_S;
}

/** Start of the bar that holds a moment (epoch seconds); bars of an hour and more keep to market days. */
export function barStart(epochS: number, interval: Interval): number {
  const local = epochS + MARKET_OFFSET_S;
  return local - (local % SECONDS[interval]) - MARKET_OFFSET_S;
}

/** A live 1m candle in human decimals. */
export function liveBar(message: CandleMessage, priceDecimals: number, quantityDecimals: number): Bar {
  const price = (units: string) => Number(units) / 10 ** priceDecimals;
  return {
    time: minuteToEpoch(message.t),
    open: price(message.o),
    high: price(message.h),
    low: price(message.l),
    close: price(message.c),
    volume: Number(message.v) / 10 ** quantityDecimals,
  };
}

/**
 * Builds the live bar of any interval from the 1m candles as they arrive. `base` is the bar that history ended with; the
 * minutes it holds already are not counted again, because the newest one replaces its own earlier state.
 */
export class LiveBar {
  readonly #interval: Interval;
  #bar: Bar | undefined;
  /** What the bar was before the minute that is still growing. */
  #before: Bar | undefined;
  #minute = 0;

  /** @param minute the newest minute at the time of `base`: that much of its volume `base` counts already */
  constructor(interval: Interval, base: Bar | undefined, minute: Bar | undefined) {
    this.#interval = interval;
    this.#bar = base;
    if (base !== undefined && minute !== undefined && barStart(minute.time, interval) === base.time) {
      this.#minute = minute.time;
      this.#before = withoutVolume(base, minute);
    }
  }

  /** @returns the bar to draw, or undefined when the minute is older than the bar. */
  update(minute: Bar): Bar | undefined {
    const start = barStart(minute.time, this.#interval);
    if (this.#bar !== undefined && start < this.#bar.time) return undefined;
    if (this.#interval === '1m') {
      this.#bar = minute;
      return minute;
    }
    if (this.#bar === undefined || start > this.#bar.time) {
      this.#before = undefined;
      this.#minute = minute.time;
      this.#bar = { ...minute, time: start };
      return this.#bar;
    }
    if (minute.time !== this.#minute) {
      this.#before = this.#bar;
      this.#minute = minute.time;
    }
    this.#bar = this.#before === undefined ? { ...minute, time: start } : merge(this.#before, minute);
    return this.#bar;
  }
}

function withoutVolume(bar: Bar, minute: Bar): Bar {
  return { ...bar, volume: Math.max(0, bar.volume - minute.volume) };
}

function merge(bar: Bar, minute: Bar): Bar {
  return {
    time: bar.time,
    open: bar.open,
    high: Math.max(bar.high, minute.high),
    low: Math.min(bar.low, minute.low),
    close: minute.close,
    volume: bar.volume + minute.volume,
  };
}
