import type { TradeMessage } from '@supernoba/client';
import type { VNode } from 'preact';
import { clockText, unitsText } from '../lib/numbers.ts';
import { word } from '../lib/words.ts';
import { current, type MarketSymbol, trades } from '../state/market.ts';
import { connection } from '../state/session.ts';

/** A trade never changes: its row is made once, and the same row again costs nothing to draw. */
const rows = new WeakMap<TradeMessage, VNode>();

function rowOf(trade: TradeMessage, item: MarketSymbol): VNode {
  const known = rows.get(trade);
  if (known !== undefined) return known;
  const row = (
    <li key={trade.id}>
      <time>{clockText(trade.t)}</time>
      <span class={trade.side === 'BUY' ? 'up' : 'down'}>
        {unitsText(trade.p, item.price_decimals)} <TakerSide side={trade.side} />
      </span>
      <span>{unitsText(trade.q, item.quantity_decimals)}</span>
    </li>
  );
  rows.set(trade, row);
  return row;
}

/** The side that took, for who does not see the colour; it follows the language, though its row is made once. */
function TakerSide({ side }: Pick<TradeMessage, 'side'>) {
  return <span class="read-out">{word(side === 'BUY' ? 'buy' : 'sell')}</span>;
}

/** Time and sales, newest first; the colour is the taker's side. */
export function Trades() {
  const item = current.value;
  return (
    <section class="panel tape" aria-label={word('trades')}>
      <div class="panel-head">
        <h2>{word('trades')}</h2>
      </div>
      <div class="columns" aria-hidden="true">
        <span>{word('time')}</span>
        <span>{word('price')}</span>
        <span>{word('quantity')}</span>
      </div>
      {trades.value.length === 0 && (
        // Without a connection nobody knows whether there are none.
        <p class="hint">{word(connection.value === 'open' ? 'noTrades' : 'loading')}</p>
      )}
      <ol tabIndex={0} aria-label={word('trades')}>
        {item !== undefined && trades.value.map((trade) => rowOf(trade, item))}
      </ol>
    </section>
  );
}
