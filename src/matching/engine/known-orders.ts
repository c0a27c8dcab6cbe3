import type { OrderStatus } from '../../domain/order.ts';
import { DenseIds } from './dense-ids.ts';
import type { EngineOrder, Owner } from './engine-order.ts';
import { GoneOrders } from './gone-orders.ts';
import { IdTable } from './id-table.ts';

/** Ids of orders that have gone are remembered at least this long, counted in orders of the symbol. */
export const RECENT_ORDERS = 65_536;

/**
 * The orders of one symbol by id: the live ones, each with its number in the book, and a first-in-first-out window of those
 * that have gone most recently. Users with live orders have numbers too. Everything here is part of the state.
 */
export class KnownOrders {
  readonly bookIds: DenseIds;
  readonly ownerNumbers: DenseIds;
  readonly owners = new IdTable<Owner>();
  readonly #byId = new IdTable<EngineOrder>();
  readonly #live: (EngineOrder | undefined)[] = [];
  readonly gone: GoneOrders;

  constructor(window = RECENT_ORDERS, bookIds = new DenseIds(), ownerNumbers = new DenseIds()) {
    this.gone = new GoneOrders(window);
    this.bookIds = bookIds;
    this.ownerNumbers = ownerNumbers;
  }

  /** Live, or gone recently. */
  find(orderId: string): EngineOrder | undefined {
    return this.#byId.get(orderId);
  }

  /** The live order that the book knows by this number. */
  at(bookId: number): EngineOrder {
    const order = this.#live[bookId];
    if (order === undefined) throw new Error(`the book speaks of order ${bookId}, which is not live`);
    return order;
  }

  /** Makes an order live: from now on the book may speak of it. */
  enter(order: EngineOrder, entered: number): void {
    const owner = this.owners.get(order.userId) ?? this.#addOwner(order.userId, this.ownerNumbers.take());
    this.#place(order, owner, this.bookIds.take(), entered);
  }

  /** Puts back an order of a snapshot. Orders of one owner come in their order of entry. */
  restoreLive(order: EngineOrder, ownerNumber: number, bookId: number, entered: number): void {
    const owner = this.owners.get(order.userId) ?? this.#addOwner(order.userId, ownerNumber);
    this.#place(order, owner, bookId, entered);
  }

  #addOwner(userId: string, number: number): Owner {
    const owner: Owner = { userId, number, first: null, last: null };
    this.owners.set(userId, owner);
    return owner;
  }

  #place(order: EngineOrder, owner: Owner, bookId: number, entered: number): void {
    order.bookId = bookId;
    order.entered = entered;
    order.owner = owner;
    order.userId = owner.userId;
    order.previousOfOwner = owner.last;
    if (owner.last === null) owner.first = order;
    else owner.last.nextOfOwner = order;
    owner.last = order;
    this.#live[bookId] = order;
    this.#byId.set(order.orderId, order);
  }

  /** A live order is final: its numbers are free again, its id stays known for a while. */
  leave(order: EngineOrder, status: OrderStatus): void {
    this.#live[order.bookId] = undefined;
    this.bookIds.give(order.bookId);
    order.bookId = -1;
    this.#leaveOwner(order);
    order.open = 0;
    order.status = status;
    this.#rememberGone(order);
  }

  #leaveOwner(order: EngineOrder): void {
    const { owner, previousOfOwner: previous, nextOfOwner: next } = order;
    if (owner === null) throw new Error(`live order ${order.orderId} has no owner`);
    if (previous === null) owner.first = next;
    else previous.nextOfOwner = next;
    if (next === null) owner.last = previous;
    else next.previousOfOwner = previous;
    order.owner = null;
    order.previousOfOwner = null;
    order.nextOfOwner = null;
    if (owner.first !== null) return;
    this.owners.delete(owner.userId);
    this.ownerNumbers.give(owner.number);
  }

  /** Remembers an order that never was live, or no longer is. */
  remember(order: EngineOrder, status: OrderStatus): void {
    order.open = 0;
    order.status = status;
    this.#byId.set(order.orderId, order);
    this.#rememberGone(order);
  }

  #rememberGone(order: EngineOrder): void {
    for (const forgotten of this.gone.push(order)) this.#byId.delete(forgotten.orderId);
  }

  get liveCount(): number {
    return this.bookIds.next - this.bookIds.free.length;
  }

  /** Live orders in order of entry. */
  live(): EngineOrder[] {
    return this.#live.filter((order) => order !== undefined).sort((a, b) => a.entered - b.entered);
  }

  /** A user's live orders in order of entry. */
  ofUser(userId: string): EngineOrder[] {
    const orders: EngineOrder[] = [];
    for (let order = this.owners.get(userId)?.first ?? null; order !== null; order = order.nextOfOwner)
      orders.push(order);
    return orders;
  }
}
