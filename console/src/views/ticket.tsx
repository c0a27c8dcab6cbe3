import { signal, useSignal, useSignalEffect } from '@preact/signals';
import { ApiError, type NewOrder, type Side, type TimeInForce } from '@supernoba/client';
import { decimalText, shortText, stepPrice } from '../lib/numbers.ts';
import { word } from '../lib/words.ts';
import { assets, placeOrder } from '../state/account.ts';
import { current, currentName, depth, type MarketSymbol } from '../state/market.ts';
import { userName } from '../state/session.ts';

/** The price in the ticket; the ladder writes it too. */
export const ticketPrice = signal('');

/** Whether the price is still the one that the ticket proposed. */
let proposed = true;

const side = signal<Side>('BUY');
const orderType = signal<'LIMIT' | 'MARKET'>('LIMIT');
const timeInForce = signal<TimeInForce>('GTC');
const postOnly = signal(false);
const quantity = signal('');

/** Order entry. What the exchange refuses is shown here, in its own words. */
export function Ticket() {
  const message = useSignal<{ text: string; bad: boolean } | undefined>(undefined);
  const busy = useSignal(false);
  const item = current.value;

  useSignalEffect(() => {
    void currentName.value;
    const next = current.peek();
    if (next === undefined) return;
    ticketPrice.value = String(next.reference_price ?? '');
    quantity.value = String(next.lot_size);
    proposed = true;
  });

  useSignalEffect(() => {
    const best = depth.value?.a[0]?.[0];
    const shown = current.peek();
    if (!proposed || best === undefined || depth.value?.s !== shown?.symbol || shown === undefined) return;
    ticketPrice.value = String(best / 10 ** shown.price_decimals);
    proposed = false;
  });

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (item === undefined) return;
    busy.value = true;
    try {
      const id = await placeOrder(orderOf(item));
      message.value = { text: `✓ ${id}`, bad: false };
    } catch (error) {
      message.value = {
        text: error instanceof ApiError ? `${error.message} (${error.code})` : String(error),
        bad: true,
      };
    } finally {
      busy.value = false;
    }
  }

  return (
    <section class="panel ticket" aria-label={word('placeOrder')}>
      <form onSubmit={(event) => void submit(event)}>
        <fieldset class="segmented sides" aria-label={word('side')}>
          {(['BUY', 'SELL'] as const).map((name) => (
            <button
              type="button"
              key={name}
              class={name === 'BUY' ? 'up' : 'down'}
              aria-pressed={side.value === name}
              onClick={() => {
                side.value = name;
              }}
            >
              {name === 'BUY' ? word('buy') : word('sell')}
            </button>
          ))}
        </fieldset>
        <fieldset class="segmented kinds" aria-label={word('orderKind')}>
          {(['LIMIT', 'MARKET'] as const).map((name) => (
            <button
              type="button"
              key={name}
              aria-pressed={orderType.value === name}
              onClick={() => {
                orderType.value = name;
              }}
            >
              {name === 'LIMIT' ? word('limit') : word('market')}
            </button>
          ))}
          <select
            aria-label={word('timeInForce')}
            value={timeInForce.value}
            disabled={orderType.value === 'MARKET'}
            onChange={(event) => {
              timeInForce.value = event.currentTarget.value as TimeInForce;
            }}
          >
            {['GTC', 'IOC', 'FOK', 'DAY'].map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </fieldset>
        <PriceField item={item} />
        <QuantityField item={item} />
        <label class="check">
          <input
            type="checkbox"
            checked={postOnly.value}
            disabled={orderType.value === 'MARKET'}
            onChange={(event) => {
              postOnly.value = event.currentTarget.checked;
            }}
          />
          {word('postOnly')}
        </label>
        <Preview item={item} />
        {userName.value === undefined ? (
          <p class="hint">{word('signInToTrade')}</p>
        ) : (
          <button
            type="submit"
            class={`submit ${side.value === 'BUY' ? 'buy' : 'sell'}`}
            disabled={busy.value || item === undefined}
          >
            {side.value === 'BUY' ? word('buy') : word('sell')} {item?.symbol}
          </button>
        )}
        <output class={message.value?.bad ? 'bad' : 'good'}>{message.value?.text}</output>
      </form>
    </section>
  );
}

function orderOf(item: MarketSymbol): NewOrder {
  const market = orderType.value === 'MARKET';
  return {
    symbol: item.symbol,
    side: side.value,
    order_type: orderType.value,
    quantity: quantity.value,
    ...(market ? {} : { price: ticketPrice.value, time_in_force: timeInForce.value }),
    ...(postOnly.value && !market ? { post_only: true } : {}),
  };
}

function PriceField({ item }: { item: MarketSymbol | undefined }) {
  const step = (direction: 1 | -1) => {
    if (item === undefined) return;
    ticketPrice.value = String(
      stepPrice(Number(ticketPrice.value) || 0, item.tick_table, direction, item.price_decimals),
    );
  };
  return (
    <div class="field">
      <label for="ticket-price">
        {word('price')} <small>{item?.quote}</small>
      </label>
      <span class="stepper">
        <button type="button" aria-label={word('tickDown')} onClick={() => step(-1)}>
          −
        </button>
        <input
          id="ticket-price"
          inputMode="decimal"
          autocomplete="off"
          value={orderType.value === 'MARKET' ? '' : ticketPrice.value}
          placeholder={orderType.value === 'MARKET' ? word('market') : ''}
          disabled={orderType.value === 'MARKET'}
          onInput={(event) => {
            proposed = false;
            ticketPrice.value = event.currentTarget.value;
          }}
          onKeyDown={(event) => {
            if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
            event.preventDefault();
            step(event.key === 'ArrowUp' ? 1 : -1);
          }}
        />
        <button type="button" aria-label={word('tickUp')} onClick={() => step(1)}>
          +
        </button>
      </span>
      {item !== undefined && item.lower_limit !== null && item.upper_limit !== null && (
        <small>
          {word('limits')} {decimalText(item.lower_limit, item.price_decimals)} –{' '}
          {decimalText(item.upper_limit, item.price_decimals)}
        </small>
      )}
    </div>
  );
}

/** What can be bought or sold at most with what is available, at the ticket's price. */
function affordable(item: MarketSymbol): number {
  if (side.value === 'SELL') {
    const held = assets.value.positions.find(({ symbol }) => symbol === item.base);
    return held === undefined ? 0 : held.qty - held.locked;
  }
  const price =
    orderType.value === 'MARKET' ? (item.upper_limit ?? Number(ticketPrice.value) * 1.1) : Number(ticketPrice.value);
  const cash = assets.value.wallets.find(({ currency }) => currency === item.quote)?.available ?? 0;
  const fee = 1 + Math.max(item.maker_fee_bps, item.taker_fee_bps) / 10_000;
  return price > 0 ? cash / (price * fee) : 0;
}

function QuantityField({ item }: { item: MarketSymbol | undefined }) {
  const useShare = (share: number) => {
    if (item === undefined) return;
    const lots = Math.floor((Math.min(affordable(item), item.max_quantity) * share) / item.lot_size + 1e-9);
    quantity.value = String(Number((lots * item.lot_size).toFixed(item.quantity_decimals)));
  };
  const stepQuantity = (direction: 1 | -1) => {
    if (item === undefined) return;
    const lots = Math.max(1, Math.round((Number(quantity.value) || 0) / item.lot_size) + direction);
    quantity.value = String(Number((lots * item.lot_size).toFixed(item.quantity_decimals)));
  };
  return (
    <div class="field">
      <label for="ticket-quantity">
        {word('quantity')} <small>{item?.base}</small>
      </label>
      <input
        id="ticket-quantity"
        inputMode="decimal"
        autocomplete="off"
        value={quantity.value}
        onInput={(event) => {
          quantity.value = event.currentTarget.value;
        }}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
          event.preventDefault();
          stepQuantity(event.key === 'ArrowUp' ? 1 : -1);
        }}
      />
      <span class="shares">
        {[0.1, 0.25, 0.5, 1].map((share) => (
          <button type="button" key={share} onClick={() => useShare(share)}>
            {share * 100}%
          </button>
        ))}
      </span>
    </div>
  );
}

function Preview({ item }: { item: MarketSymbol | undefined }) {
  if (item === undefined) return null;
  const total = Number(ticketPrice.value) * Number(quantity.value) || 0;
  const fee = (total * Math.max(item.maker_fee_bps, item.taker_fee_bps)) / 10_000;
  const cash = assets.value.wallets.find(({ currency }) => currency === item.quote)?.available;
  return (
    <dl class="preview">
      {cash !== undefined && (
        <>
          <dt>{word('available')}</dt>
          <dd>
            {decimalText(cash, item.quote_decimals)} {item.quote}
          </dd>
        </>
      )}
      <dt>{word('total')}</dt>
      <dd>
        {shortText(total, item.quote_decimals)} {item.quote}
      </dd>
      <dt>{word('fee')}</dt>
      <dd>
        {shortText(fee, item.quote_decimals)} {item.quote}
      </dd>
    </dl>
  );
}
