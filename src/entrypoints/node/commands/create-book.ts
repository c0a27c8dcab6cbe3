import { BookHost } from '../../../matching/book-host.ts';
import type { OrderBook } from '../../../matching/order-book.ts';

/** The order book that the commands trade in: the exchange's own. */
export function createBook(): OrderBook {
  return new BookHost().open();
}
