import { setTimeout as sleep } from 'node:timers/promises';
import { formatDecimal } from '../../../../domain/money.ts';
import type { BookRow, InboundRow } from '../../../../flow/rows.ts';
import { CommandError } from '../command.ts';
import type { Attribution } from './attribution.ts';
import type { Answer, Caller, OrderedRest } from './rest.ts';

/** What the player needs to know about the market it plays in. */
export interface PlayedMarket {
  symbol: string;
  price_decimals: number;
  users: readonly Caller[];
}

interface Current {
  user: Caller;
  /** Resolves with the exchange's order id once acknowledged, with undefined when the order was refused. */
  order_id: Promise<string | undefined>;
  known: string | undefined;
}

/** Requests on their way at most; past it the player waits for the oldest. */
export const WINDOW = 128;

/**
 * Plays recorded rows as clients would: new orders, cancels and replaces over HTTP, in exactly the recorded order of arrival.
 * It waits only where it must: for the order id of an order it cancels or replaces, and for the window.
 */
export class Player {
  readonly #rest: OrderedRest;
  readonly #market: PlayedMarket;
  readonly #attribution: Attribution;
  readonly #current = new Map<string, Current>();
  readonly #flying = new Set<Promise<void>>();
  #failed: unknown;
  acknowledged = 0;
  /** Requests the exchange refused, by code. */
  readonly refused = new Map<string, number>();
  readonly ack_ms: number[] = [];

  constructor(rest: OrderedRest, market: PlayedMarket, attribution: Attribution) {
    this.#rest = rest;
    this.#market = market;
    this.#attribution = attribution;
  }

  async open(row: BookRow): Promise<void> {
    await this.#place(-1, row, 'GTC');
  }

  async play(row: InboundRow): Promise<void> {
    if (row.action === 'new') return this.#place(row.idx, row, row.tif === 'IOC' ? 'IOC' : 'GTC');
    const current = this.#current.get(row.order_id);
    const orderId = current === undefined ? undefined : (current.known ?? (await current.order_id));
    if (current === undefined || orderId === undefined) {
      this.#refuse('NOT_PLACED');
      return undefined;
    }
    const path = `/orders/${encodeURIComponent(orderId)}`;
    if (row.action === 'cancel') return this.#send(this.#rest.ask('DELETE', path, current.user, {}), () => {});
    const body = { price: this.#human(row.price), remaining: row.quantity };
    return this.#send(this.#rest.ask('PATCH', path, current.user, body), (answer) => {
      this.#attribution.replaced(orderId, { idx: row.idx, sent_ms: answer.asked_ms });
    });
  }

  /** Resolves when every request is answered. */
  async drain(): Promise<void> {
    while (this.#flying.size > 0) await Promise.all(this.#flying);
    if (this.#failed !== undefined) throw this.#failed;
  }

  async #place(idx: number, row: BookRow | InboundRow, tif: 'GTC' | 'IOC'): Promise<void> {
    const user = this.#userOf(row.order_id);
    const answered = this.#rest.ask('POST', '/orders', user, {
      symbol: this.#market.symbol,
      side: row.side,
      order_type: 'LIMIT',
      price: this.#human(row.price),
      quantity: row.quantity,
      time_in_force: tif,
      stp: 'NONE',
    });
    const current: Current = { user, known: undefined, order_id: answered.then(orderIdOf, () => undefined) };
    this.#current.set(row.order_id, current);
    await this.#send(answered, (answer) => {
      const orderId = orderIdOf(answer);
      if (orderId === undefined) throw new CommandError('The exchange accepted an order without telling its id.');
      current.known = orderId;
      this.#attribution.placed(orderId, row.order_id, { idx, sent_ms: answer.asked_ms });
    });
  }

  async #send(answered: Promise<Answer>, onAccepted: (answer: Answer) => void): Promise<void> {
    const done = answered.then((answer) => {
      this.ack_ms.push(answer.answered_ms - answer.asked_ms);
      if (answer.status === 200) {
        this.acknowledged += 1;
        onAccepted(answer);
      } else this.#refuse(String(answer.body.code));
    });
    const flying: Promise<void> = done
      .catch((error) => {
        this.#failed ??= error;
      })
      .finally(() => this.#flying.delete(flying));
    this.#flying.add(flying);
    while (this.#flying.size >= WINDOW) await Promise.race(this.#flying);
    if (this.#failed !== undefined) throw this.#failed;
  }

  #refuse(code: string): void {
    this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
    if (code === 'RATE_LIMITED' || code === 'OVERLOADED') {
      throw new CommandError(
        `The exchange answers ${code}: start it with RATE_LIMIT_IP_RPM=0 to replay at this speed.`,
      );
    }
  }

  /** One account for an order and for every later order under its id. */
  #userOf(csvId: string): Caller {
    const { users } = this.#market;
    let sum = 0;
    for (const char of csvId) sum = (sum * 31 + char.charCodeAt(0)) % 1_000_003;
    const user = users[sum % users.length];
    if (user === undefined) throw new Error('a replay needs accounts');
    return user;
  }

  #human(price: number): string {
    return formatDecimal(price, this.#market.price_decimals);
  }
}

function orderIdOf({ status, body }: Answer): string | undefined {
  return status === 200 && typeof body.order_id === 'string' ? body.order_id : undefined;
}

/** Waits until `moment` (performance.now() ms); moments that have passed cost nothing. */
export async function waitUntil(moment: number): Promise<void> {
  const ms = moment - performance.now();
  if (ms > 1) await sleep(ms);
}
