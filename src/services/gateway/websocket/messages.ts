import { type TSchema, Type } from 'typebox';
import { EpochMs, Nullable, OneOf, OrderStatusName, SideName, SymbolName } from '../schemas/primitives.ts';
import { LIMITS } from './limits.ts';

/**
 * Every WebSocket message by its name in docs/asyncapi.yaml, which is rendered from here, as are the client's types. A test
 * holds these shapes to the types of src/domain/messages.ts, and every message of the test suites to these shapes.
 */

/** The client's own; comes back in the answer. */
const id = {
  id: Type.Optional(Type.String({ maxLength: 64, description: "The client's own; it comes back in the answer." })),
};

function action<const T extends string>(name: T) {
  return { action: Type.Literal(name) };
}

function symbols(max?: number) {
  return Type.Array(SymbolName, max === undefined ? {} : { maxItems: max });
}

/** A list of symbols, or true for all. */
const someOrAll = Type.Optional(Type.Union([symbols(), Type.Literal(true)]));

export const CLIENT_MESSAGES = {
  Subscribe: Type.Object(
    {
      ...action('subscribe'),
      main: Type.Optional(SymbolName),
      sub: Type.Optional(symbols(LIMITS.subSymbols)),
      symbols: Type.Optional(symbols(LIMITS.fullSymbols)),
      ...id,
    },
    {
      description:
        '`main`: depth, trades, candle and ticker of one symbol. `sub`: tickers. `symbols`: the older form, everything for each.',
      examples: [
        { action: 'subscribe', main: 'TEST', sub: ['A', 'B'] },
        { action: 'subscribe', symbols: ['A'] },
      ],
    },
  ),
  Unsubscribe: Type.Object(
    {
      ...action('unsubscribe'),
      main: Type.Optional(Type.Union([SymbolName, Type.Boolean()])),
      sub: someOrAll,
      symbols: someOrAll,
      ...id,
    },
    {
      description: '`true` means all; without any field everything ends.',
      examples: [{ action: 'unsubscribe', main: 'TEST', sub: ['A'] }, { action: 'unsubscribe' }],
    },
  ),
  Resume: Type.Object(
    {
      ...action('resume'),
      from: Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'The first useq that is missing.',
      }),
      ...id,
    },
    { description: 'Asks for missed private messages.', examples: [{ action: 'resume', from: 17 }] },
  ),
  CancelOnDisconnect: Type.Object(
    {
      ...action('cancel_on_disconnect'),
      after_ms: Type.Unsafe<number | null>({
        type: ['integer', 'null'],
        minimum: 0,
        maximum: LIMITS.cancelAfterMs,
        description: 'Grace after the loss of the connection; null turns it off.',
      }),
      ...id,
    },
    {
      description: "All of the user's open orders are cancelled when this connection is lost.",
      examples: [{ action: 'cancel_on_disconnect', after_ms: 5000 }],
    },
  ),
  Stamp: Type.Object(
    { ...action('stamp'), on: Type.Optional(Type.Boolean({ description: 'Default true.' })), ...id },
    { description: 'Ticks of the main symbol begin with a `tick` message.', examples: [{ action: 'stamp' }] },
  ),
  Ping: Type.Object({ ...action('ping'), ...id }, { examples: [{ action: 'ping' }] }),
};

export const ANSWERS = {
  Subscribed: Type.Object(
    {
      type: Type.Literal('SUBSCRIBED'),
      main: Type.Unsafe<string | null>({ ...SymbolName, type: ['string', 'null'], examples: ['TEST', null] }),
      sub: symbols(),
      symbols: symbols(),
      tier: OneOf(['realtime', 'public'] as const, { description: 'Every 50 ms or every 500 ms.' }),
      ...id,
    },
    {
      description: 'Everything that the connection watches now.',
      examples: [{ type: 'SUBSCRIBED', main: 'TEST', sub: ['A'], symbols: [], tier: 'realtime' }],
    },
  ),
  Resumed: Type.Object(
    {
      type: Type.Literal('RESUMED'),
      from: Type.Integer(),
      next: Type.Integer({ description: 'The useq that comes next.' }),
      ...id,
    },
    {
      description:
        'Everything from `from` up to before `next` has been sent. A `next` below `from`: the numbers that you know are not of this exchange (it was begun anew); go on from `next` and read the orders again.',
      examples: [{ type: 'RESUMED', from: 17, next: 23 }],
    },
  ),
  CancelOnDisconnectSet: Type.Object(
    {
      type: Type.Literal('CANCEL_ON_DISCONNECT'),
      after_ms: Nullable<number>('integer', 'As asked.'),
      ...id,
    },
    { examples: [{ type: 'CANCEL_ON_DISCONNECT', after_ms: 5000 }] },
  ),
  Pong: Type.Object(
    { type: Type.Literal('PONG'), t: EpochMs, ...id },
    { examples: [{ type: 'PONG', t: 1733896438267 }] },
  ),
  Error: Type.Object(
    {
      type: Type.Literal('ERROR'),
      code: Type.String({ description: 'A code of the error registry (docs/ERRORS.md).' }),
      error: Type.String({ description: 'One clear sentence.' }),
      action: Type.Optional(Type.String({ description: 'Of the message that is refused.' })),
      details: Type.Optional(Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true })),
      ...id,
    },
    {
      description: 'A message was refused, or the session changed (TOKEN_EXPIRED).',
      examples: [{ type: 'ERROR', code: 'SYMBOL_UNKNOWN', error: 'There is no instrument "X".', action: 'subscribe' }],
    },
  ),
};

const Levels = Type.Unsafe<[price: number, quantity: number][]>({
  type: 'array',
  maxItems: 10,
  description: 'Price and quantity, best first.',
  items: { type: 'array', minItems: 2, maxItems: 2, items: { type: 'integer' } },
});

/** Candle numbers travel as strings. */
const Digits = Type.String({ pattern: '^\\d+$' });

export const MARKET_DATA = {
  Depth: Type.Object(
    {
      e: Type.Literal('d'),
      s: SymbolName,
      t: EpochMs,
      b: Levels,
      a: Levels,
      u: Type.Integer({ description: "The engine's seq of the symbol; never goes back." }),
    },
    {
      description: 'The best 10 levels a side.',
      examples: [{ e: 'd', s: 'TEST', t: 1733896438267, b: [[150, 30]], a: [[151, 30]], u: 42 }],
    },
  ),
  Trade: Type.Object(
    {
      e: Type.Literal('trade'),
      s: SymbolName,
      t: EpochMs,
      p: Type.Integer({ description: 'Price.' }),
      q: Type.Integer({ description: 'Quantity.' }),
      side: SideName,
      id: Type.String(),
    },
    {
      description: 'A public trade; `side` is the taker.',
      examples: [{ e: 'trade', s: 'TEST', t: 1733896438267, p: 150, q: 8, side: 'BUY', id: 'TEST-41' }],
    },
  ),
  Candle: Type.Object(
    {
      e: OneOf(['candle', 'candle_close'] as const),
      s: SymbolName,
      o: Digits,
      h: Digits,
      l: Digits,
      c: Digits,
      v: Digits,
      t: Type.String({ pattern: '^\\d{12}$', description: 'The minute as YYYYMMDDHHmm in market time.' }),
    },
    {
      description: 'The active minute, or one that has closed.',
      examples: [{ e: 'candle', s: 'TEST', o: '1000', h: '1050', l: '980', c: '1020', v: '100', t: '202512161420' }],
    },
  ),
  Ticker: Type.Object(
    {
      e: Type.Literal('t'),
      s: SymbolName,
      t: EpochMs,
      p: Type.Integer({ description: 'Last price.' }),
      c: Type.Number({ description: 'Change today in per cent; 0 when unknown.' }),
      yc: Type.Number({ description: 'Change yesterday in per cent; 0 when unknown.' }),
    },
    { examples: [{ e: 't', s: 'TEST', t: 1733896438267, p: 150, c: 2.5, yc: -1.2 }] },
  ),
  Tick: Type.Object(
    {
      e: Type.Literal('tick'),
      k: Type.Integer({ description: 'Number of the 10 ms slot.' }),
      t: Type.Number({ description: 'Epoch ms for which the tick was scheduled.' }),
    },
    { description: 'After `stamp` only.', examples: [{ e: 'tick', k: 1234, t: 1733896438267.5 }] },
  ),
};

const useq = Type.Integer({ minimum: 1, description: "Counts the user's private messages without a gap." });
const seq = Type.Integer({ description: "The symbol's event number." });

export const PRIVATE_MESSAGES = {
  OrderStatus: Type.Object(
    {
      type: Type.Literal('ORDER_STATUS'),
      data: Type.Object({
        order_id: Type.String(),
        client_order_id: Nullable<string>('string', 'As given by the client.'),
        symbol: SymbolName,
        side: SideName,
        status: OrderStatusName,
        filled_qty: Type.Integer({ description: 'Filled so far, in all.' }),
        remaining_qty: Type.Integer({ description: 'Still open.' }),
        reason: Type.Optional(Type.String({ description: 'A code of the error registry.' })),
        event: Type.Optional(
          OneOf(
            [
              'ACCEPTED',
              'REJECTED',
              'CANCELLED',
              'EXPIRED',
              'REPLACED',
              'CANCEL_REJECTED',
              'REPLACE_REJECTED',
            ] as const,
            { description: 'What happened, where the status alone does not tell.' },
          ),
        ),
        request_id: Type.Optional(Type.String({ description: 'The cancel or replace that this answers.' })),
        price: Type.Optional(Type.Integer({ description: 'After a REPLACED.' })),
        quantity: Type.Optional(Type.Integer({ description: 'After a REPLACED.' })),
        seq,
        useq,
      }),
    },
    {
      title: 'OrderStatusMessage',
      description: "An order of the caller's changed.",
      examples: [
        {
          type: 'ORDER_STATUS',
          data: {
            order_id: 'ord_abc123',
            client_order_id: null,
            symbol: 'TEST',
            side: 'BUY',
            status: 'ACCEPTED',
            filled_qty: 0,
            remaining_qty: 10,
            event: 'ACCEPTED',
            seq: 41,
            useq: 7,
          },
        },
      ],
    },
  ),
  Fill: Type.Object(
    {
      type: Type.Literal('FILL'),
      data: Type.Object({
        order_id: Type.String(),
        client_order_id: Nullable<string>('string', 'As given by the client.'),
        symbol: SymbolName,
        side: SideName,
        filled_qty: Type.Integer({ description: 'Of this trade.' }),
        filled_price: Type.Integer(),
        remaining_qty: Type.Integer({ description: 'Still open.' }),
        status: OneOf(['PARTIALLY_FILLED', 'FILLED'] as const),
        trade_id: Type.String(),
        fee: Type.Integer({ description: 'Minor units of the quote asset.' }),
        seq,
        useq,
      }),
    },
    {
      title: 'FillMessage',
      description: "A trade of the caller's.",
      examples: [
        {
          type: 'FILL',
          data: {
            order_id: 'ord_abc123',
            client_order_id: null,
            symbol: 'TEST',
            side: 'BUY',
            filled_qty: 4,
            filled_price: 150,
            remaining_qty: 6,
            status: 'PARTIALLY_FILLED',
            trade_id: 'TEST-42',
            fee: 0,
            seq: 42,
            useq: 8,
          },
        },
      ],
    },
  ),
};

/** What flows over the socket, in the groups of the AsyncAPI document. */
export const MESSAGE_GROUPS: readonly {
  operation: string;
  /** From the exchange's side. */
  action: 'receive' | 'send';
  summary: string;
  messages: Record<string, TSchema>;
}[] = [
  {
    operation: 'clientSends',
    action: 'receive',
    summary: 'What the exchange takes from clients.',
    messages: CLIENT_MESSAGES,
  },
  { operation: 'exchangeAnswers', action: 'send', summary: 'Answers to client messages.', messages: ANSWERS },
  {
    operation: 'marketData',
    action: 'send',
    summary: 'Every 50 ms (logged in) or 500 ms (anonymous), when something changed.',
    messages: MARKET_DATA,
  },
  {
    operation: 'privateMessages',
    action: 'send',
    summary: 'As the engine matches, numbered by useq without a gap.',
    messages: PRIVATE_MESSAGES,
  },
];
