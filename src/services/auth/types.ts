/** Who calls, as far as a verified token (or test mode) tells. */
export interface Caller {
  userId: string;
  isAdmin: boolean;
  /** Epoch ms at which the login ends; undefined in test mode. */
  expiresAt?: number;
}

export type HeaderValues = Record<string, string | string[] | undefined>;

/** What an authenticator looks at. Header names are lower case, as Node gives them. */
export interface RestCredentials {
  headers: HeaderValues;
  /** `user_id` (or `userId`) of the body or the query: it names the caller in test mode and is ignored otherwise. */
  namedUser?: unknown;
}

export interface SocketCredentials {
  headers: HeaderValues;
  /** Of the query: `token`, or `testMode` and `userId`, or none of them. */
  query: Record<string, unknown>;
}

/**
 * Turns credentials into a caller. undefined: nobody claims to be anybody (anonymous). Refusals are thrown as
 * ExchangeError: INVALID_TOKEN, TOKEN_EXPIRED, TEST_MODE_REFUSED, or UNAVAILABLE while the issuer's keys cannot be had.
 * The answer is a promise only where a token must be verified.
 */
export interface Authenticator {
  rest(credentials: RestCredentials): Caller | undefined | Promise<Caller>;
  /** `?token=` (or a bearer header), `?testMode=true&userId=`, or neither. */
  socket(credentials: SocketCredentials): Caller | undefined | Promise<Caller>;
}

export interface AuthSettings {
  /** HS256 secret (SUPABASE_JWT_SECRET). */
  jwtSecret?: string;
  /** JWKS_URL, or made from SUPABASE_URL by `jwksUrlOf`. */
  jwksUrl?: string;
  /** Expected `aud` and `iss`; not checked when absent. */
  audience?: string;
  issuer?: string;
  /** Accepted clock difference to the issuer, in seconds (default 5). */
  leewaySeconds?: number;
  /** Least time between two fetches of the keys for an unknown key id (default 10 s), and how long keys stay fresh (10 min). */
  jwksCooldownMs?: number;
  jwksMaxAgeMs?: number;
  /** ALLOW_TEST_MODE. */
  allowTestMode: boolean;
}
