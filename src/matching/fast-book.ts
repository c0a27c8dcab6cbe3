import type { BookHost } from './book-host.ts';
import type { Core } from './core/core.ts';
import { type OrderBook, SnapshotError } from './order-book.ts';

/** Ids are indexes into a table: the largest that a book takes. */
export const MAX_ORDER_ID = 2 ** 26 - 1;
const MAX_OWNER = 2 ** 28 - 1;
const MAX_INT32 = 2 ** 31 - 1;

/** What the core calls damage (core/assembly/snapshot.ts). */
const DAMAGE = [
  '',
  'The snapshot has the wrong length.',
  'This is no snapshot of a book.',
  'The snapshot has an unknown version.',
  'The snapshot is damaged.',
  'The snapshot is broken inside: an id, price or quantity is out of range.',
  'The snapshot is broken inside: an id rests twice.',
  'The snapshot is broken inside: orders are not in priority order.',
  'The snapshot is broken inside: the book is crossed.',
];

/** The book that the exchange runs: a thin face on the WebAssembly core. Get one from BookHost.open. */
export class FastBook implements OrderBook {
  readonly #host: BookHost;
  readonly #core: Core;
  readonly #book: number;

  constructor(host: BookHost) {
    this.#host = host;
    this.#core = host.core;
    this.#book = host.core.open();
  }

  get reports(): Int32Array {
    return this.#host.reports;
  }

  submit(id: number, side: 0 | 1, price: number, quantity: number, flags: number, owner: number, stp: number): number {
    if (!(id >= 0 && id <= MAX_ORDER_ID && owner >= 0 && owner <= MAX_OWNER)) throw outOfRange('id or owner');
    checkTerms(price, quantity);
    return this.#host.reported(this.#core.submit(this.#book, id, side, price, quantity, flags, owner, stp));
  }

  cancel(id: number): number {
    return this.#core.cancel(this.#book, id);
  }

  replace(id: number, price: number, quantity: number): number {
    checkTerms(price, quantity);
    return this.#host.reported(this.#core.replace(this.#book, id, price, quantity));
  }

  requeue(id: number, price: number, quantity: number): number {
    checkTerms(price, quantity);
    return this.#host.reported(this.#core.requeue(this.#book, id, price, quantity));
  }

  /**
   * Runs `count` commands at `address` (BookHost.commandBlock), their reports going to the host's ring. It looks ahead a
   * block of `block` commands (1: no look-ahead) and shows the reader the reports of a block at its end.
   */
  run(address: number, count: number, block: number): void {
    this.#core.run(this.#book, address, count, block);
  }

  bestBid(): number {
    return this.#core.bestBid(this.#book);
  }

  bestAsk(): number {
    return this.#core.bestAsk(this.#book);
  }

  quantityAt(side: 0 | 1, price: number): number {
    return this.#core.quantityAt(this.#book, side, price);
  }

  depth(side: 0 | 1, levels: number): [price: number, quantity: number][] {
    // There are no more levels than orders, however many are asked for.
    const most = Math.min(levels, this.size);
    const bytes = most * 16;
    const out = this.#core.takeBlock(bytes) >>> 0;
    const count = this.#core.depth(this.#book, side, most, out);
    const view = new DataView(this.#host.memory.buffer, out, bytes);
    const pairs: [number, number][] = [];
    for (let at = 0; at < count * 16; at += 16) pairs.push([view.getUint32(at, true), view.getFloat64(at + 8, true)]);
    this.#core.freeBlock(out, bytes);
    return pairs;
  }

  openQuantity(id: number): number {
    return this.#core.openQuantity(this.#book, id) >>> 0;
  }

  get size(): number {
    return this.#core.size(this.#book);
  }

  snapshot(): Uint8Array {
    const bytes = this.#core.snapshotBytes(this.#book) >>> 0;
    const out = this.#core.takeBlock(bytes) >>> 0;
    this.#core.writeSnapshot(this.#book, out);
    const snapshot = new Uint8Array(bytes);
    snapshot.set(new Uint8Array(this.#host.memory.buffer, out, bytes));
    this.#core.freeBlock(out, bytes);
    return snapshot;
  }

  restore(snapshot: Uint8Array): void {
    const block = this.#core.takeBlock(snapshot.length) >>> 0;
    new Uint8Array(this.#host.memory.buffer, block, snapshot.length).set(snapshot);
    const fresh = this.#core.readSnapshot(block, snapshot.length, MAX_ORDER_ID);
    this.#core.freeBlock(block, snapshot.length);
    if (fresh === 0) throw new SnapshotError(DAMAGE[this.#core.damage.value] ?? 'The snapshot is damaged.');
    this.#core.adoptBook(this.#book, fresh);
  }

  stateHash(): string {
    const bytes = this.#core.snapshotBytes(this.#book) >>> 0;
    const out = this.#core.takeBlock(bytes) >>> 0;
    this.#core.writeSnapshot(this.#book, out);
    const view = new DataView(this.#host.memory.buffer, out, bytes);
    const halves = [view.getUint32(bytes - 8, true), view.getUint32(bytes - 4, true)];
    this.#core.freeBlock(out, bytes);
    return halves.map((half) => half.toString(16).padStart(8, '0')).join('');
  }

  /** Makes room for ids below `ids` at once. */
  reserveIds(ids: number): void {
    this.#core.reserveIds(this.#book, ids);
  }

  /** Gives the book's memory back to its host. The book must not be used again. */
  close(): void {
    this.#core.close(this.#book);
  }
}

/** A caller that passes such numbers is broken: the shard must stop rather than trade on. */
function checkTerms(price: number, quantity: number): void {
  if (!(price >= 1 && price <= MAX_INT32 && quantity >= 1 && quantity <= MAX_INT32))
    throw outOfRange('price or quantity');
}

function outOfRange(what: string): Error {
  return new RangeError(`The book was given an ${what} out of range.`);
}
