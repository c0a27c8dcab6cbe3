import { BUY, Flag, Kind, type OrderBook, REPORT_WORDS, Report, SELL, Stp } from '../matching/order-book.ts';
import type { ComparedFill } from './compare.ts';
import type { BookRow, InboundRow } from './rows.ts';

/** Plays a recorded flow in a bare book: what a plain price-time market must trade. Feed the rows in order. */
export class ExpectedMarket {
  readonly #book: OrderBook;
  readonly #numbers = new Map<string, number>();
  readonly #ids: string[] = [];

  /** @param book an empty book, which this market keeps to itself */
  constructor(book: OrderBook) {
    this.#book = book;
  }

  open(row: BookRow): void {
    const side = row.side === 'BUY' ? BUY : SELL;
    this.#book.submit(this.#numberOf(row.order_id), side, row.price, row.quantity, 0, 0, Stp.NONE);
  }

  /** The trades of one inbound row; an order the book does not know trades nothing. */
  apply(row: InboundRow): ComparedFill[] {
    const number = this.#numberOf(row.order_id);
    const count = this.#command(number, row);
    const words = this.#book.reports;
    const fills: ComparedFill[] = [];
    for (let at = 0; at < count * REPORT_WORDS; at += REPORT_WORDS) {
      if (words[at + Report.KIND] !== Kind.TRADE) continue;
      fills.push({
        idx: row.idx,
        aggressor_id: row.order_id,
        resting_id: this.#ids[words[at + Report.MAKER_ID] ?? -1] ?? '',
        aggressor_side: row.side,
        price: words[at + Report.PRICE] ?? 0,
        quantity: words[at + Report.QUANTITY] ?? 0,
      });
    }
    return fills;
  }

  /** 0 where the side is empty. */
  best(): { bid: number; ask: number } {
    return { bid: this.#book.bestBid(), ask: this.#book.bestAsk() };
  }

  #command(number: number, row: InboundRow): number {
    if (row.action === 'cancel') return this.#book.cancel(number);
    if (row.action === 'replace') return this.#book.replace(number, row.price, row.quantity);
    const flags = row.tif === 'IOC' ? Flag.IOC : 0;
    return this.#book.submit(number, row.side === 'BUY' ? BUY : SELL, row.price, row.quantity, flags, 0, Stp.NONE);
  }

  #numberOf(id: string): number {
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    const number = this.#ids.push(id) - 1;
    this.#numbers.set(id, number);
    return number;
  }
}
