import { ExchangeError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { EXCHANGE_ACCOUNT } from '../../ports/store.ts';
import { refuseUnlessLocal } from './test-mode.ts';
import { TokenVerifier } from './tokens.ts';
import type { Authenticator, AuthSettings, Caller, HeaderValues, RestCredentials, SocketCredentials } from './types.ts';

const USER_ID = /^[\x21-\x7e]{1,128}$/;
/** Who asks when a test-mode request only claims to be an admin. */
const TEST_ADMIN = 'admin';

/** Tokens first; test mode only where it is allowed and only for who presents no token. */
export function createAuthenticator(settings: AuthSettings, deps: { clock: Clock; log: Log }): Authenticator {
  const tokens = new TokenVerifier(settings, deps.clock, deps.log);

  function bearer(headers: HeaderValues): string | undefined {
    const value = headers.authorization;
    if (value === undefined) return undefined;
    const match = typeof value === 'string' ? /^bearer +([\w.~+/=-]+) *$/i.exec(value) : null;
    if (match === null) throw new ExchangeError('INVALID_TOKEN', 'Authorization must be "Bearer <token>".');
    return match[1];
  }

  function testCaller(headers: HeaderValues, userId: unknown, isAdmin: boolean): Caller {
    refuseUnlessLocal(headers);
    if (typeof userId === 'number' && Number.isSafeInteger(userId)) return { userId: String(userId), isAdmin };
    if (typeof userId !== 'string' || !USER_ID.test(userId)) {
      throw new ExchangeError('INVALID_REQUEST', 'A user id has 1 to 128 printable ASCII characters and no space.');
    }
    return { userId, isAdmin };
  }

  function rest({ headers, namedUser }: RestCredentials): Caller | undefined | Promise<Caller> {
    const token = bearer(headers);
    if (token !== undefined) return own(tokens.verify(token));
    if (!settings.allowTestMode) return undefined;
    const isAdmin = headers['x-user-role'] === 'admin';
    const userId = headers['x-user-id'] ?? namedUser ?? (isAdmin ? TEST_ADMIN : undefined);
    return userId === undefined ? undefined : own(testCaller(headers, userId, isAdmin));
  }

  function socket({ headers, query }: SocketCredentials): Caller | undefined | Promise<Caller> {
    const token = query.token ?? bearer(headers);
    if (token !== undefined && token !== '') {
      if (typeof token !== 'string') throw new ExchangeError('INVALID_TOKEN');
      return own(tokens.verify(token));
    }
    if (query.testMode !== 'true') return undefined;
    if (!settings.allowTestMode) throw new ExchangeError('TEST_MODE_REFUSED', 'Test mode is off.');
    return own(testCaller(headers, query.userId ?? query.user_id, false));
  }

  return { rest, socket };
}

/** The exchange's own account collects fees; nobody logs in as it. */
function own(caller: Caller | Promise<Caller>): Caller | Promise<Caller> {
  if (caller instanceof Promise) return caller.then(notTheExchange);
  return notTheExchange(caller);
}

function notTheExchange(caller: Caller): Caller {
  if (caller.userId === EXCHANGE_ACCOUNT) {
    throw new ExchangeError('FORBIDDEN', `The account "${EXCHANGE_ACCOUNT}" belongs to the exchange itself.`);
  }
  return caller;
}
