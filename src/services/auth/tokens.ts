import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
  type RemoteJWKSet,
} from 'jose';
import { ExchangeError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { AuthSettings, Caller } from './types.ts';

/** Algorithms of published keys. A secret verifies HS256 only: a public key is never taken for a secret. */
const PUBLIC_KEY_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const SECRET_ALGORITHMS = ['HS256'];

const DEFAULT_LEEWAY_S = 5;
const JWKS_TIMEOUT_MS = 5_000;
/** An unknown key id makes the keys be fetched again, at most this often: rotation is seen, forged ids cost nothing. */
const JWKS_COOLDOWN_MS = 10_000;
const JWKS_MAX_AGE_MS = 600_000;
const MAX_TOKEN_LENGTH = 8_192;
/** A verified token is believed this long without another look at its signature (never past its expiry). */
const REMEMBER_MS = 30_000;
const REMEMBERED_MAX = 50_000;

const USER_ID = /^[\x21-\x7e]{1,128}$/;

/** Where a Supabase project publishes its keys. */
export function jwksUrlOf(supabaseUrl: string): string {
  return `${supabaseUrl.replace(/\/+$/, '')}/auth/v1/.well-known/jwks.json`;
}

/**
 * Verifies JWTs: signature by the key source that fits the token's algorithm, then expiry (required), not-before,
 * audience and issuer with the leeway. User id is `sub`; admin is a claim `role`, `user_role` or `app_metadata.role`.
 * (`user_metadata` is the user's own to write, so it makes nobody an admin.)
 */
export class TokenVerifier {
  readonly #settings: AuthSettings;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #secret: Uint8Array | undefined;
  readonly #published: RemoteJWKSet | undefined;
  readonly #remembered = new Map<string, { caller: Caller; until: number }>();

  constructor(settings: AuthSettings, clock: Clock, log: Log) {
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
    this.#secret = settings.jwtSecret === undefined ? undefined : new TextEncoder().encode(settings.jwtSecret);
    this.#published =
      settings.jwksUrl === undefined
        ? undefined
        : createRemoteJWKSet(new URL(settings.jwksUrl), {
            timeoutDuration: JWKS_TIMEOUT_MS,
            cooldownDuration: settings.jwksCooldownMs ?? JWKS_COOLDOWN_MS,
            cacheMaxAge: settings.jwksMaxAgeMs ?? JWKS_MAX_AGE_MS,
          });
  }

  /** @throws ExchangeError INVALID_TOKEN, TOKEN_EXPIRED or UNAVAILABLE (the issuer's keys cannot be had). */
  verify(token: string): Caller | Promise<Caller> {
    const known = this.#remembered.get(token);
    if (known !== undefined && known.until > this.#clock.now()) return known.caller;
    return this.#verify(token);
  }

  async #verify(token: string): Promise<Caller> {
    if (token.length > MAX_TOKEN_LENGTH) throw new ExchangeError('INVALID_TOKEN', 'The token is too long.');
    const payload = await this.#payload(token);
    const caller = callerOf(payload);
    this.#remember(token, caller);
    return caller;
  }

  async #payload(token: string): Promise<JWTPayload> {
    try {
      const algorithm = decodeProtectedHeader(token).alg ?? 'none';
      if (this.#secret !== undefined && SECRET_ALGORITHMS.includes(algorithm)) {
        return (await jwtVerify(token, this.#secret, this.#options(SECRET_ALGORITHMS))).payload;
      }
      if (this.#published !== undefined && PUBLIC_KEY_ALGORITHMS.includes(algorithm)) {
        return (await jwtVerify(token, this.#keys(this.#published), this.#options(PUBLIC_KEY_ALGORITHMS))).payload;
      }
    } catch (error) {
      throw this.#refusal(error);
    }
    throw new ExchangeError('INVALID_TOKEN', 'The token is signed in a way that this exchange does not accept.');
  }

  #options(algorithms: string[]): JWTVerifyOptions {
    const { audience, issuer, leewaySeconds } = this.#settings;
    return {
      algorithms,
      clockTolerance: leewaySeconds ?? DEFAULT_LEEWAY_S,
      currentDate: new Date(this.#clock.now()),
      requiredClaims: ['sub', 'exp'],
      ...(audience === undefined ? {} : { audience }),
      ...(issuer === undefined ? {} : { issuer }),
    };
  }

  /** The published keys; while the issuer does not answer, the ones it published last. */
  #keys(published: RemoteJWKSet): JWTVerifyGetKey {
    return async (header, token) => {
      try {
        return await published(header, token);
      } catch (error) {
        const last = published.jwks();
        if (isKeyRefusal(error) || last === undefined) throw error;
        this.#log.warn({ err: error }, 'the issuer does not publish its keys; using the ones it published last');
        return createLocalJWKSet(last)(header, token);
      }
    };
  }

  #refusal(error: unknown): ExchangeError {
    if (error instanceof errors.JWTExpired) return new ExchangeError('TOKEN_EXPIRED');
    if (error instanceof errors.JWTClaimValidationFailed) {
      return new ExchangeError('INVALID_TOKEN', `The token's claim "${error.claim}" is missing or wrong.`);
    }
    if (isKeyRefusal(error)) {
      return new ExchangeError('INVALID_TOKEN', 'No key of the issuer verifies the token.');
    }
    if (isTokenFault(error)) return new ExchangeError('INVALID_TOKEN');
    this.#log.error({ err: error }, 'tokens cannot be verified: the keys of the issuer cannot be had');
    return new ExchangeError('UNAVAILABLE', 'The keys of the token issuer cannot be had now.', undefined, 1);
  }

  #remember(token: string, caller: Caller): void {
    if (this.#remembered.size >= REMEMBERED_MAX) {
      const [oldest] = this.#remembered.keys();
      if (oldest !== undefined) this.#remembered.delete(oldest);
    }
    this.#remembered.delete(token);
    const until = Math.min(this.#clock.now() + REMEMBER_MS, caller.expiresAt ?? 0);
    this.#remembered.set(token, { caller, until });
  }
}

function isKeyRefusal(error: unknown): boolean {
  return error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys;
}

/** Faults of the token itself, as opposed to those of fetching keys. decodeProtectedHeader throws a bare TypeError. */
function isTokenFault(error: unknown): boolean {
  return (
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported ||
    (error instanceof TypeError && error.message === 'Invalid Token or Protected Header formatting')
  );
}

function callerOf(payload: JWTPayload): Caller {
  const { sub, exp }: { sub?: unknown; exp?: number } = payload;
  if (typeof sub !== 'string' || exp === undefined || !USER_ID.test(sub)) {
    throw new ExchangeError('INVALID_TOKEN', 'The token\'s claim "sub" is not a user id.');
  }
  const metadata = payload.app_metadata;
  const roles = [payload.role, payload.user_role];
  if (typeof metadata === 'object' && metadata !== null && 'role' in metadata) roles.push(metadata.role);
  return { userId: sub, isAdmin: roles.some(isAdminRole), expiresAt: exp * 1000 };
}

function isAdminRole(role: unknown): boolean {
  return role === 'admin' || (Array.isArray(role) && role.includes('admin'));
}
