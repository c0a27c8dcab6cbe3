import type { OrderRow, State } from '../memory/state.ts';

/** Orders that have ended and are written down: the most recent stay in memory, in a ring. */
export class RecentOrders {
  readonly #state: State;
  readonly #ring: (OrderRow | undefined)[];
  #next = 0;

  constructor(state: State, size: number) {
    this.#state = state;
    this.#ring = new Array<OrderRow | undefined>(size).fill(undefined);
  }

  /** Keeps an order, which will not change any more, and lets go of the oldest. */
  keep(order: OrderRow): void {
    const oldest = this.#ring[this.#next];
    this.#ring[this.#next] = order;
    this.#next = (this.#next + 1) % this.#ring.length;
    if (oldest !== undefined && oldest !== order && this.#state.orders.get(oldest.order_id) === oldest)
      this.#state.dropOrder(oldest);
  }
}
