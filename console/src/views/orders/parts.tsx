import type { Order } from '@supernoba/client';
import type { ComponentChildren } from 'preact';
import { decimalText, shortText } from '../../lib/numbers.ts';
import { reasonText, STATUS_WORDS, TYPE_WORDS } from '../../lib/order-words.ts';
import { type Word, word } from '../../lib/words.ts';
import { symbols } from '../../state/market.ts';

export function Heads({ names }: { names: readonly (Word | '')[] }) {
  return (
    <thead>
      <tr>
        {names.map((name) =>
          name === '' ? (
            <td key={name} />
          ) : (
            <th scope="col" key={name}>
              {word(name)}
            </th>
          ),
        )}
      </tr>
    </thead>
  );
}

export function SideCell({ side }: { side: Order['side'] }) {
  return <td class={`side ${side === 'BUY' ? 'up' : 'down'}`}>{word(side === 'BUY' ? 'buy' : 'sell')}</td>;
}

/** Limit or market, with what limits its life, where that is not the usual. */
export function TypeCell({ order }: { order: Order }) {
  const { order_type, time_in_force, post_only } = order;
  const usual = time_in_force === 'GTC' || order_type === 'MARKET';
  return (
    <td class="type">
      {word(TYPE_WORDS[order_type])}
      {!usual && ` ${time_in_force}`}
      {post_only && ` · ${word('postOnly')}`}
    </td>
  );
}

/** Where the order stands, and if it ended before it was filled, why. */
export function StatusCell({ order }: { order: Order }) {
  return (
    <td class="state">
      <span class={`status ${order.status}`}>{word(STATUS_WORDS[order.status])}</span>
      {order.reason !== undefined && <small title={order.reason}> {reasonText(order.reason)}</small>}
    </td>
  );
}

/** A price with the decimals of its market. */
export function priceText(symbol: string, price: number | null): string {
  if (price === null) return word('market');
  const item = symbols.value.find((each) => each.symbol === symbol);
  return item === undefined ? shortText(price, 8) : decimalText(price, item.price_decimals);
}

/** A number with its heading, which a phone shows in front of it. */
export function NumberCell({ name, children }: { name: Word; children: ComponentChildren }) {
  return (
    <td class={name} data-label={word(name)}>
      {children}
    </td>
  );
}
