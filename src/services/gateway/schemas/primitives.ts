import { type TSchema, Type } from 'typebox';
import { ERRORS, type ErrorCode } from '../../../domain/errors.ts';
import type { Decimal } from '../../../domain/money.ts';

/** The bricks of every schema: one definition gives validation, types and the OpenAPI document. */

/** Printable ASCII without a space: no control character, no NUL, no look-alike, bounded. */
const TOKEN = '^[\\x21-\\x7e]+$';

export const SymbolName = Type.String({
  pattern: '^[A-Z0-9]{1,10}$',
  description: 'Symbol of an instrument.',
  examples: ['TEST'],
});
export const AssetCode = Type.String({
  pattern: '^[A-Z0-9]{1,10}$',
  description: 'A currency, or the symbol of a security.',
  examples: ['KRW'],
});
export const UserId = Type.String({ pattern: TOKEN, minLength: 1, maxLength: 128, examples: ['user_12345'] });
export const OrderId = Type.String({ pattern: TOKEN, minLength: 1, maxLength: 64, examples: ['ord_abc123'] });
export const ClientOrderId = Type.String({
  pattern: TOKEN,
  minLength: 1,
  maxLength: 64,
  description:
    'Chosen by the client; unique among the orders of a user. The same id with the same content is answered again.',
  examples: ['my-order-1'],
});
export const Cursor = Type.String({
  pattern: TOKEN,
  minLength: 1,
  maxLength: 256,
  description: 'next_cursor of the page before.',
});

/** A decimal as a client writes it: a JSON number or a string. Both are converted exactly. */
export const DECIMAL_PATTERN = '^\\d{1,30}(?:\\.\\d{1,30})?(?:[eE][+-]?\\d{1,3})?$';

export function DecimalIn(description: string, example: number) {
  return Type.Unsafe<number | string>({
    type: ['number', 'string'],
    pattern: DECIMAL_PATTERN,
    maxLength: 60,
    description,
    examples: [example],
  });
}

export function NullableDecimalIn(description: string, example: number) {
  return Type.Unsafe<number | string | null>({
    type: ['number', 'string', 'null'],
    pattern: DECIMAL_PATTERN,
    maxLength: 60,
    description,
    examples: [example],
  });
}

/** A human decimal in a response. */
export function DecimalOut(description: string, example: number) {
  return Type.Number({ description, examples: [example] });
}

/** An amount of money in a response: exact to the unit also where a double is not. Its route answers `exactly`. */
export function AmountOut(description: string, example: number) {
  return Type.Unsafe<Decimal>({ type: 'number', description, examples: [example] });
}

export function Nullable<T>(type: 'string' | 'number' | 'integer', description: string) {
  return Type.Unsafe<T | null>({ type: [type, 'null'], description });
}

export function OneOf<const T extends readonly string[]>(values: T, options: object = {}) {
  return Type.Unsafe<T[number]>({ type: 'string', enum: [...values], ...options });
}

export const EpochMs = Type.Integer({ description: 'Epoch milliseconds.', examples: [1733896438267] });

export const SideName = OneOf(['BUY', 'SELL'] as const, { title: 'Side', examples: ['BUY'] });
export const OrderTypeName = OneOf(['LIMIT', 'MARKET', 'STOP', 'STOP_LIMIT'] as const, {
  title: 'OrderType',
  examples: ['LIMIT'],
});
export const TimeInForceName = OneOf(['GTC', 'IOC', 'FOK', 'DAY'] as const, {
  title: 'TimeInForce',
  examples: ['GTC'],
});
export const StpName = OneOf(['NONE', 'EXPIRE_TAKER', 'EXPIRE_MAKER', 'EXPIRE_BOTH'] as const, {
  title: 'SelfTradePrevention',
  description: 'Self-trade prevention.',
  examples: ['NONE'],
});
export const ORDER_STATUSES = [
  'PENDING',
  'ACCEPTED',
  'PARTIALLY_FILLED',
  'FILLED',
  'CANCELLED',
  'REJECTED',
  'EXPIRED',
] as const;
export const OrderStatusName = OneOf(ORDER_STATUSES, { title: 'OrderStatus', examples: ['ACCEPTED'] });
export const InstrumentStatusName = OneOf(['ACTIVE', 'HALTED', 'CANCEL_ONLY', 'DELISTED'] as const, {
  title: 'InstrumentStatus',
  examples: ['ACTIVE'],
});

export function limitOf(max: number, usual: number) {
  return Type.Optional(
    Type.Integer({ minimum: 1, maximum: max, description: `At most this many (default ${usual}).`, examples: [usual] }),
  );
}

/** A second spelling of a field: understood for good, left out of the client's types. */
export function Spelling<T extends TSchema>(of: string, schema: T) {
  return Type.Optional({ ...schema, deprecated: true, description: `Other spelling of ${of}.` });
}

/** What is fixed at creation: may be named as it is, left out of the client's types. */
export function Fixed<T extends TSchema>(schema: T) {
  return Type.Optional({ ...schema, deprecated: true, description: 'Fixed for good; another value is refused.' });
}

/** Test mode only: names the caller where no header does. */
export const testUser = {
  user_id: Type.Optional(Type.Unsafe<unknown>({ description: 'Test mode only: who calls. Ignored otherwise.' })),
  userId: Type.Optional(Type.Unsafe<unknown>({ description: 'Other spelling of user_id.' })),
};

export const ErrorBody = Type.Object(
  {
    error: Type.String({ description: 'One clear sentence.' }),
    code: Type.Unsafe<ErrorCode>({ title: 'ErrorCode', type: 'string', enum: Object.keys(ERRORS) }),
    details: Type.Optional(Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true })),
  },
  {
    title: 'ErrorAnswer',
    examples: [{ error: 'The available balance does not cover the order.', code: 'INSUFFICIENT_FUNDS' }],
  },
);

/** A 304: the caller has these contents already. */
export const UNCHANGED = Type.Unsafe<undefined>({
  type: 'null',
  description: 'Not changed since the answer that `If-None-Match` names; no body.',
});

/** Responses of a route: its 200, and the error form for everything else. */
export function answers<T extends TSchema>(ok: T) {
  return { 200: ok, '4xx': ErrorBody, '5xx': ErrorBody };
}
