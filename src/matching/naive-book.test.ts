import { NaiveBook } from './naive-book.ts';
import { orderBookSuite } from './testing/order-book-suite.ts';

orderBookSuite('naive book', () => new NaiveBook());
