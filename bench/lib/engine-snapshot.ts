import { BookHost } from '../../src/matching/book-host.ts';
import { Poison } from '../../src/matching/engine/decode.ts';
import { EngineShard } from '../../src/matching/engine/shard.ts';
import { imageOf, writeImage } from '../../src/matching/engine/snapshot.ts';
import { heapUsed } from './flat-heap.ts';
import { median } from './latency.ts';

export interface EngineSnapshotFigures {
  orders: number;
  bytes: number;
  /** What the engine stands still for: the copy of the state. */
  copy_ms: number;
  /** Writing the copy down, checksum included, which the exchange does in a thread of its own; and the longest step of it. */
  write_ms: number;
  longest_step_ms: number;
  /** Copy and writing together. */
  snapshot_ms: number;
  restore_ms: number;
  /** Of the collector's heap and outside of it, per resting order. */
  heap_bytes_per_order: number;
  outside_bytes_per_order: number;
}

/** Times the snapshot of one symbol and its restore in another engine; `values` are the records of its orders, `orders` of which rest. */
export function timeEngineSnapshot(values: readonly Uint8Array[], runs: number): EngineSnapshotFigures {
  const heapBefore = heapUsed();
  const outsideBefore = process.memoryUsage().external;
  const host = new BookHost();
  const shard = new EngineShard({ createBook: () => host.open() });
  apply(shard, values);
  const [symbol] = shard.symbols();
  if (symbol === undefined) throw new Error('no record came to anything');
  const engine = shard.symbol(symbol)!;
  const orders = engine.book.size;
  const heap = heapUsed() - heapBefore;
  const outside = process.memoryUsage().external - outsideBefore;
  const copies: number[] = [];
  const writes: number[] = [];
  const restores: number[] = [];
  const longest: number[] = [];
  let bytes = 0;
  for (let run = 0; run < runs; run += 1) {
    const began = performance.now();
    const image = imageOf(engine);
    const copied = performance.now();
    const { result, longestStep } = stepByStep(writeImage(image));
    const written = performance.now();
    const otherHost = new BookHost();
    const other = new EngineShard({ createBook: () => otherHost.open() });
    const restoring = performance.now();
    other.restore(symbol, result);
    restores.push(performance.now() - restoring);
    if (run === 0 && other.stateHash() !== shard.stateHash()) throw new Error('The restored engine is another engine.');
    other.remove(symbol);
    copies.push(copied - began);
    writes.push(written - copied);
    longest.push(longestStep);
    bytes = result.length;
  }
  const ms = (value: number) => Math.round(value * 10) / 10;
  return {
    orders,
    bytes,
    copy_ms: ms(median(copies)),
    write_ms: ms(median(writes)),
    longest_step_ms: ms(median(longest)),
    snapshot_ms: ms(median(copies) + median(writes)),
    restore_ms: ms(median(restores)),
    heap_bytes_per_order: Math.round(heap / orders),
    outside_bytes_per_order: Math.round((outside + host.bytes) / orders),
  };
}

function apply(shard: EngineShard, values: readonly Uint8Array[]): void {
  for (let from = 0; from < values.length; from += 1_000) {
    for (const record of shard.decodeAll(values.slice(from, from + 1_000))) {
      if (record instanceof Poison) throw new Error(record.reason);
      const poison = shard.apply(record, () => {});
      if (poison !== undefined) throw new Error(poison.reason);
    }
  }
}

function stepByStep<T>(steps: Generator<void, T, void>): { result: T; longestStep: number } {
  let longestStep = 0;
  for (;;) {
    const began = performance.now();
    const step = steps.next();
    longestStep = Math.max(longestStep, performance.now() - began);
    if (step.done === true) return { result: step.value, longestStep };
  }
}
