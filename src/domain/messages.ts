import type { OrderStatus, Side } from './order.ts';

/** WebSocket messages out (contract, section 3). Integers as in section 1; fields may be added, none renamed. */
export interface DepthMessage {
  e: 'd';
  s: string;
  t: number;
  b: [price: number, quantity: number][];
  a: [price: number, quantity: number][];
  /** The symbol's engine seq at this depth: never goes back, and two messages with one `u` are equal. */
  u: number;
}

export interface TradeMessage {
  e: 'trade';
  s: string;
  t: number;
  p: number;
  q: number;
  side: Side;
  id: string;
}

/** Candle numbers travel as strings; `t` is the minute as YYYYMMDDHHmm in market time. */
export interface CandleMessage {
  e: 'candle' | 'candle_close';
  s: string;
  o: string;
  h: string;
  l: string;
  c: string;
  v: string;
  t: string;
}

export interface TickerMessage {
  e: 't';
  s: string;
  t: number;
  p: number;
  /** Today's and yesterday's change in per cent, two decimals; 0 when unknown. */
  c: number;
  yc: number;
}

/** A private message. `useq` counts a user's messages from 1 without a gap; `seq` is the symbol's engine seq. */
export type PrivateMessage =
  | {
      type: 'ORDER_STATUS';
      data: {
        order_id: string;
        client_order_id: string | null;
        symbol: string;
        side: Side;
        status: OrderStatus;
        filled_qty: number;
        remaining_qty: number;
        reason?: string;
        /** What happened, where the status alone does not tell (a refused cancel leaves an order as it was). */
        event?: 'ACCEPTED' | 'REJECTED' | 'CANCELLED' | 'EXPIRED' | 'REPLACED' | 'CANCEL_REJECTED' | 'REPLACE_REJECTED';
        /** Of the cancel or replace that this answers. */
        request_id?: string;
        /** The order's terms after a REPLACED. */
        price?: number;
        quantity?: number;
        seq: number;
        useq: number;
      };
    }
  | {
      type: 'FILL';
      data: {
        order_id: string;
        client_order_id: string | null;
        symbol: string;
        side: Side;
        filled_qty: number;
        filled_price: number;
        remaining_qty: number;
        status: 'PARTIALLY_FILLED' | 'FILLED';
        trade_id: string;
        fee: number;
        seq: number;
        useq: number;
      };
    };

export type PublicMessage = DepthMessage | TradeMessage | CandleMessage | TickerMessage;
