import type { OrderStatus, OrderType, SelfTradePrevention, Side, TimeInForce } from '../../src/domain/order.ts';

/** A refusal of the exchange: HTTP status, code of the error registry, one sentence, and when to try again. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: unknown;
  /** Seconds, when the exchange says so (429, 503). */
  readonly retryAfter: number | undefined;

  constructor(status: number, code: string, message: string, details: unknown, retryAfter: number | undefined) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.details = details;
    this.retryAfter = retryAfter;
  }
}

/** Who calls: a JWT, or (test mode of a local exchange only) a user id, or nobody. */
export type Credentials = { token: string } | { testUserId: string; admin?: boolean } | undefined;

export interface RestOptions {
  /** Origin of the exchange, e.g. http://localhost:8080; '' for the page's own. */
  url: string;
  credentials?: Credentials;
  apiKey?: string;
  fetch?: typeof fetch;
}

/** Numbers are human decimals, as REST speaks them. Give strings where a number has more than 15 digits. */
export interface NewOrder {
  symbol: string;
  side: Side;
  order_type?: OrderType;
  price?: number | string;
  quantity: number | string;
  time_in_force?: TimeInForce;
  post_only?: boolean;
  stop_price?: number | string;
  display_quantity?: number | string;
  stp?: SelfTradePrevention;
  client_order_id?: string;
}

export interface PlacedOrder {
  message: string;
  topic: string;
  symbol: string;
  order_id: string;
  client_order_id: string | null;
  status: OrderStatus;
}

export interface Order {
  order_id: string;
  client_order_id: string | null;
  symbol: string;
  side: Side;
  order_type: OrderType;
  time_in_force: TimeInForce;
  price: number;
  quantity: number;
  filled_qty: number;
  remaining_qty: number;
  avg_price: number | null;
  status: OrderStatus;
  reason?: string;
  created_at: number;
  updated_at: number;
}

export interface Fill {
  trade_id: string;
  order_id: string;
  symbol: string;
  side: Side;
  price: number;
  quantity: number;
  fee: number;
  liquidity: 'MAKER' | 'TAKER';
  timestamp: number;
}

export interface Assets {
  wallets: { currency: string; balance: number; locked: number; available: number }[];
  positions: { symbol: string; qty: number; locked: number; avg_price: number | null }[];
}

export interface Bar {
  /** Epoch seconds of the bar's start. */
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

export type Interval = '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '4h' | '1d';

type Query = Record<string, string | number | undefined>;

/**
 * Typed REST calls. Every refusal is an ApiError. A call that got no answer may or may not have happened: give orders a
 * `client_order_id` and call again; the exchange answers as it did the first time.
 */
export class RestClient {
  readonly #options: RestOptions;

  constructor(options: RestOptions) {
    this.#options = options;
  }

  placeOrder(order: NewOrder): Promise<PlacedOrder> {
    return this.call('POST', '/orders', order);
  }

  placeOrders(orders: readonly NewOrder[]): Promise<{ results: (PlacedOrder | { error: string; code: string })[] }> {
    return this.call('POST', '/orders/batch', { orders });
  }

  cancelOrder(orderId: string): Promise<{ order_id: string; status: OrderStatus }> {
    return this.call('DELETE', `/orders/${encodeURIComponent(orderId)}`);
  }

  cancelAll(symbol?: string): Promise<{ symbols: string[] }> {
    return this.call('DELETE', `/orders${query({ symbol })}`);
  }

  replaceOrder(
    orderId: string,
    change: { price?: number | string; quantity?: number | string; remaining?: number | string },
  ): Promise<{ order_id: string; status: OrderStatus }> {
    return this.call('PATCH', `/orders/${encodeURIComponent(orderId)}`, change);
  }

  order(orderId: string): Promise<Order> {
    return this.call('GET', `/orders/${encodeURIComponent(orderId)}`);
  }

  orders(
    filter: { symbol?: string; status?: string; client_order_id?: string; limit?: number; cursor?: string } = {},
  ): Promise<{ orders: Order[]; next_cursor?: string }> {
    return this.call('GET', `/orders${query(filter)}`);
  }

  fills(
    filter: { symbol?: string; limit?: number; cursor?: string } = {},
  ): Promise<{ fills: Fill[]; next_cursor?: string }> {
    return this.call('GET', `/fills${query(filter)}`);
  }

  assets(): Promise<Assets> {
    return this.call('GET', '/assets');
  }

  chart(symbol: string, interval: Interval, limit: number, end?: number): Promise<{ data: Bar[] }> {
    return this.call('GET', `/chart${query({ symbol, interval, limit, end })}`);
  }

  /** Any other call, such as the admin API. */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const { url, credentials, apiKey } = this.#options;
    const headers: Record<string, string> = { accept: 'application/json' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (apiKey !== undefined) headers['x-api-key'] = apiKey;
    if (credentials !== undefined && 'token' in credentials) headers.authorization = `Bearer ${credentials.token}`;
    if (credentials !== undefined && 'testUserId' in credentials) {
      headers['x-user-id'] = credentials.testUserId;
      if (credentials.admin) headers['x-user-role'] = 'admin';
    }
    const send = this.#options.fetch ?? fetch;
    const response = await send(url + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw apiError(response, text);
    // The exchange's answers have the documented shape (its own suites validate them against the OpenAPI document).
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
}

function query(values: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) parameters.set(name, String(value));
  return parameters.size === 0 ? '' : `?${parameters}`;
}

function apiError(response: Response, text: string): ApiError {
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  let body: { error?: string; code?: string; details?: unknown } = {};
  try {
    body = JSON.parse(text);
  } catch {
    // Something between us and the exchange answered; its text is all there is.
  }
  return new ApiError(
    response.status,
    body.code ?? 'HTTP_ERROR',
    body.error ?? `HTTP ${response.status}`,
    body.details,
    Number.isFinite(retryAfter) ? retryAfter : undefined,
  );
}
