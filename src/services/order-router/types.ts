import type { OrderStatus, OrderType, SelfTradePrevention, Side, TimeInForce } from '../../domain/order.ts';

/**
 * The order router as its callers (gateway, demo, tests) see it. Calls reach the stream in the order in which they were
 * made. Refusals are thrown as ExchangeError (in a batch: returned in place). A promise that resolves means: durable.
 */
export interface OrderRouter {
  place(userId: string, order: PlaceRequest): Promise<Placed>;
  /** Not atomic: each order has its own result, in order. Up to 100. */
  placeBatch(userId: string, orders: readonly PlaceRequest[]): Promise<(Placed | Refused)[]>;
  cancel(userId: string, orderId: string): Promise<Requested>;
  replace(userId: string, orderId: string, change: ReplaceRequest): Promise<Requested>;
  /** One MASS_CANCEL record for each symbol in which the user has open orders (or only `symbol`). */
  massCancel(userId: string, symbol?: string): Promise<{ symbols: string[]; request_id: string }>;
}

/** Numbers are human decimals as the client wrote them (JSON number or string); the router converts them exactly. */
export interface PlaceRequest {
  symbol: string;
  side: Side;
  order_type?: OrderType;
  price?: number | string | null;
  quantity: number | string;
  time_in_force?: TimeInForce;
  post_only?: boolean;
  stop_price?: number | string | null;
  display_quantity?: number | string | null;
  stp?: SelfTradePrevention;
  client_order_id?: string;
}

export interface ReplaceRequest {
  price?: number | string;
  quantity?: number | string;
  remaining?: number | string;
}

export interface Placed {
  message: 'Order accepted';
  topic: string;
  symbol: string;
  order_id: string;
  client_order_id: string | null;
  status: OrderStatus;
}

export interface Requested {
  order_id: string;
  status: OrderStatus;
  /** The private messages that tell the outcome carry it. */
  request_id: string;
}

export interface Refused {
  error: string;
  code: string;
  details?: Record<string, unknown>;
}
