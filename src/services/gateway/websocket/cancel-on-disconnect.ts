import type { Cache } from '../../../ports/cache.ts';
import type { Clock, Timer } from '../../../ports/clock.ts';
import type { Log } from '../../../ports/log.ts';
import type { OrderRouter } from '../../order-router/types.ts';

const TTL_SECONDS = 24 * 3600;
const RETRIES_MAX = 5;
const RETRY_MS = 500;

/**
 * Cancels a user's orders when the connection that asked for it is lost. `cod:USER` in the cache names that connection, so
 * that a user who comes back on another gateway and asks again in time calls it off there too. Who comes back to this one
 * does so even where the cache has been wiped since.
 */
export class CancelOnDisconnect {
  readonly #router: Pick<OrderRouter, 'massCancel'>;
  readonly #cache: Cache;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #timers = new Set<Timer>();
  #closed = false;
  /** By user, the connection to this gateway that asked last, until its loss has been dealt with. */
  readonly #newest = new Map<string, string>();

  constructor(deps: { router: Pick<OrderRouter, 'massCancel'>; cache: Cache; clock: Clock; log: Log }) {
    this.#router = deps.router;
    this.#cache = deps.cache;
    this.#clock = deps.clock;
    this.#log = deps.log;
  }

  /** From now on the loss of this connection counts, and that of an earlier one no longer does. */
  async arm(userId: string, connectionId: string): Promise<void> {
    await this.#cache.set(`cod:${userId}`, connectionId, { ttlSeconds: TTL_SECONDS });
    this.#newest.set(userId, connectionId);
  }

  async disarm(userId: string): Promise<void> {
    await this.#cache.set(`cod:${userId}`, 'off', { ttlSeconds: TTL_SECONDS });
    this.#newest.delete(userId);
  }

  lost(userId: string, connectionId: string, afterMs: number): void {
    const timer = this.#clock.setTimeout(() => {
      this.#timers.delete(timer);
      void this.#cancel(userId, connectionId).finally(() => {
        if (this.#newest.get(userId) === connectionId) this.#newest.delete(userId);
      });
    }, afterMs);
    this.#timers.add(timer);
  }

  /** The gateway stops: its own shutdown is no client's disconnect. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  async #cancel(userId: string, connectionId: string): Promise<void> {
    for (let attempt = 1; attempt <= RETRIES_MAX && !this.#closed; attempt++) {
      try {
        if (await this.#isCalledOff(userId, connectionId)) return;
        const { symbols } = await this.#router.massCancel(userId);
        this.#log.info({ user_id: userId, symbols }, 'orders cancelled: their owner is disconnected');
        return;
      } catch (error) {
        this.#log.warn({ user_id: userId, attempt, error: String(error) }, 'cancel on disconnect failed');
        await this.#clock.sleep(RETRY_MS * attempt);
      }
    }
  }

  async #isCalledOff(userId: string, connectionId: string): Promise<boolean> {
    // A cache that lost the entry is no reason to leave orders in the book.
    const armed = await this.#cache.get(`cod:${userId}`).catch(() => undefined);
    if (armed !== undefined && armed !== connectionId) return true;
    return this.#newest.get(userId) !== connectionId;
  }
}
