import type { FastifyReply } from 'fastify';
import { ExchangeError } from '../../../domain/errors.ts';
import type { OrderStatus } from '../../../domain/order.ts';
import type { PlaceRequest, ReplaceRequest } from '../../order-router/types.ts';
import type { FastifyTypeBox } from '../app.ts';
import type { GatewayDeps } from '../deps.ts';
import { errorForm } from '../errors.ts';
import { callerOf, createKeyGuard, type Guards } from '../identity.ts';
import { InFlight } from '../in-flight.ts';
import { presentOrder, scalesOf } from '../present.ts';
import {
  BatchAnswer,
  BatchBody,
  CallerQuery,
  MassCancelled,
  MassCancelQuery,
  OrderAnswer,
  OrderParams,
  OrdersAnswer,
  OrdersQuery,
  PlacedOrder,
  PlaceOrderBody,
  ReplaceBody,
  Requested,
} from '../schemas/orders.ts';
import { answers, ORDER_STATUSES } from '../schemas/primitives.ts';
import { compileShape, shapeRefusal } from '../validation.ts';

const TAGS = ['Orders'];
const USUAL_PAGE = 50;
const OPEN_STATUSES: readonly OrderStatus[] = ['PENDING', 'ACCEPTED', 'PARTIALLY_FILLED'];

/** Order entry and the caller's orders. Everything that changes something answers once it is durable. */
export function orderRoutes(app: FastifyTypeBox, deps: GatewayDeps, guards: Guards): void {
  const { router, store, instruments, settings } = deps;
  const inFlight = new InFlight(settings.maxInFlight ?? 10_000);
  const keyGuard = createKeyGuard(settings, deps.limits);
  const keyed = keyGuard === undefined ? {} : { onRequest: [keyGuard] };
  const reading = { ...keyed, preValidation: guards.user };
  const writing = {
    onRequest: [inFlight.guard, ...(keyGuard === undefined ? [] : [keyGuard])],
    preValidation: guards.user,
  };
  const orderShape = compileShape(PlaceOrderBody);

  app.post(
    '/orders',
    {
      ...writing,
      schema: {
        tags: TAGS,
        summary: 'Place an order',
        description:
          'Answers once the order is durable and its funds are held. What becomes of it comes as ORDER_STATUS and FILL.',
        body: PlaceOrderBody,
        querystring: CallerQuery,
        response: answers(PlacedOrder),
      },
    },
    (request) => inFlight.count(1, () => router.place(callerOf(request).userId, placeRequest(request.body))),
  );

  app.post(
    '/orders/batch',
    {
      ...writing,
      schema: {
        tags: TAGS,
        summary: 'Place up to 100 orders',
        description: 'Not atomic: each order has its own result, in the order of the request.',
        body: BatchBody,
        querystring: CallerQuery,
        response: answers(BatchAnswer),
      },
    },
    async (request) => {
      const { orders } = request.body;
      const checked = orders.map(checkedOrder);
      const good = checked.filter((order): order is PlaceRequest => !(order instanceof ExchangeError));
      const placed = await inFlight.count(good.length, () => router.placeBatch(callerOf(request).userId, good));
      let next = 0;
      return {
        results: checked.map((order) => (order instanceof ExchangeError ? errorForm(order) : asResult(placed[next++]))),
      };
    },
  );

  /** One order of a batch, or why it is none. */
  function checkedOrder(order: unknown): PlaceRequest | ExchangeError {
    const faults = orderShape(order);
    if (faults !== undefined) return shapeRefusal(faults, 'body');
    try {
      // The shape was just checked against PlaceOrderBody.
      return placeRequest(order as PlaceOrderBody);
    } catch (error) {
      if (error instanceof ExchangeError) return error;
      throw error;
    }
  }

  app.delete(
    '/orders/:order_id',
    {
      ...writing,
      schema: {
        tags: TAGS,
        summary: 'Cancel an order',
        params: OrderParams,
        querystring: CallerQuery,
        response: answers(Requested),
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      return named(reply, await inFlight.count(1, () => router.cancel(userId, request.params.order_id)));
    },
  );

  app.patch(
    '/orders/:order_id',
    {
      ...writing,
      schema: {
        tags: TAGS,
        summary: 'Replace an order',
        description:
          'New price, new total quantity or new open quantity. An increase is funded before it is published. Only a pure decrease keeps its priority.',
        params: OrderParams,
        body: ReplaceBody,
        querystring: CallerQuery,
        response: answers(Requested),
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      const change = replaceRequest(request.body);
      return named(reply, await inFlight.count(1, () => router.replace(userId, request.params.order_id, change)));
    },
  );

  app.delete(
    '/orders',
    {
      ...writing,
      schema: {
        tags: TAGS,
        summary: "Cancel all of the caller's open orders",
        querystring: MassCancelQuery,
        response: answers(MassCancelled),
      },
    },
    async (request, reply) => {
      const { symbol } = request.query;
      if (typeof request.body === 'object' && request.body !== null && 'symbol' in request.body)
        throw new ExchangeError('INVALID_REQUEST', 'The symbol of a mass cancel belongs in the query.');
      const cancelled = await inFlight.count(1, () => router.massCancel(callerOf(request).userId, symbol));
      return { message: 'Cancel requested', symbols: named(reply, cancelled).symbols };
    },
  );

  app.get(
    '/orders',
    {
      ...reading,
      schema: { tags: TAGS, summary: "The caller's orders", querystring: OrdersQuery, response: answers(OrdersAnswer) },
    },
    async (request) => {
      const { symbol, status, client_order_id, clientOrderId, limit, cursor } = request.query;
      const { orders, next_cursor } = await store.orders({
        user_id: callerOf(request).userId,
        symbol,
        status: status === undefined ? undefined : statuses(status),
        client_order_id: oneOf('client_order_id', client_order_id, clientOrderId),
        limit: limit ?? USUAL_PAGE,
        cursor,
      });
      return {
        orders: orders.map((order) => presentOrder(order, scalesOf(instruments, order.symbol))),
        ...(next_cursor === undefined ? {} : { next_cursor }),
      };
    },
  );

  app.get(
    '/orders/:order_id',
    {
      ...reading,
      schema: {
        tags: TAGS,
        summary: 'One order of the caller',
        params: OrderParams,
        querystring: CallerQuery,
        response: answers(OrderAnswer),
      },
    },
    async (request) => {
      const order = await store.order(request.params.order_id);
      if (order === undefined || order.user_id !== callerOf(request).userId) throw new ExchangeError('ORDER_UNKNOWN');
      return presentOrder(order, scalesOf(instruments, order.symbol));
    },
  );
}

/** Names the request in the answer's header, as the private messages name it that tell its outcome. */
function named<T extends { request_id: string }>(reply: FastifyReply, requested: T): T {
  reply.header('x-request-id', requested.request_id);
  return requested;
}

/** What a field says in either of its spellings. @throws ExchangeError INVALID_REQUEST when both are there and differ */
function oneOf<T>(name: string, value: T | undefined, otherwise: T | undefined): T | undefined {
  const isTwofold = (value ?? undefined) !== undefined && (otherwise ?? undefined) !== undefined;
  if (isTwofold && String(value) !== String(otherwise)) {
    throw new ExchangeError('INVALID_REQUEST', `"${name}" is there in two spellings that differ.`);
  }
  return value ?? otherwise;
}

/** @throws ExchangeError INVALID_REQUEST when the quantity is missing */
function placeRequest(body: PlaceOrderBody): PlaceRequest {
  const quantity = oneOf('quantity', body.quantity, body.qty);
  if (quantity === undefined) throw new ExchangeError('INVALID_REQUEST', 'An order needs a quantity.');
  return {
    symbol: body.symbol,
    side: body.side,
    order_type: oneOf('order_type', body.order_type, body.orderType),
    price: body.price,
    quantity,
    time_in_force: oneOf('time_in_force', body.time_in_force, body.timeInForce),
    post_only: oneOf('post_only', body.post_only, body.postOnly),
    stop_price: oneOf('stop_price', body.stop_price, body.stopPrice),
    display_quantity: oneOf('display_quantity', body.display_quantity, body.displayQuantity),
    stp: body.stp,
    client_order_id: oneOf('client_order_id', body.client_order_id, body.clientOrderId) ?? undefined,
  };
}

function replaceRequest({ price, quantity, qty, remaining }: ReplaceBody): ReplaceRequest {
  return { price, quantity: oneOf('quantity', quantity, qty), remaining };
}

function asResult<T>(result: T | undefined): T {
  if (result === undefined) throw new Error('The router answered fewer orders than it was given');
  return result;
}

function statuses(list: string): OrderStatus[] {
  return list.split(',').flatMap((name) => {
    if (name.toUpperCase() === 'OPEN') return OPEN_STATUSES;
    const status = ORDER_STATUSES.find((known) => known === name.toUpperCase());
    if (status === undefined) {
      throw new ExchangeError('INVALID_REQUEST', `"${name}" is no order status (${ORDER_STATUSES.join(', ')}, OPEN).`);
    }
    return status;
  });
}
