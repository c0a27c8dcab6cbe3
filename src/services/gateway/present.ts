import { type Instrument, priceLimits, tickAt, tickBandsAt } from '../../domain/instrument.ts';
import { formatDecimal, toDecimal, toDecimalNumber } from '../../domain/money.ts';
import type { StoredFill, StoredOrder, StoredWallet } from '../../ports/store.ts';
import type { InstrumentReader } from './deps.ts';
import type { AssetsAnswer, FillAnswer, PositionAnswer, WalletAnswer } from './schemas/accounts.ts';
import type { SymbolAnswer } from './schemas/market.ts';
import type { OrderAnswer } from './schemas/orders.ts';

/** From the integers inside to the human decimals of REST. Averages are derived for display, to at most 8 decimals. */
const AVERAGE_DECIMALS = 8;

type Scales = Pick<Instrument, 'price_decimals' | 'quantity_decimals'>;

/** What was stored under a symbol must have its instrument: without it no number could be read. */
export function scalesOf(instruments: InstrumentReader, symbol: string): Instrument {
  const instrument = instruments.get(symbol);
  if (instrument === undefined) throw new Error(`The store knows the symbol ${symbol}, the instruments do not`);
  return instrument;
}

export function presentOrder(order: StoredOrder, scales: Scales): OrderAnswer {
  const quantity = (units: number) => toDecimalNumber(units, scales.quantity_decimals);
  return {
    order_id: order.order_id,
    client_order_id: order.client_order_id,
    symbol: order.symbol,
    side: order.side,
    order_type: order.order_type,
    time_in_force: order.time_in_force,
    price: order.order_type === 'MARKET' ? null : toDecimalNumber(order.price, scales.price_decimals),
    quantity: quantity(order.quantity),
    filled_qty: quantity(order.filled_qty),
    remaining_qty: quantity(order.remaining_qty),
    avg_price: ratio(order.filled_notional, order.filled_qty, scales.price_decimals),
    status: order.status,
    ...(order.reason === null ? {} : { reason: order.reason }),
    post_only: order.post_only,
    stp: order.stp,
    created_at: order.created_at,
    updated_at: order.updated_at,
  };
}

/** numerator / denominator in units of 10^-decimals as a human number, or null when there is nothing to divide by. */
function ratio(numerator: number, denominator: number, decimals: number): number | null {
  if (denominator === 0) return null;
  const extra = Math.max(0, AVERAGE_DECIMALS - decimals);
  const scaled = (BigInt(numerator) * 10n ** BigInt(extra) * 2n + BigInt(denominator)) / (2n * BigInt(denominator));
  return Number(formatDecimal(scaled, decimals + extra));
}

export function presentFill(fill: StoredFill, instrument: Instrument): FillAnswer {
  return {
    trade_id: fill.trade_id,
    order_id: fill.order_id,
    symbol: fill.symbol,
    side: fill.side,
    price: toDecimalNumber(fill.price, instrument.price_decimals),
    quantity: toDecimalNumber(fill.quantity, instrument.quantity_decimals),
    amount: toDecimal(fill.amount, instrument.quote_decimals),
    fee: toDecimal(fill.fee, instrument.quote_decimals),
    fee_currency: instrument.quote,
    liquidity: fill.liquidity,
    timestamp: fill.timestamp,
  };
}

export function presentWallets(wallets: readonly StoredWallet[], instruments: InstrumentReader): AssetsAnswer {
  return {
    wallets: wallets.filter(({ kind }) => kind === 'CURRENCY').map(presentWallet),
    positions: wallets
      .filter(({ kind, balance }) => kind === 'SECURITY' && balance > 0)
      .map((wallet) => presentPosition(wallet, instruments)),
  };
}

export function presentWallet({ asset, balance, locked, decimals }: StoredWallet): WalletAnswer {
  return {
    currency: asset,
    balance: toDecimal(balance, decimals),
    locked: toDecimal(locked, decimals),
    available: toDecimal(balance - locked, decimals),
    decimals,
  };
}

function presentPosition(wallet: StoredWallet, instruments: InstrumentReader): PositionAnswer {
  const { asset, balance, locked, decimals, cost, cost_asset } = wallet;
  const costDecimals = cost_asset === null ? undefined : instruments.asset(cost_asset)?.decimals;
  return {
    symbol: asset,
    qty: toDecimal(balance, decimals),
    locked: toDecimal(locked, decimals),
    avg_price:
      cost === null || cost === 0 || costDecimals === undefined
        ? null
        : unitCost(cost, balance, decimals, costDecimals),
    decimals,
  };
}

/** Cost of one whole unit of an asset: cost / 10^costDecimals over balance / 10^decimals. */
function unitCost(cost: number, balance: number, decimals: number, costDecimals: number): number | null {
  const perUnit = BigInt(cost) * 10n ** BigInt(decimals + AVERAGE_DECIMALS);
  const divisor = BigInt(balance) * 10n ** BigInt(costDecimals);
  if (divisor === 0n) return null;
  return Number(formatDecimal((perUnit * 2n + divisor) / (2n * divisor), AVERAGE_DECIMALS));
}

export function presentInstrument(instrument: Instrument, nowMs: number): SymbolAnswer {
  const { reference_price: reference, price_limit_bps: limitBps, price_decimals, quantity_decimals } = instrument;
  const price = (units: number) => toDecimalNumber(units, price_decimals);
  const quantity = (units: number) => toDecimalNumber(units, quantity_decimals);
  const bands = tickBandsAt(instrument, nowMs);
  const limits = priceLimits(instrument, nowMs);
  return {
    symbol: instrument.symbol,
    name: instrument.name,
    base: instrument.base,
    quote: instrument.quote,
    base_decimals: instrument.base_decimals,
    quote_decimals: instrument.quote_decimals,
    price_decimals,
    quantity_decimals,
    tick_size: price(tickAt(bands, reference ?? 0)),
    tick_table: bands.map(({ from, tick }) => ({ from: price(from), tick: price(tick) })),
    lot_size: quantity(instrument.lot_size),
    min_quantity: quantity(instrument.lot_size),
    max_quantity: quantity(instrument.max_quantity),
    reference_price: reference === null ? null : price(reference),
    price_limit_pct: limitBps === null ? null : limitBps / 100,
    lower_limit: limits === undefined ? null : price(limits.lower),
    upper_limit: limits === undefined ? null : price(limits.upper),
    status: instrument.status,
    calendar: instrument.calendar,
    maker_fee_bps: instrument.maker_fee_bps,
    taker_fee_bps: instrument.taker_fee_bps,
    order_types: ['LIMIT', 'MARKET'],
    time_in_force: ['GTC', 'IOC', 'FOK', 'DAY'],
  };
}
