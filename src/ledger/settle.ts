import type { EngineEvent, FillEvent, FillParty } from '../domain/events.ts';
import { isFinal, type OrderStatus } from '../domain/order.ts';
import { type HoldTerms, needOf } from './hold.ts';

/** What a run of events does to one order: its last word, and the sums of its trades. */
export interface OrderChange {
  order_id: string;
  status: OrderStatus;
  reason: string | null;
  filled_qty: number;
  remaining_qty: number;
  updated_at: number;
  /** New terms of the last REPLACED, else null. */
  price: number | null;
  quantity: number | null;
  /** Sums over the trades of the run: quantity, price x quantity, minor units of the quote asset, and fees in them. */
  traded_qty: number;
  traded_notional: number;
  traded_amount: number;
  fees: number;
}

/** A run of events as the sum of its effects. Applying the sums once equals applying the events one after the other. */
export interface Settlement {
  orders: Map<string, OrderChange>;
  /** Replace requests that have their outcome: what was held for them is given back. */
  replaces: string[];
}

/** Sums events, each of which must take effect exactly once. Instrument events are none of its business. */
export function settle(events: readonly EngineEvent[]): Settlement {
  const settlement: Settlement = { orders: new Map(), replaces: [] };
  for (const event of events) add(settlement, event);
  return settlement;
}

function add(settlement: Settlement, event: EngineEvent): void {
  switch (event.event) {
    case 'FILL':
      addTrade(changeOf(settlement, event.buyer.order_id), event.buyer, event);
      addTrade(changeOf(settlement, event.seller.order_id), event.seller, event);
      return;
    case 'ACCEPTED':
      speak(changeOf(settlement, event.order_id), event, openStatus(event.filled_qty), null);
      return;
    case 'REJECTED':
    case 'CANCELLED':
    case 'EXPIRED':
      speak(changeOf(settlement, event.order_id), event, event.event, event.reason);
      return;
    case 'REPLACED': {
      const change = changeOf(settlement, event.order_id);
      speak(change, event, openStatus(event.filled_qty), null);
      change.price = event.price;
      change.quantity = event.quantity;
      settlement.replaces.push(event.request_id);
      return;
    }
    case 'REPLACE_REJECTED':
      settlement.replaces.push(event.request_id);
      return;
    default:
      return;
  }
}

function openStatus(filledQty: number): OrderStatus {
  return filledQty > 0 ? 'PARTIALLY_FILLED' : 'ACCEPTED';
}

function changeOf(settlement: Settlement, orderId: string): OrderChange {
  let change = settlement.orders.get(orderId);
  if (change === undefined) {
    change = {
      order_id: orderId,
      status: 'ACCEPTED',
      reason: null,
      filled_qty: 0,
      remaining_qty: 0,
      updated_at: 0,
      price: null,
      quantity: null,
      traded_qty: 0,
      traded_notional: 0,
      traded_amount: 0,
      fees: 0,
    };
    settlement.orders.set(orderId, change);
  }
  return change;
}

function speak(
  change: OrderChange,
  word: { filled_qty: number; remaining_qty: number; timestamp: number },
  status: OrderStatus,
  reason: string | null,
): void {
  change.status = status;
  change.reason = reason;
  change.filled_qty = word.filled_qty;
  change.remaining_qty = word.remaining_qty;
  change.updated_at = word.timestamp;
}

function addTrade(change: OrderChange, party: FillParty, fill: FillEvent): void {
  change.status = party.fully_filled ? 'FILLED' : 'PARTIALLY_FILLED';
  change.reason = null;
  change.filled_qty = party.filled_qty;
  change.remaining_qty = party.remaining_qty;
  change.updated_at = fill.timestamp;
  change.traded_qty += fill.quantity;
  change.traded_notional += fill.price * fill.quantity;
  change.traded_amount += fill.amount;
  change.fees += party.fee;
}

/** What of an order's state decides its money. */
export interface FundedOrder extends HoldTerms {
  price: number;
  /** Held for the order's own terms. */
  hold: number;
  /** Held on top for replaces that have no outcome yet. */
  replace_hold: number;
}

/** What a change moves: in the wallet the order's hold is in, in the wallet it fills into, and to the exchange. */
export interface MoneyMoves {
  hold: number;
  /** True: everything still held for replaces goes back too. */
  final: boolean;
  paid: number;
  received: number;
  /** In the quote asset. */
  fees: number;
}

/**
 * The money of a change: a buyer pays amounts and fees from its hold and receives base units; a seller pays base units and
 * receives amounts less fees. After it the order holds what its open quantity needs and nothing once it is final; the
 * difference (price improvement, fees not charged, quantity that left) is free again.
 */
export function moneyOf(order: FundedOrder, change: OrderChange): MoneyMoves {
  const final = isFinal(change.status);
  const baseUnits = change.traded_qty * order.base_scale;
  return {
    hold: final ? 0 : needOf(order, change.price ?? order.price, change.remaining_qty),
    final,
    paid: order.is_buy ? change.traded_amount + change.fees : baseUnits,
    received: order.is_buy ? baseUnits : change.traded_amount - change.fees,
    fees: change.fees,
  };
}
