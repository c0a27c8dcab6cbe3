import type { OrderStatus } from '../../domain/order.ts';
import type { AddRecord } from '../../domain/records.ts';
import { SnapshotError } from '../order-book.ts';
import { DenseIds } from './dense-ids.ts';
import { IdIndex } from './id-index.ts';
import { LEAST_PACKED_WORDS, OrderSlab, packedWords } from './order-slab.ts';
import { Users } from './users.ts';

/** Ids of orders that have gone are remembered at least this long, counted in orders of the symbol. */
export const RECENT_ORDERS = 65_536;

/** The gone orders: the one to be forgotten next, the newest, and how many there are. Handles, -1 for none. */
export interface GoneList {
  oldest: number;
  newest: number;
  length: number;
}

/**
 * The orders of one symbol by id: the live ones, and a first-in-first-out window of those that have gone most recently. An order
 * keeps its handle, under which the book knows it, until it is forgotten. Everything here is part of the state.
 */
export class KnownOrders {
  readonly slab = new OrderSlab();
  readonly handles: DenseIds;
  readonly users: Users;
  readonly gone: GoneList = { oldest: -1, newest: -1, length: 0 };
  readonly #index = new IdIndex(this.slab);
  readonly #window: number;

  constructor(window = RECENT_ORDERS, handles = new DenseIds(), users = new Users()) {
    this.#window = Math.max(1, window);
    this.handles = handles;
    this.users = users;
  }

  /** The order of this id, live or gone recently; -1 for none. */
  find(orderId: string): number {
    return this.#index.find(orderId);
  }

  userId(handle: number): string {
    return this.users.name(this.slab.user(handle));
  }

  /** Makes an order live: from now on the book may speak of it. Its id must not be known. */
  enter(record: AddRecord, entered: number): number {
    const { slab, users } = this;
    const handle = this.#write(record);
    slab.setStatus(handle, 'PENDING', true);
    slab.setEntered(handle, entered);
    const user = slab.user(handle);
    const last = users.last(user);
    slab.setPrevious(handle, last);
    if (last < 0) users.setFirst(user, handle);
    else slab.setNext(last, handle);
    users.setLast(user, handle);
    return handle;
  }

  #write(record: AddRecord): number {
    const handle = this.handles.take();
    const hash = this.#index.hash(record.order_id);
    this.slab.write(handle, record, hash, this.users.hold(record.user_id));
    this.#index.add(hash, handle);
    return handle;
  }

  /** A live order is final: its id stays known for a while. */
  leave(handle: number, status: OrderStatus): void {
    const { slab, users } = this;
    if (!slab.isLive(handle)) throw new Error(`order ${handle} is not live`);
    const user = slab.user(handle);
    const previous = slab.previous(handle);
    const next = slab.next(handle);
    if (previous < 0) users.setFirst(user, next);
    else slab.setNext(previous, next);
    if (next < 0) users.setLast(user, previous);
    else slab.setPrevious(next, previous);
    this.#rememberGone(handle, status);
  }

  /** Remembers an order that was refused before it could be live. Its id must not be known. */
  remember(record: AddRecord, status: OrderStatus): number {
    const handle = this.#write(record);
    this.#rememberGone(handle, status);
    return handle;
  }

  #rememberGone(handle: number, status: OrderStatus): void {
    const { slab, gone } = this;
    slab.setOpen(handle, 0);
    slab.setStatus(handle, status, false);
    slab.setPrevious(handle, -1);
    slab.setNext(handle, -1);
    if (gone.newest < 0) gone.oldest = handle;
    else slab.setNext(gone.newest, handle);
    gone.newest = handle;
    gone.length += 1;
    if (gone.length > this.#window) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const { slab, gone } = this;
    const handle = gone.oldest;
    gone.oldest = slab.next(handle);
    gone.length -= 1;
    this.#index.remove(slab.hash(handle), handle);
    this.users.release(slab.user(handle));
    slab.forget(handle);
    this.handles.give(handle);
  }

  /** Puts back `count` orders that were packed behind one another (order-slab.ts). Gives the end of the last. Throws SnapshotError. */
  restore(packed: Int32Array, from: number, count: number): number {
    const isPossible = count * LEAST_PACKED_WORDS <= packed.length - from;
    if (!isPossible || this.handles.next !== this.handles.free.length + count) {
      throw new SnapshotError('Orders of the snapshot are missing.');
    }
    this.slab.reserve(this.handles.next);
    this.#index.reserve(count);
    let at = from;
    for (let i = 0; i < count; i += 1) {
      const handle = this.slab.unpack(packed, at);
      this.#index.add(this.slab.hash(handle), handle);
      at += packedWords(packed, at);
    }
    return at;
  }

  /** Orders known, live and gone. */
  get size(): number {
    return this.#index.size;
  }

  get liveCount(): number {
    return this.size - this.gone.length;
  }

  /** Live orders that `wanted` says yes to, in order of entry. */
  live(wanted: (handle: number) => boolean): number[] {
    const { slab } = this;
    const found: number[] = [];
    for (let handle = 0; handle < this.handles.next; handle += 1) {
      if (slab.isLive(handle) && wanted(handle)) found.push(handle);
    }
    return found.sort((a, b) => slab.entered(a) - slab.entered(b));
  }

  /** A user's live orders in order of entry. */
  ofUser(userId: string): number[] {
    const user = this.users.find(userId);
    const found: number[] = [];
    if (user < 0) return found;
    for (let handle = this.users.first(user); handle >= 0; handle = this.slab.next(handle)) found.push(handle);
    return found;
  }
}
