import type { NewOrder, Order, OrderStatus, PlacedOrder, PrivateMessage } from '@supernoba/client';

/** How far along an order is: it never goes back. */
const STAGE: Record<OrderStatus, number> = {
  PENDING: 0,
  ACCEPTED: 1,
  PARTIALLY_FILLED: 2,
  FILLED: 3,
  CANCELLED: 3,
  REJECTED: 3,
  EXPIRED: 3,
};

/** As the exchange rounds an average for display. */
const AVERAGE_DECIMALS = 8;

export function isFinal(status: OrderStatus): boolean {
  return STAGE[status] === 3;
}

/** What a change of an order is typed into. */
export interface ChangeFields {
  price: string;
  remaining: string;
}

/**
 * The terms of a change: what was typed anew since it began. A field left as it was is not sent, whatever has been filled
 * meanwhile: as an open quantity of then it would order again what the order has got since.
 */
export function changeOf(began: ChangeFields, now: ChangeFields): Partial<ChangeFields> {
  const typed = (text: string) => text.replaceAll(',', '').trim();
  const [price, remaining] = [typed(now.price), typed(now.remaining)];
  return {
    ...(Number(price) === Number(began.price) ? {} : { price }),
    ...(Number(remaining) === Number(began.remaining) ? {} : { remaining }),
  };
}

/** How integers of messages become decimals. */
export interface Scales {
  price_decimals: number;
  quantity_decimals: number;
}

/** An order that was just sent and answered: in the list before its first message. */
export function placedOrder(terms: NewOrder, placed: PlacedOrder, now: number): Order {
  const market = terms.order_type === 'MARKET';
  const quantity = Number(terms.quantity);
  return {
    order_id: placed.order_id,
    client_order_id: placed.client_order_id,
    symbol: placed.symbol,
    side: terms.side,
    order_type: terms.order_type ?? 'LIMIT',
    time_in_force: terms.time_in_force ?? (market ? 'IOC' : 'GTC'),
    price: market || terms.price === undefined ? null : Number(terms.price),
    quantity,
    filled_qty: 0,
    remaining_qty: quantity,
    avg_price: null,
    status: placed.status,
    post_only: terms.post_only ?? false,
    stp: terms.stp ?? 'NONE',
    created_at: now,
    updated_at: now,
  };
}

/** An order placed elsewhere (another window, the API): its terms follow with the next reading. */
export function strangeOrder({ data }: PrivateMessage, now: number): Order {
  const { order_id, client_order_id, symbol, side } = data;
  const placed: PlacedOrder = {
    message: 'Order accepted',
    topic: '',
    order_id,
    client_order_id,
    symbol,
    status: 'PENDING',
  };
  return placedOrder({ symbol, side, quantity: 0 }, placed, now);
}

/**
 * The order after a message about it. A message that is behind what is known changes nothing, nor does one that tells of a
 * refused cancel or replace.
 */
export function afterMessage(known: Order, message: PrivateMessage, scales: Scales, now: number): Order {
  const { status } = message.data;
  if (isFinal(known.status) || STAGE[status] < STAGE[known.status]) return known;
  const tidy = (quantity: number) => Number(quantity.toFixed(scales.quantity_decimals));
  const quantityOf = (units: number) => tidy(units / 10 ** scales.quantity_decimals);
  const priceOf = (units: number) => units / 10 ** scales.price_decimals;
  const remaining = quantityOf(message.data.remaining_qty);

  if (message.type === 'FILL') {
    const traded = quantityOf(message.data.filled_qty);
    const filled = known.quantity === 0 ? traded : tidy(known.quantity - remaining);
    if (filled <= known.filled_qty) return { ...known, status };
    const before = (known.avg_price ?? 0) * known.filled_qty;
    const average = (before + priceOf(message.data.filled_price) * traded) / (known.filled_qty + traded);
    const quantity = known.quantity === 0 ? tidy(filled + remaining) : known.quantity;
    return {
      ...known,
      status,
      quantity,
      filled_qty: filled,
      remaining_qty: remaining,
      avg_price: Number(average.toFixed(AVERAGE_DECIMALS)),
      updated_at: now,
    };
  }
  const { event, reason, price, quantity } = message.data;
  if (event === 'CANCEL_REJECTED' || event === 'REPLACE_REJECTED') return known;
  const filled = quantityOf(message.data.filled_qty);
  return {
    ...known,
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(price === undefined ? {} : { price: priceOf(price) }),
    quantity: quantity === undefined ? known.quantity || tidy(filled + remaining) : quantityOf(quantity),
    filled_qty: Math.max(filled, known.filled_qty),
    remaining_qty: remaining,
    updated_at: now,
  };
}

/**
 * What was read, where it is not behind what messages have already told: settlement is a moment later than the match.
 * @param fresh whether an order was heard of so recently that what was read may be older
 */
export function mergeRead(
  known: ReadonlyMap<string, Order>,
  read: readonly Order[],
  fresh: (orderId: string) => boolean,
): Map<string, Order> {
  const merged = new Map<string, Order>();
  for (const [id, order] of known) if (fresh(id)) merged.set(id, order);
  for (const order of furthest(read).values()) {
    const mine = known.get(order.order_id);
    const ahead = mine !== undefined && (fresh(order.order_id) || isAhead(mine, order));
    merged.set(order.order_id, ahead ? { ...order, ...progress(mine, order) } : order);
  }
  return merged;
}

/** One of each order: two readings of one moment may differ. */
function furthest(read: readonly Order[]): Map<string, Order> {
  const found = new Map<string, Order>();
  for (const order of read) {
    const other = found.get(order.order_id);
    if (other === undefined || isAhead(order, other)) found.set(order.order_id, order);
  }
  return found;
}

function isAhead(mine: Order, read: Order): boolean {
  return STAGE[mine.status] > STAGE[read.status] || mine.filled_qty > read.filled_qty;
}

/** What a message may have told before the reading; not the terms of an order that was a stranger. */
function progress(mine: Order, read: Order): Partial<Order> {
  if (isAhead(read, mine)) return {};
  const { status, filled_qty, remaining_qty, avg_price, reason, price, quantity, updated_at } = mine;
  return {
    status,
    filled_qty,
    remaining_qty,
    updated_at,
    ...(avg_price === null ? {} : { avg_price }),
    ...(reason === undefined ? {} : { reason }),
    ...(price === null ? {} : { price, quantity }),
  };
}
