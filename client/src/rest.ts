import type * as Generated from './generated/rest.ts';
import type { Operations } from './generated/rest.ts';

type ErrorCode = Generated.ErrorCode;

/** A refusal of the exchange: HTTP status, code of the error registry, one sentence, and when to try again. */
export class ApiError extends Error {
  readonly status: number;
  /** HTTP_ERROR where something between the client and the exchange answered. */
  readonly code: ErrorCode | 'HTTP_ERROR';
  readonly details: Record<string, unknown> | undefined;
  /** Seconds, when the exchange says so (429, 503). */
  readonly retryAfter: number | undefined;

  constructor(
    status: number,
    { code, error, details }: Partial<Generated.ErrorAnswer>,
    retryAfter: number | undefined,
  ) {
    super(error ?? `HTTP ${status}`);
    this.name = 'ApiError';
    this.status = status;
    this.code = code ?? 'HTTP_ERROR';
    this.details = details;
    this.retryAfter = retryAfter;
  }
}

/** Who calls: a JWT, or (test mode of a local exchange only) a user id, or nobody. */
export type Credentials = { token: string } | { testUserId: string; admin?: boolean } | undefined;

export interface HttpRequest {
  method: string;
  /** Path and query. */
  path: string;
  headers: Record<string, string>;
  body?: string;
}

export interface HttpAnswer {
  status: number;
  header(name: string): string | null | undefined;
  text: string;
}

/** Carries a request to the exchange. Rejects when there was no answer. */
export type Transport = (request: HttpRequest) => Promise<HttpAnswer>;

export interface RestOptions {
  /** Origin of the exchange, e.g. http://localhost:8080; '' for the page's own. */
  url: string;
  credentials?: Credentials;
  apiKey?: string;
  fetch?: typeof fetch;
  /** Instead of `fetch`: connections of one's own, for programs to which a fetch is too much work per call. */
  transport?: Transport;
}

/** An order as REST takes it, in human decimals. Give strings where a number has more than 15 digits. */
export type NewOrder = Generated.NewOrder & { quantity: number | string };

/** What a call takes, from the OpenAPI document. */
type Input<K extends keyof Operations> = Omit<Operations[K], 'answer'>;
/** It may be left out where nothing in it is required. */
type MaybeInput<K extends keyof Operations> = Record<never, never> extends Input<K>
  ? [input?: Input<K>]
  : [input: Input<K>];

type Query = Record<string, string | number | boolean | undefined>;

/**
 * Typed REST calls. Every refusal is an ApiError. A call that got no answer may or may not have happened: give orders a
 * `client_order_id` and call again; the exchange answers as it did the first time.
 */
export class RestClient {
  readonly #send: Transport;
  readonly #headers: Record<string, string>;
  readonly #bodyHeaders: Record<string, string>;
  #symbols: { etag: string; symbols: Generated.Symbols } | undefined;

  constructor(options: RestOptions) {
    this.#send = options.transport ?? fetchTransport(options);
    this.#headers = headersOf(options);
    this.#bodyHeaders = { ...this.#headers, 'content-type': 'application/json' };
  }

  placeOrder(order: NewOrder): Promise<Generated.PlacedOrder> {
    return this.call('POST', '/orders', order);
  }

  placeOrders(orders: readonly NewOrder[]): Promise<Generated.BatchResults> {
    return this.call('POST', '/orders/batch', { orders });
  }

  cancelOrder(orderId: string): Promise<Generated.Requested> {
    return this.call('DELETE', `/orders/${encodeURIComponent(orderId)}`);
  }

  cancelAll(symbol?: string): Promise<Generated.MassCancelled> {
    return this.request('DELETE /orders', { query: { symbol } });
  }

  replaceOrder(orderId: string, change: Generated.ReplaceOrder): Promise<Generated.Requested> {
    return this.request('PATCH /orders/{order_id}', { path: { order_id: orderId }, body: change });
  }

  order(orderId: string): Promise<Generated.Order> {
    return this.request('GET /orders/{order_id}', { path: { order_id: orderId } });
  }

  orders(filter: Operations['GET /orders']['query'] = {}): Promise<Generated.Orders> {
    return this.request('GET /orders', { query: filter });
  }

  fills(filter: Operations['GET /fills']['query'] = {}): Promise<Generated.Fills> {
    return this.request('GET /fills', { query: filter });
  }

  assets(): Promise<Generated.Assets> {
    return this.request('GET /assets');
  }

  /** Missed private messages, from a useq (inclusive) on. */
  events(from: number, limit?: number): Promise<Generated.Events> {
    return this.request('GET /events', { query: { from, limit } });
  }

  /**
   * Instruments and assets. What has not changed since this client last asked is not sent again: the answer then is the very
   * same object, so leave it as it is.
   */
  async symbols(): Promise<Generated.Symbols> {
    const kept = this.#symbols;
    const headers = kept === undefined ? this.#headers : { ...this.#headers, 'if-none-match': kept.etag };
    const answer = await this.#send({ method: 'GET', path: '/symbols', headers });
    if (answer.status === 304 && kept !== undefined) return kept.symbols;
    const symbols = bodyOf<Generated.Symbols>(answer);
    const etag = answer.header('etag');
    this.#symbols = etag == null ? undefined : { etag, symbols };
    return symbols;
  }

  chart(symbol: string, interval: Generated.Interval, limit: number, end?: number): Promise<Generated.Chart> {
    return this.request('GET /chart', { query: { symbol, interval, limit, end } });
  }

  /** Any call of the OpenAPI document by its name, such as `GET /admin/streams`. */
  request<K extends keyof Operations>(operation: K, ...[input]: MaybeInput<K>): Promise<Operations[K]['answer']> {
    const { path, query, body }: { path?: Query; query?: Query; body?: unknown } = input ?? {};
    const space = operation.indexOf(' ');
    const filled = operation
      .slice(space + 1)
      .replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(path?.[name])));
    return this.call(operation.slice(0, space), query === undefined ? filled : filled + queryText(query), body);
  }

  /** A call that is not in the document this client was generated from; its answer is taken to be a T. */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.#send(
      body === undefined
        ? { method, path, headers: this.#headers }
        : { method, path, headers: this.#bodyHeaders, body: JSON.stringify(body) },
    );
    return bodyOf<T>(answer);
  }
}

function bodyOf<T>(answer: HttpAnswer): T {
  if (answer.status < 200 || answer.status > 299) throw apiError(answer);
  const { text } = answer;
  const isJson = text.startsWith('{');
  // The exchange's answers have the documented shape (its own suites validate them against the OpenAPI document).
  return (isJson ? JSON.parse(text) : text) as T;
}

function headersOf({ credentials, apiKey }: RestOptions): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (apiKey !== undefined) headers['x-api-key'] = apiKey;
  if (credentials === undefined) return headers;
  if ('token' in credentials) return { ...headers, authorization: `Bearer ${credentials.token}` };
  headers['x-user-id'] = credentials.testUserId;
  if (credentials.admin) headers['x-user-role'] = 'admin';
  return headers;
}

function fetchTransport({ url, fetch: given }: RestOptions): Transport {
  return async ({ path, ...init }) => {
    const response = await (given ?? fetch)(url + path, init);
    const text = await response.text();
    return { status: response.status, header: (name) => response.headers.get(name), text };
  };
}

function queryText(values: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) parameters.set(name, String(value));
  return parameters.size === 0 ? '' : `?${parameters}`;
}

function apiError({ status, header, text }: HttpAnswer): ApiError {
  const retryAfter = Number(header('retry-after') ?? Number.NaN);
  let body: Partial<Generated.ErrorAnswer> = {};
  try {
    body = JSON.parse(text);
  } catch {
    // Something between us and the exchange answered; its text is all there is.
  }
  return new ApiError(status, body, Number.isFinite(retryAfter) ? retryAfter : undefined);
}
