import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BookHost } from './book-host.ts';
import { BUY, type OrderBook, SELL, Stp } from './order-book.ts';

const MAX_INT32 = 2 ** 31 - 1;

function add(book: OrderBook, id: number, side: 0 | 1, price: number, quantity = 1): number {
  return book.submit(id, side, price, quantity, 0, 0, Stp.NONE);
}

describe('memory', () => {
  const BOOKS = 10_000;

  test('an idle instrument costs less than 4 KB, empty or with a few orders', () => {
    const host = new BookHost();
    const before = host.bytes;
    const books = Array.from({ length: BOOKS }, () => host.open());
    const empty = (host.bytes - before) / BOOKS;
    assert.ok(empty < 256, `${empty} bytes an empty book`);
    for (const [i, book] of books.entries()) {
      add(book, 0, BUY, 50_000 + i);
      add(book, 1, SELL, 50_100 + i);
      add(book, 2, BUY, 49_990 + i);
    }
    const idle = (host.bytes - before) / BOOKS;
    assert.ok(idle < 4096, `${idle} bytes a book of three orders`);
    for (const [i, book] of books.entries()) assert.deepEqual([book.bestBid(), book.size], [50_000 + i, 3]);
  });

  test('prices a million ticks apart cost pages, not ranges', () => {
    const host = new BookHost();
    const book = host.open();
    const before = host.bytes;
    for (let i = 0; i < 2_000; i++) add(book, i, BUY, 1 + i * 1_000_000);
    assert.ok(host.bytes - before < 2_000 * 2_048 + (1 << 20), `${host.bytes - before} bytes`);
    assert.equal(book.bestBid(), 1_999_000_001);
    assert.equal(add(book, 5_000, SELL, 1, 2_000), 2_001);
    assert.equal(book.size, 0);
  });

  test('pages and orders that fell empty serve again', () => {
    const host = new BookHost();
    const book = host.open();
    const wander = () => {
      for (let i = 0; i < 50_000; i++) {
        add(book, i & 1023, BUY, 1 + ((i * 104_729) % MAX_INT32));
        if (i >= 1_000) book.cancel((i - 1_000) & 1023);
      }
      for (let id = 0; id < 1024; id++) book.cancel(id);
    };
    wander();
    const before = host.bytes;
    for (let i = 0; i < 5; i++) wander();
    assert.equal(host.bytes, before);
  });

  test('a closed book gives its memory to the next', () => {
    const host = new BookHost();
    const fill = () => {
      const book = host.open();
      for (let i = 0; i < 20_000; i++) add(book, i, BUY, 1 + i * 7);
      book.close();
    };
    fill();
    const before = host.bytes;
    for (let i = 0; i < 5; i++) fill();
    assert.equal(host.bytes, before);
  });

  test('it grows with the orders', () => {
    const host = new BookHost();
    const book = host.open();
    for (let i = 0; i < 300_000; i++) add(book, i, i & 1 ? SELL : BUY, i & 1 ? 600 + (i % 500) : 1 + (i % 500));
    assert.equal(book.size, 300_000);
    assert.equal(book.openQuantity(299_999), 1);
  });
});

describe('books of one host', () => {
  test('do not see each other', () => {
    const host = new BookHost();
    const [a, b] = [host.open(), host.open()];
    add(a, 1, BUY, 100);
    add(b, 1, SELL, 100);
    assert.deepEqual([a.bestBid(), a.bestAsk(), b.bestBid(), b.bestAsk()], [100, 0, 0, 100]);
    assert.equal(a.cancel(1), 1);
    assert.equal(b.openQuantity(1), 1);
  });

  test('give and take one another snapshots', () => {
    const host = new BookHost();
    const [a, b] = [host.open(), new BookHost().open()];
    for (let i = 0; i < 1_000; i++) add(a, i, i & 1 ? SELL : BUY, i & 1 ? 600 + (i % 50) : 1 + (i % 50), i + 1);
    b.restore(a.snapshot());
    assert.equal(a.stateHash(), b.stateHash());
  });

  test('refuse numbers that no order has', () => {
    const book = new BookHost().open();
    for (const [id, price, quantity] of [
      [1, 0, 1],
      [1, -5, 1],
      [1, 1, 0],
      [1, MAX_INT32 + 1, 1],
      [1, 1, MAX_INT32 + 1],
      [-1, 1, 1],
      [1, Number.NaN, 1],
    ] as const) {
      assert.throws(() => add(book, id, BUY, price, quantity), RangeError);
    }
    assert.equal(book.size, 0);
  });
});
