import type { OrderStatus, Side, TimeInForce } from '../../domain/order.ts';

/** A user with open orders in one symbol: the number the book knows them by, and their orders in order of entry. */
export interface Owner {
  userId: string;
  number: number;
  first: EngineOrder | null;
  last: EngineOrder | null;
}

/**
 * What the engine knows about an order besides its place in the book. It stays known for a while after the order has gone
 * (RecentIds), so that a second record with its id is recognised.
 */
export class EngineOrder {
  readonly orderId: string;
  /** The owner's own string while it is live and after: one in memory for all of a user's orders. */
  userId: string;
  readonly clientOrderId: string | undefined;
  readonly isBuy: boolean;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly makerFeeBps: number;
  readonly takerFeeBps: number;
  price: number;
  /** Open quantity; 0 once the order is final. */
  open: number;
  filled = 0;
  status: OrderStatus = 'PENDING';
  /** `seq` of its ACCEPTED event: the order of entry. */
  entered = 0;
  /** Its number in the book, -1 while it has none. */
  bookId = -1;
  owner: Owner | null = null;
  previousOfOwner: EngineOrder | null = null;
  nextOfOwner: EngineOrder | null = null;

  constructor(terms: {
    order_id: string;
    user_id: string;
    client_order_id?: string | undefined;
    is_buy: boolean;
    time_in_force: TimeInForce;
    post_only?: boolean | undefined;
    maker_fee_bps: number;
    taker_fee_bps: number;
    price: number;
    quantity: number;
  }) {
    this.orderId = terms.order_id;
    this.userId = terms.user_id;
    this.clientOrderId = terms.client_order_id ?? undefined;
    this.isBuy = terms.is_buy;
    this.timeInForce = terms.time_in_force;
    this.postOnly = terms.post_only === true;
    this.makerFeeBps = terms.maker_fee_bps;
    this.takerFeeBps = terms.taker_fee_bps;
    this.price = terms.price;
    this.open = terms.quantity;
  }

  get side(): Side {
    return this.isBuy ? 'BUY' : 'SELL';
  }

  get isLive(): boolean {
    return this.bookId >= 0;
  }
}
