import type { EngineOrder } from './engine-order.ts';

const MAX_SEGMENT = 1_024;

/** A run of orders that have gone. Once full it never changes, so that its bytes in a snapshot are made only once. */
export interface GoneSegment {
  readonly orders: EngineOrder[];
  bytes: Uint8Array | undefined;
}

/**
 * The orders that have gone most recently, first in, first out: at least `window` of them, forgotten a segment at a time. Where
 * segments begin is part of the state; it follows from the orders alone, since the oldest one is always the first of its segment.
 */
export class GoneOrders {
  readonly #window: number;
  readonly #segmentLength: number;
  readonly #segments: GoneSegment[] = [];
  #length = 0;

  constructor(window: number) {
    this.#window = window;
    this.#segmentLength = Math.max(1, Math.min(MAX_SEGMENT, window >> 4));
  }

  get length(): number {
    return this.#length;
  }

  /** Oldest first. */
  get segments(): readonly GoneSegment[] {
    return this.#segments;
  }

  isFull(segment: GoneSegment): boolean {
    return segment.orders.length === this.#segmentLength;
  }

  /** Remembers an order; gives the ones that are forgotten for it. */
  push(order: EngineOrder): readonly EngineOrder[] {
    const newest = this.#segments.at(-1);
    if (newest === undefined || this.isFull(newest)) this.#segments.push({ orders: [order], bytes: undefined });
    else newest.orders.push(order);
    this.#length += 1;
    if (this.#length - this.#segmentLength < this.#window) return [];
    this.#length -= this.#segmentLength;
    return this.#segments.shift()?.orders ?? [];
  }
}
