import { decimalText, shortText, trend } from '../../lib/numbers.ts';
import { type Word, word } from '../../lib/words.ts';
import { day } from '../../state/day.ts';
import { current } from '../../state/market.ts';

/** The market day so far: where it came from, where it opened, how far it went, how much was traded. */
export function Day() {
  const item = current.value;
  if (item === undefined) return null;
  const { open = null, high = null, low = null, volume = null } = day.value ?? {};
  const reference = item.reference_price;
  const prices: readonly (readonly [Word, number | null])[] = [
    ['previousClose', reference],
    ['open', open],
    ['high', high],
    ['low', low],
  ];
  // As on a broker's board: above the previous close in the colour of a rise, below it in that of a fall.
  const colour = (price: number | null) => (price === null || reference === null ? '' : trend(price - reference));
  return (
    <dl class="day" aria-label={word('today')}>
      {prices.map(([name, price]) => (
        <div key={name}>
          <dt>{word(name)}</dt>
          <dd class={colour(price)}>{price === null ? '–' : decimalText(price, item.price_decimals)}</dd>
        </div>
      ))}
      <div>
        <dt>{word('volume')}</dt>
        <dd>{volume === null ? '–' : shortText(volume, item.quantity_decimals)}</dd>
      </div>
    </dl>
  );
}
