// What the module offers. Addresses of books are opaque to the caller; everything else is in units of order-book.ts.
import { Book, Level, NO_ASK, Order, SELL, Tag } from './layout';
import { cancelOrder, find, growIds, replaceOrder, requeueOrder, submitOrder } from './commands';
import { above, below, bestPage, bestPrice, findPage, foundPage, levelOf } from './ladder';
import { begin, enterRing, leaveRing, written } from './reports';
import { runBlocks } from './batch';

export { adoptBook, close, damage, open, readSnapshot, snapshotBytes, writeSnapshot } from './snapshot';
export { freeBlock, reserve, takeBlock } from './memory';
export { openBuffer, openRing, reportsAddress, reportsCapacity } from './reports';

export function reserveIds(book: u32, ids: u32): void {
  if (ids > load<u32>(book, Book.ID_CAPACITY)) growIds(book, ids - 1);
}

export function submit(
  book: u32, id: u32, side: u32, price: u32, quantity: u32, flags: u32, owner: u32, stp: u32,
): u32 {
  begin();
  const tag = (owner << Tag.OWNER_SHIFT) | (((flags >> 2) & 1) << Tag.POST_ONLY_SHIFT) | (stp << Tag.STP_SHIFT) | side;
  submitOrder(book, id, price, quantity, tag, flags);
  return written();
}

export function cancel(book: u32, id: u32): u32 {
  begin();
  cancelOrder(book, id);
  return written();
}

export function replace(book: u32, id: u32, price: u32, quantity: u32): u32 {
  begin();
  replaceOrder(book, id, price, quantity);
  return written();
}

export function requeue(book: u32, id: u32, price: u32, quantity: u32): u32 {
  begin();
  requeueOrder(book, id, price, quantity);
  return written();
}

/** Runs commands laid out as Command in memory; their reports go to the ring. */
export function run(book: u32, commands: u32, count: u32, block: u32): void {
  enterRing();
  runBlocks(book, commands, count, block);
  leaveRing();
}

export function bestBid(book: u32): u32 {
  return load<u32>(book, Book.BID);
}

export function bestAsk(book: u32): u32 {
  const ask = load<u32>(book, Book.ASK);
  return ask == NO_ASK ? 0 : ask;
}

export function size(book: u32): u32 {
  return load<u32>(book, Book.SIZE);
}

export function openQuantity(book: u32, id: u32): u32 {
  const order = find(book, id);
  return order == 0 ? 0 : load<u32>(order, Order.QUANTITY);
}

export function quantityAt(book: u32, side: u32, price: u32): f64 {
  const page = findPage(book, price);
  if (page == 0) return 0;
  const level = levelOf(page, price);
  const head = load<u32>(level, Level.HEAD);
  if (head == 0 || (load<u32>(head, Order.TAG) & Tag.SIDE) != side) return 0;
  return <f64>load<u64>(level, Level.QUANTITY);
}

/** Writes the best `levels` levels to `out`, 16 bytes each (price as u32, quantity as f64 at 8). Returns how many. */
export function depth(book: u32, side: u32, levels: u32, out: u32): u32 {
  let price = bestPrice(book, side);
  let page = bestPage(book, side);
  let count: u32 = 0;
  for (; page != 0 && count < levels; count++) {
    store<u32>(out + (count << 4), price);
    store<f64>(out + (count << 4), <f64>load<u64>(levelOf(page, price), Level.QUANTITY), 8);
    price = side == SELL ? above(page, price) : below(page, price);
    page = foundPage;
  }
  return count;
}
