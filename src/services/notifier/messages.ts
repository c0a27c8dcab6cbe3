import type { EndedEvent, EngineEvent, FillEvent, OrderEventFields, RejectedEvent } from '../../domain/events.ts';
import type { PrivateMessage } from '../../domain/messages.ts';
import type { OrderStatus } from '../../domain/order.ts';

/** A private message without its number, and whom it is for. */
export interface Draft {
  userId: string;
  /** Writes the JSON text once the number is known. */
  text(useq: number): string;
}

type StatusData = Extract<PrivateMessage, { type: 'ORDER_STATUS' }>['data'];
type FillData = Extract<PrivateMessage, { type: 'FILL' }>['data'];

/** What an event tells the users it concerns: one message, for a fill one to each side (the buyer first), or none. */
export function draftsOf(event: EngineEvent): Draft[] {
  switch (event.event) {
    case 'ACCEPTED':
      return [status(event, 'ACCEPTED', {})];
    case 'REJECTED':
    case 'CANCELLED':
    case 'EXPIRED':
      return [status(event, event.event, { reason: event.reason, ...requestOf(event) })];
    case 'REPLACED':
      return [
        status(event, event.filled_qty > 0 ? 'PARTIALLY_FILLED' : 'ACCEPTED', {
          request_id: event.request_id,
          price: event.price,
          quantity: event.quantity,
        }),
      ];
    case 'CANCEL_REJECTED':
    case 'REPLACE_REJECTED':
      return [status(event, event.status ?? 'REJECTED', { reason: event.reason, request_id: event.request_id })];
    case 'FILL':
      return [fill(event, 'BUY'), fill(event, 'SELL')];
    default:
      return [];
  }
}

type StatusEvent = Extract<EngineEvent, OrderEventFields>;

function status(event: StatusEvent, orderStatus: OrderStatus, more: Partial<StatusData>): Draft {
  return {
    userId: event.user_id,
    text: (useq) =>
      JSON.stringify({
        type: 'ORDER_STATUS',
        data: {
          order_id: event.order_id,
          client_order_id: event.client_order_id ?? null,
          symbol: event.symbol,
          side: event.side,
          status: orderStatus,
          filled_qty: event.filled_qty,
          remaining_qty: event.remaining_qty,
          ...more,
          event: event.event,
          seq: event.seq,
          useq,
        },
      } satisfies PrivateMessage),
  };
}

function requestOf(event: RejectedEvent | EndedEvent): { request_id?: string } {
  return 'request_id' in event && event.request_id !== undefined ? { request_id: event.request_id } : {};
}

function fill(event: FillEvent, side: 'BUY' | 'SELL'): Draft {
  const party = side === 'BUY' ? event.buyer : event.seller;
  const data = (useq: number): FillData => ({
    order_id: party.order_id,
    client_order_id: party.client_order_id ?? null,
    symbol: event.symbol,
    side,
    filled_qty: event.quantity,
    filled_price: event.price,
    remaining_qty: party.remaining_qty,
    status: party.fully_filled ? 'FILLED' : 'PARTIALLY_FILLED',
    trade_id: event.trade_id,
    fee: party.fee,
    seq: event.seq,
    useq,
  });
  return {
    userId: party.user_id,
    text: (useq) => JSON.stringify({ type: 'FILL', data: data(useq) } satisfies PrivateMessage),
  };
}
