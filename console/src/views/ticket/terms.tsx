import type { OrderType, SelfTradePrevention, TimeInForce } from '@supernoba/client';
import { STP_WORDS, TIF_WORDS, TYPE_WORDS } from '../../lib/order-words.ts';
import { word } from '../../lib/words.ts';
import type { MarketSymbol } from '../../state/market.ts';
import { isPriced, orderType, postOnly, selfTrade, timeInForce } from '../../state/ticket.ts';

/** Order type and time in force: those that the exchange says it has. */
export function Kinds({ item }: { item: MarketSymbol | undefined }) {
  const types = known(TYPE_WORDS, item?.order_types ?? ['LIMIT', 'MARKET']);
  const terms = known(TIF_WORDS, item?.time_in_force ?? ['GTC']);
  return (
    <fieldset class="segmented kinds" aria-label={word('orderKind')}>
      {types.map((name: OrderType) => (
        <button
          type="button"
          key={name}
          aria-pressed={orderType.value === name}
          onClick={() => {
            orderType.value = name;
          }}
        >
          {word(TYPE_WORDS[name])}
        </button>
      ))}
      <select
        aria-label={word('timeInForce')}
        value={isPriced.value ? timeInForce.value : 'IOC'}
        disabled={!isPriced.value}
        onChange={(event) => {
          timeInForce.value = known(TIF_WORDS, [event.currentTarget.value])[0] ?? 'GTC';
        }}
      >
        {terms.map((name: TimeInForce) => (
          <option key={name} value={name} title={word(TIF_WORDS[name])}>
            {name}
          </option>
        ))}
      </select>
    </fieldset>
  );
}

/** Post-only and self-trade prevention, which most orders do without. */
export function MoreTerms() {
  return (
    <details class="more">
      <summary>
        {word('moreTerms')}
        {postOnly.value && isPriced.value && <span class="chip">{word('postOnly')}</span>}
        {selfTrade.value !== 'NONE' && <span class="chip">STP</span>}
      </summary>
      <small>{word(TIF_WORDS[isPriced.value ? timeInForce.value : 'IOC'])}</small>
      <label class="check">
        <input
          type="checkbox"
          checked={postOnly.value && isPriced.value}
          disabled={!isPriced.value}
          onChange={(event) => {
            postOnly.value = event.currentTarget.checked;
          }}
        />
        {word('postOnly')}
      </label>
      <label class="field">
        {word('selfTrade')}
        <select
          value={selfTrade.value}
          onChange={(event) => {
            selfTrade.value = known(STP_WORDS, [event.currentTarget.value])[0] ?? 'NONE';
          }}
        >
          {known(STP_WORDS, Object.keys(STP_WORDS)).map((name: SelfTradePrevention) => (
            <option key={name} value={name}>
              {word(STP_WORDS[name])}
            </option>
          ))}
        </select>
      </label>
    </details>
  );
}

/** Of some names those that a table has words for, in the order given. */
function known<T extends string>(table: Record<T, unknown>, names: readonly string[]): T[] {
  return names.filter((name): name is T => name in table);
}
