import { once } from 'node:events';
import type { Histogram } from 'hdr-histogram-js';
import { WebSocket } from 'ws';

const FILL = '{"type":"FILL"';
const ORDER_ID = '"order_id":"';

/** A socket for each account: counts private messages and measures from a crossing order to its own first FILL. */
export class FillSockets {
  readonly #sockets: WebSocket[] = [];
  readonly #latencies: Histogram;
  /** Crossing orders whose FILL is awaited: when they were due. */
  readonly #expected = new Map<string, number>();
  /** FILLs that came before the acknowledgement that names their order. */
  readonly #early = new Map<string, number>();
  #closing = false;
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
      const socket = new WebSocket(`${url.replace('http', 'ws')}/ws?testMode=true&userId=${user}`, {
        perMessageDeflate: false,
        skipUTF8Validation: true,
      });
      socket.on('message', (data) => this.#take(String(data)));
      socket.on('close', (code) => {
        if (!this.#closing) this.faults.push(`the socket of ${user} closed with code ${code}`);
      });
      await once(socket, 'open');
      this.#sockets.push(socket);
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
    this.#closing = true;
    for (const socket of this.#sockets) socket.terminate();
  }

  #take(text: string): void {
    this.lastMs = performance.now();
    if (!text.startsWith(FILL)) {
      if (text.startsWith('{"type":"ORDER_STATUS"')) this.statuses += 1;
      return;
    }
    this.fills += 1;
    const at = text.indexOf(ORDER_ID) + ORDER_ID.length;
    const orderId = text.slice(at, text.indexOf('"', at));
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
