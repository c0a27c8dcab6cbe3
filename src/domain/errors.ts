/**
 * The one registry of error codes. `status` is the HTTP answer where the code reaches a client by REST; engine reasons
 * (in events and ORDER_STATUS) use the same codes. docs/ERRORS.md is rendered from this table.
 */
export const ERRORS = {
  // The request itself
  INVALID_REQUEST: { status: 400, meaning: 'The request does not have the documented shape.' },
  INVALID_JSON: { status: 400, meaning: 'The body is not valid JSON.' },
  BODY_TOO_LARGE: { status: 413, meaning: 'The body is larger than 64 KiB.' },
  MESSAGE_TOO_LARGE: { status: 413, meaning: 'The WebSocket message is larger than 16 KiB.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, meaning: 'The body must be application/json.' },
  NOT_FOUND: { status: 404, meaning: 'There is no such resource.' },
  METHOD_NOT_ALLOWED: { status: 405, meaning: 'The resource does not know this method.' },
  HEADERS_TOO_LARGE: { status: 431, meaning: 'The URL and headers are larger than 16 KiB.' },
  REQUEST_TIMEOUT: { status: 408, meaning: 'The request did not arrive in time.' },
  // Who asks
  UNAUTHENTICATED: { status: 401, meaning: 'The call needs a login.' },
  INVALID_TOKEN: { status: 401, meaning: 'The token is malformed, forged or not for this exchange.' },
  TOKEN_EXPIRED: { status: 401, meaning: 'The token has expired.' },
  FORBIDDEN: { status: 403, meaning: 'The caller may not do this.' },
  TEST_MODE_REFUSED: { status: 403, meaning: 'Test mode serves only direct local callers.' },
  API_KEY_REQUIRED: { status: 401, meaning: 'Orders need a valid x-api-key.' },
  RATE_LIMITED: { status: 429, meaning: 'Too many requests; see Retry-After.' },
  // Numbers
  TOO_MANY_DECIMALS: { status: 400, meaning: 'A number has more decimals than its unit.' },
  NUMBER_OUT_OF_RANGE: { status: 400, meaning: 'A number is too large, or not positive.' },
  // Orders
  SYMBOL_UNKNOWN: { status: 404, meaning: 'No instrument has this symbol.' },
  SYMBOL_HALTED: { status: 409, meaning: 'Trading in the instrument is halted.' },
  SYMBOL_CANCEL_ONLY: { status: 409, meaning: 'The instrument accepts only cancels.' },
  SYMBOL_DELISTED: { status: 409, meaning: 'The instrument is no longer traded.' },
  OFF_TICK: { status: 400, meaning: 'The price is not a multiple of the tick size.' },
  OFF_LOT: { status: 400, meaning: 'The quantity is not a multiple of the lot size.' },
  PRICE_OUT_OF_LIMITS: { status: 400, meaning: 'The price is outside the daily price limits.' },
  QUANTITY_TOO_LARGE: { status: 400, meaning: 'The quantity is larger than the instrument allows.' },
  NOTIONAL_TOO_LARGE: { status: 400, meaning: 'price x quantity is larger than a wallet can hold.' },
  ORDER_TYPE_UNSUPPORTED: { status: 400, meaning: 'This exchange does not trade this order type yet.' },
  INSUFFICIENT_FUNDS: { status: 409, meaning: 'The available balance does not cover the order.' },
  NO_LIQUIDITY: { status: 409, meaning: 'No order stands on the other side to trade with.' },
  DUPLICATE_ORDER: { status: 409, meaning: 'The client order id was used for an order with other content.' },
  ORDER_UNKNOWN: { status: 404, meaning: 'The caller has no order with this id.' },
  ORDER_CLOSED: { status: 409, meaning: 'The order is no longer open.' },
  POST_ONLY_WOULD_TAKE: { status: 409, meaning: 'A post-only order would have traded at once.' },
  FOK_NOT_FILLABLE: { status: 409, meaning: 'A fill-or-kill order could not be filled whole.' },
  IOC_REMAINDER: { status: 409, meaning: 'The part of an immediate-or-cancel order that found no match.' },
  SELF_TRADE: { status: 409, meaning: 'Self-trade prevention took the order out.' },
  DAY_END: { status: 409, meaning: 'The session ended.' },
  BY_REQUEST: { status: 200, meaning: 'The owner cancelled the order.' },
  BY_MASS_CANCEL: { status: 200, meaning: 'The owner cancelled all orders.' },
  BY_DELISTING: { status: 409, meaning: 'The instrument was delisted.' },
  QUANTITY_NOT_ABOVE_FILLED: { status: 409, meaning: 'The new quantity does not exceed what is already filled.' },
  STALE_ROUTE: { status: 503, meaning: 'The record came over a route that is no longer valid.' },
  // Accounts and instruments
  ASSET_UNKNOWN: { status: 404, meaning: 'No asset has this code.' },
  BALANCE_LIMIT: { status: 409, meaning: 'The wallet would pass 2^53 - 1 units.' },
  SYMBOL_EXISTS: { status: 409, meaning: 'An instrument with this symbol exists with other terms.' },
  INVALID_INSTRUMENT: { status: 400, meaning: 'The instrument breaks a rule (decimals, ticks, limits).' },
  DUPLICATE_TRANSFER: { status: 409, meaning: 'The transfer id was used for a transfer with other content.' },
  STREAM_EXISTS: { status: 409, meaning: 'A stream with this name exists with other partitions.' },
  STREAM_PROTECTED: { status: 403, meaning: "The stream is one of the exchange's own." },
  // Capacity and health
  OVERLOADED: { status: 503, meaning: 'A queue is full; nothing was done. See Retry-After.' },
  UNAVAILABLE: { status: 503, meaning: 'The exchange cannot do this now (starting, stopping, or storage failed).' },
  INTERNAL: { status: 500, meaning: 'A fault of the exchange itself; it is logged.' },
  EVENTS_GONE: { status: 410, meaning: 'Messages that old are no longer kept; read the orders instead.' },
} as const satisfies Record<string, { status: number; meaning: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** An expected refusal: it carries a code of the registry and one clear sentence, and becomes the client's answer. */
export class ExchangeError extends Error {
  readonly code: ErrorCode;
  readonly details: Record<string, unknown> | undefined;
  /** Seconds, for answers that carry Retry-After. */
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message?: string, details?: Record<string, unknown>, retryAfter?: number) {
    super(message ?? ERRORS[code].meaning);
    this.name = 'ExchangeError';
    this.code = code;
    this.details = details;
    this.retryAfter = retryAfter;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}
