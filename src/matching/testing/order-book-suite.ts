import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BUY, Flag, Kind, type OrderBook, REPORT_WORDS, SELL, SnapshotError, Stp, Why } from '../order-book.ts';

/** The promises of OrderBook in hand-made cases; every implementation runs them. */
export function orderBookSuite(name: string, make: () => OrderBook): void {
  describe(`${name}: rules`, () => {
    rules(make);
    flags(make);
    selfTrade(make);
    replaces(make);
  });
  describe(`${name}: state`, () => {
    queries(make);
    snapshots(make);
  });
}

/** Reports of the last command as arrays without their trailing zeros. */
function said(book: OrderBook, count: number): number[][] {
  return Array.from({ length: count }, (_, i) => [...book.reports.subarray(i * REPORT_WORDS, (i + 1) * REPORT_WORDS)]);
}

function add(book: OrderBook, id: number, side: 0 | 1, price: number, quantity: number, flags = 0, owner = id): number {
  return book.submit(id, side, price, quantity, flags, owner, Stp.NONE);
}

function rules(make: () => OrderBook): void {
  test('an order that meets nothing rests', () => {
    const book = make();
    assert.deepEqual(said(book, add(book, 3, BUY, 100, 7)), [[Kind.ADDED, 3, BUY, 100, 7, 0, 0, 0]]);
    assert.deepEqual([book.bestBid(), book.bestAsk(), book.size, book.openQuantity(3)], [100, 0, 1, 7]);
  });

  test('trades at the resting price, best price first, then first come', () => {
    const book = make();
    add(book, 1, SELL, 101, 5);
    add(book, 2, SELL, 100, 5);
    add(book, 3, SELL, 100, 5);
    assert.deepEqual(said(book, add(book, 4, BUY, 101, 12)), [
      [Kind.ADDED, 4, BUY, 101, 12, 0, 0, 0],
      [Kind.TRADE, 4, BUY, 100, 5, 2, 0, 0],
      [Kind.TRADE, 4, BUY, 100, 5, 3, 0, 0],
      [Kind.TRADE, 4, BUY, 101, 2, 1, 3, 0],
    ]);
    assert.deepEqual([book.bestBid(), book.bestAsk(), book.size], [0, 101, 1]);
  });

  test('a cancel takes an order out of the middle of its queue', () => {
    const book = make();
    for (const id of [1, 2, 3]) add(book, id, BUY, 50, 10);
    assert.deepEqual(said(book, book.cancel(2)), [[Kind.ENDED, 2, BUY, 50, 10, 0, 0, Why.BY_REQUEST]]);
    assert.deepEqual(said(book, book.cancel(2)), [[Kind.REFUSED, 2, 0, 0, 0, 0, 0, Why.UNKNOWN_ID]]);
    const trades = said(book, add(book, 4, SELL, 50, 20)).slice(1);
    assert.deepEqual(
      trades.map((t) => t[5]),
      [1, 3],
    );
  });

  test('an id that rests is refused, and free again once its order is gone', () => {
    const book = make();
    add(book, 1, BUY, 10, 1);
    assert.deepEqual(said(book, add(book, 1, BUY, 11, 1)), [[Kind.REFUSED, 1, 0, 0, 0, 0, 0, Why.UNKNOWN_ID]]);
    add(book, 2, SELL, 10, 1);
    assert.deepEqual(said(book, add(book, 1, SELL, 11, 4)), [[Kind.ADDED, 1, SELL, 11, 4, 0, 0, 0]]);
    book.cancel(1);
    assert.equal(add(book, 1, SELL, 11, 4), 1);
  });

  test('an unknown id far away is refused without a word', () => {
    const book = make();
    for (const id of [0, 5, 2_000_000, 0x7fff_ffff]) {
      assert.deepEqual(said(book, book.cancel(id)), [[Kind.REFUSED, id, 0, 0, 0, 0, 0, Why.UNKNOWN_ID]]);
      assert.deepEqual(said(book, book.replace(id, 1, 1)), [[Kind.REFUSED, id, 0, 0, 0, 0, 0, Why.UNKNOWN_ID]]);
    }
  });

  test('one order may trade with thousands', () => {
    const book = make();
    for (let id = 0; id < 3000; id++) add(book, id, SELL, 7, 1);
    assert.equal(add(book, 5000, BUY, 7, 3000), 3001);
    assert.equal(book.reports[3000 * REPORT_WORDS + 5], 2999);
    assert.equal(book.size, 0);
  });
}

function flags(make: () => OrderBook): void {
  test('IOC: the remainder ends', () => {
    const book = make();
    add(book, 1, SELL, 100, 4);
    assert.deepEqual(said(book, add(book, 2, BUY, 100, 10, Flag.IOC)), [
      [Kind.ADDED, 2, BUY, 100, 10, 0, 0, 0],
      [Kind.TRADE, 2, BUY, 100, 4, 1, 0, 0],
      [Kind.ENDED, 2, BUY, 100, 6, 0, 0, Why.IOC_REMAINDER],
    ]);
    assert.equal(book.size, 0);
  });

  test('FOK: whole or not at all', () => {
    const book = make();
    add(book, 1, SELL, 100, 4);
    add(book, 2, SELL, 102, 4);
    const before = book.stateHash();
    assert.deepEqual(said(book, add(book, 3, BUY, 101, 5, Flag.FOK)), [
      [Kind.REFUSED, 3, 0, 0, 0, 0, 0, Why.NOT_FILLABLE],
    ]);
    assert.equal(book.stateHash(), before);
    assert.equal(add(book, 3, BUY, 102, 8, Flag.FOK), 3);
    assert.equal(book.size, 0);
  });

  test('POST_ONLY: refused where it crosses, also later by a replace', () => {
    const book = make();
    add(book, 1, SELL, 100, 4);
    assert.deepEqual(said(book, add(book, 2, BUY, 100, 5, Flag.POST_ONLY)), [
      [Kind.REFUSED, 2, 0, 0, 0, 0, 0, Why.WOULD_TAKE],
    ]);
    assert.equal(add(book, 2, BUY, 99, 5, Flag.POST_ONLY), 1);
    assert.deepEqual(said(book, book.replace(2, 100, 5)), [[Kind.REFUSED, 2, 0, 0, 0, 0, 0, Why.WOULD_TAKE]]);
    assert.equal(book.quantityAt(BUY, 99), 5);
  });
}

function selfTrade(make: () => OrderBook): void {
  const own = (stp: number) => {
    const book = make();
    add(book, 1, SELL, 100, 4, 0, 8);
    add(book, 2, SELL, 100, 4, 0, 9);
    add(book, 3, SELL, 101, 4, 0, 8);
    const reports = said(book, book.submit(4, BUY, 101, 20, 0, 9, stp)).slice(1);
    return { book, reports };
  };

  test('EXPIRE_TAKER: what is left of the taker ends', () => {
    const { book, reports } = own(Stp.EXPIRE_TAKER);
    assert.deepEqual(reports, [
      [Kind.TRADE, 4, BUY, 100, 4, 1, 0, 0],
      [Kind.ENDED, 4, BUY, 101, 16, 0, 0, Why.SELF_TRADE],
    ]);
    assert.equal(book.size, 2);
  });

  test('EXPIRE_MAKER: the maker ends and the taker goes on', () => {
    const { book, reports } = own(Stp.EXPIRE_MAKER);
    assert.deepEqual(reports, [
      [Kind.TRADE, 4, BUY, 100, 4, 1, 0, 0],
      [Kind.ENDED, 2, SELL, 100, 4, 0, 0, Why.SELF_TRADE],
      [Kind.TRADE, 4, BUY, 101, 4, 3, 0, 0],
    ]);
    assert.equal(book.openQuantity(4), 12);
  });

  test('EXPIRE_BOTH: maker, then taker', () => {
    const { book, reports } = own(Stp.EXPIRE_BOTH);
    assert.deepEqual(reports, [
      [Kind.TRADE, 4, BUY, 100, 4, 1, 0, 0],
      [Kind.ENDED, 2, SELL, 100, 4, 0, 0, Why.SELF_TRADE],
      [Kind.ENDED, 4, BUY, 101, 16, 0, 0, Why.SELF_TRADE],
    ]);
    assert.equal(book.size, 1);
  });

  test('a fill-or-kill order does not count own orders', () => {
    const book = make();
    add(book, 1, SELL, 100, 4, 0, 9);
    add(book, 2, SELL, 100, 4, 0, 8);
    for (const stp of [Stp.EXPIRE_MAKER, Stp.EXPIRE_TAKER, Stp.EXPIRE_BOTH]) {
      assert.deepEqual(said(book, book.submit(4, BUY, 100, 5, Flag.FOK, 9, stp)), [
        [Kind.REFUSED, 4, 0, 0, 0, 0, 0, Why.NOT_FILLABLE],
      ]);
    }
    assert.equal(book.submit(4, BUY, 100, 4, Flag.FOK, 9, Stp.EXPIRE_MAKER), 3);
    assert.equal(book.size, 0);
  });
}

function replaces(make: () => OrderBook): void {
  const queue = () => {
    const book = make();
    for (const id of [1, 2]) add(book, id, BUY, 50, 10);
    return book;
  };
  const firstToTrade = (book: OrderBook) => {
    add(book, 9, SELL, 50, 1);
    return book.reports[REPORT_WORDS + 5];
  };

  test('the same price and no more quantity keeps priority', () => {
    for (const quantity of [10, 3]) {
      const book = queue();
      assert.deepEqual(said(book, book.replace(1, 50, quantity)), [[Kind.REPLACED, 1, BUY, 50, quantity, 0, 0, 0]]);
      assert.equal(book.quantityAt(BUY, 50), 10 + quantity);
      assert.equal(firstToTrade(book), 1);
    }
  });

  test('more quantity, another price or a requeue loses it', () => {
    const more = queue();
    more.replace(1, 50, 11);
    assert.equal(firstToTrade(more), 2);
    const moved = queue();
    moved.replace(1, 49, 10);
    moved.replace(1, 50, 10);
    assert.equal(firstToTrade(moved), 2);
    const back = queue();
    back.requeue(1, 50, 10);
    assert.equal(firstToTrade(back), 2);
  });

  test('a replace may trade, and its remainder rests', () => {
    const book = queue();
    add(book, 3, SELL, 60, 4);
    assert.deepEqual(said(book, book.replace(2, 60, 9)), [
      [Kind.REPLACED, 2, BUY, 60, 9, 0, 0, 0],
      [Kind.TRADE, 2, BUY, 60, 4, 3, 0, 0],
    ]);
    assert.deepEqual([book.bestBid(), book.openQuantity(2), book.bestAsk()], [60, 5, 0]);
  });

  test('self-trade prevention holds for a replace', () => {
    const book = make();
    book.submit(1, BUY, 50, 10, 0, 7, Stp.EXPIRE_TAKER);
    add(book, 2, SELL, 60, 5, 0, 7);
    assert.deepEqual(said(book, book.replace(1, 60, 8)), [
      [Kind.REPLACED, 1, BUY, 60, 8, 0, 0, 0],
      [Kind.ENDED, 1, BUY, 60, 8, 0, 0, Why.SELF_TRADE],
    ]);
    assert.equal(book.size, 1);
  });
}

function queries(make: () => OrderBook): void {
  test('depth lists the best levels with their totals', () => {
    const book = make();
    add(book, 1, BUY, 90, 5);
    add(book, 2, BUY, 95, 5);
    add(book, 3, BUY, 95, 6);
    add(book, 4, SELL, 2_000_000_000, 0x7fff_ffff);
    add(book, 5, SELL, 2_000_000_000, 0x7fff_ffff);
    assert.deepEqual(book.depth(BUY, 10), [
      [95, 11],
      [90, 5],
    ]);
    assert.deepEqual(book.depth(BUY, 1), [[95, 11]]);
    assert.equal(book.depth(BUY, Number.POSITIVE_INFINITY).length, 2);
    assert.deepEqual(make().depth(SELL, 10), []);
    assert.deepEqual(book.depth(SELL, 3), [[2_000_000_000, 2 * 0x7fff_ffff]]);
    assert.deepEqual([book.quantityAt(BUY, 95), book.quantityAt(BUY, 96), book.quantityAt(SELL, 95)], [11, 0, 0]);
  });

  test('prices from one end of the range to the other', () => {
    const book = make();
    add(book, 1, BUY, 1, 1);
    add(book, 2, SELL, 0x7fff_ffff, 1);
    add(book, 3, BUY, 1_000_000, 1);
    assert.deepEqual([book.bestBid(), book.bestAsk()], [1_000_000, 0x7fff_ffff]);
    book.cancel(3);
    assert.equal(book.bestBid(), 1);
    assert.equal(add(book, 4, SELL, 1, 2), 2);
    assert.deepEqual(book.depth(SELL, 5), [
      [1, 1],
      [0x7fff_ffff, 1],
    ]);
  });
}

function snapshots(make: () => OrderBook): void {
  const filled = () => {
    const book = make();
    book.submit(1, BUY, 50, 10, Flag.POST_ONLY, 7, Stp.EXPIRE_BOTH);
    add(book, 2, BUY, 50, 3, 0, 0xfff_ffff);
    add(book, 3, BUY, 60, 4);
    add(book, 4, SELL, 70, 4);
    add(book, 0, SELL, 90, 6);
    return book;
  };

  test('a restored book is the same book', () => {
    const book = filled();
    const other = make();
    add(other, 40, SELL, 8, 8);
    other.restore(book.snapshot());
    assert.equal(other.stateHash(), book.stateHash());
    assert.deepEqual(other.snapshot(), book.snapshot());
    assert.deepEqual([other.size, other.bestBid(), other.bestAsk(), other.openQuantity(40)], [5, 60, 70, 0]);
    for (const b of [book, other]) assert.equal(b.submit(8, SELL, 50, 20, 0, 8, Stp.NONE), 4);
    assert.deepEqual(other.reports, book.reports);
  });

  test('an empty book can be kept, too', () => {
    const book = filled();
    book.restore(make().snapshot());
    assert.equal(book.size, 0);
    assert.equal(book.stateHash(), make().stateHash());
  });

  test('any flipped bit and any missing byte is noticed, and the book stays as it was', () => {
    const bytes = filled().snapshot();
    const book = make();
    add(book, 6, BUY, 5, 5);
    const before = book.stateHash();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Uint8Array.from(bytes);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      assert.throws(() => book.restore(damaged), SnapshotError, `bit ${bit}`);
    }
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(() => book.restore(bytes.slice(0, length)), SnapshotError, `length ${length}`);
    }
    assert.equal(book.stateHash(), before);
    assert.equal(book.size, 1);
  });

  test('the hash sees priority, owner and flags', () => {
    const states = [
      [
        [1, 0],
        [2, 0],
      ],
      [
        [2, 0],
        [1, 0],
      ],
    ].map((ids) => {
      const book = make();
      for (const [id] of ids) add(book, id!, BUY, 50, 10, 0, 5);
      return book.stateHash();
    });
    for (const [owner, stp, flag] of [
      [6, Stp.NONE, 0],
      [5, Stp.EXPIRE_MAKER, 0],
      [5, Stp.NONE, Flag.POST_ONLY],
    ] as const) {
      const book = make();
      add(book, 1, BUY, 50, 10, 0, 5);
      book.submit(2, BUY, 50, 10, flag, owner, stp);
      states.push(book.stateHash());
    }
    assert.equal(new Set(states).size, 5);
  });
}
