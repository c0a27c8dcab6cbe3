import { clockText, unitsText } from '../lib/numbers.ts';
import { word } from '../lib/words.ts';
import { current, trades } from '../state/market.ts';

/** Time and sales, newest first; the colour is the taker's side. */
export function Trades() {
  const item = current.value;
  return (
    <section class="panel tape" aria-label={word('trades')}>
      <div class="panel-head">
        <h2>{word('trades')}</h2>
      </div>
      <ol tabIndex={0} aria-label={word('trades')}>
        {item !== undefined &&
          trades.value.map((trade) => (
            <li key={trade.id}>
              <time>{clockText(trade.t)}</time>
              <span class={trade.side === 'BUY' ? 'up' : 'down'}>{unitsText(trade.p, item.price_decimals)}</span>
              <span>{unitsText(trade.q, item.quantity_decimals)}</span>
            </li>
          ))}
      </ol>
    </section>
  );
}
