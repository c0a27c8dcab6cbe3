import type { Cache } from '../../../ports/cache.ts';
import type { Clock, Timer } from '../../../ports/clock.ts';
import type { Log } from '../../../ports/log.ts';

const FLUSH_MS = 50;
/** Commands of one flush; a storm of connections is written over several, and never holds up a tick. */
const COMMANDS_A_FLUSH = 500;
const CONNECTION_TTL_SECONDS = 24 * 3600;
/** A gateway that has not said so for this long is gone, and so are its connections. */
const GATEWAY_TTL_SECONDS = 60;
const GATEWAY_BEAT_MS = 20_000;
const SWEEP_MS = 60_000;
/** Connection ids are `<gateway>.<number>`. */
const SEPARATOR = '.';

const REALTIME = 'realtime:connections';
const SUBSCRIBED = 'subscribed:symbols';

type Role = 'main' | 'sub' | 'subscribers';

/** Everything the cache says about connections (contract, section 3). Written behind the sockets, never in their way. */
export class ConnectionKeys {
  readonly gatewayId: string;
  readonly #cache: Cache;
  readonly #clock: Clock;
  readonly #log: Log;
  /** What each string shall be (undefined: gone) and whether each member shall be in each set; later words replace earlier. */
  readonly #strings = new Map<string, string | undefined>();
  readonly #members = new Map<string, Map<string, boolean>>();
  /** Connections of this gateway that watch each symbol. */
  readonly #watchers = new Map<string, number>();
  /** Symbols whose last watcher here has left. */
  readonly #left = new Set<string>();
  #timers: Timer[] = [];
  #flushing: Promise<void> = Promise.resolve();
  #busy = false;

  constructor(deps: { cache: Cache; clock: Clock; log: Log; gatewayId: string }) {
    this.#cache = deps.cache;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.gatewayId = deps.gatewayId;
  }

  start(): void {
    this.#beat();
    this.#timers = [
      this.#clock.setInterval(() => this.#flushSome(), FLUSH_MS),
      this.#clock.setInterval(() => this.#beat(), GATEWAY_BEAT_MS),
      this.#clock.setInterval(() => void this.sweep(), SWEEP_MS),
    ];
  }

  connected(connectionId: string, userId: string | undefined, connectedAt: number): void {
    const isLoggedIn = userId !== undefined;
    const info = { userId: userId ?? null, isLoggedIn, connectedAt };
    this.#strings.set(`ws:${connectionId}`, JSON.stringify(info));
    if (!isLoggedIn) return;
    this.#put(`user:${userId}:connections`, connectionId, true);
    this.#put(REALTIME, connectionId, true);
  }

  /** The login ended, the connection stays. */
  loggedOut(connectionId: string, userId: string, connectedAt: number): void {
    this.connected(connectionId, undefined, connectedAt);
    this.#put(`user:${userId}:connections`, connectionId, false);
    this.#put(REALTIME, connectionId, false);
  }

  disconnected(connectionId: string, userId: string | undefined): void {
    this.#strings.set(`ws:${connectionId}`, undefined);
    this.#strings.set(`conn:${connectionId}:main`, undefined);
    if (userId === undefined) return;
    this.#put(`user:${userId}:connections`, connectionId, false);
    this.#put(REALTIME, connectionId, false);
  }

  main(connectionId: string, symbol: string | undefined): void {
    this.#strings.set(`conn:${connectionId}:main`, symbol);
  }

  watching(connectionId: string, symbol: string, role: Role): void {
    this.#put(`symbol:${symbol}:${role}`, connectionId, true);
    const watchers = this.#watchers.get(symbol) ?? 0;
    this.#watchers.set(symbol, watchers + 1);
    if (watchers === 0) this.#put(SUBSCRIBED, symbol, true);
  }

  /** A symbol leaves `subscribed:symbols` once its sets are empty, those of other gateways included. */
  unwatching(connectionId: string, symbol: string, role: Role): void {
    this.#put(`symbol:${symbol}:${role}`, connectionId, false);
    const watchers = (this.#watchers.get(symbol) ?? 1) - 1;
    if (watchers > 0) {
      this.#watchers.set(symbol, watchers);
      return;
    }
    this.#watchers.delete(symbol);
    this.#left.add(symbol);
  }

  /** Writes everything that waits. */
  async flush(): Promise<void> {
    await this.#flushing;
    while (this.#strings.size + this.#members.size + this.#left.size > 0) await this.#write();
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    await this.flush();
    await this.#cache.delete(`gateway:${this.gatewayId}`).catch(() => undefined);
  }

  /** Removes connections of gateways that are gone, and symbols nobody watches any more. */
  async sweep(): Promise<void> {
    try {
      const alive = new Map<string, boolean>([[this.gatewayId, true]]);
      const sets = [REALTIME, ...(await this.#cache.keys('user:*:connections'))];
      for (const role of ['main', 'sub', 'subscribers']) sets.push(...(await this.#cache.keys(`symbol:*:${role}`)));
      const stale = new Set<string>();
      for (const key of sets) {
        const gone: string[] = [];
        for (const id of await this.#cache.setMembers(key)) if (!(await this.#lives(id, alive))) gone.push(id);
        if (gone.length > 0) await this.#cache.setRemove(key, ...gone);
        for (const id of gone) stale.add(id);
      }
      for (const id of stale) await this.#cache.delete(`ws:${id}`, `conn:${id}:main`);
      await this.#sweepSymbols(await this.#cache.setMembers(SUBSCRIBED));
    } catch (error) {
      this.#log.warn({ error: String(error) }, 'the sweep of stale connections failed; it runs again');
    }
  }

  async #sweepSymbols(symbols: Iterable<string>): Promise<void> {
    for (const symbol of symbols) {
      if (this.#watchers.has(symbol)) continue;
      const sets = (['main', 'sub', 'subscribers'] as const).map((role) =>
        this.#cache.setMembers(`symbol:${symbol}:${role}`),
      );
      const members = await Promise.all(sets);
      if (members.some((set) => set.length > 0)) continue;
      await this.#cache.setRemove(SUBSCRIBED, symbol);
      // Somebody here may have come while the cache was asked.
      if (this.#watchers.has(symbol)) this.#put(SUBSCRIBED, symbol, true);
    }
  }

  async #lives(connectionId: string, alive: Map<string, boolean>): Promise<boolean> {
    const gateway = connectionId.slice(0, connectionId.indexOf(SEPARATOR));
    let lives = alive.get(gateway);
    if (lives === undefined) {
      lives = (await this.#cache.get(`gateway:${gateway}`)) !== undefined;
      alive.set(gateway, lives);
    }
    return lives;
  }

  #put(set: string, member: string, present: boolean): void {
    const members = this.#members.get(set);
    if (members) members.set(member, present);
    else this.#members.set(set, new Map([[member, present]]));
  }

  #beat(): void {
    this.#cache
      .set(`gateway:${this.gatewayId}`, String(this.#clock.now()), { ttlSeconds: GATEWAY_TTL_SECONDS })
      .catch((error) => this.#log.warn({ error: String(error) }, 'the gateway could not say that it lives'));
  }

  #flushSome(): void {
    if (this.#busy || this.#strings.size + this.#members.size + this.#left.size === 0) return;
    this.#busy = true;
    this.#flushing = this.#write().finally(() => {
      this.#busy = false;
    });
  }

  /** A part that fails is dropped with a word in the log: these keys inform, nothing depends on them. */
  async #write(): Promise<void> {
    const work: Promise<unknown>[] = [];
    for (const [key, value] of this.#strings) {
      if (work.length >= COMMANDS_A_FLUSH) break;
      this.#strings.delete(key);
      if (value === undefined) work.push(this.#cache.delete(key));
      else work.push(this.#cache.set(key, value, { ttlSeconds: CONNECTION_TTL_SECONDS }));
    }
    for (const [set, members] of this.#members) {
      if (work.length >= COMMANDS_A_FLUSH) break;
      this.#members.delete(set);
      const present = [...members].filter(([, is]) => is).map(([member]) => member);
      const absent = [...members].filter(([, is]) => !is).map(([member]) => member);
      if (present.length > 0) work.push(this.#cache.setAdd(set, ...present));
      if (absent.length > 0) work.push(this.#cache.setRemove(set, ...absent));
    }
    const failed = (await Promise.allSettled(work)).find((result) => result.status === 'rejected');
    if (failed) this.#log.warn({ error: String(failed.reason) }, 'connection keys were not written');
    if (this.#left.size === 0 || this.#members.size > 0) return;
    const left = [...this.#left];
    this.#left.clear();
    await this.#sweepSymbols(left).catch(() => undefined);
  }
}
