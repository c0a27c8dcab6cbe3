/**
 * The Valkey commands that the exchange uses; keys, types and JSON are those of contract section 6. Everything in a
 * cache can be made again from the streams and the archive.
 * Adapters: in-process and Valkey, held to one suite (test/conformance/cache).
 */
export interface Cache {
  get(key: string): Promise<string | undefined>;
  getMany(keys: readonly string[]): Promise<(string | undefined)[]>;
  set(key: string, value: string, options?: { ttlSeconds?: number }): Promise<void>;
  /** All of them in one round trip. */
  setMany(entries: readonly (readonly [key: string, value: string])[]): Promise<void>;
  delete(...keys: string[]): Promise<void>;
  hashGetAll(key: string): Promise<Record<string, string> | undefined>;
  hashSet(key: string, fields: Record<string, string>, options?: { ttlSeconds?: number }): Promise<void>;
  setAdd(key: string, ...members: string[]): Promise<void>;
  setRemove(key: string, ...members: string[]): Promise<void>;
  setMembers(key: string): Promise<string[]>;
  /** Newest first (LPUSH), trimmed to `max` entries, with a time to live. */
  listPush(key: string, values: readonly string[], options: { max: number; ttlSeconds: number }): Promise<void>;
  listRange(key: string, start: number, stop: number): Promise<string[]>;
  /** Keys matching a glob pattern, for sweeps; never on a hot path. */
  keys(pattern: string): Promise<string[]>;
  flush(): Promise<void>;
  close(): Promise<void>;
}
