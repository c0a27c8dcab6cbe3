import { parseDecimal } from '../../domain/money.ts';
import type { Store, StoredOrder } from '../../ports/store.ts';
import type { PlaceRequest } from './types.ts';

/**
 * The order that a client order id stands for already. A request that the market's state refuses now (a halt, an empty side)
 * may be the retry of one that was taken before, whose answer got lost: it must hear the first answer again.
 * @returns undefined when the id is free; `same`: the request says what the order said
 */
export async function knownOrder(
  store: Pick<Store, 'orders'>,
  userId: string,
  request: PlaceRequest,
  find: (symbol: string) => { price_decimals: number; quantity_decimals: number } | undefined,
): Promise<{ order: StoredOrder; same: boolean } | undefined> {
  const { client_order_id } = request;
  if (client_order_id === undefined) return undefined;
  const { orders } = await store.orders({ user_id: userId, client_order_id, limit: 1 });
  const order = orders[0];
  const units = find(request.symbol);
  if (order === undefined || units === undefined) return undefined;
  const isMarket = request.order_type === 'MARKET';
  const same =
    order.symbol === request.symbol &&
    order.side === request.side &&
    order.order_type === (request.order_type ?? 'LIMIT') &&
    order.time_in_force === (request.time_in_force ?? (isMarket ? 'IOC' : 'GTC')) &&
    order.post_only === (request.post_only ?? false) &&
    order.stp === (request.stp ?? 'NONE') &&
    order.quantity === parseDecimal(request.quantity, units.quantity_decimals) &&
    (isMarket || order.price === parseDecimal(request.price, units.price_decimals));
  return { order, same };
}
