import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { absent, sharedPath } from '../../bench/lib/shared-folder.ts';
import { BookHost } from './book-host.ts';
import { BUY, Flag, Kind, type OrderBook, REPORT_WORDS, Report, SELL, Stp } from './order-book.ts';

const SESSION = 'esh4_20231225';

function rows(kind: string): Record<string, string>[] {
  const [header = '', ...lines] = readFileSync(sharedPath('market', `${SESSION}.${kind}.csv`), 'utf8')
    .trim()
    .split('\n');
  const names = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i], cell])));
}

/** Plays the session's orders and collects the fills of each. */
class Session {
  readonly #book: OrderBook;
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [];

  constructor(book: OrderBook) {
    this.#book = book;
    for (const { order_id = '', side, price_integer, qty } of rows('book0')) {
      assert.equal(this.#submit(order_id, side, price_integer, qty, 0), 1, 'the opening book does not trade');
    }
  }

  /** `idx,aggressor,resting,price,quantity` of every fill, those of one order sorted. */
  fills(): string[] {
    return rows('inbound').flatMap((order) => {
      const count = this.#play(order);
      const fills: string[] = [];
      for (let i = 0; i < count; i++) {
        const report = this.#book.reports.subarray(i * REPORT_WORDS, (i + 1) * REPORT_WORDS);
        if (report[Report.KIND] !== Kind.TRADE) continue;
        const [taker, maker] = [report[Report.ID]!, report[Report.MAKER_ID]!].map((id) => this.#names[id]);
        fills.push([order.idx, taker, maker, report[Report.PRICE], report[Report.QUANTITY]].join());
      }
      return fills.sort();
    });
  }

  #play({ action, order_id = '', side, tif, price_integer, qty }: Record<string, string>): number {
    if (action === 'new') return this.#submit(order_id, side, price_integer, qty, tif === 'IOC' ? Flag.IOC : 0);
    const id = this.#number(order_id);
    return action === 'cancel' ? this.#book.cancel(id) : this.#book.replace(id, Number(price_integer), Number(qty));
  }

  #submit(
    name: string,
    side: string | undefined,
    price: string | undefined,
    quantity: string | undefined,
    flags: number,
  ) {
    const id = this.#number(name);
    return this.#book.submit(id, side === 'B' ? BUY : SELL, Number(price), Number(quantity), flags, 0, Stp.NONE);
  }

  #number(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.#names.length);
    return this.#names.push(name) - 1;
  }
}

const missing = absent(sharedPath('market', `${SESSION}.inbound.csv`));
if (missing !== undefined) console.log(`not run: replay of a CME session: ${missing}`);
else {
  test('every fill of a CME session: who, at what price, how much', () => {
    const expected = new Map<string, string[]>();
    for (const { idx = '', aggressor_id, resting_id, price_integer, qty } of rows('fills')) {
      const fill = [idx, aggressor_id, resting_id, price_integer, qty].join();
      expected.set(idx, [...(expected.get(idx) ?? []), fill]);
    }
    const session = new Session(new BookHost().open());
    assert.deepEqual(
      session.fills(),
      [...expected.values()].flatMap((fills) => fills.sort()),
    );
  });
}
