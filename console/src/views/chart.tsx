import { useSignal, useSignalEffect } from '@preact/signals';
import type { Bar, Interval } from '@supernoba/client';
import {
  CandlestickSeries,
  createChart,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type UTCTimestamp,
} from 'lightweight-charts';
import { useEffect, useRef } from 'preact/hooks';
import { INTERVALS, LiveBar, liveBar } from '../lib/candles.ts';
import { decimalText, percentText, shortText, trend, unitsText } from '../lib/numbers.ts';
import { word } from '../lib/words.ts';
import { current, liveCandle, tickers } from '../state/market.ts';
import { rest } from '../state/session.ts';

const PAGE = 300;

interface Drawing {
  chart: IChartApi;
  candles: ISeriesApi<'Candlestick'>;
  volume: ISeriesApi<'Histogram'>;
}

/** Candles of the selected symbol: history by `setData`, the live bar by `update`, older bars when scrolled to the left. */
export function Chart() {
  const holder = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing | undefined>(undefined);
  const live = useRef<LiveBar | undefined>(undefined);
  const bars = useRef<Bar[]>([]);
  const interval = useSignal<Interval>('1m');
  const legend = useSignal<Bar | undefined>(undefined);
  const loading = useRef(false);

  useEffect(() => {
    if (holder.current === null) return;
    drawing.current = draw(holder.current);
    const { chart } = drawing.current;
    chart.subscribeCrosshairMove(({ time }) => {
      legend.value = time === undefined ? undefined : bars.current.find((bar) => bar.time === time);
    });
    chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range !== null && range.from < 10) void loadOlder();
    });
    return () => chart.remove();
  }, []);

  async function load(symbol: string, width: Interval): Promise<void> {
    const { data } = await rest.value.chart(symbol, width, PAGE);
    if (current.value?.symbol !== symbol || interval.value !== width) return;
    bars.current = data;
    live.current = new LiveBar(width, data.at(-1));
    show();
    drawing.current?.chart.timeScale().scrollToRealTime();
  }

  async function loadOlder(): Promise<void> {
    const symbol = current.value?.symbol;
    const first = bars.current[0];
    if (symbol === undefined || first === undefined || loading.current) return;
    loading.current = true;
    const width = interval.value;
    const { data } = await rest.value.chart(symbol, width, PAGE, first.time).catch(() => ({ data: [] as Bar[] }));
    if (current.value?.symbol === symbol && interval.value === width && data.length > 0) {
      bars.current = [...data, ...bars.current];
      show();
    }
    // With nothing older there is nothing to ask for again; switching symbol or interval starts anew.
    loading.current = data.length === 0;
  }

  function show(): void {
    drawing.current?.candles.setData(bars.current.map(candleOf));
    drawing.current?.volume.setData(bars.current.map(volumeOf));
  }

  useSignalEffect(() => {
    const item = current.value;
    const width = interval.value;
    bars.current = [];
    live.current = undefined;
    loading.current = false;
    if (item === undefined) return;
    drawing.current?.candles.applyOptions({
      priceFormat: { type: 'price', precision: item.price_decimals, minMove: 10 ** -item.price_decimals },
    });
    show();
    load(item.symbol, width).catch(() => {});
  });

  useSignalEffect(() => {
    const message = liveCandle.value;
    const item = current.value;
    if (message === undefined || item === undefined || message.s !== item.symbol) return;
    const bar = live.current?.update(liveBar(message, item.price_decimals, item.quantity_decimals));
    if (bar === undefined) return;
    if (bars.current.at(-1)?.time === bar.time) bars.current[bars.current.length - 1] = bar;
    else bars.current.push(bar);
    drawing.current?.candles.update(candleOf(bar));
    drawing.current?.volume.update(volumeOf(bar));
  });

  return (
    <section class="panel chart" aria-label={word('chart')}>
      <div class="panel-head">
        <Headline />
        <span class="grow" />
        <fieldset class="segmented" aria-label="Interval">
          {INTERVALS.map((width) => (
            <button
              type="button"
              key={width}
              aria-pressed={interval.value === width}
              onClick={() => {
                interval.value = width;
              }}
            >
              {width}
            </button>
          ))}
        </fieldset>
      </div>
      <Legend bar={legend.value} />
      <div class="canvas" ref={holder} />
    </section>
  );
}

function Headline() {
  const item = current.value;
  if (item === undefined) return <h2>{word('chart')}</h2>;
  const ticker = tickers.value.get(item.symbol);
  return (
    <>
      <h2>{item.symbol}</h2>
      <small>{item.name}</small>
      {item.status !== 'ACTIVE' && <mark>{word('halted')}</mark>}
      {ticker !== undefined && (
        <strong class={trend(ticker.c)}>
          {unitsText(ticker.p, item.price_decimals)} <small>{percentText(ticker.c)}</small>
        </strong>
      )}
    </>
  );
}

function Legend({ bar }: { bar: Bar | undefined }) {
  const item = current.value;
  if (bar === undefined || item === undefined) return <p class="legend">&nbsp;</p>;
  const text = (value: number) => decimalText(value, item.price_decimals);
  return (
    <p class={`legend ${trend(bar.close - bar.open)}`}>
      O {text(bar.open)} H {text(bar.high)} L {text(bar.low)} C {text(bar.close)} V{' '}
      {shortText(bar.volume, item.quantity_decimals)}
    </p>
  );
}

function draw(element: HTMLElement): Drawing {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const chart = createChart(element, {
    autoSize: true,
    layout: { background: { color: 'transparent' }, textColor: colour('--muted'), attributionLogo: true },
    grid: { vertLines: { color: colour('--line') }, horzLines: { color: colour('--line') } },
    timeScale: { timeVisible: true, borderColor: colour('--line') },
    rightPriceScale: { borderColor: colour('--line') },
  });
  const [up, down] = [colour('--up'), colour('--down')];
  const candles = chart.addSeries(CandlestickSeries, {
    upColor: up,
    downColor: down,
    borderVisible: false,
    wickUpColor: up,
    wickDownColor: down,
  });
  const volume = chart.addSeries(HistogramSeries, {
    priceFormat: { type: 'volume' },
    priceScaleId: '',
    color: colour('--volume'),
  });
  volume.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
  return { chart, candles, volume };
}

/** The library's branded time is an epoch second, as our bars have it. */
function candleOf({ time, open, high, low, close }: Bar) {
  return { time: time as UTCTimestamp, open, high, low, close };
}

function volumeOf({ time, volume }: Bar) {
  return { time: time as UTCTimestamp, value: volume };
}
