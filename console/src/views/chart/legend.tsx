import type { Bar } from '@supernoba/client';
import { decimalText, percentText, shortText, trend, unitsText } from '../../lib/numbers.ts';
import { word } from '../../lib/words.ts';
import { current, tickerOf } from '../../state/market.ts';
import { SessionMark } from '../session-mark.tsx';

/** The shown market with its price and state. */
export function Headline() {
  const item = current.value;
  if (item === undefined) return <h2>{word('chart')}</h2>;
  const ticker = tickerOf(item.symbol).value;
  return (
    <div class="headline">
      <h2>{item.symbol}</h2>
      <small>{item.name}</small>
      <SessionMark item={item} />
      {ticker !== undefined && (
        <strong class={trend(ticker.c)}>
          {unitsText(ticker.p, item.price_decimals)} <small>{percentText(ticker.c)}</small>
        </strong>
      )}
    </div>
  );
}

/** The bar under the crosshair, or the newest one. */
export function Legend({ bar }: { bar: Bar | undefined }) {
  const item = current.value;
  if (bar === undefined || item === undefined) return <p class="legend">&nbsp;</p>;
  const text = (value: number) => decimalText(value, item.price_decimals);
  const change = bar.open === 0 ? 0 : (100 * (bar.close - bar.open)) / bar.open;
  const values = [
    ['O', text(bar.open)],
    ['H', text(bar.high)],
    ['L', text(bar.low)],
    ['C', text(bar.close)],
  ] as const;
  return (
    <p class="legend" data-time={bar.time}>
      {values.map(([name, value]) => (
        <span key={name}>
          {name} <b class={trend(change)}>{value}</b>
        </span>
      ))}
      <b class={trend(change)}>{percentText(change)}</b>
      <span>
        V <b>{shortText(bar.volume, item.quantity_decimals)}</b>
      </span>
    </p>
  );
}

/** The newest bars as a table for screen readers, which cannot see the drawing. */
export function ReadOut({ bars, count }: { bars: readonly Bar[]; count: number }) {
  return (
    <table class="read-out" data-bars={count}>
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
