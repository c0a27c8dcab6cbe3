// The price ladder: from a price to its level, and from a level to the next one with orders.
//
// It is a tree of 64-way nodes over the bits of the price, 6 at a time. The leaves are pages of 64 neighbouring levels. The
// tree is only as high as the prices in the book lie apart: a narrow book is one page or one node of pages, prices a
// million ticks apart need three nodes between root and page. Nodes and pages without orders are taken out at once.
// Bids and asks share one tree: whatever stands below the best ask is a bid.
import { BUY, Book, Level, NO_ASK, Node, Page } from './layout';
import { freeNodeBlock, freePageBlock, takeNode, takePage } from './memory';

/** Set by above() and below(): the page of the price they return. */
export let foundPage: u32 = 0;

/** The best price of a side, as the book keeps it, and its page (0: the side is empty). */
// @ts-ignore: decorator
@inline
export function bestPrice(book: u32, side: u32): u32 {
  return load<u32>(book + side * Book.SIDE_BYTES, Book.BID);
}

// @ts-ignore: decorator
@inline
export function bestPage(book: u32, side: u32): u32 {
  return load<u32>(book + side * Book.SIDE_BYTES, Book.BID_PAGE);
}

// @ts-ignore: decorator
@inline
function setBest(book: u32, side: u32, price: u32, page: u32): void {
  store<u32>(book + side * Book.SIDE_BYTES, price, Book.BID);
  store<u32>(book + side * Book.SIDE_BYTES, page, Book.BID_PAGE);
}

/**
 * Prices seen from a side: of two prices, the one that is better for it is the greater after `price ^ mirror(side)`. Comparing
 * so needs no branch on the side, which no processor could predict.
 */
// @ts-ignore: decorator
@inline
export function mirror(side: u32): u32 {
  return 0 - side;
}

// @ts-ignore: decorator
@inline
export function levelOf(page: u32, price: u32): u32 {
  return page + Page.LEVELS + ((price & 63) << 4);
}

/** The page that holds `price`, made when it is not there. */
// @ts-ignore: decorator
@inline
export function pageFor(book: u32, price: u32): u32 {
  const shift = load<u32>(book, Book.ROOT_SHIFT);
  if (<u64>price >> shift != <u64>load<u32>(book, Book.ROOT_KEY) || load<u32>(book, Book.ROOT) == 0) {
    return widen(book, price);
  }
  return descend(load<u32>(book, Book.ROOT), shift, price);
}

// @ts-ignore: decorator
@inline
function descend(root: u32, shift: u32, price: u32): u32 {
  let node = root;
  for (let s = shift - 6; s != 0; s -= 6) {
    const child = load<u32>(childOf(node, (price >> s) & 63));
    if (child == 0) return branch(node, s, price);
    node = child;
  }
  return node;
}

// @ts-ignore: decorator
@inline
function childOf(node: u32, index: u32): u32 {
  return node + Node.CHILDREN + (index << 2);
}

/** Makes the tree high enough for `price`, then finds its page. */
function widen(book: u32, price: u32): u32 {
  if (load<u32>(book, Book.ROOT) == 0) {
    const page = takePage();
    store<u32>(book, page, Book.ROOT);
    store<u32>(book, 6, Book.ROOT_SHIFT);
    store<u32>(book, price >> 6, Book.ROOT_KEY);
    return page;
  }
  let root = load<u32>(book, Book.ROOT);
  let shift = load<u32>(book, Book.ROOT_SHIFT);
  let key = load<u32>(book, Book.ROOT_KEY);
  while (<u64>price >> shift != <u64>key) {
    const node = takeNode();
    adopt(node, key & 63, root);
    root = node;
    shift += 6;
    key >>= 6;
  }
  store<u32>(book, root, Book.ROOT);
  store<u32>(book, shift, Book.ROOT_SHIFT);
  store<u32>(book, key, Book.ROOT_KEY);
  return descend(root, shift, price);
}

/** Makes the nodes and the page missing below `node`, whose child for bits `s` of the price is not there. */
function branch(node: u32, s: u32, price: u32): u32 {
  let parent = node;
  for (let t = s; t != 0; t -= 6) {
    const child = t == 6 ? takePage() : takeNode();
    adopt(parent, (price >> t) & 63, child);
    parent = child;
  }
  return parent;
}

function adopt(node: u32, index: u32, child: u32): void {
  store<u32>(childOf(node, index), child);
  store<u64>(node, load<u64>(node, Node.BITMAP) | (<u64>1 << index), Node.BITMAP);
  store<u32>(child, node, Node.PARENT);
}

/** The page that holds `price`, or 0. */
export function findPage(book: u32, price: u32): u32 {
  let node = load<u32>(book, Book.ROOT);
  const shift = load<u32>(book, Book.ROOT_SHIFT);
  if (node == 0 || <u64>price >> shift != <u64>load<u32>(book, Book.ROOT_KEY)) return 0;
  for (let s = shift - 6; s != 0 && node != 0; s -= 6) node = load<u32>(childOf(node, (price >> s) & 63));
  return node;
}

/** The nearest higher price with orders; NO_ASK when there is none. `page` holds `price`. */
// @ts-ignore: decorator
@inline
export function above(page: u32, price: u32): u32 {
  const bits = (load<u64>(page, Page.BITMAP) >> <u64>(price & 63)) >> 1;
  if (bits == 0) return aboveInNodes(page, price);
  foundPage = page;
  return price + 1 + <u32>ctz<u64>(bits);
}

function aboveInNodes(page: u32, price: u32): u32 {
  let node = load<u32>(page, Page.PARENT);
  for (let s: u32 = 6; node != 0; s += 6) {
    const bits = load<u64>(node, Node.BITMAP) & (<u64>-2 << (<u64>(price >> s) & 63));
    if (bits != 0) {
      const index = <u32>ctz<u64>(bits);
      return lowest(load<u32>(childOf(node, index)), s, (<u32>(<u64>price >> (s + 6)) << 6) | index);
    }
    node = load<u32>(node, Node.PARENT);
  }
  foundPage = 0;
  return NO_ASK;
}

/** The lowest price with orders below `node`, which stands for bits `s` and up of the prices under it: `prefix`. */
function lowest(node: u32, s: u32, prefix: u32): u32 {
  for (let t = s; t > 6; t -= 6) {
    const index = <u32>ctz<u64>(load<u64>(node, Node.BITMAP));
    node = load<u32>(childOf(node, index));
    prefix = (prefix << 6) | index;
  }
  foundPage = node;
  return (prefix << 6) | <u32>ctz<u64>(load<u64>(node, Page.BITMAP));
}

/** The nearest lower price with orders; 0 when there is none. `page` holds `price`. */
// @ts-ignore: decorator
@inline
export function below(page: u32, price: u32): u32 {
  const bits = load<u64>(page, Page.BITMAP) & ((<u64>1 << <u64>(price & 63)) - 1);
  if (bits == 0) return belowInNodes(page, price);
  foundPage = page;
  return (price & ~63) | (63 - <u32>clz<u64>(bits));
}

function belowInNodes(page: u32, price: u32): u32 {
  let node = load<u32>(page, Page.PARENT);
  for (let s: u32 = 6; node != 0; s += 6) {
    const bits = load<u64>(node, Node.BITMAP) & ((<u64>1 << (<u64>(price >> s) & 63)) - 1);
    if (bits != 0) {
      const index = 63 - <u32>clz<u64>(bits);
      return highest(load<u32>(childOf(node, index)), s, (<u32>(<u64>price >> (s + 6)) << 6) | index);
    }
    node = load<u32>(node, Node.PARENT);
  }
  foundPage = 0;
  return 0;
}

function highest(node: u32, s: u32, prefix: u32): u32 {
  for (let t = s; t > 6; t -= 6) {
    const index = 63 - <u32>clz<u64>(load<u64>(node, Node.BITMAP));
    node = load<u32>(childOf(node, index));
    prefix = (prefix << 6) | index;
  }
  foundPage = node;
  return (prefix << 6) | (63 - <u32>clz<u64>(load<u64>(node, Page.BITMAP)));
}

/** Makes an empty level known to the ladder: its first order is about to rest. */
// @ts-ignore: decorator
@inline
export function openLevel(book: u32, side: u32, page: u32, price: u32): void {
  store<u64>(page, load<u64>(page, Page.BITMAP) | (<u64>1 << <u64>(price & 63)), Page.BITMAP);
  if ((price ^ mirror(side)) > (bestPrice(book, side) ^ mirror(side))) setBest(book, side, price, page);
}

/** Takes a level without orders out of the ladder and moves the best price on when it was the best. */
// @ts-ignore: decorator
@inline
export function closeLevel(book: u32, side: u32, page: u32, price: u32): void {
  const level = levelOf(page, price);
  store<u64>(level, 0, Level.HEAD);
  store<u64>(level, 0, Level.QUANTITY);
  const bits = load<u64>(page, Page.BITMAP) & ~(<u64>1 << <u64>(price & 63));
  store<u64>(page, bits, Page.BITMAP);
  if (price == bestPrice(book, side)) {
    const following = side == BUY ? below(page, price) : above(page, price);
    setBest(book, side, following, foundPage);
  }
  if (bits == 0) removePage(book, page, price);
}

/** Takes an empty page out of the tree, and every node that has nothing left below it. */
function removePage(book: u32, page: u32, price: u32): void {
  let node = load<u32>(page, Page.PARENT);
  freePageBlock(page);
  for (let s: u32 = 6; node != 0; s += 6) {
    const index = (price >> s) & 63;
    store<u32>(childOf(node, index), 0);
    const bits = load<u64>(node, Node.BITMAP) & ~(<u64>1 << <u64>index);
    store<u64>(node, bits, Node.BITMAP);
    if (bits != 0) return;
    const parent = load<u32>(node, Node.PARENT);
    freeNodeBlock(node);
    node = parent;
  }
  store<u32>(book, 0, Book.ROOT);
}
