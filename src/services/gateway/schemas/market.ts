import { type Static, Type } from 'typebox';
import {
  DecimalOut,
  EpochMs,
  InstrumentStatusName,
  limitOf,
  Nullable,
  OneOf,
  SideName,
  SymbolName,
} from './primitives.ts';

export const INTERVALS = ['1m', '3m', '5m', '15m', '30m', '1h', '4h', '1d'] as const;

const IntervalName = OneOf(INTERVALS, { title: 'Interval', examples: ['1m'] });

export const ChartQuery = Type.Object({
  symbol: SymbolName,
  interval: Type.Optional(IntervalName),
  limit: limitOf(1500, 100),
  end: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 99_999_999_999, description: 'Candles before this epoch second (exclusive).' }),
  ),
});

export const ChartAnswer = Type.Object(
  {
    symbol: Type.String(),
    interval: IntervalName,
    data: Type.Array(
      Type.Object(
        {
          time: Type.Integer({ description: 'Start of the candle, epoch seconds.', examples: [1733896380] }),
          open: Type.Number(),
          high: Type.Number(),
          low: Type.Number(),
          close: Type.Number(),
          volume: Type.Number(),
        },
        { title: 'Bar' },
      ),
    ),
  },
  { title: 'Chart', description: 'Ascending, the active candle included; 1m unless asked otherwise.' },
);

export const DepthQuery = Type.Object({ symbol: SymbolName, levels: limitOf(100, 10) });

const Level = Type.Object({ price: DecimalOut('Price.', 15000), quantity: DecimalOut('Open quantity.', 30) });

export const DepthAnswer = Type.Object(
  {
    symbol: Type.String(),
    sequence: Type.Integer({ description: "The symbol's event number at this depth (`u` on the WebSocket)." }),
    timestamp: EpochMs,
    bids: Type.Array(Level, { description: 'Best (highest) first.' }),
    asks: Type.Array(Level, { description: 'Best (lowest) first.' }),
  },
  { title: 'Depth', description: 'The best levels a side, as many as were asked for and stand in the book.' },
);

export const SymbolQuery = Type.Object({ symbol: SymbolName });

export const TickerAnswer = Type.Object(
  {
    symbol: Type.String(),
    price: Nullable<number>(
      'number',
      'Last trade price; before the first trade the reference price, null without one.',
    ),
    change_pct: DecimalOut("Today's change in per cent; 0 when unknown.", 2.5),
    prev_change_pct: DecimalOut("Yesterday's change in per cent; 0 when unknown.", -1.2),
    open: Nullable<number>('number', "Today's first price; null, as the next three, before today's first trade."),
    high: Nullable<number>('number', "Today's highest price."),
    low: Nullable<number>('number', "Today's lowest price."),
    volume: Nullable<number>('number', "Today's traded quantity."),
    timestamp: Nullable<number>(
      'integer',
      'When it last changed (a trade, a day close, a new reference price), epoch milliseconds.',
    ),
  },
  { title: 'Ticker' },
);
export type TickerAnswer = Static<typeof TickerAnswer>;

export const TradesQuery = Type.Object({ symbol: SymbolName, limit: limitOf(1000, 50) });

export const TradesAnswer = Type.Object(
  {
    symbol: Type.String(),
    trades: Type.Array(
      Type.Object({
        trade_id: Type.String({ examples: ['TEST-42'] }),
        price: DecimalOut('Trade price.', 15000),
        quantity: DecimalOut('Traded quantity.', 4),
        taker_side: SideName,
        timestamp: EpochMs,
      }),
    ),
  },
  { title: 'Trades', description: 'Newest first.' },
);

/** Everything an order ticket needs to know before it sends an order. */
export const SymbolAnswer = Type.Object(
  {
    symbol: Type.String({ examples: ['TEST'] }),
    name: Type.String(),
    base: Type.String({ description: 'The asset traded.' }),
    quote: Type.String({ description: 'The asset it is paid in.' }),
    base_decimals: Type.Integer(),
    quote_decimals: Type.Integer(),
    price_decimals: Type.Integer({ description: 'Prices on the WebSocket are integers of 10^-price_decimals.' }),
    quantity_decimals: Type.Integer({ description: 'Quantities there are integers of 10^-quantity_decimals.' }),
    tick_size: DecimalOut('Price step at the reference price (the lowest band without one).', 10),
    tick_table: Type.Array(
      Type.Object({ from: DecimalOut('From this price upwards', 0), tick: DecimalOut('prices move so.', 1) }),
    ),
    lot_size: DecimalOut('Quantities are multiples of it.', 1),
    min_quantity: DecimalOut('The smallest order: one lot.', 1),
    max_quantity: DecimalOut('The largest order.', 1000000),
    reference_price: Nullable<number>('number', 'Previous close; null: no daily limits.'),
    price_limit_pct: Nullable<number>('number', 'Daily limit in per cent of the reference; null: off.'),
    lower_limit: Nullable<number>('number', 'Lowest price of the day; null: none.'),
    upper_limit: Nullable<number>('number', 'Highest price of the day; null: none.'),
    status: InstrumentStatusName,
    calendar: OneOf(['ALWAYS', 'KRX'] as const),
    maker_fee_bps: Type.Integer(),
    taker_fee_bps: Type.Integer(),
    order_types: Type.Array(Type.String(), { examples: [['LIMIT', 'MARKET']] }),
    time_in_force: Type.Array(Type.String(), { examples: [['GTC', 'IOC', 'FOK', 'DAY']] }),
  },
  { title: 'Instrument' },
);
export type SymbolAnswer = Static<typeof SymbolAnswer>;

export const SymbolsAnswer = Type.Object(
  {
    symbols: Type.Array(SymbolAnswer),
    assets: Type.Array(
      Type.Object({
        code: Type.String(),
        decimals: Type.Integer(),
        kind: OneOf(['CURRENCY', 'SECURITY'] as const),
      }),
    ),
  },
  { title: 'Symbols' },
);
export type SymbolsAnswer = Static<typeof SymbolsAnswer>;
