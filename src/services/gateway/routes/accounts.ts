import type { FastifyTypeBox } from '../app.ts';
import type { GatewayDeps } from '../deps.ts';
import { callerOf, type Guards } from '../identity.ts';
import { exactly } from '../json.ts';
import { presentFill, presentWallets, scalesOf } from '../present.ts';
import { AssetsAnswer, EventsAnswer, EventsQuery, FillsAnswer, FillsQuery } from '../schemas/accounts.ts';
import { CallerQuery } from '../schemas/orders.ts';
import { answers } from '../schemas/primitives.ts';

const TAGS = ['Account'];

/** The caller's money, fills and missed private messages. */
export function accountRoutes(app: FastifyTypeBox, deps: GatewayDeps, guards: Guards): void {
  const { store, instruments, privateEvents } = deps;

  app.get(
    '/assets',
    {
      ...exactly,
      preValidation: guards.user,
      schema: {
        tags: TAGS,
        summary: 'Wallets and positions',
        querystring: CallerQuery,
        response: answers(AssetsAnswer),
      },
    },
    async (request) => presentWallets(await store.wallets(callerOf(request).userId), instruments),
  );

  app.get(
    '/fills',
    {
      ...exactly,
      preValidation: guards.user,
      schema: { tags: TAGS, summary: "The caller's fills", querystring: FillsQuery, response: answers(FillsAnswer) },
    },
    async (request) => {
      const { symbol, limit, cursor } = request.query;
      const user_id = callerOf(request).userId;
      const { fills, next_cursor } = await store.fills({ user_id, symbol, limit: limit ?? 50, cursor });
      return {
        fills: fills.map((fill) => presentFill(fill, scalesOf(instruments, fill.symbol))),
        ...(next_cursor === undefined ? {} : { next_cursor }),
      };
    },
  );

  app.get(
    '/events',
    {
      // Written as the WebSocket writes them, whatever fields they have.
      ...exactly,
      preValidation: guards.user,
      schema: {
        tags: TAGS,
        summary: 'Missed private messages',
        description: 'ORDER_STATUS and FILL messages as on the WebSocket, from a `useq` on.',
        querystring: EventsQuery,
        response: answers(EventsAnswer),
      },
    },
    async (request) => {
      const { from, limit } = request.query;
      return { events: await privateEvents.events(callerOf(request).userId, from ?? 1, limit ?? 500) };
    },
  );
}
