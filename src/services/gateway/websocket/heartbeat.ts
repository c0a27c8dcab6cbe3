import type { Clock, Timer } from '../../../ports/clock.ts';
import type { Connection } from './connection.ts';
import { LIMITS } from './limits.ts';

/** Small shares: thousands of pings at once would hold up the ticks. */
const SHARE_MS = 50;
/** A round takes half a heartbeat, and a connection is pinged in the round in which it is due. */
const ROUND_SHARES = LIMITS.heartbeatMs / 2 / SHARE_MS;
const DUE_MS = LIMITS.heartbeatMs * 0.75;

/** Pings every connection about once a heartbeat, and gives up those that were silent for two. */
export class Heartbeat {
  readonly #connections: ReadonlyMap<string, Connection>;
  readonly #clock: Clock;
  readonly #onVisit: (connection: Connection) => void;
  readonly #onSilent: (connection: Connection) => void;
  readonly #timer: Timer;
  /** Where the round stands. */
  #round: Iterator<Connection> | undefined;

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
    this.#timer = deps.clock.setInterval(() => this.#goOn(), SHARE_MS);
  }

  close(): void {
    this.#timer.cancel();
  }

  #goOn(): void {
    const now = this.#clock.monotonic();
    for (let left = Math.ceil(this.#connections.size / ROUND_SHARES); left > 0; left--) {
      this.#round ??= this.#connections.values();
      const { value: connection, done } = this.#round.next();
      if (done) this.#round = undefined;
      else this.#visit(connection, now);
    }
  }

  #visit(connection: Connection, now: number): void {
    if (now - connection.seenAt > 2 * LIMITS.heartbeatMs) {
      this.#onSilent(connection);
      return;
    }
    if (now - connection.pingedAt > DUE_MS) connection.ping(now);
    this.#onVisit(connection);
  }
}
