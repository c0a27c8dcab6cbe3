import type { SeededChance } from '../../src/adapters/clock/simulated.ts';
import { formatDecimal } from '../../src/domain/money.ts';
import type { NewSymbol, SymbolTerms } from '../../src/services/admin/build-instrument.ts';
import type { PlaceRequest } from '../../src/services/order-router/types.ts';

/** Instruments of different units, fees and limits. */
export const SYMBOLS: readonly (NewSymbol & { price_decimals: number; quantity_decimals: number })[] = [
  {
    symbol: 'KRWS',
    quote: 'KRW',
    price_decimals: 0,
    quantity_decimals: 0,
    reference_price: 1_000,
    price_limit_pct: 30,
  },
  {
    symbol: 'USDS',
    quote: 'USD',
    price_decimals: 2,
    quantity_decimals: 0,
    price_limit_pct: null,
    maker_fee_bps: 2,
    taker_fee_bps: 5,
  },
  {
    symbol: 'COIN',
    quote: 'USDT',
    price_decimals: 2,
    quantity_decimals: 3,
    price_limit_pct: null,
    maker_fee_bps: 3,
    taker_fee_bps: 11,
  },
];

/** Middle of the market, in price units. */
const MIDDLE = 1_000;

/** A random order near the middle: most rest, many cross, some are odd. */
export function randomOrder(chance: SeededChance, symbols: number): PlaceRequest {
  const { symbol, price_decimals, quantity_decimals } = chance.pick(SYMBOLS.slice(0, symbols));
  const side = chance.chance(0.5) ? 'BUY' : 'SELL';
  const distance = chance.int(-6, 12);
  const price = side === 'BUY' ? MIDDLE - distance : MIDDLE + distance;
  const units = chance.chance(0.1) ? chance.int(100, 2_000) : chance.int(1, 40);
  const order: PlaceRequest = {
    symbol,
    side,
    price: formatDecimal(price, price_decimals),
    quantity: formatDecimal(units, quantity_decimals),
  };
  const kind = chance.random();
  if (kind < 0.08) return { ...order, order_type: 'MARKET', price: null };
  if (kind < 0.16) order.time_in_force = 'IOC';
  else if (kind < 0.21) order.time_in_force = 'FOK';
  else if (kind < 0.26) order.time_in_force = 'DAY';
  else if (kind < 0.32) order.post_only = true;
  if (chance.chance(0.2)) order.stp = chance.pick(['EXPIRE_TAKER', 'EXPIRE_MAKER', 'EXPIRE_BOTH'] as const);
  return order;
}

/** New terms for an order: another price, total or open quantity. */
export function randomReplace(chance: SeededChance, order: PlaceRequest) {
  const terms = SYMBOLS.find(({ symbol }) => symbol === order.symbol);
  if (!terms) throw new Error(`no symbol ${order.symbol}`);
  const quantity = formatDecimal(chance.int(1, 60), terms.quantity_decimals);
  const price = formatDecimal(MIDDLE + chance.int(-12, 12), terms.price_decimals);
  const kind = chance.random();
  if (kind < 0.3) return { price };
  if (kind < 0.6) return { remaining: quantity };
  if (kind < 0.8) return { quantity };
  return { price, quantity };
}

/** Other terms of an instrument: mostly such that orders near the middle break them now and then. */
export function randomTerms(
  chance: SeededChance,
  { price_decimals, quantity_decimals }: { price_decimals: number; quantity_decimals: number },
): SymbolTerms {
  const price = (units: number) => formatDecimal(units, price_decimals);
  const quantity = (units: number) => formatDecimal(units, quantity_decimals);
  switch (chance.int(0, 6)) {
    case 0:
      return { tick_size: price(chance.pick([2, 5])) };
    case 1:
      return { lot_size: quantity(chance.pick([2, 3])) };
    case 2:
      return { max_quantity: quantity(chance.pick([20, 100])) };
    case 3:
      return { maker_fee_bps: chance.int(0, 5), taker_fee_bps: chance.int(0, 20) };
    default:
      return { reference_price: price(MIDDLE + chance.int(-3, 3)), price_limit_pct: chance.pick([0.3, 0.5, 1]) };
  }
}

/** The rules under which everything near the middle may trade. */
export function usualTerms({
  price_decimals,
  quantity_decimals,
}: {
  price_decimals: number;
  quantity_decimals: number;
}): SymbolTerms {
  const [tick_size, lot_size] = [formatDecimal(1, price_decimals), formatDecimal(1, quantity_decimals)];
  return { tick_size, lot_size, max_quantity: formatDecimal(1_000_000, quantity_decimals), price_limit_pct: null };
}
