import { Kind, type OrderBook, REPORT_WORDS, Report, SELL } from '../order-book.ts';

export type Fault = 'priority' | 'price' | 'quantity';

/** A book with one fault, to see that the comparison notices it. */
export class BrokenBook implements OrderBook {
  readonly #sound: OrderBook;
  readonly #fault: Fault;

  constructor(sound: OrderBook, fault: Fault) {
    this.#sound = sound;
    this.#fault = fault;
  }

  get reports(): Int32Array {
    return this.#sound.reports;
  }

  submit(id: number, side: 0 | 1, price: number, quantity: number, flags: number, owner: number, stp: number): number {
    const shifted = this.#fault === 'price' && side === SELL && price > 1 ? price - 1 : price;
    const count = this.#sound.submit(id, side, shifted, quantity, flags, owner, stp);
    // The fault stays out of sight until an order trades or is looked at.
    if (shifted !== price && this.reports[Report.KIND] === Kind.ADDED) this.reports[Report.PRICE] = price;
    return count;
  }

  cancel(id: number): number {
    return this.#sound.cancel(id);
  }

  replace(id: number, price: number, quantity: number): number {
    return this.#fault === 'priority'
      ? this.#sound.requeue(id, price, quantity)
      : this.#sound.replace(id, price, quantity);
  }

  requeue(id: number, price: number, quantity: number): number {
    const count = this.#sound.requeue(id, price, quantity);
    const traded = (count - 1) * REPORT_WORDS;
    if (this.#fault === 'quantity' && this.reports[traded + Report.KIND] === Kind.TRADE) {
      this.reports[traded + Report.QUANTITY]! += 1;
    }
    return count;
  }

  bestBid(): number {
    return this.#sound.bestBid();
  }

  bestAsk(): number {
    return this.#sound.bestAsk();
  }

  quantityAt(side: 0 | 1, price: number): number {
    return this.#sound.quantityAt(side, price);
  }

  depth(side: 0 | 1, levels: number): [price: number, quantity: number][] {
    return this.#sound.depth(side, levels);
  }

  openQuantity(id: number): number {
    return this.#sound.openQuantity(id);
  }

  get size(): number {
    return this.#sound.size;
  }

  snapshot(): Uint8Array {
    return this.#sound.snapshot();
  }

  restore(snapshot: Uint8Array): void {
    this.#sound.restore(snapshot);
  }

  stateHash(): string {
    return this.#sound.stateHash();
  }
}
