// Generated from the exchange's AsyncAPI document by "npm run generate:client"; a test keeps it up to date.

/** `main`: depth, trades, candle and ticker of one symbol. `sub`: tickers. `symbols`: the older form, everything for each. */
export interface SubscribeMessage {
  action: 'subscribe';
  /** Symbol of an instrument. */
  main?: string;
  sub?: string[];
  symbols?: string[];
  /** The client's own; it comes back in the answer. */
  id?: string;
}

/** `true` means all; without any field everything ends. */
export interface UnsubscribeMessage {
  action: 'unsubscribe';
  main?: string | boolean;
  sub?: string[] | true;
  symbols?: string[] | true;
  /** The client's own; it comes back in the answer. */
  id?: string;
}

/** Asks for missed private messages. */
export interface ResumeMessage {
  action: 'resume';
  /** The first useq that is missing. */
  from: number;
  /** The client's own; it comes back in the answer. */
  id?: string;
}

/** All of the user's open orders are cancelled when this connection is lost. */
export interface CancelOnDisconnectMessage {
  action: 'cancel_on_disconnect';
  /** Grace after the loss of the connection; null turns it off. */
  after_ms: number | null;
  /** The client's own; it comes back in the answer. */
  id?: string;
}

/** Ticks of the main symbol begin with a `tick` message. */
export interface StampMessage {
  action: 'stamp';
  /** Default true. */
  on?: boolean;
  /** The client's own; it comes back in the answer. */
  id?: string;
}

export interface PingMessage {
  action: 'ping';
  /** The client's own; it comes back in the answer. */
  id?: string;
}

/** Everything that the connection watches now. */
export interface SubscribedMessage {
  type: 'SUBSCRIBED';
  /** Symbol of an instrument. */
  main: string | null;
  sub: string[];
  symbols: string[];
  /** Every 50 ms or every 500 ms. */
  tier: 'realtime' | 'public';
  /** The client's own; it comes back in the answer. */
  id?: string;
}

/** Everything from `from` up to before `next` has been sent. A `next` below `from`: the numbers that you know are not of this exchange (it was begun anew); go on from `next` and read the orders again. */
export interface ResumedMessage {
  type: 'RESUMED';
  from: number;
  /** The useq that comes next. */
  next: number;
  /** The client's own; it comes back in the answer. */
  id?: string;
}

export interface CancelOnDisconnectSetMessage {
  type: 'CANCEL_ON_DISCONNECT';
  /** As asked. */
  after_ms: number | null;
  /** The client's own; it comes back in the answer. */
  id?: string;
}

export interface PongMessage {
  type: 'PONG';
  /** Epoch milliseconds. */
  t: number;
  /** The client's own; it comes back in the answer. */
  id?: string;
}

/** A message was refused, or the session changed (TOKEN_EXPIRED). */
export interface ErrorMessage {
  type: 'ERROR';
  /** A code of the error registry (docs/ERRORS.md). */
  code: string;
  /** One clear sentence. */
  error: string;
  /** Of the message that is refused. */
  action?: string;
  details?: Record<string, unknown>;
  /** The client's own; it comes back in the answer. */
  id?: string;
}

/** The best 10 levels a side. */
export interface DepthMessage {
  e: 'd';
  /** Symbol of an instrument. */
  s: string;
  /** Epoch milliseconds. */
  t: number;
  /** Price and quantity, best first. */
  b: [number, number][];
  /** Price and quantity, best first. */
  a: [number, number][];
  /** The engine's seq of the symbol; never goes back. */
  u: number;
}

/** A public trade; `side` is the taker. */
export interface TradeMessage {
  e: 'trade';
  /** Symbol of an instrument. */
  s: string;
  /** Epoch milliseconds. */
  t: number;
  /** Price. */
  p: number;
  /** Quantity. */
  q: number;
  side: 'BUY' | 'SELL';
  id: string;
}

/** The active minute, or one that has closed. */
export interface CandleMessage {
  e: 'candle' | 'candle_close';
  /** Symbol of an instrument. */
  s: string;
  o: string;
  h: string;
  l: string;
  c: string;
  v: string;
  /** The minute as YYYYMMDDHHmm in market time. */
  t: string;
}

export interface TickerMessage {
  e: 't';
  /** Symbol of an instrument. */
  s: string;
  /** Epoch milliseconds. */
  t: number;
  /** Last price. */
  p: number;
  /** Change today in per cent; 0 when unknown. */
  c: number;
  /** Change yesterday in per cent; 0 when unknown. */
  yc: number;
}

/** After `stamp` only. */
export interface TickMessage {
  e: 'tick';
  /** Number of the 10 ms slot. */
  k: number;
  /** Epoch ms for which the tick was scheduled. */
  t: number;
}

/** An order of the caller's changed. */
export interface OrderStatusMessage {
  type: 'ORDER_STATUS';
  data: {
    order_id: string;
    /** As given by the client. */
    client_order_id: string | null;
    /** Symbol of an instrument. */
    symbol: string;
    side: 'BUY' | 'SELL';
    status: 'PENDING' | 'ACCEPTED' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELLED' | 'REJECTED' | 'EXPIRED';
    /** Filled so far, in all. */
    filled_qty: number;
    /** Still open. */
    remaining_qty: number;
    /** A code of the error registry. */
    reason?: string;
    /** What happened, where the status alone does not tell. */
    event?: 'ACCEPTED' | 'REJECTED' | 'CANCELLED' | 'EXPIRED' | 'REPLACED' | 'CANCEL_REJECTED' | 'REPLACE_REJECTED';
    /** The cancel or replace that this answers. */
    request_id?: string;
    /** After a REPLACED. */
    price?: number;
    /** After a REPLACED. */
    quantity?: number;
    /** The symbol's event number. */
    seq: number;
    /** Counts the user's private messages without a gap. */
    useq: number;
  };
}

/** A trade of the caller's. */
export interface FillMessage {
  type: 'FILL';
  data: {
    order_id: string;
    /** As given by the client. */
    client_order_id: string | null;
    /** Symbol of an instrument. */
    symbol: string;
    side: 'BUY' | 'SELL';
    /** Of this trade. */
    filled_qty: number;
    filled_price: number;
    /** Still open. */
    remaining_qty: number;
    status: 'PARTIALLY_FILLED' | 'FILLED';
    trade_id: string;
    /** Minor units of the quote asset. */
    fee: number;
    /** The symbol's event number. */
    seq: number;
    /** Counts the user's private messages without a gap. */
    useq: number;
  };
}

/** What the exchange takes from clients. */
export type ClientMessage =
  | SubscribeMessage
  | UnsubscribeMessage
  | ResumeMessage
  | CancelOnDisconnectMessage
  | StampMessage
  | PingMessage;

/** Answers to client messages. */
export type AnswerMessage =
  | SubscribedMessage
  | ResumedMessage
  | CancelOnDisconnectSetMessage
  | PongMessage
  | ErrorMessage;

/** Every 50 ms (logged in) or 500 ms (anonymous), when something changed. */
export type MarketDataMessage = DepthMessage | TradeMessage | CandleMessage | TickerMessage | TickMessage;

/** As the engine matches, numbered by useq without a gap. */
export type PrivateMessage = OrderStatusMessage | FillMessage;
