import type { NewSymbol } from '../../../services/admin/build-instrument.ts';

/** A market of the demo. Prices are human decimals. */
export interface DemoSymbol {
  terms: NewSymbol & { symbol: string; reference_price: number };
  /** Typical order, in lots. */
  typical_lots: number;
  orders_per_second: number;
}

const KRX: Pick<NewSymbol, 'quote' | 'tick_table' | 'price_limit_pct' | 'maker_fee_bps' | 'taker_fee_bps'> = {
  quote: 'KRW',
  tick_table: 'KRX',
  price_limit_pct: 30,
  maker_fee_bps: 1,
  taker_fee_bps: 2,
};

/** Korean stocks with the KRX tick table and daily limits, a dollar stock with cents, a coin with four decimals. */
export const DEMO_SYMBOLS: readonly DemoSymbol[] = [
  {
    terms: { ...KRX, symbol: '005930', name: 'Samsung Electronics (demo)', reference_price: 71_200 },
    typical_lots: 10,
    orders_per_second: 3,
  },
  {
    terms: { ...KRX, symbol: '000660', name: 'SK hynix (demo)', reference_price: 186_500 },
    typical_lots: 5,
    orders_per_second: 2,
  },
  {
    terms: { ...KRX, symbol: '035720', name: 'Kakao (demo)', reference_price: 43_650 },
    typical_lots: 10,
    orders_per_second: 1.5,
  },
  {
    terms: {
      symbol: 'AAPL',
      name: 'Apple (demo)',
      quote: 'USD',
      price_decimals: 2,
      quantity_decimals: 0,
      tick_size: 0.01,
      reference_price: 213.25,
      price_limit_pct: null,
    },
    typical_lots: 10,
    orders_per_second: 2,
  },
  {
    terms: {
      symbol: 'BTCUSDT',
      name: 'Bitcoin (demo)',
      base: 'BTC',
      quote: 'USDT',
      price_decimals: 2,
      quantity_decimals: 4,
      tick_size: 0.1,
      reference_price: 64_250,
      price_limit_pct: null,
      maker_fee_bps: 2,
      taker_fee_bps: 5,
    },
    typical_lots: 100,
    orders_per_second: 3,
  },
];

/** The accounts whose orders are the flow. */
export const FLOW_ACCOUNTS: readonly string[] = ['demo-flow-1', 'demo-flow-2', 'demo-flow-3', 'demo-flow-4'];

/** Accounts with money and goods for whoever tries the exchange out. */
export const VISITOR_ACCOUNTS: readonly string[] = ['alice', 'bob'];

/** What an account gets once, by asset, in human decimals; goods of a symbol without an entry get `GOODS`. */
export const FLOW_FUNDS: Readonly<Record<string, number>> = {
  KRW: 100_000_000_000_000,
  USD: 1_000_000_000_000,
  USDT: 1_000_000_000,
  BTC: 100_000,
};
export const FLOW_GOODS = 1_000_000_000;

export const VISITOR_FUNDS: Readonly<Record<string, number>> = {
  KRW: 100_000_000,
  USD: 100_000,
  USDT: 100_000,
  BTC: 2,
};
export const VISITOR_GOODS = 1_000;
