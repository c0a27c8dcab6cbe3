import type { FastifyTypeBox } from '../app.ts';
import type { GatewayDeps } from '../deps.ts';
import { callerOf, type Guards } from '../identity.ts';
import { presentInstrument } from '../present.ts';
import {
  ChangeNamedSymbolBody,
  ChangeSymbolBody,
  DayCloseBody,
  NewSymbolBody,
  SymbolNameQuery,
  SymbolParams,
} from '../schemas/admin.ts';
import { SymbolAnswer, SymbolsAnswer } from '../schemas/market.ts';
import { CallerQuery } from '../schemas/orders.ts';
import { answers } from '../schemas/primitives.ts';

const TAGS = ['Admin'];

/** Instruments: made, changed, delisted, and their sessions closed. */
export function adminSymbolRoutes(app: FastifyTypeBox, deps: GatewayDeps, guards: Guards): void {
  const { clock, instruments } = deps;
  const { symbols } = deps.admin;
  const guarded = { preValidation: guards.admin };
  const response = answers(SymbolAnswer);
  const asked = { tags: TAGS, querystring: CallerQuery, response };

  app.get(
    '/admin/symbols',
    {
      ...guarded,
      schema: { tags: TAGS, summary: 'All instruments', querystring: CallerQuery, response: answers(SymbolsAnswer) },
    },
    async () => ({
      symbols: instruments.list().map((instrument) => presentInstrument(instrument, clock.now())),
      assets: instruments.assets(),
    }),
  );

  app.post(
    '/admin/symbols',
    {
      ...guarded,
      schema: {
        ...asked,
        summary: 'Make an instrument',
        description:
          'Only `symbol` is required. The same call again answers the same; other terms are refused (SYMBOL_EXISTS).',
        body: NewSymbolBody,
      },
    },
    async (request) => presentInstrument(await symbols.create(callerOf(request).userId, request.body), clock.now()),
  );

  app.patch(
    '/admin/symbols/:symbol',
    {
      ...guarded,
      schema: { ...asked, summary: 'Change or halt an instrument', params: SymbolParams, body: ChangeSymbolBody },
    },
    async (request) => {
      const changed = await symbols.change(callerOf(request).userId, request.params.symbol, request.body);
      return presentInstrument(changed, clock.now());
    },
  );

  app.patch(
    '/admin/symbols',
    { ...guarded, schema: { ...asked, summary: 'Change or halt an instrument', body: ChangeNamedSymbolBody } },
    async (request) => {
      const changed = await symbols.change(callerOf(request).userId, request.body.symbol, request.body);
      return presentInstrument(changed, clock.now());
    },
  );

  app.delete(
    '/admin/symbols/:symbol',
    { ...guarded, schema: { ...asked, summary: 'Delist an instrument', params: SymbolParams } },
    async (request) =>
      presentInstrument(await symbols.delist(callerOf(request).userId, request.params.symbol), clock.now()),
  );

  app.delete(
    '/admin/symbols',
    { ...guarded, schema: { tags: TAGS, summary: 'Delist an instrument', querystring: SymbolNameQuery, response } },
    async (request) =>
      presentInstrument(await symbols.delist(callerOf(request).userId, request.query.symbol), clock.now()),
  );

  app.post(
    '/admin/symbols/:symbol/day-close',
    {
      ...guarded,
      schema: {
        ...asked,
        summary: 'End the session of an instrument',
        description: 'DAY orders expire; the reference price becomes the last trade price, or the one given.',
        params: SymbolParams,
        body: DayCloseBody,
      },
    },
    async (request) => {
      const { params, body } = request;
      const closed = await symbols.dayClose(callerOf(request).userId, params.symbol, body.reference_price);
      return presentInstrument(closed, clock.now());
    },
  );
}
