// A level's queue: a doubly linked list of orders, so that a cancel takes one out of the middle without a search.
import { Book, Level, Order, Tag } from './layout';
import { closeLevel, levelOf, openLevel, pageFor } from './ladder';

/** Puts an order, with its price, quantity and tag already in place, at the back of its level's queue. */
// @ts-ignore: decorator
@inline
export function enqueue(book: u32, order: u32, side: u32, price: u32, quantity: u32): void {
  const page = pageFor(book, price);
  const level = levelOf(page, price);
  const tail = load<u32>(level, Level.TAIL);
  store<u32>(order, page, Order.PAGE);
  store<u32>(order, 0, Order.NEXT);
  store<u32>(order, tail, Order.PREVIOUS);
  store<u32>(level, order, Level.TAIL);
  store<u64>(level, load<u64>(level, Level.QUANTITY) + <u64>quantity, Level.QUANTITY);
  if (tail != 0) {
    store<u32>(tail, order, Order.NEXT);
  } else {
    store<u32>(level, order, Level.HEAD);
    openLevel(book, side, page, price);
  }
}

/** Takes an order out of its queue. The order keeps its other fields. */
// @ts-ignore: decorator
@inline
export function dequeue(book: u32, order: u32): void {
  const price = load<u32>(order, Order.PRICE);
  const page = load<u32>(order, Order.PAGE);
  const level = levelOf(page, price);
  const next = load<u32>(order, Order.NEXT);
  const previous = load<u32>(order, Order.PREVIOUS);
  if ((next | previous) == 0) {
    closeLevel(book, load<u32>(order, Order.TAG) & Tag.SIDE, page, price);
    return;
  }
  store<u64>(level, load<u64>(level, Level.QUANTITY) - <u64>load<u32>(order, Order.QUANTITY), Level.QUANTITY);
  store<u32>(next != 0 ? next + Order.PREVIOUS : level + Level.TAIL, previous);
  store<u32>(previous != 0 ? previous + Order.NEXT : level + Level.HEAD, next);
}

/** The word that holds the address of the order with this id; 0 when the id is beyond the table. */
// @ts-ignore: decorator
@inline
export function idCell(book: u32, id: u32): u32 {
  return id < load<u32>(book, Book.ID_CAPACITY) ? load<u32>(book, Book.IDS) + (id << 2) : 0;
}
