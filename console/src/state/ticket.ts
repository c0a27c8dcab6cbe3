import { computed, signal } from '@preact/signals';
import type { OrderType, SelfTradePrevention, Side, TimeInForce } from '@supernoba/client';
import { inputText } from '../lib/numbers.ts';
import { affordable, availableOf, holdPrice } from '../lib/order-rules.ts';
import { assets } from './account.ts';
import { current, type MarketSymbol, tickerOf } from './market.ts';

/** What the order ticket holds; ladder, keyboard and positions write into it too. */
export const side = signal<Side>('BUY');
export const orderType = signal<OrderType>('LIMIT');
export const timeInForce = signal<TimeInForce>('GTC');
export const selfTrade = signal<SelfTradePrevention>('NONE');
export const postOnly = signal(false);
export const price = signal('');
export const quantity = signal('');
/** The price that the ticket proposed, and for what: as long as nobody has changed it, the other side gets its own. */
let proposal = { text: '', symbol: '', side: '' };

export function setPrice(text: string): void {
  price.value = text;
}

/** A price that was picked (on the ladder, of the limits): who picks one wants an order at a price. */
export function takePrice(text: string): void {
  if (!isPriced.peek()) orderType.value = 'LIMIT';
  setPrice(text);
}

/** Another market: the ticket begins anew. */
export function beginTicket(item: MarketSymbol): void {
  proposal = { text: inputText(item.reference_price), symbol: item.symbol, side: '' };
  price.value = proposal.text;
  quantity.value = inputText(item.min_quantity);
}

/** Proposes, once for each side, the price at which the order would trade at once. */
export function proposePrice(best: number): void {
  const untouched = price.peek() === proposal.text;
  if (!untouched || proposal.side === side.peek()) return;
  proposal = { ...proposal, text: inputText(best), side: side.peek() };
  price.value = proposal.text;
}

/** Whether a price is asked for. */
export const isPriced = computed(() => orderType.value !== 'MARKET');

/** The asset that an order of the ticket's side uses up, and how much of it is available. */
export const available = computed(() => {
  const item = current.value;
  if (item === undefined) return undefined;
  if (side.value === 'SELL') {
    return { asset: item.base, amount: availableOf(assets.value, item.base), decimals: item.base_decimals };
  }
  return { asset: item.quote, amount: availableOf(assets.value, item.quote), decimals: item.quote_decimals };
});

/** The price that money is held at: the ticket's, or for market orders the highest that may be paid. */
export const heldPrice = computed(() => {
  const item = current.value;
  if (item === undefined) return undefined;
  const last = tickerOf(item.symbol).value?.p;
  const typed = Number(price.value);
  return holdPrice(
    item,
    orderType.value,
    typed > 0 ? typed : undefined,
    last === undefined ? undefined : last / 10 ** item.price_decimals,
  );
});

/** The most that can be ordered with what is available. */
export const most = computed(() => {
  const item = current.value;
  if (item === undefined || available.value === undefined) return 0;
  return affordable(item, side.value, heldPrice.value, available.value.amount);
});
