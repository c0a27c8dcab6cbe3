import { hash } from 'node:crypto';
import { ExchangeError } from '../../domain/errors.ts';
import {
  type Instrument,
  isOnTick,
  type PriceLimits,
  priceLimits,
  roundDownToTick,
  roundUpToTick,
  SYMBOL_PATTERN,
  tickBandsAt,
} from '../../domain/instrument.ts';
import { type DecimalError, MAX_PRICE, notional, parseDecimal } from '../../domain/money.ts';
import type { OrderType, SelfTradePrevention, TimeInForce } from '../../domain/order.ts';
import { need } from '../../ledger/hold.ts';
import type { PlaceRequest } from './types.ts';

/** An order as the instrument's rules accept it, in integers. */
export interface ValidOrder {
  instrument: Instrument;
  is_buy: boolean;
  order_type: OrderType;
  time_in_force: TimeInForce;
  /** The limit; for MARKET the protection price. */
  price: number;
  quantity: number;
  post_only: boolean;
  stp: SelfTradePrevention;
  client_order_id: string | undefined;
  /** Minor units to hold, and the most a fill at the order's own price credits. */
  hold: number;
  credit: number;
  content_hash: string;
}

/** What the router knows of a market when it prices a MARKET order; undefined where there is nothing yet. */
export interface MarketPrices {
  last: number | undefined;
  bestBid: number | undefined;
  bestAsk: number | undefined;
}

/** How far from the last price a MARKET order may trade where the instrument has no daily limits (contract, section 2). */
const PROTECTION_PERCENT = 10;

export function tradableInstrument(symbol: string, find: (symbol: string) => Instrument | undefined): Instrument {
  const instrument = SYMBOL_PATTERN.test(symbol) ? find(symbol) : undefined;
  if (instrument === undefined) throw new ExchangeError('SYMBOL_UNKNOWN', `There is no instrument "${symbol}".`);
  if (instrument.status === 'HALTED') throw new ExchangeError('SYMBOL_HALTED');
  if (instrument.status === 'CANCEL_ONLY') throw new ExchangeError('SYMBOL_CANCEL_ONLY');
  if (instrument.status === 'DELISTED') throw new ExchangeError('SYMBOL_DELISTED');
  return instrument;
}

/** Checks an order against its instrument and works out what it holds. Throws ExchangeError; touches nothing. */
export function validateOrder(
  request: PlaceRequest,
  instrument: Instrument,
  market: MarketPrices,
  nowMs: number,
): ValidOrder {
  const orderType = request.order_type ?? 'LIMIT';
  if (orderType !== 'LIMIT' && orderType !== 'MARKET') {
    throw new ExchangeError('ORDER_TYPE_UNSUPPORTED', `${orderType} orders are not traded here.`);
  }
  if (request.display_quantity !== undefined && request.display_quantity !== null) {
    throw new ExchangeError('ORDER_TYPE_UNSUPPORTED', 'Iceberg orders (display_quantity) are not traded here.');
  }
  if (request.stop_price !== undefined && request.stop_price !== null) {
    throw new ExchangeError('INVALID_REQUEST', 'stop_price belongs to STOP and STOP_LIMIT orders.');
  }
  const timeInForce = effectiveTimeInForce(orderType, request.time_in_force);
  const postOnly = request.post_only ?? false;
  if (postOnly && (timeInForce === 'IOC' || timeInForce === 'FOK')) {
    throw new ExchangeError('INVALID_REQUEST', 'A post-only order cannot be IOC, FOK or MARKET.');
  }
  const isBuy = request.side === 'BUY';
  const quantity = validQuantity(request.quantity, instrument);
  const limits = priceLimits(instrument, nowMs);
  const price =
    orderType === 'LIMIT'
      ? validPrice(request.price, instrument, limits, nowMs)
      : protectionPrice(isBuy, instrument, limits, market, nowMs);
  const amount = notional(price, quantity, instrument.amount_scale);
  const hold = need({ ...instrument, is_buy: isBuy }, price, quantity);
  if (amount === undefined || hold === undefined) throw new ExchangeError('NOTIONAL_TOO_LARGE');
  return {
    instrument,
    is_buy: isBuy,
    order_type: orderType,
    time_in_force: timeInForce,
    price,
    quantity,
    post_only: postOnly,
    stp: request.stp ?? 'NONE',
    client_order_id: request.client_order_id,
    hold,
    credit: isBuy ? quantity * instrument.base_scale : amount,
    content_hash: request.client_order_id === undefined ? '' : contentHash(request, quantity, price),
  };
}

/** SHA-256 (base64url) over what the client asked for, its numbers in integers (or why they are none). */
export function contentHash(
  { symbol, side, order_type = 'LIMIT', time_in_force, post_only = false, stp = 'NONE' }: PlaceRequest,
  quantity: number | DecimalError,
  price: number | DecimalError,
): string {
  const timeInForce = effectiveTimeInForce(order_type, time_in_force);
  const content = [symbol, side, order_type, timeInForce, quantity, post_only, stp];
  if (order_type === 'LIMIT') content.push(price);
  return hash('sha256', content.join('|'), 'base64url');
}

/** MARKET is immediate by nature: IOC unless FOK is asked for. */
function effectiveTimeInForce(orderType: OrderType, asked: TimeInForce | undefined): TimeInForce {
  if (orderType === 'MARKET') return asked === 'FOK' ? 'FOK' : 'IOC';
  return asked ?? 'GTC';
}

export function validQuantity(input: number | string, instrument: Instrument): number {
  const quantity = decimal(input, instrument.quantity_decimals, 'quantity');
  if (quantity > instrument.max_quantity) throw new ExchangeError('QUANTITY_TOO_LARGE');
  if (quantity % instrument.lot_size !== 0) throw new ExchangeError('OFF_LOT');
  return quantity;
}

export function validPrice(
  input: number | string | null | undefined,
  instrument: Instrument,
  limits: PriceLimits | undefined,
  nowMs: number,
): number {
  if (input === undefined || input === null) throw new ExchangeError('INVALID_REQUEST', 'A LIMIT order needs a price.');
  const price = decimal(input, instrument.price_decimals, 'price');
  if (price > MAX_PRICE) throw new ExchangeError('NUMBER_OUT_OF_RANGE', 'The price is too large.');
  if (!isOnTick(tickBandsAt(instrument, nowMs), price)) throw new ExchangeError('OFF_TICK');
  if (limits !== undefined && (price < limits.lower || price > limits.upper)) {
    throw new ExchangeError('PRICE_OUT_OF_LIMITS');
  }
  return price;
}

function decimal(input: number | string, decimals: number, field: string): number {
  const value = parseDecimal(input, decimals);
  if (value === 'TOO_MANY_DECIMALS') {
    throw new ExchangeError('TOO_MANY_DECIMALS', `The ${field} has more than ${decimals} decimals.`);
  }
  if (value === 'NOT_A_DECIMAL') throw new ExchangeError('INVALID_REQUEST', `The ${field} is not a decimal number.`);
  if (value === 'OUT_OF_RANGE' || value <= 0) {
    throw new ExchangeError('NUMBER_OUT_OF_RANGE', `The ${field} must be positive and not too large.`);
  }
  return value;
}

/**
 * The price a MARKET order does not pass: the daily limit, else 10 % past the last price (past the best opposite price in
 * a market that has not traded yet). It is what a BUY is funded for.
 */
function protectionPrice(
  isBuy: boolean,
  instrument: Instrument,
  limits: PriceLimits | undefined,
  market: MarketPrices,
  nowMs: number,
): number {
  const opposite = isBuy ? market.bestAsk : market.bestBid;
  if (opposite === undefined) throw new ExchangeError('NO_LIQUIDITY');
  if (limits !== undefined) {
    const bound = isBuy ? limits.upper : limits.lower;
    if (bound < 1 || bound > MAX_PRICE) throw new ExchangeError('PRICE_OUT_OF_LIMITS');
    return bound;
  }
  const bands = tickBandsAt(instrument, nowMs);
  const anchor = market.last ?? opposite;
  const span = Math.floor((anchor * PROTECTION_PERCENT) / 100);
  if (!isBuy) return Math.max(roundDownToTick(bands, anchor - span), roundUpToTick(bands, 1));
  const bound = roundUpToTick(bands, anchor + span);
  return bound <= MAX_PRICE ? bound : roundDownToTick(bands, MAX_PRICE);
}
