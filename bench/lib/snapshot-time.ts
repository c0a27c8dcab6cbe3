import { BookHost } from '../../src/matching/book-host.ts';
import { BUY, SELL, Stp } from '../../src/matching/order-book.ts';
import { Random } from './random.ts';

export interface SnapshotFigures {
  orders: number;
  bytes: number;
  snapshot_ms: number;
  restore_ms: number;
  state_hash_ms: number;
}

const LEVELS = 2_000;

/** Times a snapshot of `orders` resting orders, spread at random over 2,000 levels a side, and its restore elsewhere. */
export function timeSnapshot(orders: number): SnapshotFigures {
  const random = new Random(1);
  const book = new BookHost().open();
  for (let id = 0; id < orders; id++) {
    const side = random.next() < 0.5 ? BUY : SELL;
    const price = side === BUY ? 10_000 - random.below(LEVELS) : 10_001 + random.below(LEVELS);
    book.submit(id, side, price, 1 + random.below(100), 0, random.below(1_000), Stp.NONE);
  }
  const other = new BookHost().open();
  const [snapshot, snapshotMs] = timed(() => book.snapshot());
  const [, restoreMs] = timed(() => other.restore(snapshot));
  const [hash, hashMs] = timed(() => book.stateHash());
  if (other.stateHash() !== hash) throw new Error('The restored book is another book.');
  return {
    orders,
    bytes: snapshot.length,
    snapshot_ms: Math.round(snapshotMs),
    restore_ms: Math.round(restoreMs),
    state_hash_ms: Math.round(hashMs),
  };
}

function timed<T>(work: () => T): [T, number] {
  const started = performance.now();
  const result = work();
  return [result, performance.now() - started];
}
