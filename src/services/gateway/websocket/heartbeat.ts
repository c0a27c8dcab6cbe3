import type { Clock, Timer } from '../../../ports/clock.ts';
import type { Connection } from './connection.ts';
import { LIMITS } from './limits.ts';

/** Small shares: thousands of pings at once would hold up the ticks. */
const SHARE_MS = 50;
/** A round takes half a heartbeat, and a connection is pinged in the round in which it is due. */
const ROUND_SHARES = LIMITS.heartbeatMs / 2 / SHARE_MS;
const DUE_MS = LIMITS.heartbeatMs * 0.75;
/** A process in which so long nothing ran was frozen: it could ask nobody and hear nobody. */
const FROZEN_MS = 5_000;

/**
 * Pings every connection about once a heartbeat, and gives up those that were silent for two. The silence of a process that stood
 * still itself does not count.
 */
export class Heartbeat {
  readonly #connections: ReadonlyMap<string, Connection>;
  readonly #clock: Clock;
  readonly #onVisit: (connection: Connection) => void;
  readonly #onSilent: (connection: Connection) => void;
  readonly #timer: Timer;
  /** Where the round stands. */
  #round: Iterator<Connection> | undefined;
  /** Monotonic ms of the last share, and since when the process runs without standing still. */
  #wentOnAt: number;
  #awakeSince: number;

  /** `onVisit`: called for every connection once a round, when it is alive. */
  constructor(deps: {
    connections: ReadonlyMap<string, Connection>;
    clock: Clock;
    onVisit: (connection: Connection) => void;
    onSilent: (connection: Connection) => void;
  }) {
    this.#connections = deps.connections;
    this.#clock = deps.clock;
    this.#onVisit = deps.onVisit;
    this.#onSilent = deps.onSilent;
    this.#wentOnAt = deps.clock.monotonic();
    this.#awakeSince = this.#wentOnAt;
    this.#timer = deps.clock.setInterval(() => this.#goOn(), SHARE_MS);
  }

  close(): void {
    this.#timer.cancel();
  }

  #goOn(): void {
    const now = this.#clock.monotonic();
    if (now - this.#wentOnAt > FROZEN_MS) this.#awakeSince = now;
    this.#wentOnAt = now;
    for (let left = Math.ceil(this.#connections.size / ROUND_SHARES); left > 0; left--) {
      this.#round ??= this.#connections.values();
      const { value: connection, done } = this.#round.next();
      if (done) this.#round = undefined;
      else this.#visit(connection, now);
    }
  }

  #visit(connection: Connection, now: number): void {
    if (now - Math.max(connection.seenAt, this.#awakeSince) > 2 * LIMITS.heartbeatMs) {
      this.#onSilent(connection);
      return;
    }
    if (now - connection.pingedAt > DUE_MS) connection.ping(now);
    this.#onVisit(connection);
  }
}
