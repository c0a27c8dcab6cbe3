import { ExchangeError } from '../../../domain/errors.ts';
import type { Instrument } from '../../../domain/instrument.ts';
import { toDecimalNumber } from '../../../domain/money.ts';
import type { FastifyTypeBox } from '../app.ts';
import type { GatewayDeps } from '../deps.ts';
import {
  ChartAnswer,
  ChartQuery,
  DepthAnswer,
  DepthQuery,
  SymbolQuery,
  SymbolsAnswer,
  TickerAnswer,
  TradesAnswer,
  TradesQuery,
} from '../schemas/market.ts';
import { answers, UNCHANGED } from '../schemas/primitives.ts';
import { isKnown, SymbolsAnswers } from '../symbols-answer.ts';

const TAGS = ['Market data'];

/** Public market data; no login. */
export function marketRoutes(app: FastifyTypeBox, deps: GatewayDeps): void {
  const { market, instruments, clock } = deps;
  const symbols = new SymbolsAnswers(deps);

  function known(symbol: string): Instrument {
    const instrument = instruments.get(symbol);
    if (instrument === undefined) throw new ExchangeError('SYMBOL_UNKNOWN');
    return instrument;
  }

  app.get(
    '/symbols',
    {
      schema: {
        tags: TAGS,
        summary: 'Instruments and assets',
        description:
          'The header `ETag` names the contents: sent back as `If-None-Match`, what has not changed is not sent again.',
        response: { ...answers(SymbolsAnswer), 304: UNCHANGED },
      },
    },
    async ({ headers }, reply) => {
      const { answer, text, etag } = symbols.now();
      reply.header('etag', etag);
      if (isKnown(etag, headers['if-none-match'])) return reply.code(304).send();
      return reply
        .type('application/json; charset=utf-8')
        .serializer(() => text)
        .send(answer);
    },
  );

  app.get(
    '/depth',
    { schema: { tags: TAGS, summary: 'Order book depth', querystring: DepthQuery, response: answers(DepthAnswer) } },
    async ({ query: { symbol, levels = 10 } }) => {
      const instrument = known(symbol);
      const depth = await market.depth(symbol, levels);
      const level = ([price, quantity]: [number, number]) => ({
        price: toDecimalNumber(price, instrument.price_decimals),
        quantity: toDecimalNumber(quantity, instrument.quantity_decimals),
      });
      return {
        symbol,
        sequence: depth?.u ?? 0,
        timestamp: depth?.t ?? clock.now(),
        bids: (depth?.b ?? []).slice(0, levels).map(level),
        asks: (depth?.a ?? []).slice(0, levels).map(level),
      };
    },
  );

  app.get(
    '/ticker',
    {
      schema: {
        tags: TAGS,
        summary: "Last price and the day's prices",
        querystring: SymbolQuery,
        response: answers(TickerAnswer),
      },
    },
    async ({ query: { symbol } }) => {
      const instrument = known(symbol);
      const [ticker, day] = await Promise.all([market.ticker(symbol), market.today(symbol)]);
      const price = (units: number | undefined) =>
        units === undefined ? null : toDecimalNumber(units, instrument.price_decimals);
      return {
        symbol,
        price: price(ticker?.p),
        change_pct: ticker?.c ?? 0,
        prev_change_pct: ticker?.yc ?? 0,
        open: price(day?.o),
        high: price(day?.h),
        low: price(day?.l),
        volume: day === undefined ? null : toDecimalNumber(day.v, instrument.quantity_decimals),
        timestamp: ticker?.t ?? null,
      };
    },
  );

  app.get(
    '/trades',
    {
      schema: {
        tags: TAGS,
        summary: 'Newest public trades',
        querystring: TradesQuery,
        response: answers(TradesAnswer),
      },
    },
    async ({ query: { symbol, limit = 50 } }) => {
      const instrument = known(symbol);
      const trades = await market.trades(symbol, limit);
      return {
        symbol,
        trades: trades.map((trade) => ({
          trade_id: trade.trade_id,
          price: toDecimalNumber(trade.price, instrument.price_decimals),
          quantity: toDecimalNumber(trade.quantity, instrument.quantity_decimals),
          taker_side: trade.taker_side,
          timestamp: trade.timestamp,
        })),
      };
    },
  );

  app.get(
    '/chart',
    { schema: { tags: TAGS, summary: 'Candles', querystring: ChartQuery, response: answers(ChartAnswer) } },
    async ({ query: { symbol, interval = '1m', limit = 100, end } }) => {
      const instrument = known(symbol);
      const candles = await market.chart(symbol, interval, { limit, end });
      const price = (units: number) => toDecimalNumber(units, instrument.price_decimals);
      return {
        symbol,
        interval,
        data: candles.map(({ time, open, high, low, close, volume }) => ({
          time,
          open: price(open),
          high: price(high),
          low: price(low),
          close: price(close),
          volume: toDecimalNumber(volume, instrument.quantity_decimals),
        })),
      };
    },
  );
}
