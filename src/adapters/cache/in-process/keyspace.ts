import type { Clock, Timer } from '../../../ports/clock.ts';

/** Lists are kept oldest first, so that a push at Valkey's head is an append here. */
type Value = string | string[] | Map<string, string> | Set<string>;

const SWEEP_MS = 10_000;

/** Typed values by key, each with an optional expiry. A key used as another type is an error, as in Valkey (WRONGTYPE). */
export class Keyspace {
  readonly #values = new Map<string, Value>();
  readonly #expiresAt = new Map<string, number>();
  readonly #clock: Clock;
  readonly #sweeper: Timer;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sweeper = clock.setInterval(() => this.#sweep(), SWEEP_MS);
  }

  string(key: string): string | undefined {
    const value = this.#read(key);
    if (value === undefined || typeof value === 'string') return value;
    throw wrongType(key);
  }

  list(key: string): string[] | undefined {
    const value = this.#read(key);
    if (value === undefined || Array.isArray(value)) return value;
    throw wrongType(key);
  }

  hash(key: string): Map<string, string> | undefined {
    const value = this.#read(key);
    if (value === undefined || value instanceof Map) return value;
    throw wrongType(key);
  }

  set(key: string): Set<string> | undefined {
    const value = this.#read(key);
    if (value === undefined || value instanceof Set) return value;
    throw wrongType(key);
  }

  /** Replaces whatever the key held, and its expiry (SET). */
  put(key: string, value: Value, ttlSeconds?: number): void {
    this.#values.set(key, value);
    this.#expiresAt.delete(key);
    this.expire(key, ttlSeconds);
  }

  /** Stores a changed collection; an expiry it has stays unless a new one is given (HSET, SADD, LPUSH). */
  keep(key: string, value: Value, ttlSeconds?: number): void {
    this.#read(key);
    this.#values.set(key, value);
    this.expire(key, ttlSeconds);
  }

  expire(key: string, ttlSeconds: number | undefined): void {
    if (ttlSeconds !== undefined && this.#read(key) !== undefined)
      this.#expiresAt.set(key, this.#clock.now() + ttlSeconds * 1000);
  }

  /** Until the key expires; undefined where it never does. */
  msLeft(key: string): number | undefined {
    const expiry = this.#expiresAt.get(key);
    return expiry === undefined ? undefined : expiry - this.#clock.now();
  }

  delete(key: string): void {
    this.#values.delete(key);
    this.#expiresAt.delete(key);
  }

  names(): string[] {
    this.#sweep();
    return [...this.#values.keys()];
  }

  clear(): void {
    this.#values.clear();
    this.#expiresAt.clear();
  }

  close(): void {
    this.#sweeper.cancel();
    this.clear();
  }

  #read(key: string): Value | undefined {
    const expiry = this.#expiresAt.get(key);
    if (expiry !== undefined && expiry <= this.#clock.now()) this.delete(key);
    return this.#values.get(key);
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const [key, expiry] of this.#expiresAt) if (expiry <= now) this.delete(key);
  }
}

function wrongType(key: string): Error {
  return new Error(`WRONGTYPE ${key} holds another kind of value`);
}
