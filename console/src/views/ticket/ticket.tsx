import { signal, useSignal, useSignalEffect } from '@preact/signals';
import type { NewOrder, Order } from '@supernoba/client';
import { isAmount, shortText } from '../../lib/numbers.ts';
import { reasonText, SESSION_WORDS, STATUS_WORDS } from '../../lib/order-words.ts';
import { refusalText } from '../../lib/refusal.ts';
import { sessionState } from '../../lib/session-state.ts';
import { type Word, word } from '../../lib/words.ts';
import { NoAnswer, orders, placeOrder } from '../../state/account.ts';
import { current, currentName, depth, type MarketSymbol } from '../../state/market.ts';
import { userName } from '../../state/session.ts';
import {
  beginTicket,
  isPriced,
  orderType,
  postOnly,
  price,
  proposePrice,
  quantity,
  selfTrade,
  side,
  timeInForce,
} from '../../state/ticket.ts';
import { PriceField, QuantityField } from './fields.tsx';
import { Preview } from './preview.tsx';
import { Kinds, MoreTerms } from './terms.tsx';

/** What became of the last attempt: a refusal of the exchange, the order it took, or one to which no answer came. */
const outcome = signal<{ refusal: string } | { orderId: string } | { clientOrderId: string } | undefined>(undefined);

/** Order entry. What the exchange refuses is shown here, in its own words. */
export function Ticket() {
  const busy = useSignal(false);
  const item = current.value;
  useSignalEffect(followMarket);
  useSignalEffect(followBook);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (item === undefined || busy.value) return;
    const lacking = whatLacks();
    if (lacking !== undefined) {
      outcome.value = { refusal: word(lacking.word) };
      document.getElementById(lacking.field)?.focus();
      return;
    }
    busy.value = true;
    try {
      outcome.value = { orderId: await placeOrder(orderOf(item)) };
    } catch (error) {
      outcome.value =
        error instanceof NoAnswer ? { clientOrderId: error.clientOrderId } : { refusal: refusalText(error) };
    } finally {
      busy.value = false;
    }
  }

  return (
    <section class="panel ticket" aria-label={word('placeOrder')}>
      <form onSubmit={(event) => void submit(event)}>
        <Sides />
        <Kinds item={item} />
        <PriceField item={item} />
        <QuantityField item={item} />
        <MoreTerms />
        <Preview item={item} />
        <ClosedMarket item={item} />
        {userName.value === undefined ? (
          <p class="hint centre">{word('signInToTrade')}</p>
        ) : (
          <button
            type="submit"
            class={`submit ${side.value === 'BUY' ? 'buy' : 'sell'}`}
            // Not disabled while it waits: that would take the focus from whoever works by keyboard.
            aria-busy={busy.value}
            disabled={item === undefined}
          >
            {side.value === 'BUY' ? word('buy') : word('sell')} {item?.symbol}
          </button>
        )}
        <Outcome />
        <small class="keys">{word('keys')}</small>
      </form>
    </section>
  );
}

function Sides() {
  return (
    <fieldset class="segmented sides" aria-label={word('side')}>
      {(['BUY', 'SELL'] as const).map((name) => (
        <button
          type="button"
          key={name}
          class={name === 'BUY' ? 'up' : 'down'}
          aria-pressed={side.value === name}
          aria-keyshortcuts={name === 'BUY' ? 'B' : 'S'}
          onClick={() => {
            side.value = name;
          }}
        >
          {name === 'BUY' ? word('buy') : word('sell')}
        </button>
      ))}
    </fieldset>
  );
}

function followMarket(): void {
  void currentName.value;
  const next = current.peek();
  if (next === undefined) return;
  beginTicket(next);
  outcome.value = undefined;
}

function followBook(): void {
  const book = depth.value;
  const best = (side.value === 'BUY' ? book?.a : book?.b)?.[0]?.[0];
  const shown = current.peek();
  if (best !== undefined && book?.s === shown?.symbol && shown !== undefined) {
    proposePrice(best / 10 ** shown.price_decimals);
  }
}

/** What is no number above zero is no order to ask the exchange about. */
function whatLacks(): { word: Word; field: string } | undefined {
  if (isPriced.value && !isAmount(price.value)) return { word: 'enterPrice', field: 'ticket-price' };
  if (!isAmount(quantity.value)) return { word: 'enterQuantity', field: 'ticket-quantity' };
  return undefined;
}

function orderOf(item: MarketSymbol): NewOrder {
  return {
    symbol: item.symbol,
    side: side.value,
    order_type: orderType.value,
    quantity: quantity.value,
    ...(isPriced.value ? { price: price.value, time_in_force: timeInForce.value } : {}),
    ...(postOnly.value && isPriced.value ? { post_only: true } : {}),
    ...(selfTrade.value === 'NONE' ? {} : { stp: selfTrade.value }),
  };
}

/** A market that takes no orders says so before one is sent; the exchange has the last word. */
function ClosedMarket({ item }: { item: MarketSymbol | undefined }) {
  const state = item === undefined ? 'open' : sessionState(item);
  if (state === 'open' || state === 'auction') return null;
  return (
    <p class="notice">
      <b>{word(SESSION_WORDS[state])}.</b> {word('closedToOrders')}
    </p>
  );
}

function orderBy(clientOrderId: string): Order | undefined {
  return [...orders.value.values()].find(({ client_order_id }) => client_order_id === clientOrderId);
}

/** The last order and what has become of it since, or why it was refused. */
function Outcome() {
  const last = outcome.value;
  if (last === undefined) return <output />;
  if ('refusal' in last) return <output class="bad">{last.refusal}</output>;
  const order = 'orderId' in last ? orders.value.get(last.orderId) : orderBy(last.clientOrderId);
  if (order === undefined && 'clientOrderId' in last) return <output class="bad">{word('noOrderAnswer')}</output>;
  const failed = order?.status === 'REJECTED' || order?.status === 'EXPIRED';
  return (
    <output class={failed ? 'bad' : 'good'}>
      {failed ? '✕' : '✓'} {order === undefined ? word('accepted') : word(STATUS_WORDS[order.status])}
      {order !== undefined &&
        order.filled_qty > 0 &&
        ` ${shortText(order.filled_qty, 8)}/${shortText(order.quantity, 8)}`}
      {order?.avg_price != null && ` @ ${shortText(order.avg_price, 8)}`}
      {order?.reason !== undefined && ` – ${reasonText(order.reason)}`}
    </output>
  );
}
