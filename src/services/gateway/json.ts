import type { FastifyInstance } from 'fastify';
import { ExchangeError } from '../../domain/errors.ts';

/** A number literal of 16 characters or more: a double may not tell it from its neighbour. */
const LONG_NUMBER = /[\d.]{16}/;
const NUMBER_OF_16_DIGITS = /^-?\d[\d.]{15,}/;

/**
 * JSON bodies only, and exactly: a number too long for a double stays the text the client wrote, so that money never
 * passes a float's rounding (9007199254740993 is not 9007199254740992, and 1.00000000000000001 has too many decimals).
 * Bodies that name __proto__ or constructor.prototype are refused. An empty body is no body.
 */
export function parseJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    return parse(request, body, (error, value) => {
      if (error !== null) return done(new ExchangeError('INVALID_JSON'));
      return done(null, LONG_NUMBER.test(body) ? exactNumbers(body) : value);
    });
  });
}

function exactNumbers(body: string): unknown {
  return JSON.parse(body, (_key: string, value: unknown, context?: { source?: string }) => {
    const source = context?.source;
    return typeof value === 'number' && source !== undefined && NUMBER_OF_16_DIGITS.test(source) ? source : value;
  });
}

/**
 * A route's option: answers are written by JSON.stringify, as they are. The compiled serializers of the others pass every number
 * through a double, which does not hold large amounts of money (domain/money.ts, toDecimal).
 */
export const exactly = { serializerCompiler: () => (answer: unknown) => JSON.stringify(answer) };
