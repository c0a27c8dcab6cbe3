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
import { INTERVALS, LiveBar, liveBar, MARKET_OFFSET_S } from '../lib/candles.ts';
import { decimalText, percentText, shortText, trend, unitsText } from '../lib/numbers.ts';
import { word } from '../lib/words.ts';
import { colours, theme } from '../state/look.ts';
import { current, currentName, liveCandle, tickers } from '../state/market.ts';
import { rest } from '../state/session.ts';

const PAGE = 300;
/** Bars in the table for screen readers. */
const READ_OUT = 12;

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
  const newest = useSignal<readonly Bar[]>([]);

  useEffect(() => {
    if (holder.current === null) return;
    drawing.current = draw(holder.current);
    const { chart } = drawing.current;
    chart.subscribeCrosshairMove(({ time }) => {
      legend.value = time === undefined ? undefined : bars.current.find((bar) => shifted(bar) === time);
    });
    chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range !== null && range.from < 10) void loadOlder();
    });
    return () => chart.remove();
  }, []);

  async function load(symbol: string, width: Interval): Promise<void> {
    const [{ data }, minutes] = await Promise.all([
      rest.value.chart(symbol, width, PAGE),
      rest.value.chart(symbol, '1m', 1),
    ]);
    if (current.value?.symbol !== symbol || interval.value !== width) return;
    bars.current = data;
    live.current = new LiveBar(width, data.at(-1), minutes.data.at(-1));
    show();
    grow();
    drawing.current?.chart.timeScale().scrollToRealTime();
  }

  async function loadOlder(): Promise<void> {
    const symbol = current.value?.symbol;
    const first = bars.current[0];
    if (symbol === undefined || first === undefined || loading.current) return;
    loading.current = true;
    const width = interval.value;
    const { data } = await rest.value.chart(symbol, width, PAGE, first.time).catch(() => ({ data: [] as Bar[] }));
    if (current.value?.symbol !== symbol || interval.value !== width) return;
    const older = data.filter(({ time }) => time < first.time);
    if (older.length > 0) {
      bars.current = [...older, ...bars.current];
      show();
    }
    // With nothing older there is nothing to ask for again; switching symbol or interval starts anew.
    loading.current = older.length === 0;
  }

  function show(): void {
    drawing.current?.candles.setData(bars.current.map(candleOf));
    drawing.current?.volume.setData(bars.current.map(volumeOf));
    newest.value = bars.current.slice(-READ_OUT);
  }

  /** Puts the newest live candle into its bar. */
  function grow(): void {
    const message = liveCandle.peek();
    const item = current.peek();
    if (message === undefined || item === undefined || message.s !== item.symbol) return;
    const bar = live.current?.update(liveBar(message, item.price_decimals, item.quantity_decimals));
    if (bar === undefined) return;
    if (bars.current.at(-1)?.time === bar.time) bars.current[bars.current.length - 1] = bar;
    else bars.current.push(bar);
    drawing.current?.candles.update(candleOf(bar));
    drawing.current?.volume.update(volumeOf(bar));
    newest.value = bars.current.slice(-READ_OUT);
  }

  useSignalEffect(() => {
    void currentName.value;
    const item = current.peek();
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
    if (liveCandle.value !== undefined) grow();
  });

  useSignalEffect(() => {
    // The colours of the page are read anew when the look changes.
    void theme.value;
    void colours.value;
    if (drawing.current !== undefined) paint(drawing.current);
  });

  return (
    <section class="panel chart" aria-label={word('chart')}>
      <div class="panel-head">
        <Headline />
        <span class="grow" />
        <fieldset class="segmented" aria-label={word('interval')}>
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
      <Legend bar={legend.value ?? newest.value.at(-1)} />
      <div class="canvas">
        <div class="drawing" ref={holder} />
        {newest.value.length === 0 && <p class="hint empty">{word('noTrades')}</p>}
      </div>
      <ReadOut bars={newest.value} />
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

/** The newest bars as a table for screen readers, which cannot see the drawing. */
function ReadOut({ bars }: { bars: readonly Bar[] }) {
  return (
    <table class="read-out">
      <caption>{word('newestBars')}</caption>
      <tbody>
        {bars.map(({ time, open, high, low, close, volume }) => (
          <tr key={time} data-time={time}>
            {[open, high, low, close, volume].map((value, index) => (
              <td key={index}>{value}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function draw(element: HTMLElement): Drawing {
  const chart = createChart(element, {
    autoSize: true,
    layout: { background: { color: 'transparent' }, attributionLogo: true },
    timeScale: { timeVisible: true, rightOffset: 4, barSpacing: 9 },
  });
  const candles = chart.addSeries(CandlestickSeries, { borderVisible: false });
  const volume = chart.addSeries(HistogramSeries, {
    priceFormat: { type: 'volume' },
    priceScaleId: '',
    lastValueVisible: false,
    priceLineVisible: false,
  });
  volume.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
  const drawing = { chart, candles, volume };
  paint(drawing);
  return drawing;
}

function paint({ chart, candles, volume }: Drawing): void {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const [up, down, line] = [colour('--up'), colour('--down'), colour('--line')];
  chart.applyOptions({
    layout: { textColor: colour('--muted') },
    grid: { vertLines: { color: line }, horzLines: { color: line } },
    timeScale: { borderColor: line },
    rightPriceScale: { borderColor: line },
  });
  candles.applyOptions({ upColor: up, downColor: down, wickUpColor: up, wickDownColor: down });
  volume.applyOptions({ color: colour('--volume') });
}

/** The library draws UTC; bars are moved so that its axis reads market time. Its branded time is an epoch second. */
function shifted({ time }: Bar): UTCTimestamp {
  return (time + MARKET_OFFSET_S) as UTCTimestamp;
}

function candleOf(bar: Bar) {
  const { open, high, low, close } = bar;
  return { time: shifted(bar), open, high, low, close };
}

function volumeOf(bar: Bar) {
  return { time: shifted(bar), value: bar.volume };
}
