import { NaiveBook } from './naive-book.ts';
import { orderBookSuite } from './order-book.suite.ts';

orderBookSuite('naive book', () => new NaiveBook());
