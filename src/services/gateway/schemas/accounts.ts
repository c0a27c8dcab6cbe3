import { type Static, Type } from 'typebox';
import { PRIVATE_MESSAGES } from '../websocket/messages.ts';
import {
  AmountOut,
  Cursor,
  DecimalOut,
  EpochMs,
  limitOf,
  Nullable,
  OneOf,
  SideName,
  SymbolName,
  testUser,
} from './primitives.ts';

export const FillsQuery = Type.Object({
  symbol: Type.Optional(SymbolName),
  limit: limitOf(500, 50),
  cursor: Type.Optional(Cursor),
  ...testUser,
});

export const FillAnswer = Type.Object(
  {
    trade_id: Type.String({ examples: ['TEST-42'] }),
    order_id: Type.String(),
    symbol: Type.String(),
    side: SideName,
    price: DecimalOut('Trade price.', 15000),
    quantity: DecimalOut('Traded quantity.', 4),
    amount: AmountOut('price x quantity, in the quote asset.', 60000),
    fee: AmountOut('In the quote asset.', 0),
    fee_currency: Type.String({ examples: ['KRW'] }),
    liquidity: OneOf(['MAKER', 'TAKER'] as const),
    timestamp: EpochMs,
  },
  { title: 'Fill' },
);
export type FillAnswer = Static<typeof FillAnswer>;

export const FillsAnswer = Type.Object(
  { fills: Type.Array(FillAnswer), next_cursor: Type.Optional(Type.String()) },
  { title: 'Fills', description: 'Newest first.' },
);

export const WalletAnswer = Type.Object(
  {
    currency: Type.String({ examples: ['KRW'] }),
    balance: AmountOut('locked + available.', 1000000),
    locked: AmountOut('Held for open orders and pending withdrawals.', 150000),
    available: AmountOut('Free to trade with or withdraw.', 850000),
    decimals: Type.Integer({ description: 'The unit of the asset is 10^-decimals.' }),
  },
  { title: 'Wallet' },
);
export type WalletAnswer = Static<typeof WalletAnswer>;

export const PositionAnswer = Type.Object(
  {
    symbol: Type.String({ description: 'The asset held.', examples: ['TEST'] }),
    qty: AmountOut('Held in all.', 10),
    locked: AmountOut('Held for open sell orders.', 0),
    avg_price: Nullable<number>('number', 'Average cost; derived for display, null when unknown.'),
    decimals: Type.Integer({ description: 'The unit of the asset is 10^-decimals.' }),
  },
  { title: 'Position' },
);
export type PositionAnswer = Static<typeof PositionAnswer>;

export const AssetsAnswer = Type.Object(
  { wallets: Type.Array(WalletAnswer), positions: Type.Array(PositionAnswer) },
  { title: 'Assets' },
);
export type AssetsAnswer = Static<typeof AssetsAnswer>;

export const EventsQuery = Type.Object({
  from: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'First `useq` wanted, inclusive (default 1, the first of all; 0 says the same).',
      examples: [1],
    }),
  ),
  limit: limitOf(1000, 500),
  ...testUser,
});

/** As on the WebSocket: integers in the units of the instrument. */
export const EventsAnswer = Type.Object(
  { events: Type.Array(Type.Union([PRIVATE_MESSAGES.OrderStatus, PRIVATE_MESSAGES.Fill])) },
  { title: 'Events', description: 'Private messages as on the WebSocket, in integers.' },
);
