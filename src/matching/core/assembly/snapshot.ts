// Snapshots (their format: snapshot-format.ts). A snapshot is read into a fresh book first, so that a bad one harms nobody.
import { BUY, Book, Level, NO_ASK, Order, Tag } from './layout';
import { growIds } from './commands';
import { above, below, bestPage, bestPrice, foundPage, levelOf } from './ladder';
import { freeBlock, freeOrderSlot, takeBlock, takeOrder } from './memory';
import { dequeue, enqueue } from './queue';

const MAGIC: u32 = 0x4b424e53;
const VERSION: u32 = 1;
const HEADER: u32 = 16;
const RECORD: u32 = 16;
const HASH: u32 = 8;
const MAX_PRICE: u32 = 0x7fffffff;

/** What readSnapshot found wrong; 0 when nothing. */
export let damage: i32 = 0;
namespace Damage {
  export const LENGTH: i32 = 1;
  export const MAGIC: i32 = 2;
  export const VERSION: i32 = 3;
  export const HASH: i32 = 4;
  export const RANGE: i32 = 5;
  export const ID_TWICE: i32 = 6;
  export const ORDER: i32 = 7;
  export const CROSSED: i32 = 8;
}

export function snapshotBytes(book: u32): u32 {
  return HEADER + load<u32>(book, Book.SIZE) * RECORD + HASH;
}

/** Writes the snapshot to `out`, which has room for snapshotBytes. */
export function writeSnapshot(book: u32, out: u32): void {
  store<u32>(out, MAGIC);
  store<u32>(out, VERSION, 4);
  store<u32>(out, load<u32>(book, Book.SIZE), 8);
  store<u32>(out, 0, 12);
  let at = out + HEADER;
  for (let side: u32 = 0; side < 2; side++) {
    let price = bestPrice(book, side);
    for (let page = bestPage(book, side); page != 0; page = foundPage) {
      at = writeLevel(levelOf(page, price), at);
      price = side == BUY ? below(page, price) : above(page, price);
    }
  }
  store<u64>(at, hash(out, at));
}

function writeLevel(level: u32, out: u32): u32 {
  let at = out;
  for (let order = load<u32>(level, Level.HEAD); order != 0; order = load<u32>(order, Order.NEXT)) {
    store<u32>(at, load<u32>(order, Order.ID));
    store<u32>(at, load<u32>(order, Order.PRICE), 4);
    store<u32>(at, load<u32>(order, Order.QUANTITY), 8);
    store<u32>(at, load<u32>(order, Order.TAG), 12);
    at += RECORD;
  }
  return at;
}

/** state-hash.ts over the words in [from, to): the first word to come in the low half. */
function hash(from: u32, to: u32): u64 {
  let high: u32 = 0x9e3779b9;
  let low: u32 = 0x85ebca6b;
  for (let at = from; at < to; at += 4) {
    const word = load<u32>(at);
    high = rotl<u32>((high ^ word) * 0x9e3779b1, 15);
    low = rotl<u32>((low + word) * 0x85ebca77, 13);
  }
  return <u64>finish(high) | (<u64>finish(low) << 32);
}

function finish(value: u32): u32 {
  let x = value ^ (value >> 16);
  x *= 0x85ebca6b;
  x ^= x >> 13;
  x *= 0xc2b2ae35;
  return x ^ (x >> 16);
}

/** A new book from the snapshot in [at, at + bytes), or 0: then `damage` says why. `maxId` bounds the ids it takes. */
export function readSnapshot(at: u32, bytes: u32, maxId: u32): u32 {
  damage = headerDamage(at, bytes);
  if (damage != 0) return 0;
  const book = open();
  const end = at + bytes - HASH;
  let before: u32 = 0;
  for (let record = at + HEADER; record < end && damage == 0; record += RECORD) {
    damage = recordDamage(record, before, maxId);
    if (damage == 0) damage = rest(book, record);
    before = record;
  }
  if (damage == 0 && load<u32>(book, Book.BID) >= load<u32>(book, Book.ASK)) damage = Damage.CROSSED;
  if (damage == 0) return book;
  close(book);
  return 0;
}

function headerDamage(at: u32, bytes: u32): i32 {
  if (bytes < HEADER + HASH || (bytes & 3) != 0) return Damage.LENGTH;
  if (load<u32>(at) != MAGIC || load<u32>(at, 12) != 0) return Damage.MAGIC;
  if (load<u32>(at, 4) != VERSION) return Damage.VERSION;
  if (<u64>load<u32>(at, 8) * RECORD + HEADER + HASH != <u64>bytes) return Damage.LENGTH;
  return load<u64>(at + bytes - HASH) == hash(at, at + bytes - HASH) ? 0 : Damage.HASH;
}

/** Checks one order against the one before it (0: it is the first). */
function recordDamage(record: u32, before: u32, maxId: u32): i32 {
  const price = load<u32>(record, 4);
  if (load<u32>(record) > maxId || price - 1 >= MAX_PRICE || load<u32>(record, 8) == 0) return Damage.RANGE;
  if (before == 0) return 0;
  const side = load<u32>(record, 12) & Tag.SIDE;
  const sideBefore = load<u32>(before, 12) & Tag.SIDE;
  if (side != sideBefore) return side == BUY ? Damage.ORDER : 0;
  const priceBefore = load<u32>(before, 4);
  return (side == BUY ? price <= priceBefore : price >= priceBefore) ? 0 : Damage.ORDER;
}

function rest(book: u32, record: u32): i32 {
  const id = load<u32>(record);
  if (id >= load<u32>(book, Book.ID_CAPACITY)) growIds(book, id);
  const cell = load<u32>(book, Book.IDS) + (id << 2);
  if (load<u32>(cell) != 0) return Damage.ID_TWICE;
  const order = takeOrder();
  const price = load<u32>(record, 4);
  const quantity = load<u32>(record, 8);
  const tag = load<u32>(record, 12);
  store<u32>(cell, order);
  store<u32>(order, id, Order.ID);
  store<u32>(order, price, Order.PRICE);
  store<u32>(order, quantity, Order.QUANTITY);
  store<u32>(order, tag, Order.TAG);
  store<u32>(book, load<u32>(book, Book.SIZE) + 1, Book.SIZE);
  enqueue(book, order, tag & Tag.SIDE, price, quantity);
  return 0;
}

/** An empty book. */
export function open(): u32 {
  const book = takeBlock(Book.BYTES);
  store<u32>(book, NO_ASK, Book.ASK);
  return book;
}

/** Puts the contents of `fresh` in the place of those of `book`. */
export function adoptBook(book: u32, fresh: u32): void {
  empty(book);
  memory.copy(book, fresh, Book.BYTES);
  freeBlock(fresh, Book.BYTES);
}

/** Gives everything that a book holds, and the book itself, back for other books. */
export function close(book: u32): void {
  empty(book);
  freeBlock(book, Book.BYTES);
}

function empty(book: u32): void {
  for (let side: u32 = 0; side < 2; side++) {
    for (let page = bestPage(book, side); page != 0; page = bestPage(book, side)) {
      const order = load<u32>(levelOf(page, bestPrice(book, side)), Level.HEAD);
      dequeue(book, order);
      freeOrderSlot(order);
    }
  }
  const capacity = load<u32>(book, Book.ID_CAPACITY);
  if (capacity != 0) freeBlock(load<u32>(book, Book.IDS), capacity << 2);
}
