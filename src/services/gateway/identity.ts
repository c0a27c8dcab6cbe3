import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ExchangeError } from '../../domain/errors.ts';
import type { Authenticator, Caller } from '../auth/types.ts';
import type { GatewaySettings } from './deps.ts';
import { apiKeyOf, exhaustedBy, type Limit, type Limits, writeAllowance } from './limits/limits.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set by the guards below before a handler runs. */
    caller: Caller | null;
  }
}

type Done = (error?: Error) => void;
type Guard = (request: FastifyRequest, reply: FastifyReply, done: Done) => void;

/** Hooks that stand before handlers. They run after the body is read (test mode may name the caller there) and before it is validated. */
export interface Guards {
  /** A login is needed. */
  user: Guard;
  /** A login as an admin is needed. */
  admin: Guard;
}

export function createGuards(app: FastifyInstance, auth: Authenticator): Guards {
  app.decorateRequest('caller', null);

  function identify(request: FastifyRequest, accept: (caller: Caller) => Error | undefined, done: Done): void {
    const settle = (caller: Caller | undefined) => {
      if (caller === undefined) return done(new ExchangeError('UNAUTHENTICATED'));
      request.caller = caller;
      return done(accept(caller));
    };
    try {
      const caller = auth.rest({ headers: request.headers, namedUser: namedUser(request) });
      if (caller instanceof Promise) caller.then(settle, done);
      else settle(caller);
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  }

  return {
    user: (request, _reply, done) => identify(request, () => undefined, done),
    admin: (request, _reply, done) =>
      identify(
        request,
        ({ isAdmin }) => (isAdmin ? undefined : new ExchangeError('FORBIDDEN', 'This call is for admins.')),
        done,
      ),
  };
}

/** `user_id` or `userId` of the body, else of the query. */
function namedUser({ body, query }: FastifyRequest): unknown {
  for (const part of [body, query]) {
    if (typeof part !== 'object' || part === null) continue;
    if ('user_id' in part && part.user_id !== undefined) return part.user_id;
    if ('userId' in part && part.userId !== undefined) return part.userId;
  }
  return undefined;
}

/** The caller of a guarded route. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new Error(`${request.method} ${request.url} has no guard`);
  return request.caller;
}

/** Requests a minute of one address. Health and metrics stay out of it: who watches must not be locked out. */
export function limitAddresses(app: FastifyInstance, { perIp }: Limits): void {
  if (perIp === undefined) return;
  app.addHook('onRequest', (request, reply, done) => {
    if (FREE.test(request.url)) return done();
    take(perIp, request.ip, reply, done);
  });
}

function take(limit: Limit, name: string, reply: FastifyReply, done: Done): void {
  limit(name).then(
    (allowance) => {
      if (allowance !== undefined) writeAllowance(reply, allowance);
      done();
    },
    (error) => {
      const exhausted = exhaustedBy(error);
      if (exhausted !== undefined) writeAllowance(reply, exhausted);
      done(error);
    },
  );
}

const FREE = /^\/(?:healthz|readyz|metrics)(?:$|\?)/;

/** `x-api-key` and its usage plan, for orders. undefined when no keys are set. */
export function createKeyGuard(
  { apiKeys, keyPlans }: Pick<GatewaySettings, 'apiKeys' | 'keyPlans'>,
  { perKey }: Limits,
): Guard | undefined {
  if (apiKeys.length === 0) return undefined;
  const known = new Map(apiKeys.map((key) => [key, { id: keyIdOf(key), limit: perKey(keyPlans?.get(key)) }]));
  return (request, reply, done) => {
    const key = known.get(apiKeyOf(request.headers) ?? '');
    if (key === undefined) return done(new ExchangeError('API_KEY_REQUIRED'));
    if (key.limit === undefined) return done();
    return take(key.limit, key.id, reply, done);
  };
}

/** Counters are named by a digest, so that a shared cache never holds a key. */
function keyIdOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 16);
}
