import type { Side } from '../domain/order.ts';
import type { Random } from './random.ts';

/** An order of the generated flow that rests, as its owner sees it. */
export interface LiveOrder {
  /** Its name in the flow. */
  id: string;
  /** Its dense number in the book that the generator trades against; used again once the order is gone. */
  number: number;
  side: Side;
  price: number;
  remaining: number;
  /** Slices still to come of an iceberg; each comes back under the same id. */
  reloads: number;
}

/** The resting orders, with a cheap choice of a recent or of any one. */
export class LiveOrders {
  readonly #orders: LiveOrder[] = [];
  readonly #places = new Map<number, number>();
  readonly #ids = new Set<string>();
  readonly #free: number[] = [];
  #numbers = 0;

  get size(): number {
    return this.#orders.length;
  }

  get(number: number): LiveOrder | undefined {
    const place = this.#places.get(number);
    return place === undefined ? undefined : this.#orders[place];
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** A number that no live order has. */
  freeNumber(): number {
    return this.#free.pop() ?? this.#numbers++;
  }

  add(order: LiveOrder): void {
    this.#places.set(order.number, this.#orders.length);
    this.#orders.push(order);
    this.#ids.add(order.id);
  }

  remove(order: LiveOrder): void {
    const place = this.#places.get(order.number);
    const last = this.#orders.at(-1);
    if (place === undefined || last === undefined) return;
    this.#orders[place] = last;
    this.#places.set(last.number, place);
    this.#orders.pop();
    this.#places.delete(order.number);
    this.#ids.delete(order.id);
    this.#free.push(order.number);
  }

  /** Mostly one of the young (most orders that are touched at all are touched soon), sometimes any. */
  pick(random: Random): LiveOrder | undefined {
    const young = random.chance(0.7);
    const back = young ? Math.floor(random.exponential(40)) : random.int(this.size);
    return this.#orders[Math.max(0, this.size - 1 - back)];
  }
}
