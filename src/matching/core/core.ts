import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

/**
 * What the compiled core offers (assembly/index.ts). Books and blocks are addresses in its memory. 32-bit results come as
 * signed numbers: `>>> 0` where they are addresses or quantities.
 */
export interface Core {
  open(): number;
  close(book: number): void;
  adoptBook(book: number, fresh: number): void;
  reserve(bytes: number): void;
  reserveIds(book: number, ids: number): void;
  takeBlock(bytes: number): number;
  freeBlock(block: number, bytes: number): void;
  openBuffer(): void;
  openRing(reports: number): number;
  reportsAddress(): number;
  reportsCapacity(): number;
  submit(
    book: number,
    id: number,
    side: number,
    price: number,
    quantity: number,
    flags: number,
    owner: number,
    stp: number,
  ): number;
  cancel(book: number, id: number): number;
  replace(book: number, id: number, price: number, quantity: number): number;
  requeue(book: number, id: number, price: number, quantity: number): number;
  run(book: number, commands: number, count: number, block: number): void;
  bestBid(book: number): number;
  bestAsk(book: number): number;
  size(book: number): number;
  openQuantity(book: number, id: number): number;
  quantityAt(book: number, side: number, price: number): number;
  depth(book: number, side: number, levels: number, out: number): number;
  snapshotBytes(book: number): number;
  writeSnapshot(book: number, out: number): void;
  readSnapshot(at: number, bytes: number, maxId: number): number;
  damage: { readonly value: number };
}

/** The module's import; it must not be below what build.js declares. */
const INITIAL_PAGES = 16;
const MAXIMUM_PAGES = 65_536;

let compiled: WebAssembly.Module | undefined;

/**
 * Compiles the module once a process, optimised at once: by default V8 compiles a function quickly at its first call and
 * again, better, when it has run hot, which costs the first million messages a third of their speed. The flags are for the
 * whole process, so they are put back for others' modules.
 */
function compile(): WebAssembly.Module {
  setFlagsFromString('--no-liftoff');
  setFlagsFromString('--no-wasm-lazy-compilation');
  const module = new WebAssembly.Module(readFileSync(join(import.meta.dirname, 'dist', 'book.wasm')));
  setFlagsFromString('--wasm-lazy-compilation');
  setFlagsFromString('--liftoff');
  return module;
}

/** A core with a memory of its own. */
export function instantiate(): { core: Core; memory: WebAssembly.Memory } {
  compiled ??= compile();
  const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES, shared: true });
  const instance = new WebAssembly.Instance(compiled, { env: { memory } });
  // The exports of a WebAssembly module have no static types; Core restates assembly/index.ts.
  return { core: instance.exports as unknown as Core, memory };
}
