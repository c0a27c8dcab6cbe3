import type { Histogram } from 'hdr-histogram-js';
import { WebSocket } from 'ws';
import { type FillMessage, StreamClient } from '../../client/src/index.ts';

const PATIENCE_MS = 10_000;

/**
 * A session for each account: counts private messages and measures from a crossing order to its own first FILL. The client
 * hands each message over once, in order; a gap or a lost connection, which it would mend, is a fault here.
 */
export class FillSockets {
  readonly #sessions: StreamClient[] = [];
  readonly #latencies: Histogram;
  /** Crossing orders whose FILL is awaited: when they were due. */
  readonly #expected = new Map<string, number>();
  /** FILLs that came before the acknowledgement that names their order. */
  readonly #early = new Map<string, number>();
  statuses = 0;
  fills = 0;
  lastMs = 0;
  readonly faults: string[] = [];

  /** @param latencies in microseconds */
  constructor(latencies: Histogram) {
    this.#latencies = latencies;
  }

  async open(url: string, users: readonly string[]): Promise<void> {
    for (const user of users) {
      const session = new StreamClient({
        url,
        credentials: { testUserId: user },
        // Less work a message than Node's own WebSocket: the load generator shares two cores with the exchange.
        socket: (address) => new WebSocket(address, { perMessageDeflate: false, skipUTF8Validation: true }),
        onPrivate: (message) => {
          this.lastMs = performance.now();
          if (message.type === 'FILL') this.#onFill(message);
          else this.statuses += 1;
        },
        onGap: (from, to) => this.faults.push(`${user} missed private messages ${from} to ${to}`),
        onState: (state) => {
          if (state === 'waiting') this.faults.push(`the session of ${user} was lost`);
        },
      });
      session.open();
      await opened(session, user);
      this.#sessions.push(session);
    }
  }

  expectFill(orderId: string, dueMs: number): void {
    const early = this.#early.get(orderId);
    if (early === undefined) this.#expected.set(orderId, dueMs);
    else {
      this.#early.delete(orderId);
      this.#record(early - dueMs);
    }
  }

  reset(): void {
    this.statuses = 0;
    this.fills = 0;
    this.#latencies.reset();
  }

  close(): void {
    for (const session of this.#sessions) session.close();
  }

  #onFill({ data: { order_id: orderId } }: FillMessage): void {
    this.fills += 1;
    const due = this.#expected.get(orderId);
    if (due !== undefined) {
      this.#expected.delete(orderId);
      this.#record(this.lastMs - due);
    } else if (!this.#early.has(orderId)) this.#early.set(orderId, this.lastMs);
  }

  #record(ms: number): void {
    this.#latencies.recordValue(Math.max(1, Math.round(ms * 1000)));
  }
}

async function opened(session: StreamClient, user: string): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (session.state !== 'open') {
    if (performance.now() > end) throw new Error(`no session for ${user}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
