import type { MarketItem, MarketState, TapeTrade } from '../../../domain/market-state.ts';
import type { Cache, MarketApplied } from '../../../ports/cache.ts';
import type { Clock } from '../../../ports/clock.ts';
import { globToRegExp } from './glob.ts';
import { Keyspace } from './keyspace.ts';
import { MarketCommands } from './market.ts';

/**
 * The cache of one machine: the same keys, types and answers as the Valkey adapter, without a server. Nothing survives the
 * process; what it held is made again from the streams and the archive.
 */
export class InProcessCache implements Cache {
  readonly #keys: Keyspace;
  readonly #market: MarketCommands;

  constructor(clock: Clock) {
    this.#keys = new Keyspace(clock);
    this.#market = new MarketCommands(this.#keys);
  }

  async get(key: string): Promise<string | undefined> {
    return this.#keys.string(key);
  }

  async getMany(keys: readonly string[]): Promise<(string | undefined)[]> {
    return keys.map((key) => this.#keys.string(key));
  }

  async set(key: string, value: string, options: { ttlSeconds?: number } = {}): Promise<void> {
    this.#keys.put(key, value, options.ttlSeconds);
  }

  async setMany(entries: readonly (readonly [key: string, value: string])[]): Promise<void> {
    for (const [key, value] of entries) this.#keys.put(key, value);
  }

  async delete(...keys: string[]): Promise<void> {
    for (const key of keys) this.#keys.delete(key);
  }

  async expire(keys: readonly string[], ttlSeconds: number): Promise<void> {
    for (const key of keys) this.#keys.expire(key, ttlSeconds);
  }

  async hashGetAll(key: string): Promise<Record<string, string> | undefined> {
    const hash = this.#keys.hash(key);
    return hash === undefined ? undefined : Object.fromEntries(hash);
  }

  async hashSet(key: string, fields: Record<string, string>, options: { ttlSeconds?: number } = {}): Promise<void> {
    const hash = this.#keys.hash(key) ?? new Map<string, string>();
    for (const [field, value] of Object.entries(fields)) hash.set(field, value);
    if (hash.size === 0) return;
    this.#keys.keep(key, hash, options.ttlSeconds);
  }

  async setAdd(key: string, ...members: string[]): Promise<void> {
    if (members.length === 0) return;
    const set = this.#keys.set(key) ?? new Set<string>();
    for (const member of members) set.add(member);
    this.#keys.keep(key, set);
  }

  async setRemove(key: string, ...members: string[]): Promise<void> {
    const set = this.#keys.set(key);
    if (set === undefined) return;
    for (const member of members) set.delete(member);
    if (set.size === 0) this.#keys.delete(key);
  }

  async setMembers(key: string): Promise<string[]> {
    return [...(this.#keys.set(key) ?? [])];
  }

  async listPush(key: string, values: readonly string[], options: { max: number; ttlSeconds: number }): Promise<void> {
    if (values.length === 0) return;
    const list = this.#keys.list(key) ?? [];
    list.push(...values);
    if (list.length > options.max) list.splice(0, list.length - options.max);
    this.#keys.keep(key, list, options.ttlSeconds);
  }

  async listRange(key: string, start: number, stop: number): Promise<string[]> {
    const list = this.#keys.list(key) ?? [];
    const from = Math.max(0, start < 0 ? list.length + start : start);
    const to = Math.min(list.length - 1, stop < 0 ? list.length + stop : stop);
    const values: string[] = [];
    for (let i = from; i <= to; i += 1) values.push(list[list.length - 1 - i] ?? '');
    return values;
  }

  async increment(key: string, by: number, ttlSeconds: number): Promise<{ value: number; msLeft: number }> {
    const count = this.#keys.string(key);
    const value = Number(count ?? 0) + by;
    if (count === undefined) this.#keys.put(key, String(value), ttlSeconds);
    else this.#keys.keep(key, String(value));
    return { value, msLeft: this.#keys.msLeft(key) ?? 0 };
  }

  async applyMarket(symbol: string, items: readonly MarketItem[], after = 0): Promise<MarketApplied> {
    return this.#market.apply(symbol, items, after);
  }

  async closeMinute(symbol: string, nowSeconds: number): Promise<string | undefined> {
    return this.#market.closeMinute(symbol, nowSeconds);
  }

  async restoreMarket(symbol: string, state: MarketState, trades: readonly TapeTrade[] = []): Promise<boolean> {
    return this.#market.restore(symbol, state, trades);
  }

  async trimClosed(symbol: string, beforeSeconds: number): Promise<void> {
    this.#market.trimClosed(symbol, beforeSeconds);
  }

  async keys(pattern: string): Promise<string[]> {
    const matcher = globToRegExp(pattern);
    return this.#keys.names().filter((key) => matcher.test(key));
  }

  async flush(): Promise<void> {
    this.#keys.clear();
  }

  async close(): Promise<void> {
    this.#keys.close();
  }
}
