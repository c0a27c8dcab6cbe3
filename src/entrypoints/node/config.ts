import { DEFAULT_TOPICS, type Topics } from '../../domain/topics.ts';
import { DEFAULT_AUDIT_TOPIC } from '../../services/admin/admin.ts';
import { addressReader } from '../../services/gateway/client-address.ts';
import { type Config, ConfigError, flagOf, SETTINGS } from './settings.ts';

const TOPIC_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

type Flags = Record<string, string | boolean | undefined>;
type Environment = Record<string, string | undefined>;

/**
 * Reads the configuration from the environment and flags (values by flag name, as node:util's parseArgs gives them).
 * A variable that is empty is not set. A bad value throws a ConfigError with one clear line; nothing is started then.
 */
export function readConfig(environment: Environment, flags: Flags = {}): Config {
  const config: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const given = givenTo(setting.env, environment, flags);
    config[name] = given === undefined ? setting.fallback : setting.parse(String(given));
  }
  // The table gives every key its parsed value, so the record is a Config by construction.
  const complete = config as Config;
  applyRules(complete, environment, flags);
  return complete;
}

function givenTo(env: string, environment: Environment, flags: Flags): string | boolean | undefined {
  return flags[flagOf(env)] ?? (environment[env] || undefined);
}

/** Whether an address is this machine's own: only there may test mode be on by default. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

export interface CacheServer {
  host: string;
  port: number;
}

/**
 * The servers of the two caches (contract, section 6), which may be one: each falls back to VALKEY_HOST, and that to the
 * server of the other. Only where `cache` is valkey.
 */
export function cacheServers(config: Config): { depth: CacheServer; backup: CacheServer } {
  const at = (host: string, port: number) => (host === '' ? [] : [{ host, port: port || config.valkeyPort }]);
  const depth = at(config.depthCacheHost, config.depthCachePort);
  const backup = at(config.redisHost, config.redisPort);
  const shared = at(config.valkeyHost, config.valkeyPort);
  const first = (servers: CacheServer[]): CacheServer => {
    if (servers[0] === undefined) throw new ConfigError('CACHE=valkey needs VALKEY_HOST');
    return servers[0];
  };
  return { depth: first([...depth, ...shared, ...backup]), backup: first([...backup, ...shared, ...depth]) };
}

function applyRules(config: Config, environment: Environment, flags: Flags): void {
  if (flags.debug === true) config.logLevel = 'debug';
  const given = (env: string) => givenTo(env, environment, flags) !== undefined;
  const hasServer = config.valkeyHost + config.depthCacheHost + config.redisHost !== '';
  if (!given('CACHE') && hasServer) config.cache = 'valkey';
  if (config.cache === 'valkey' && !hasServer) throw new ConfigError('CACHE=valkey needs VALKEY_HOST');
  if (config.stream !== 'embedded') {
    throw new ConfigError(`STREAM: "${config.stream}" is not available in this version; only "embedded" is`);
  }
  const identityProvider = config.supabaseUrl || config.supabaseJwtSecret || config.jwksUrl;
  if (!given('ALLOW_TEST_MODE')) config.allowTestMode = isLoopback(config.host) && identityProvider === '';
  // The demo makes accounts with money in the books: nobody who opens an exchange to others should get them unasked.
  if (!given('DEMO')) config.demo = config.allowTestMode && isLoopback(config.host);
  for (const [env, url, schemes] of [
    ['SUPABASE_URL', config.supabaseUrl, ['https', 'http']],
    ['JWKS_URL', config.jwksUrl, ['https', 'http']],
    ['DATABASE_URL', config.databaseUrl, ['postgres', 'postgresql']],
  ] as const) {
    // The value is not repeated: a database's URL has its password in it.
    if (url !== '' && !schemes.some((scheme) => URL.canParse(url) && new URL(url).protocol === `${scheme}:`)) {
      throw new ConfigError(`${env}: this is not a URL that begins with ${schemes.join(':// or ')}://`);
    }
  }
  if (given('API_KEYS') && config.apiKeys.length === 0) throw new ConfigError('API_KEYS: no key is named');
  topicsOf(config);
  if (/^\w+:\/\//.test(config.archive)) {
    throw new ConfigError(`ARCHIVE: "${config.archive}" is not available in this version; only a folder is`);
  }
  for (const origin of config.corsOrigins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new ConfigError(`CORS_ORIGINS: "${origin}" is no origin, as https://app.example is`);
    }
  }
  try {
    addressReader(config.trustedProxies);
  } catch (error) {
    throw new ConfigError(`TRUSTED_PROXIES: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    new Intl.DateTimeFormat('en', { timeZone: config.marketTimeZone });
  } catch {
    throw new ConfigError(`MARKET_TIME_ZONE: "${config.marketTimeZone}" is no time zone`);
  }
  keyPlans(config);
}

/**
 * The names of the streams. @throws ConfigError when one is not fit for a name or is that of another stream
 */
export function topicsOf({ ordersTopic, fillsTopic }: Pick<Config, 'ordersTopic' | 'fillsTopic'>): Topics {
  const topics = { ...DEFAULT_TOPICS, orders: ordersTopic, fills: fillsTopic };
  for (const [env, name] of [
    ['ORDERS_TOPIC', ordersTopic],
    ['FILLS_TOPIC', fillsTopic],
  ] as const) {
    if (!TOPIC_NAME.test(name)) {
      throw new ConfigError(
        `${env}: "${name}" is not 1 to 100 of A-Z, a-z, 0-9, ".", "_" and "-", beginning with a letter or digit`,
      );
    }
    const namesakes = [...Object.values(topics), DEFAULT_AUDIT_TOPIC].filter((other) => other === name);
    if (namesakes.length > 1) throw new ConfigError(`${env}: "${name}" is the name of another stream of the exchange`);
  }
  return topics;
}

/**
 * API keys and the plans of those that name one (`KEY@PLAN`). Only where USAGE_PLANS is set is an @ more than a character of
 * the key. @throws ConfigError when a plan is not known
 */
export function keyPlans({ apiKeys, usagePlans }: Pick<Config, 'apiKeys' | 'usagePlans'>): {
  apiKeys: string[];
  keyPlans: Map<string, string>;
} {
  const plans = new Map<string, string>();
  if (usagePlans.length === 0) return { apiKeys, keyPlans: plans };
  const keys = apiKeys.map((item) => {
    const at = item.lastIndexOf('@');
    if (at === -1) return item;
    const plan = item.slice(at + 1);
    if (!usagePlans.some(({ name }) => name === plan))
      throw new ConfigError(`API_KEYS: USAGE_PLANS has no plan "${plan}"`);
    plans.set(item.slice(0, at), plan);
    return item.slice(0, at);
  });
  return { apiKeys: keys, keyPlans: plans };
}
