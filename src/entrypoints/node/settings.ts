import type { UsagePlan } from '../../services/gateway/limits/limits.ts';

/**
 * Every setting of the exchange (contract, section 10): its environment variable, what it may be, its default and one line
 * of help. A flag of the same name (`--rate-limit-ip-rpm`) wins over the environment. `--help` is rendered from this table.
 */
export interface Setting<T> {
  env: string;
  help: string;
  fallback: T;
  /** Returns the value, or throws a ConfigError with what is wrong with it. */
  parse(text: string): T;
  /** What the value looks like, for --help. */
  shape: string;
  /** Never printed. */
  secret?: boolean;
}

/** A setting that cannot be used; `message` is the one line the user sees. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigError';
  }
}

function text(env: string, fallback: string, help: string, secret = false): Setting<string> {
  return {
    env,
    fallback,
    help,
    shape: 'TEXT',
    secret,
    parse(value) {
      if (value === '' && fallback !== '') throw new ConfigError(`${env}: a value is missing`);
      return value;
    },
  };
}

function integer(env: string, fallback: number, min: number, max: number, help: string): Setting<number> {
  return {
    env,
    fallback,
    help,
    shape: 'N',
    parse(value) {
      const number = Number(value);
      if (!/^\d+$/.test(value) || number < min || number > max) {
        throw new ConfigError(`${env}: "${value}" is not a whole number from ${min} to ${max}`);
      }
      return number;
    },
  };
}

function flag(env: string, fallback: boolean, help: string): Setting<boolean> {
  return {
    env,
    fallback,
    help,
    shape: 'true|false',
    parse(value) {
      if (value === 'true' || value === '1') return true;
      if (value === 'false' || value === '0') return false;
      throw new ConfigError(`${env}: "${value}" is neither true nor false`);
    },
  };
}

function choice<const T extends string>(env: string, values: readonly T[], fallback: T, help: string): Setting<T> {
  return {
    env,
    fallback,
    help,
    shape: values.join('|'),
    parse(value) {
      const known = values.find((candidate) => candidate === value.toLowerCase());
      if (known === undefined) throw new ConfigError(`${env}: "${value}" is none of ${values.join(', ')}`);
      return known;
    },
  };
}

function list(env: string, help: string, secret = false): Setting<string[]> {
  return {
    env,
    fallback: [],
    help,
    shape: 'A,B,...',
    secret,
    parse: (value) =>
      value
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
  };
}

export type NamedPlan = UsagePlan & { name: string };

/** NAME=RPS/BURST/MONTH, several with commas. */
function plans(env: string, help: string): Setting<readonly NamedPlan[]> {
  return {
    env,
    fallback: [],
    help,
    shape: 'NAME=RPS/BURST/MONTH,...',
    parse(value) {
      const items = value.split(',').filter((part) => part.trim() !== '');
      return items.map((item) => {
        const match = /^([A-Za-z0-9_-]{1,30})=(\d{1,10})\/(\d{1,10})\/(\d{1,13})$/.exec(item.trim());
        if (match === null) throw new ConfigError(`${env}: "${item.trim()}" is not NAME=RPS/BURST/MONTH`);
        const [, name = '', rps, burst, month] = match;
        return { name, rps: Number(rps), burst: Number(burst), month: Number(month) };
      });
    },
  };
}

export const SETTINGS = {
  port: integer('PORT', 8080, 0, 65_535, 'HTTP and WebSocket port; 0 picks a free one'),
  host: text('HOST', '127.0.0.1', 'Address to listen on'),
  dataDir: text('DATA_DIR', './data', 'Folder of the log, the store, snapshots and the archive'),
  logLevel: choice('LOG_LEVEL', ['debug', 'info', 'warn', 'error'], 'info', 'Least severity that is logged'),
  demo: flag(
    'DEMO',
    true,
    'Open with a small live market and funded accounts; --no-demo starts clean, and so does an exchange on another HOST or without test mode',
  ),
  dev: flag('DEV', false, 'Start with empty caches'),
  allowTestMode: flag(
    'ALLOW_TEST_MODE',
    false,
    'Callers may name themselves (x-user-id); on by itself when HOST is loopback and no identity provider is set',
  ),
  stream: choice('STREAM', ['embedded', 'kafka', 'kinesis'], 'embedded', 'Engine of the streams'),
  ordersTopic: text('ORDERS_TOPIC', 'supernoba-orders', 'Name of the orders stream'),
  fillsTopic: text('FILLS_TOPIC', 'supernoba-fills', 'Name of the fills stream'),
  cache: choice('CACHE', ['in-process', 'valkey'], 'in-process', 'Cache; valkey by itself when a host of one is set'),
  valkeyHost: text('VALKEY_HOST', '', 'Valkey or Redis host'),
  valkeyPort: integer('VALKEY_PORT', 6379, 1, 65_535, 'Valkey or Redis port'),
  depthCacheHost: text(
    'DEPTH_CACHE_HOST',
    '',
    'Host of the depth cache (market data, connections); default: VALKEY_HOST',
  ),
  depthCachePort: integer('DEPTH_CACHE_PORT', 0, 0, 65_535, 'Its port; 0: VALKEY_PORT'),
  redisHost: text('REDIS_HOST', '', 'Host of the backup cache (snapshots); default: VALKEY_HOST'),
  redisPort: integer('REDIS_PORT', 0, 0, 65_535, 'Its port; 0: VALKEY_PORT'),
  valkeyAuthToken: text('VALKEY_AUTH_TOKEN', '', 'Valkey password', true),
  valkeyTls: flag('VALKEY_TLS', false, 'Speak TLS to Valkey'),
  databaseUrl: text('DATABASE_URL', '', 'PostgreSQL to keep money in; default: embedded PGlite in DATA_DIR', true),
  archive: text('ARCHIVE', '', 'Archive folder; default: DATA_DIR/archive'),
  marketTimeZone: text('MARKET_TIME_ZONE', 'Asia/Seoul', 'Time zone of the trading day and of candle times'),
  supabaseUrl: text('SUPABASE_URL', '', 'Supabase project whose tokens are accepted'),
  supabaseJwtSecret: text('SUPABASE_JWT_SECRET', '', 'HS256 secret of accepted tokens', true),
  supabaseAnonKey: text('SUPABASE_ANON_KEY', '', 'Public key the console signs in with'),
  jwksUrl: text('JWKS_URL', '', 'Published keys of the token issuer (any OIDC issuer)'),
  jwtAudience: text('JWT_AUDIENCE', '', 'Audience tokens must name; default: any'),
  jwtIssuer: text('JWT_ISSUER', '', 'Issuer tokens must name; default: any'),
  apiKeys: list('API_KEYS', 'When set, orders need one of these as x-api-key; KEY@PLAN puts a key on a plan', true),
  usagePlans: plans('USAGE_PLANS', 'Further usage plans for API keys; 0: no such limit'),
  rateLimitKeyRps: integer('RATE_LIMIT_KEY_RPS', 1_000, 0, 1e9, 'Requests a second per API key; 0: off'),
  rateLimitKeyBurst: integer('RATE_LIMIT_KEY_BURST', 2_000, 0, 1e9, 'Burst per API key; 0: off'),
  rateLimitKeyMonth: integer('RATE_LIMIT_KEY_MONTH', 1_000_000, 0, 1e12, 'Requests a month per API key; 0: off'),
  rateLimitIpRpm: integer('RATE_LIMIT_IP_RPM', 1_000, 0, 1e9, 'Requests a minute per client address; 0: off'),
  trustedProxies: list('TRUSTED_PROXIES', 'Addresses or CIDRs whose X-Forwarded-For is believed'),
  corsOrigins: list('CORS_ORIGINS', 'Origins that may call from browsers; default: same origin'),
} as const;

type SettingValue<S> = S extends Setting<infer T> ? T : never;

/** The whole configuration, typed by the table. */
export type Config = { -readonly [K in keyof typeof SETTINGS]: SettingValue<(typeof SETTINGS)[K]> };

/** The flag of a setting: RATE_LIMIT_IP_RPM -> rate-limit-ip-rpm. */
export function flagOf(env: string): string {
  return env.toLowerCase().replaceAll('_', '-');
}
