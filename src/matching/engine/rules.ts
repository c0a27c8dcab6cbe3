import type { ErrorCode } from '../../domain/errors.ts';
import {
  type Instrument,
  isOnTick,
  type PriceLimits,
  priceLimits,
  type TickBand,
  tickBandsAt,
} from '../../domain/instrument.ts';
import { feeOf, MAX_AMOUNT, MAX_PRICE, MAX_QUANTITY, notional } from '../../domain/money.ts';
import type { AddRecord, ReplaceRecord } from '../../domain/records.ts';
import { UNSTATED_HOLD } from './decode.ts';
import type { OrderSlab } from './order-slab.ts';

/** The terms of an instrument at a moment, with the day's limits worked out once for as long as they hold. */
export class TradingTerms {
  readonly instrument: Instrument;
  #bands: TickBand[] | undefined;
  #limits: PriceLimits | undefined;

  constructor(instrument: Instrument) {
    this.instrument = instrument;
  }

  bandsAt(timestamp: number): TickBand[] {
    const bands = tickBandsAt(this.instrument, timestamp);
    if (bands !== this.#bands) {
      this.#bands = bands;
      this.#limits = priceLimits(this.instrument, timestamp);
    }
    return bands;
  }

  limitsAt(timestamp: number): PriceLimits | undefined {
    this.bandsAt(timestamp);
    return this.#limits;
  }
}

/** Why orders may not enter or change now, or undefined. Cancels are always heard. */
export function refuseByStatus(instrument: Instrument): ErrorCode | undefined {
  switch (instrument.status) {
    case 'ACTIVE':
      return undefined;
    case 'HALTED':
      return 'SYMBOL_HALTED';
    case 'CANCEL_ONLY':
      return 'SYMBOL_CANCEL_ONLY';
    case 'DELISTED':
      return 'SYMBOL_DELISTED';
  }
}

/** Why the engine refuses a new order before it reaches the book, or undefined. */
export function refuseAdd(terms: TradingTerms, record: AddRecord): ErrorCode | undefined {
  const { instrument } = terms;
  const byStatus = refuseByStatus(instrument);
  if (byStatus !== undefined) return byStatus;
  const isMarket = record.order_type === 'MARKET';
  if (!isMarket && record.order_type !== 'LIMIT') return 'ORDER_TYPE_UNSUPPORTED';
  if (record.display_quantity != null || record.stop_price != null) return 'ORDER_TYPE_UNSUPPORTED';
  const rests = !isMarket && record.time_in_force !== 'IOC' && record.time_in_force !== 'FOK';
  if (record.post_only === true && !rests) return 'INVALID_REQUEST';
  const { price, quantity } = record;
  if (price < 1 || price > MAX_PRICE || quantity < 1 || quantity > MAX_QUANTITY) return 'NUMBER_OUT_OF_RANGE';
  if (quantity > instrument.max_quantity) return 'QUANTITY_TOO_LARGE';
  if (quantity % instrument.lot_size !== 0) return 'OFF_LOT';
  if (need(instrument, record, record.is_buy, price, quantity) === undefined) return 'NOTIONAL_TOO_LARGE';
  return isMarket ? refuseMarket(terms, record) : refusePrice(terms, price, record.timestamp);
}

/** A day whose limits leave no price (its ticks are wider than they are) has none for a MARKET order either. */
function refuseMarket(terms: TradingTerms, record: AddRecord): ErrorCode | undefined {
  const price = protectionPrice(terms, record);
  return price < 1 || price > MAX_PRICE ? 'PRICE_OUT_OF_LIMITS' : undefined;
}

/** Why a limit price may not stand, or undefined. */
export function refusePrice(terms: TradingTerms, price: number, timestamp: number): ErrorCode | undefined {
  if (!isOnTick(terms.bandsAt(timestamp), price)) return 'OFF_TICK';
  const limits = terms.limitsAt(timestamp);
  if (limits !== undefined && (price < limits.lower || price > limits.upper)) return 'PRICE_OUT_OF_LIMITS';
  return undefined;
}

/** The worst price a MARKET order may trade at: its protection price, never past the day's limits. */
export function protectionPrice(terms: TradingTerms, record: AddRecord): number {
  const limits = terms.limitsAt(record.timestamp);
  if (limits === undefined) return record.price;
  return record.is_buy ? Math.min(record.price, limits.upper) : Math.max(record.price, limits.lower);
}

/** The terms an order would have after a REPLACE. */
export interface NewTerms {
  price: number;
  open: number;
}

/** The new terms of a live order, or why it may not have them. */
export function judgeReplace(
  terms: TradingTerms,
  slab: OrderSlab,
  order: number,
  record: ReplaceRecord,
): NewTerms | ErrorCode {
  const byStatus = refuseByStatus(terms.instrument);
  if (byStatus !== undefined) return byStatus;
  if (record.quantity != null && record.remaining != null) return 'INVALID_REQUEST';
  const standing: NewTerms = { price: slab.price(order), open: slab.open(order) };
  const price = record.price ?? standing.price;
  const filled = slab.filled(order);
  const open = record.remaining ?? (record.quantity == null ? standing.open : record.quantity - filled);
  const { instrument } = terms;
  if (price < 1 || price > MAX_PRICE) return 'NUMBER_OUT_OF_RANGE';
  if (open <= 0) return 'QUANTITY_NOT_ABOVE_FILLED';
  if (open !== standing.open && filled + open > instrument.max_quantity) return 'QUANTITY_TOO_LARGE';
  if (open !== standing.open && open % instrument.lot_size !== 0) return 'OFF_LOT';
  const refused = price === standing.price ? undefined : refusePrice(terms, price, record.timestamp);
  if (refused !== undefined) return refused;
  const asked: NewTerms = { price, open };
  const fees = { maker_fee_bps: slab.makerFeeBps(order), taker_fee_bps: slab.takerFeeBps(order) };
  const needOf = (terms: NewTerms) => need(instrument, fees, slab.isBuy(order), terms.price, terms.open);
  return refuseFunding(needOf(standing), needOf(asked), record) ?? asked;
}

/** A REPLACE must be covered by what the order holds now and what was held for the REPLACE. */
function refuseFunding(
  before: number | undefined,
  after: number | undefined,
  record: ReplaceRecord,
): ErrorCode | undefined {
  if (after === undefined) return 'NOTIONAL_TOO_LARGE';
  if (record.hold_delta === UNSTATED_HOLD) return undefined;
  return after > (before ?? 0) + record.hold_delta ? 'INSUFFICIENT_FUNDS' : undefined;
}

/**
 * What an open quantity must hold, by the rule of src/ledger/hold.ts (a test keeps the two equal): for BUY the amount and
 * the larger fee in the quote, for SELL the quantity in the base. undefined where that, or the amount of the trade, passes 2^53 - 1.
 */
export function need(
  instrument: Pick<Instrument, 'amount_scale' | 'base_scale'>,
  fees: { maker_fee_bps: number; taker_fee_bps: number },
  isBuy: boolean,
  price: number,
  quantity: number,
): number | undefined {
  const amount = notional(price, quantity, instrument.amount_scale);
  if (amount === undefined) return undefined;
  const units = isBuy
    ? amount + feeOf(amount, Math.max(fees.maker_fee_bps, fees.taker_fee_bps))
    : quantity * instrument.base_scale;
  return units <= MAX_AMOUNT ? units : undefined;
}
