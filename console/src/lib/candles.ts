import type { Bar, CandleMessage, Interval } from '@supernoba/client';
import { marketClock } from './market-clock.ts';

/** A live 1m candle in human decimals. */
export function liveBar(message: CandleMessage, priceDecimals: number, quantityDecimals: number): Bar {
  const price = (units: string) => Number(units) / 10 ** priceDecimals;
  return {
    time: marketClock().minuteToEpoch(message.t),
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
    if (base !== undefined && minute !== undefined && marketClock().barStart(minute.time, interval) === base.time) {
      this.#minute = minute.time;
      this.#before = withoutVolume(base, minute);
    }
  }

  /** @returns the bar to draw, or undefined when the minute is older than the bar. */
  update(minute: Bar): Bar | undefined {
    const start = marketClock().barStart(minute.time, this.#interval);
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
