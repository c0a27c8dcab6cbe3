import { parseDecimal } from '../../domain/money.ts';
import type { Store, StoredOrder } from '../../ports/store.ts';
import type { PlaceRequest } from './types.ts';
import { contentHash } from './validate.ts';

/**
 * The order that a client order id stands for already. A request that the market's state refuses now (a halt, an empty side)
 * may be the retry of one that was taken before, whose answer got lost: it must hear the first answer again.
 * @returns undefined when the id is free; `same`: the request asks for what was asked for then
 */
export async function knownOrder(
  store: Pick<Store, 'clientOrder'>,
  userId: string,
  request: PlaceRequest,
  find: (symbol: string) => { price_decimals: number; quantity_decimals: number } | undefined,
): Promise<{ order: StoredOrder; same: boolean } | undefined> {
  if (request.client_order_id === undefined) return undefined;
  const known = await store.clientOrder(userId, request.client_order_id);
  const units = find(request.symbol);
  if (known === undefined || units === undefined) return undefined;
  const quantity = parseDecimal(request.quantity, units.quantity_decimals);
  const price = parseDecimal(request.price, units.price_decimals);
  // No order that was taken had more terms than the hash is made of.
  const hasMore = (request.stop_price ?? request.display_quantity ?? null) !== null;
  return { order: known.order, same: !hasMore && known.content_hash === contentHash(request, quantity, price) };
}
