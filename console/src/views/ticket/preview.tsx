import { decimalText, shortText } from '../../lib/numbers.ts';
import { costOf } from '../../lib/order-rules.ts';
import { word } from '../../lib/words.ts';
import type { MarketSymbol } from '../../state/market.ts';
import { userName } from '../../state/session.ts';
import { available, heldPrice, isPriced, most, quantity, side } from '../../state/ticket.ts';

/** What the order costs or brings, with the fee at its most, and what there is to pay it with. */
export function Preview({ item }: { item: MarketSymbol | undefined }) {
  if (item === undefined) return null;
  const { amount, fee } = costOf(item, heldPrice.value ?? 0, Number(quantity.value) || 0);
  const sum = side.value === 'BUY' ? amount + fee : amount - fee;
  const money = (value: number) => `${decimalText(value, item.quote_decimals)} ${item.quote}`;
  const have = available.value;
  // A market order's price is not known before: what is held for a purchase is the most it can cost.
  const estimate = isPriced.value ? '' : side.value === 'BUY' ? '≤ ' : '~ ';
  return (
    <dl class="preview">
      {userName.value !== undefined && have !== undefined && (
        <>
          <dt>{word('available')}</dt>
          <dd>
            {shortText(have.amount, have.decimals)} {have.asset}
          </dd>
          <dt>{word('atMost')}</dt>
          <dd>
            {shortText(most.value, item.quantity_decimals)} {item.base}
          </dd>
        </>
      )}
      <dt>{word('total')}</dt>
      <dd>
        {estimate}
        {money(amount)}
      </dd>
      <dt>{word('fee')}</dt>
      <dd>{money(fee)}</dd>
      <dt class="sum">{word(side.value === 'BUY' ? 'totalBuy' : 'totalSell')}</dt>
      <dd class="sum">
        {estimate}
        {money(sum)}
      </dd>
    </dl>
  );
}
