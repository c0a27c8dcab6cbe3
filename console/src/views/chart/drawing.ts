import type { Bar } from '@supernoba/client';
import {
  CandlestickSeries,
  createChart,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type UTCTimestamp,
} from 'lightweight-charts';
import { marketClock } from '../../lib/market-clock.ts';
import { decimalText } from '../../lib/numbers.ts';
import { language } from '../../lib/words.ts';

/** Bars this close to the left edge are the sign to read older ones. */
const NEAR_EDGE = 10;

/** The library's chart with candles and volume, in the page's colours. */
export class Drawing {
  readonly #chart: IChartApi;
  readonly #candles: ISeriesApi<'Candlestick'>;
  readonly #volume: ISeriesApi<'Histogram'>;
  /** The start of each bar by its place on the axis. */
  readonly #starts = new Map<number, number>();
  #volumeColours = { up: '', down: '' };

  /**
   * @param onPoint the start (epoch s) of the bar under the crosshair, undefined when there is none
   * @param onEdge the oldest bars have come into sight
   */
  constructor(element: HTMLElement, onPoint: (time: number | undefined) => void, onEdge: () => void) {
    this.#chart = createChart(element, {
      autoSize: true,
      layout: { background: { color: 'transparent' }, attributionLogo: true, fontFamily: 'inherit' },
      timeScale: { timeVisible: true, rightOffset: 4, barSpacing: 9 },
      crosshair: { mode: 0 },
    });
    this.#candles = this.#chart.addSeries(CandlestickSeries, { borderVisible: false });
    this.#volume = this.#chart.addSeries(HistogramSeries, {
      priceFormat: { type: 'volume' },
      priceScaleId: '',
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.#candles.priceScale().applyOptions({ scaleMargins: { top: 0.06, bottom: 0.22 } });
    this.#volume.priceScale().applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
    this.#chart.subscribeCrosshairMove(({ time }) =>
      onPoint(typeof time === 'number' ? this.#starts.get(time) : undefined),
    );
    this.#chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range !== null && range.from < NEAR_EDGE) onEdge();
    });
    this.paint();
  }

  /** All bars, ascending. What was in sight stays in sight when older ones are put before it. */
  show(bars: readonly Bar[]): void {
    this.#starts.clear();
    for (const { time } of bars) this.#starts.set(axisTime(time), time);
    this.#candles.setData(bars.map(candleOf));
    this.#volume.setData(bars.map((bar) => this.#volumeOf(bar)));
  }

  /** The newest bar, or the one after it. */
  update(bar: Bar): void {
    this.#starts.set(axisTime(bar.time), bar.time);
    this.#candles.update(candleOf(bar));
    this.#volume.update(this.#volumeOf(bar));
  }

  toNewest(): void {
    this.#chart.timeScale().applyOptions({ barSpacing: 9 });
    this.#chart.timeScale().scrollToRealTime();
  }

  /** Whether bars of a day stand there: their axis needs no time of day. */
  setMarket(priceDecimals: number, daily: boolean): void {
    this.#candles.applyOptions({
      priceFormat: { type: 'price', precision: priceDecimals, minMove: 10 ** -priceDecimals },
    });
    this.#chart.applyOptions({
      localization: {
        locale: language.value === 'ko' ? 'ko-KR' : 'en-US',
        priceFormatter: (price: number) => decimalText(price, priceDecimals),
      },
      timeScale: { timeVisible: !daily },
    });
  }

  /** Takes the colours of the page as they are now. */
  paint(): void {
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const [up, down, line] = [colour('--up'), colour('--down'), colour('--line')];
    this.#volumeColours = { up: `${up}66`, down: `${down}66` };
    this.#chart.applyOptions({
      layout: { textColor: colour('--muted') },
      grid: { vertLines: { color: colour('--grid') }, horzLines: { color: colour('--grid') } },
      timeScale: { borderColor: line },
      rightPriceScale: { borderColor: line },
    });
    this.#candles.applyOptions({ upColor: up, downColor: down, wickUpColor: up, wickDownColor: down });
  }

  remove(): void {
    this.#chart.remove();
  }

  #volumeOf(bar: Bar) {
    const color = bar.close < bar.open ? this.#volumeColours.down : this.#volumeColours.up;
    return { time: axisTime(bar.time), value: bar.volume, color };
  }
}

/** The library draws UTC; bars are moved so that its axis reads market time. Its branded time is an epoch second. */
function axisTime(time: number): UTCTimestamp {
  return marketClock().axisTime(time) as UTCTimestamp;
}

function candleOf(bar: Bar) {
  const { open, high, low, close } = bar;
  return { time: axisTime(bar.time), open, high, low, close };
}
