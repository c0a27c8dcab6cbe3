// Memory is taken from the end and never given back to the system; what a book no longer needs goes to a free list of its
// kind. Orders, pages and nodes come back zeroed by their users' own rules, so taking one costs a few instructions.
import { FIRST_FREE, Node, Order, Page } from './layout';

/** Memory is asked from the system in steps of 1 MiB at least. */
const GROW_PAGES: i32 = 16;
/** Orders are cut from the end in runs of this many. */
const ORDER_RUN: u32 = 128;

let top: u32 = FIRST_FREE;
let freeOrder: u32 = 0;
let freePage: u32 = 0;
let freeNode: u32 = 0;
/** Free lists of blocks of 2^i bytes, one word each. */
const FREE_BLOCKS: u32 = 512;

/** Zeroed memory from the end, aligned to 64 bytes. Traps when the machine has no more. */
function take(bytes: u32): u32 {
  const address = top;
  const end = <u64>address + <u64>((bytes + 63) & ~63);
  const have = <u64>memory.size() << 16;
  if (end > have) {
    const pages = max<i32>(GROW_PAGES, <i32>((end - have + 0xffff) >> 16));
    if (memory.grow(pages) < 0 && memory.grow(<i32>((end - have + 0xffff) >> 16)) < 0) unreachable();
  }
  top = <u32>end;
  return address;
}

/** Makes the system hand over `bytes` now, so that later first touches cost nothing. */
export function reserve(bytes: u32): void {
  const address = take(bytes);
  memory.fill(address, 0, bytes);
  top = address;
}

// @ts-ignore: decorator
@inline
export function takeOrder(): u32 {
  const order = freeOrder;
  if (order == 0) return cutOrders();
  freeOrder = load<u32>(order, Order.NEXT);
  return order;
}

// @ts-ignore: decorator
@inline
export function freeOrderSlot(order: u32): void {
  store<u32>(order, freeOrder, Order.NEXT);
  freeOrder = order;
}

/** Cuts a run of orders, keeps all but the first on the free list. */
function cutOrders(): u32 {
  const run = take(ORDER_RUN * Order.BYTES);
  for (let i = ORDER_RUN - 1; i > 0; i--) freeOrderSlot(run + i * Order.BYTES);
  return run;
}

export function takePage(): u32 {
  const page = freePage;
  if (page == 0) return take(Page.BYTES);
  freePage = load<u32>(page, Page.PARENT);
  store<u32>(page, 0, Page.PARENT);
  return page;
}

/** The page must be all zero but for its parent. */
export function freePageBlock(page: u32): void {
  store<u32>(page, freePage, Page.PARENT);
  freePage = page;
}

export function takeNode(): u32 {
  const node = freeNode;
  if (node == 0) return take(Node.BYTES);
  freeNode = load<u32>(node, Node.PARENT);
  store<u32>(node, 0, Node.PARENT);
  return node;
}

/** The node must be all zero but for its parent. */
export function freeNodeBlock(node: u32): void {
  store<u32>(node, freeNode, Node.PARENT);
  freeNode = node;
}

/** A block of at least `bytes` (2^31 at most), zeroed, for tables that come and go. */
export function takeBlock(bytes: u32): u32 {
  const list = blockList(bytes);
  const block = load<u32>(list);
  const size: u32 = blockBytes(bytes);
  if (block == 0) return take(size);
  store<u32>(list, load<u32>(block));
  memory.fill(block, 0, size);
  return block;
}

/** `bytes` as given to takeBlock. */
export function freeBlock(block: u32, bytes: u32): void {
  const list = blockList(bytes);
  store<u32>(block, load<u32>(list));
  store<u32>(list, block);
}

/** What a block for `bytes` really holds: the next power of two, 64 at least. */
export function blockBytes(bytes: u32): u32 {
  return bytes <= 64 ? 64 : <u32>1 << (32 - clz<u32>(bytes - 1));
}

function blockList(bytes: u32): u32 {
  return FREE_BLOCKS + (ctz<u32>(blockBytes(bytes)) << 2);
}
