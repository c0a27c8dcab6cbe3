import { BookHost } from './book-host.ts';
import { orderBookSuite } from './testing/order-book-suite.ts';

const host = new BookHost();
orderBookSuite('fast book', () => host.open());
