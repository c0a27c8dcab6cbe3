import { type Static, Type } from 'typebox';
import {
  ClientOrderId,
  Cursor,
  DecimalIn,
  DecimalOut,
  EpochMs,
  limitOf,
  Nullable,
  NullableDecimalIn,
  OrderId,
  OrderStatusName,
  OrderTypeName,
  SideName,
  Spelling,
  StpName,
  SymbolName,
  TimeInForceName,
  testUser,
} from './primitives.ts';

export const PlaceOrderBody = Type.Object(
  {
    symbol: SymbolName,
    side: SideName,
    order_type: Type.Optional(OrderTypeName),
    orderType: Spelling('order_type', OrderTypeName),
    price: Type.Optional(NullableDecimalIn('Limit price. Ignored for MARKET.', 15000)),
    quantity: Type.Optional(DecimalIn('Quantity (required; `qty` is accepted too).', 10)),
    qty: Spelling('quantity', DecimalIn('', 10)),
    time_in_force: Type.Optional(TimeInForceName),
    timeInForce: Spelling('time_in_force', TimeInForceName),
    post_only: Type.Optional(Type.Boolean({ description: 'Refused rather than taking liquidity.' })),
    postOnly: Spelling('post_only', Type.Boolean()),
    stop_price: Type.Optional(NullableDecimalIn('Trigger of STOP and STOP_LIMIT.', 14500)),
    stopPrice: Spelling('stop_price', NullableDecimalIn('', 14500)),
    display_quantity: Type.Optional(NullableDecimalIn('Visible part of an iceberg.', 1)),
    displayQuantity: Spelling('display_quantity', NullableDecimalIn('', 1)),
    stp: Type.Optional(StpName),
    client_order_id: Type.Optional(Type.Unsafe<string | null>({ ...ClientOrderId, type: ['string', 'null'] })),
    clientOrderId: Spelling(
      'client_order_id',
      Type.Unsafe<string | null>({ ...ClientOrderId, type: ['string', 'null'] }),
    ),
    ...testUser,
  },
  {
    title: 'NewOrder',
    examples: [{ symbol: 'TEST', side: 'BUY', price: 15000, quantity: 10, client_order_id: 'my-order-1' }],
  },
);
export type PlaceOrderBody = Static<typeof PlaceOrderBody>;

export const PlacedOrder = Type.Object(
  {
    message: Type.String({ examples: ['Order accepted'] }),
    topic: Type.String({ description: 'The stream the order went to.', examples: ['supernoba-orders'] }),
    symbol: Type.String(),
    order_id: Type.String({ examples: ['ord_abc123'] }),
    client_order_id: Nullable<string>('string', 'As given.'),
    status: OrderStatusName,
  },
  { title: 'PlacedOrder', description: 'The order is durable and its funds are held.' },
);

export const BatchBody = Type.Object(
  {
    orders: Type.Array(Type.Unsafe<unknown>({ title: 'NewOrder' }), {
      minItems: 1,
      maxItems: 100,
      description: 'Each as in POST /orders. A malformed order is an error in its place and does not stop the others.',
    }),
    ...testUser,
  },
  {
    title: 'OrderBatch',
    examples: [{ orders: [{ symbol: 'TEST', side: 'SELL', price: 15100, quantity: 1 }] }],
  },
);

export const BatchAnswer = Type.Object(
  {
    results: Type.Array(
      Type.Object(
        {
          message: Type.Optional(Type.String()),
          topic: Type.Optional(Type.String()),
          symbol: Type.Optional(Type.String()),
          order_id: Type.Optional(Type.String()),
          client_order_id: Type.Optional(Nullable<string>('string', 'As given.')),
          status: Type.Optional(OrderStatusName),
          error: Type.Optional(Type.String()),
          code: Type.Optional(Type.String()),
          details: Type.Optional(Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true })),
        },
        { title: 'BatchResult', description: 'An accepted order, or `error` and `code`.' },
      ),
    ),
  },
  { title: 'BatchResults', description: 'In the order of the request; not atomic.' },
);

export const ReplaceBody = Type.Object(
  {
    price: Type.Optional(DecimalIn('New price.', 15050)),
    quantity: Type.Optional(DecimalIn('New total, the filled part included.', 20)),
    qty: Spelling('quantity', DecimalIn('', 20)),
    remaining: Type.Optional(DecimalIn('New open quantity (instead of quantity).', 5)),
    ...testUser,
  },
  { title: 'ReplaceOrder', examples: [{ price: 15050, quantity: 20 }] },
);
export type ReplaceBody = Static<typeof ReplaceBody>;

/** Of answers to cancels and replaces. */
const RequestId = {
  'X-Request-Id': { type: 'string', description: 'The private messages that tell the outcome carry it as request_id.' },
};

export const Requested = Type.Object(
  { order_id: Type.String(), status: OrderStatusName },
  { title: 'Requested', description: 'The request is durable; its outcome comes as ORDER_STATUS.', headers: RequestId },
);

export const MassCancelled = Type.Object(
  {
    message: Type.String({ examples: ['Cancel requested'] }),
    symbols: Type.Array(Type.String(), { description: 'Symbols in which the caller had open orders.' }),
  },
  { title: 'MassCancelled', headers: RequestId },
);

export const OrderAnswer = Type.Object(
  {
    order_id: Type.String(),
    client_order_id: Nullable<string>('string', 'As given by the client.'),
    symbol: Type.String(),
    side: SideName,
    order_type: OrderTypeName,
    time_in_force: TimeInForceName,
    price: Nullable<number>('number', 'Limit price; null for MARKET.'),
    quantity: DecimalOut('Total quantity.', 10),
    filled_qty: DecimalOut('Filled so far.', 4),
    remaining_qty: DecimalOut('Still open; 0 once final.', 6),
    avg_price: Nullable<number>('number', 'Average price of the fills; null before the first.'),
    status: OrderStatusName,
    reason: Type.Optional(Type.String({ description: 'Code of the error registry: why it ended.' })),
    post_only: Type.Boolean(),
    stp: StpName,
    created_at: EpochMs,
    updated_at: EpochMs,
  },
  { title: 'Order' },
);
export type OrderAnswer = Static<typeof OrderAnswer>;

export const OrdersAnswer = Type.Object(
  { orders: Type.Array(OrderAnswer), next_cursor: Type.Optional(Type.String()) },
  { title: 'Orders', description: 'Newest first.' },
);

export const OrderParams = Type.Object({ order_id: OrderId });

export const OrdersQuery = Type.Object({
  symbol: Type.Optional(SymbolName),
  status: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z_]{1,20}(,[A-Za-z_]{1,20}){0,9}$',
      description: 'Statuses, separated by commas; OPEN stands for PENDING,ACCEPTED,PARTIALLY_FILLED.',
      examples: ['ACCEPTED,PARTIALLY_FILLED'],
    }),
  ),
  client_order_id: Type.Optional(ClientOrderId),
  clientOrderId: Spelling('client_order_id', ClientOrderId),
  limit: limitOf(500, 50),
  cursor: Type.Optional(Cursor),
  ...testUser,
});
export type OrdersQuery = Static<typeof OrdersQuery>;

export const CallerQuery = Type.Object({ ...testUser });
/** Nothing else is understood here: a misspelled `symbol` must not cancel the orders of all. */
export const MassCancelQuery = Type.Object(
  { symbol: Type.Optional(SymbolName), ...testUser },
  { additionalProperties: false },
);
