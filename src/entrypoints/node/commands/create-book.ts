import { NaiveBook } from '../../../matching/naive-book.ts';
import type { OrderBook } from '../../../matching/order-book.ts';

/** The order book that the commands trade in. */
export function createBook(): OrderBook {
  return new NaiveBook();
}
