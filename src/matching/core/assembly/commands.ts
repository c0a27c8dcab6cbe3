// The four commands, each from a book and an order's terms to reports.
import { levelOf } from './ladder';
import { Book, Flag, Kind, Level, Order, Tag, Why } from './layout';
import { crosses, fillable, match } from './matching';
import { blockBytes, freeBlock, freeOrderSlot, takeBlock, takeOrder } from './memory';
import { dequeue, enqueue, idCell } from './queue';
import { refuse, report } from './reports';

// @ts-ignore: decorator
@inline
export function submitOrder(book: u32, id: u32, price: u32, quantity: u32, tag: u32, flags: u32): void {
  if (id >= load<u32>(book, Book.ID_CAPACITY)) growIds(book, id);
  const cell = load<u32>(book, Book.IDS) + (id << 2);
  if (load<u32>(cell) != 0) return refuse(id, Why.UNKNOWN_ID);
  const side = tag & Tag.SIDE;
  if (flags > Flag.IOC) {
    const why = objection(book, side, price, quantity, tag, flags);
    if (why != Why.NONE) return refuse(id, why);
  }
  report(Kind.ADDED, id, side, price, quantity, 0, 0, Why.NONE);
  const left = match(book, id, side, price, quantity, tag);
  if (left == 0) return;
  if (flags & Flag.IOC) return report(Kind.ENDED, id, side, price, left, 0, 0, Why.IOC_REMAINDER);
  const order = takeOrder();
  store<u32>(cell, order);
  store<u32>(order, left, Order.QUANTITY);
  store<u32>(order, price, Order.PRICE);
  store<u32>(order, tag, Order.TAG);
  store<u32>(order, id, Order.ID);
  store<u32>(book, load<u32>(book, Book.SIZE) + 1, Book.SIZE);
  enqueue(book, order, side, price, left);
}

/** Why a post-only or fill-or-kill order may not enter; NONE when it may. */
function objection(book: u32, side: u32, price: u32, quantity: u32, tag: u32, flags: u32): u32 {
  if (flags & Flag.POST_ONLY && crosses(book, side, price)) return Why.WOULD_TAKE;
  if (flags & Flag.FOK && !fillable(book, side, price, quantity, tag)) return Why.NOT_FILLABLE;
  return Why.NONE;
}

/** The order with this id, or 0. */
// @ts-ignore: decorator
@inline
export function find(book: u32, id: u32): u32 {
  const cell = idCell(book, id);
  return cell == 0 ? 0 : load<u32>(cell);
}

// @ts-ignore: decorator
@inline
export function cancelOrder(book: u32, id: u32): void {
  const order = find(book, id);
  if (order == 0) return refuse(id, Why.UNKNOWN_ID);
  const side = load<u32>(order, Order.TAG) & Tag.SIDE;
  report(Kind.ENDED, id, side, load<u32>(order, Order.PRICE), load<u32>(order, Order.QUANTITY), 0, 0, Why.BY_REQUEST);
  dequeue(book, order);
  forget(book, order, id);
}

/** Gives back an order that has left its queue, and its id. */
// @ts-ignore: decorator
@inline
export function forget(book: u32, order: u32, id: u32): void {
  store<u32>(load<u32>(book, Book.IDS) + (id << 2), 0);
  store<u32>(book, load<u32>(book, Book.SIZE) - 1, Book.SIZE);
  freeOrderSlot(order);
}

export function replaceOrder(book: u32, id: u32, price: u32, quantity: u32): void {
  const order = find(book, id);
  if (order == 0) return refuse(id, Why.UNKNOWN_ID);
  const open = load<u32>(order, Order.QUANTITY);
  if (load<u32>(order, Order.PRICE) != price || quantity > open) return requeueOrder(book, id, price, quantity);
  const level = levelOf(load<u32>(order, Order.PAGE), price);
  store<u64>(level, load<u64>(level, Level.QUANTITY) - <u64>(open - quantity), Level.QUANTITY);
  store<u32>(order, quantity, Order.QUANTITY);
  report(Kind.REPLACED, id, load<u32>(order, Order.TAG) & Tag.SIDE, price, quantity, 0, 0, Why.NONE);
}

export function requeueOrder(book: u32, id: u32, price: u32, quantity: u32): void {
  const order = find(book, id);
  if (order == 0) return refuse(id, Why.UNKNOWN_ID);
  const tag = load<u32>(order, Order.TAG);
  const side = tag & Tag.SIDE;
  if (tag & Tag.POST_ONLY && crosses(book, side, price)) return refuse(id, Why.WOULD_TAKE);
  dequeue(book, order);
  report(Kind.REPLACED, id, side, price, quantity, 0, 0, Why.NONE);
  const left = match(book, id, side, price, quantity, tag);
  if (left == 0) return forget(book, order, id);
  store<u32>(order, left, Order.QUANTITY);
  store<u32>(order, price, Order.PRICE);
  enqueue(book, order, side, price, left);
}

/** Makes room for `id`: the table doubles, so that growing costs little per id. */
export function growIds(book: u32, id: u32): void {
  const bytes = load<u32>(book, Book.ID_CAPACITY) << 2;
  const larger: u32 = blockBytes(max<u32>(bytes * 2, (id + 1) << 2));
  const table = takeBlock(larger);
  if (bytes != 0) {
    memory.copy(table, load<u32>(book, Book.IDS), bytes);
    freeBlock(load<u32>(book, Book.IDS), bytes);
  }
  store<u32>(book, table, Book.IDS);
  store<u32>(book, larger >> 2, Book.ID_CAPACITY);
}
