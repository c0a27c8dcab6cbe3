import { Redis } from 'iovalkey';
import type { MarketItem, MarketState, TapeTrade } from '../../../domain/market-state.ts';
import { marketStateText } from '../../../domain/market-state-text.ts';
import type { Cache, MarketApplied } from '../../../ports/cache.ts';
import type { Log } from '../../../ports/log.ts';
import { itemsText, runMarketScript, tradesText } from './market-script.ts';

export interface ValkeyOptions {
  host: string;
  port: number;
  /** `VALKEY_AUTH_TOKEN`. */
  password?: string;
  tls?: boolean;
  log: Log;
}

const CONNECT_TIMEOUT_MS = 5_000;
const COMMAND_TIMEOUT_MS = 5_000;
const RECONNECT_MS_MAX = 1_000;

/**
 * The cache on a server of the Valkey protocol. While the server is away calls reject at once instead of piling up: whoever
 * must not lose a write keeps it and tries again. A command whose answer was lost is not sent twice.
 */
export class ValkeyCache implements Cache {
  readonly #client: Redis;

  private constructor(client: Redis) {
    this.#client = client;
  }

  /** @throws Error when the server cannot be reached or refuses the password. */
  static async connect({ host, port, password, tls, log }: ValkeyOptions): Promise<ValkeyCache> {
    const client = new Redis({
      host,
      port,
      password,
      tls: tls ? {} : undefined,
      lazyConnect: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectTimeout: CONNECT_TIMEOUT_MS,
      commandTimeout: COMMAND_TIMEOUT_MS,
      retryStrategy: (times) => Math.min(times * 50, RECONNECT_MS_MAX),
    });
    client.on('error', (err) => log.warn({ err, host, port }, 'cache: connection trouble'));
    try {
      await client.connect();
    } catch (error) {
      client.disconnect();
      throw new Error(`no cache server at ${host}:${port}`, { cause: error });
    }
    return new ValkeyCache(client);
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#client.get(key)) ?? undefined;
  }

  async getMany(keys: readonly string[]): Promise<(string | undefined)[]> {
    if (keys.length === 0) return [];
    return (await this.#client.mget([...keys])).map((value) => value ?? undefined);
  }

  async set(key: string, value: string, options: { ttlSeconds?: number } = {}): Promise<void> {
    if (options.ttlSeconds === undefined) await this.#client.set(key, value);
    else await this.#client.set(key, value, 'EX', options.ttlSeconds);
  }

  async setMany(entries: readonly (readonly [key: string, value: string])[]): Promise<void> {
    if (entries.length > 0) await this.#client.mset(entries.flat());
  }

  async delete(...keys: string[]): Promise<void> {
    if (keys.length > 0) await this.#client.del(keys);
  }

  async expire(keys: readonly string[], ttlSeconds: number): Promise<void> {
    await Promise.all(keys.map((key) => this.#client.expire(key, ttlSeconds)));
  }

  async hashGetAll(key: string): Promise<Record<string, string> | undefined> {
    const hash = await this.#client.hgetall(key);
    return Object.keys(hash).length === 0 ? undefined : hash;
  }

  async hashSet(key: string, fields: Record<string, string>, options: { ttlSeconds?: number } = {}): Promise<void> {
    if (Object.keys(fields).length === 0) return;
    const commands = this.#client.multi().hset(key, fields);
    if (options.ttlSeconds !== undefined) commands.expire(key, options.ttlSeconds);
    await commands.exec();
  }

  async setAdd(key: string, ...members: string[]): Promise<void> {
    if (members.length > 0) await this.#client.sadd(key, members);
  }

  async setRemove(key: string, ...members: string[]): Promise<void> {
    if (members.length > 0) await this.#client.srem(key, members);
  }

  async setMembers(key: string): Promise<string[]> {
    return this.#client.smembers(key);
  }

  async listPush(key: string, values: readonly string[], options: { max: number; ttlSeconds: number }): Promise<void> {
    if (values.length === 0) return;
    await this.#client
      .multi()
      .lpush(key, ...values)
      .ltrim(key, 0, options.max - 1)
      .expire(key, options.ttlSeconds)
      .exec();
  }

  async listRange(key: string, start: number, stop: number): Promise<string[]> {
    return this.#client.lrange(key, start, stop);
  }

  async increment(key: string, by: number, ttlSeconds: number): Promise<{ value: number; msLeft: number }> {
    const answers = await this.#client.multi().set(key, 0, 'EX', ttlSeconds, 'NX').incrby(key, by).pttl(key).exec();
    const [, count, left] = answers ?? [];
    if (count?.[0]) throw count[0];
    return { value: Number(count?.[1]), msLeft: Number(left?.[1]) };
  }

  async applyMarket(symbol: string, items: readonly MarketItem[], after = 0): Promise<MarketApplied> {
    const answer = await this.#market('apply', symbol, symbol, String(after), itemsText(items));
    const [kind, ...rest] = texts(answer);
    return kind === 'GAP' ? { kind: 'GAP', seq: Number(rest[0]) } : { kind: 'APPLIED', closed: rest };
  }

  async closeMinute(symbol: string, nowSeconds: number): Promise<string | undefined> {
    const answer = await this.#market('close', symbol, String(nowSeconds));
    return typeof answer === 'string' ? answer : undefined;
  }

  async restoreMarket(symbol: string, state: MarketState, trades: readonly TapeTrade[] = []): Promise<boolean> {
    return (await this.#market('restore', symbol, symbol, marketStateText(state), tradesText(symbol, trades))) === 1;
  }

  async trimClosed(symbol: string, beforeSeconds: number): Promise<void> {
    await this.#market('trim', symbol, String(beforeSeconds));
  }

  async keys(pattern: string): Promise<string[]> {
    const found = new Set<string>();
    let cursor = '0';
    do {
      const [next, page] = await this.#client.scan(cursor, 'MATCH', pattern, 'COUNT', 1_000);
      for (const key of page) found.add(key);
      cursor = next;
    } while (cursor !== '0');
    return [...found];
  }

  async flush(): Promise<void> {
    await this.#client.flushdb();
  }

  async close(): Promise<void> {
    await this.#client.quit().catch(() => this.#client.disconnect());
  }

  #market(operation: 'apply' | 'close' | 'restore' | 'trim', symbol: string, ...args: string[]): Promise<unknown> {
    return runMarketScript(this.#client, operation, symbol, ...args);
  }
}

function texts(answer: unknown): string[] {
  if (!Array.isArray(answer)) throw new Error(`the market script answered ${JSON.stringify(answer)}`);
  return answer.map(String);
}
