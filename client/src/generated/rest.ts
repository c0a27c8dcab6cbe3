// Generated from the exchange's OpenAPI document by "npm run generate:client"; a test keeps it up to date.

import type { FillMessage, OrderStatusMessage } from './websocket.ts';

export interface Assets {
  wallets: Wallet[];
  positions: Position[];
}

/** Acts of admins, newest first. */
export interface Audit {
  entries: AuditEntry[];
  next_cursor?: string;
}

export interface AuditEntry {
  audit_id: string;
  /** Epoch milliseconds. */
  timestamp: number;
  /** User id of the admin. */
  actor: string;
  action: string;
  target: string;
  /** As it was; numbers in units. */
  before: unknown;
  /** As it became; numbers in units. */
  after: unknown;
  /** The act failed with this code. */
  error?: string;
}

export interface Backup {
  /** Everything that was traded before this epoch ms is stored. */
  stored_until: number;
}

export interface Bar {
  /** Start of the candle, epoch seconds. */
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

/** An accepted order, or `error` and `code`. */
export interface BatchResult {
  message?: string;
  topic?: string;
  symbol?: string;
  order_id?: string;
  /** As given. */
  client_order_id?: string | null;
  status?: OrderStatus;
  error?: string;
  code?: string;
  details?: Record<string, unknown>;
}

/** In the order of the request; not atomic. */
export interface BatchResults {
  results: BatchResult[];
}

export interface ChangeNamedSymbol {
  /** Symbol of an instrument. */
  symbol: string;
  name?: string;
  /** Previous close; null: no daily limits. */
  reference_price?: number | string | null;
  /** One price step for all prices (default: the smallest). */
  tick_size?: number | string;
  tick_table?:
    | string
    | {
        /** From this price upwards */
        from: number | string;
        /** prices move so. */
        tick: number | string;
      }[]
    | {
        /** Epoch milliseconds. */
        effective_at: number;
        bands: {
          /** From this price upwards */
          from: number | string;
          /** prices move so. */
          tick: number | string;
        }[];
      }[];
  /** Quantities are multiples of it (default: the smallest). */
  lot_size?: number | string;
  /** Largest order (default 1,000,000). */
  max_quantity?: number | string;
  /** Daily limit in per cent (default 30); null or 0: off. */
  price_limit_pct?: number | string | null;
  status?: InstrumentStatus;
  calendar?: 'ALWAYS' | 'KRX';
  maker_fee_bps?: number;
  taker_fee_bps?: number;
}

export interface ChangeSymbol {
  name?: string;
  /** Previous close; null: no daily limits. */
  reference_price?: number | string | null;
  /** One price step for all prices (default: the smallest). */
  tick_size?: number | string;
  tick_table?:
    | string
    | {
        /** From this price upwards */
        from: number | string;
        /** prices move so. */
        tick: number | string;
      }[]
    | {
        /** Epoch milliseconds. */
        effective_at: number;
        bands: {
          /** From this price upwards */
          from: number | string;
          /** prices move so. */
          tick: number | string;
        }[];
      }[];
  /** Quantities are multiples of it (default: the smallest). */
  lot_size?: number | string;
  /** Largest order (default 1,000,000). */
  max_quantity?: number | string;
  /** Daily limit in per cent (default 30); null or 0: off. */
  price_limit_pct?: number | string | null;
  status?: InstrumentStatus;
  calendar?: 'ALWAYS' | 'KRX';
  maker_fee_bps?: number;
  taker_fee_bps?: number;
}

/** Ascending, the active candle included; 1m unless asked otherwise. */
export interface Chart {
  symbol: string;
  interval: Interval;
  data: Bar[];
}

export interface DayClose {
  /** The new reference (default: the last trade price). */
  reference_price?: number | string;
}

/** The best levels a side, as many as were asked for and stand in the book. */
export interface Depth {
  symbol: string;
  /** The symbol's event number at this depth (`u` on the WebSocket). */
  sequence: number;
  /** Epoch milliseconds. */
  timestamp: number;
  /** Best (highest) first. */
  bids: {
    /** Price. */
    price: number;
    /** Open quantity. */
    quantity: number;
  }[];
  /** Best (lowest) first. */
  asks: {
    /** Price. */
    price: number;
    /** Open quantity. */
    quantity: number;
  }[];
}

export interface Engines {
  engines: {
    engine_id: string;
    status: string;
    shards: {
      partition: number;
      offset: number;
      lag: number;
    }[];
    symbols: string[];
  }[];
}

export interface ErrorAnswer {
  /** One clear sentence. */
  error: string;
  code: ErrorCode;
  details?: Record<string, unknown>;
}

export type ErrorCode =
  | 'INVALID_REQUEST'
  | 'INVALID_JSON'
  | 'BODY_TOO_LARGE'
  | 'MESSAGE_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'HEADERS_TOO_LARGE'
  | 'REQUEST_TIMEOUT'
  | 'UNAUTHENTICATED'
  | 'INVALID_TOKEN'
  | 'TOKEN_EXPIRED'
  | 'FORBIDDEN'
  | 'TEST_MODE_REFUSED'
  | 'API_KEY_REQUIRED'
  | 'RATE_LIMITED'
  | 'TOO_MANY_DECIMALS'
  | 'NUMBER_OUT_OF_RANGE'
  | 'SYMBOL_UNKNOWN'
  | 'SYMBOL_HALTED'
  | 'SYMBOL_CANCEL_ONLY'
  | 'SYMBOL_DELISTED'
  | 'OFF_TICK'
  | 'OFF_LOT'
  | 'PRICE_OUT_OF_LIMITS'
  | 'QUANTITY_TOO_LARGE'
  | 'NOTIONAL_TOO_LARGE'
  | 'ORDER_TYPE_UNSUPPORTED'
  | 'INSUFFICIENT_FUNDS'
  | 'NO_LIQUIDITY'
  | 'DUPLICATE_ORDER'
  | 'ORDER_UNKNOWN'
  | 'ORDER_CLOSED'
  | 'POST_ONLY_WOULD_TAKE'
  | 'FOK_NOT_FILLABLE'
  | 'IOC_REMAINDER'
  | 'SELF_TRADE'
  | 'DAY_END'
  | 'BY_REQUEST'
  | 'BY_MASS_CANCEL'
  | 'BY_DELISTING'
  | 'QUANTITY_NOT_ABOVE_FILLED'
  | 'STALE_ROUTE'
  | 'ASSET_UNKNOWN'
  | 'BALANCE_LIMIT'
  | 'SYMBOL_EXISTS'
  | 'INVALID_INSTRUMENT'
  | 'DUPLICATE_TRANSFER'
  | 'STREAM_EXISTS'
  | 'STREAM_PROTECTED'
  | 'OVERLOADED'
  | 'UNAVAILABLE'
  | 'INTERNAL'
  | 'EVENTS_GONE';

/** Private messages as on the WebSocket, in integers. */
export interface Events {
  events: (OrderStatusMessage | FillMessage)[];
}

export interface Fill {
  trade_id: string;
  order_id: string;
  symbol: string;
  side: Side;
  /** Trade price. */
  price: number;
  /** Traded quantity. */
  quantity: number;
  /** price x quantity, in the quote asset. */
  amount: number;
  /** In the quote asset. */
  fee: number;
  fee_currency: string;
  liquidity: 'MAKER' | 'TAKER';
  /** Epoch milliseconds. */
  timestamp: number;
}

/** Newest first. */
export interface Fills {
  fills: Fill[];
  next_cursor?: string;
}

export interface Health {
  status: string;
  version: string;
}

export interface Instrument {
  symbol: string;
  name: string;
  /** The asset traded. */
  base: string;
  /** The asset it is paid in. */
  quote: string;
  base_decimals: number;
  quote_decimals: number;
  /** Prices on the WebSocket are integers of 10^-price_decimals. */
  price_decimals: number;
  /** Quantities there are integers of 10^-quantity_decimals. */
  quantity_decimals: number;
  /** Price step at the reference price (the lowest band without one). */
  tick_size: number;
  tick_table: {
    /** From this price upwards */
    from: number;
    /** prices move so. */
    tick: number;
  }[];
  /** Quantities are multiples of it. */
  lot_size: number;
  /** The smallest order: one lot. */
  min_quantity: number;
  /** The largest order. */
  max_quantity: number;
  /** Previous close; null: no daily limits. */
  reference_price: number | null;
  /** Daily limit in per cent of the reference; null: off. */
  price_limit_pct: number | null;
  /** Lowest price of the day; null: none. */
  lower_limit: number | null;
  /** Highest price of the day; null: none. */
  upper_limit: number | null;
  status: InstrumentStatus;
  calendar: 'ALWAYS' | 'KRX';
  maker_fee_bps: number;
  taker_fee_bps: number;
  order_types: string[];
  time_in_force: string[];
}

export type InstrumentStatus = 'ACTIVE' | 'HALTED' | 'CANCEL_ONLY' | 'DELISTED';

export type Interval = '1m' | '3m' | '5m' | '15m' | '30m' | '1h' | '4h' | '1d';

export interface MassCancelled {
  message: string;
  /** Symbols in which the caller had open orders. */
  symbols: string[];
}

/** Moves of symbols between engines. None can be started in this version. */
export interface Migrations {
  migrations: {
    symbol: string;
    step: string;
  }[];
}

export interface NewOrder {
  /** Symbol of an instrument. */
  symbol: string;
  side: Side;
  order_type?: OrderType;
  /** Limit price. Ignored for MARKET. */
  price?: number | string | null;
  /** Quantity (required; `qty` is accepted too). */
  quantity?: number | string;
  time_in_force?: TimeInForce;
  /** Refused rather than taking liquidity. */
  post_only?: boolean;
  /** Trigger of STOP and STOP_LIMIT. */
  stop_price?: number | string | null;
  /** Visible part of an iceberg. */
  display_quantity?: number | string | null;
  stp?: SelfTradePrevention;
  /** Chosen by the client; unique among the orders of a user. The same id with the same content is answered again. */
  client_order_id?: string | null;
}

export interface NewSymbol {
  /** Symbol of an instrument. */
  symbol: string;
  /** A currency, or the symbol of a security. */
  base?: string;
  /** A currency, or the symbol of a security. */
  quote?: string;
  price_decimals?: number;
  quantity_decimals?: number;
  name?: string;
  /** Previous close; null: no daily limits. */
  reference_price?: number | string | null;
  /** One price step for all prices (default: the smallest). */
  tick_size?: number | string;
  tick_table?:
    | string
    | {
        /** From this price upwards */
        from: number | string;
        /** prices move so. */
        tick: number | string;
      }[]
    | {
        /** Epoch milliseconds. */
        effective_at: number;
        bands: {
          /** From this price upwards */
          from: number | string;
          /** prices move so. */
          tick: number | string;
        }[];
      }[];
  /** Quantities are multiples of it (default: the smallest). */
  lot_size?: number | string;
  /** Largest order (default 1,000,000). */
  max_quantity?: number | string;
  /** Daily limit in per cent (default 30); null or 0: off. */
  price_limit_pct?: number | string | null;
  status?: InstrumentStatus;
  calendar?: 'ALWAYS' | 'KRX';
  maker_fee_bps?: number;
  taker_fee_bps?: number;
}

export interface NewTransfer {
  /** A currency, or the symbol of a security. */
  asset: string;
  /** Positive amount. */
  amount: number | string;
  /** Chosen by the caller: the same transfer again moves nothing. `Idempotency-Key` is accepted too. */
  transfer_id?: string;
}

export interface Order {
  order_id: string;
  /** As given by the client. */
  client_order_id: string | null;
  symbol: string;
  side: Side;
  order_type: OrderType;
  time_in_force: TimeInForce;
  /** Limit price; null for MARKET. */
  price: number | null;
  /** Total quantity. */
  quantity: number;
  /** Filled so far. */
  filled_qty: number;
  /** Still open; 0 once final. */
  remaining_qty: number;
  /** Average price of the fills; null before the first. */
  avg_price: number | null;
  status: OrderStatus;
  /** Code of the error registry: why it ended. */
  reason?: string;
  post_only: boolean;
  stp: SelfTradePrevention;
  /** Epoch milliseconds. */
  created_at: number;
  /** Epoch milliseconds. */
  updated_at: number;
}

export interface OrderBatch {
  /** Each as in POST /orders. A malformed order is an error in its place and does not stop the others. */
  orders: NewOrder[];
}

export type OrderStatus = 'PENDING' | 'ACCEPTED' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELLED' | 'REJECTED' | 'EXPIRED';

export type OrderType = 'LIMIT' | 'MARKET' | 'STOP' | 'STOP_LIMIT';

/** Newest first. */
export interface Orders {
  orders: Order[];
  next_cursor?: string;
}

/** The order is durable and its funds are held. */
export interface PlacedOrder {
  message: string;
  /** The stream the order went to. */
  topic: string;
  symbol: string;
  order_id: string;
  /** As given. */
  client_order_id: string | null;
  status: OrderStatus;
}

export interface Position {
  /** The asset held. */
  symbol: string;
  /** Held in all. */
  qty: number;
  /** Held for open sell orders. */
  locked: number;
  /** Average cost; derived for display, null when unknown. */
  avg_price: number | null;
  /** The unit of the asset is 10^-decimals. */
  decimals: number;
}

export interface Readiness {
  status: string;
  checks: Record<string, string>;
}

export interface ReplaceOrder {
  /** New price. */
  price?: number | string;
  /** New total, the filled part included. */
  quantity?: number | string;
  /** New open quantity (instead of quantity). */
  remaining?: number | string;
}

/** The request is durable; its outcome comes as ORDER_STATUS. */
export interface Requested {
  order_id: string;
  status: OrderStatus;
}

export interface Routes {
  routes: {
    symbol: string;
    /** Partition of the orders stream. */
    shard: number;
    status: string;
    /** Engine the symbol was moved to; null: by shard. */
    target_instance: string | null;
    epoch: number;
  }[];
}

/** Self-trade prevention. */
export type SelfTradePrevention = 'NONE' | 'EXPIRE_TAKER' | 'EXPIRE_MAKER' | 'EXPIRE_BOTH';

export interface Settings {
  version: string;
  /** Whether this caller may name itself with `x-user-id`: test mode is on and the caller is local. */
  test_mode: boolean;
  /** The Supabase project that signs users in; null: none is configured. */
  supabase_url: string | null;
  /** The project's public key, sent as `apikey`; null: none. */
  supabase_anon_key: string | null;
  /** IANA name of the time zone of trading days and of the minutes of candle messages. */
  market_time_zone: string;
  /** Orders need an `x-api-key`. */
  api_key_required: boolean;
}

export type Side = 'BUY' | 'SELL';

export interface Snapshots {
  snapshots: {
    key: string;
    partition: number;
    /** The engine reads on from here after restoring it. */
    offset: number;
  }[];
}

export interface StreamAction {
  action: 'create' | 'delete' | 'list' | 'createTopic' | 'deleteTopic' | 'listTopics';
  topic?: string;
  /** Default 3. */
  partitions?: number;
  /** Default 2; of a cluster. */
  replicationFactor?: number;
}

export interface StreamResult {
  success: boolean;
  result: {
    topic?: string;
    /** false: it was there already. */
    created?: boolean;
    /** false: there was none. */
    deleted?: boolean;
    topics?: string[];
  };
}

export interface Streams {
  streams: {
    topic: string;
    partitions: {
      partition: number;
      begin: number;
      end: number;
    }[];
    /** Records kept. */
    records: number;
    consumers: {
      group: string;
      lag: number;
    }[];
    /** One of the exchange's own: it cannot be deleted. */
    protected: boolean;
  }[];
}

export interface Symbols {
  symbols: Instrument[];
  assets: {
    code: string;
    decimals: number;
    kind: 'CURRENCY' | 'SECURITY';
  }[];
}

export interface Ticker {
  symbol: string;
  /** Last trade price; before the first trade the reference price, null without one. */
  price: number | null;
  /** Today's change in per cent; 0 when unknown. */
  change_pct: number;
  /** Yesterday's change in per cent; 0 when unknown. */
  prev_change_pct: number;
  /** Today's first price; null, as the next three, before today's first trade. */
  open: number | null;
  /** Today's highest price. */
  high: number | null;
  /** Today's lowest price. */
  low: number | null;
  /** Today's traded quantity. */
  volume: number | null;
  /** When it last changed (a trade, a day close, a new reference price), epoch milliseconds. */
  timestamp: number | null;
}

export type TimeInForce = 'GTC' | 'IOC' | 'FOK' | 'DAY';

/** Newest first. */
export interface Trades {
  symbol: string;
  trades: {
    trade_id: string;
    /** Trade price. */
    price: number;
    /** Traded quantity. */
    quantity: number;
    taker_side: Side;
    /** Epoch milliseconds. */
    timestamp: number;
  }[];
}

/** The transfer is durable and applied. */
export interface Transfer {
  transfer_id: string;
  user_id: string;
  asset: string;
  /** As given. */
  amount: number;
  wallet: Wallet;
}

export interface Wallet {
  currency: string;
  /** locked + available. */
  balance: number;
  /** Held for open orders and pending withdrawals. */
  locked: number;
  /** Free to trade with or withdraw. */
  available: number;
  /** The unit of the asset is 10^-decimals. */
  decimals: number;
}

/** Every call of the REST interface: what it takes, and what it answers with status 200. */
export interface Operations {
  /** Place an order */
  'POST /orders': {
    body: NewOrder;
    answer: PlacedOrder;
  };
  /** Cancel all of the caller's open orders */
  'DELETE /orders': {
    query?: {
      /** Symbol of an instrument. */
      symbol?: string;
    };
    answer: MassCancelled;
  };
  /** The caller's orders */
  'GET /orders': {
    query?: {
      /** Symbol of an instrument. */
      symbol?: string;
      /** Statuses, separated by commas; OPEN stands for PENDING,ACCEPTED,PARTIALLY_FILLED. */
      status?: string;
      /** Chosen by the client; unique among the orders of a user. The same id with the same content is answered again. */
      client_order_id?: string;
      /** At most this many (default 50). */
      limit?: number;
      /** next_cursor of the page before. */
      cursor?: string;
    };
    answer: Orders;
  };
  /** Place up to 100 orders */
  'POST /orders/batch': {
    body: OrderBatch;
    answer: BatchResults;
  };
  /** Cancel an order */
  'DELETE /orders/{order_id}': {
    path: {
      order_id: string;
    };
    answer: Requested;
  };
  /** Replace an order */
  'PATCH /orders/{order_id}': {
    path: {
      order_id: string;
    };
    body: ReplaceOrder;
    answer: Requested;
  };
  /** One order of the caller */
  'GET /orders/{order_id}': {
    path: {
      order_id: string;
    };
    answer: Order;
  };
  /** Wallets and positions */
  'GET /assets': {
    answer: Assets;
  };
  /** The caller's fills */
  'GET /fills': {
    query?: {
      /** Symbol of an instrument. */
      symbol?: string;
      /** At most this many (default 50). */
      limit?: number;
      /** next_cursor of the page before. */
      cursor?: string;
    };
    answer: Fills;
  };
  /** Missed private messages */
  'GET /events': {
    query?: {
      /** First `useq` wanted, inclusive (default 1, the first of all; 0 says the same). */
      from?: number;
      /** At most this many (default 500). */
      limit?: number;
    };
    answer: Events;
  };
  /** Instruments and assets */
  'GET /symbols': {
    answer: Symbols;
  };
  /** Order book depth */
  'GET /depth': {
    query: {
      /** Symbol of an instrument. */
      symbol: string;
      /** At most this many (default 10). */
      levels?: number;
    };
    answer: Depth;
  };
  /** Last price and the day's prices */
  'GET /ticker': {
    query: {
      /** Symbol of an instrument. */
      symbol: string;
    };
    answer: Ticker;
  };
  /** Newest public trades */
  'GET /trades': {
    query: {
      /** Symbol of an instrument. */
      symbol: string;
      /** At most this many (default 50). */
      limit?: number;
    };
    answer: Trades;
  };
  /** Candles */
  'GET /chart': {
    query: {
      /** Symbol of an instrument. */
      symbol: string;
      interval?: Interval;
      /** At most this many (default 100). */
      limit?: number;
      /** Candles before this epoch second (exclusive). */
      end?: number;
    };
    answer: Chart;
  };
  /** All instruments */
  'GET /admin/symbols': {
    answer: Symbols;
  };
  /** Make an instrument */
  'POST /admin/symbols': {
    body: NewSymbol;
    answer: Instrument;
  };
  /** Change or halt an instrument */
  'PATCH /admin/symbols': {
    body: ChangeNamedSymbol;
    answer: Instrument;
  };
  /** Delist an instrument */
  'DELETE /admin/symbols': {
    query: {
      /** Symbol of an instrument. */
      symbol: string;
    };
    answer: Instrument;
  };
  /** Change or halt an instrument */
  'PATCH /admin/symbols/{symbol}': {
    path: {
      /** Symbol of an instrument. */
      symbol: string;
    };
    body: ChangeSymbol;
    answer: Instrument;
  };
  /** Delist an instrument */
  'DELETE /admin/symbols/{symbol}': {
    path: {
      /** Symbol of an instrument. */
      symbol: string;
    };
    answer: Instrument;
  };
  /** End the session of an instrument */
  'POST /admin/symbols/{symbol}/day-close': {
    path: {
      /** Symbol of an instrument. */
      symbol: string;
    };
    body: DayClose;
    answer: Instrument;
  };
  /** Wallets and positions of an account */
  'GET /admin/accounts/{id}': {
    path: {
      id: string;
    };
    answer: Assets;
  };
  /** Pay money or securities in */
  'POST /admin/accounts/{id}/deposit': {
    path: {
      id: string;
    };
    body: NewTransfer;
    answer: Transfer;
  };
  /** Pay money or securities out */
  'POST /admin/accounts/{id}/withdraw': {
    path: {
      id: string;
    };
    body: NewTransfer;
    answer: Transfer;
  };
  /** Streams and their lag */
  'GET /admin/streams': {
    answer: Streams;
  };
  /** Create or delete a stream */
  'POST /admin/streams': {
    body: StreamAction;
    answer: StreamResult;
  };
  /** Delete a stream */
  'DELETE /admin/streams/{topic}': {
    path: {
      topic: string;
    };
    answer: StreamResult;
  };
  /** Matching engines */
  'GET /admin/engines': {
    answer: Engines;
  };
  /** Snapshots */
  'GET /admin/snapshots': {
    answer: Snapshots;
  };
  /** Snapshot every engine now */
  'POST /admin/snapshots': {
    answer: Snapshots;
  };
  /** Back trades and candles up now */
  'POST /admin/backups': {
    answer: Backup;
  };
  /** Where symbols trade */
  'GET /admin/routes': {
    answer: Routes;
  };
  /** Moves of symbols */
  'GET /admin/migrations': {
    answer: Migrations;
  };
  /** Acts of admins */
  'GET /admin/audit': {
    query?: {
      /** At most this many (default 100). */
      limit?: number;
      /** next_cursor of the page before. */
      cursor?: string;
    };
    answer: Audit;
  };
  /** The process lives */
  'GET /healthz': {
    answer: Health;
  };
  /** The exchange takes orders */
  'GET /readyz': {
    answer: Readiness;
  };
  /** Prometheus metrics */
  'GET /metrics': {
    answer: string;
  };
  /** Public settings */
  'GET /config': {
    answer: Settings;
  };
}
