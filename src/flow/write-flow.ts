import { once } from 'node:events';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import type { OrderBook } from '../matching/order-book.ts';
import { FlowGenerator, type FlowShape } from './generator.ts';
import { BOOK_COLUMNS, bookLine, FILL_COLUMNS, fillLine, INBOUND_COLUMNS, inboundLine } from './rows.ts';

export interface WrittenFlow {
  book: string;
  orders: string;
  fills: string;
  counts: { book: number; orders: number; fills: number; orders_with_fills: number };
}

/** Lines gathered before one write. */
const FLUSH_AT = 64 * 1024;

/** Writes a generated flow as `<symbol>.book0.csv`, `.inbound.csv` and `.fills.csv` into a folder (made if missing). */
export async function writeFlow(
  shape: FlowShape,
  book: OrderBook,
  orders: number,
  folder: string,
  onProgress: (done: number) => void = () => {},
): Promise<WrittenFlow> {
  mkdirSync(folder, { recursive: true });
  const path = (table: string) => join(folder, `${shape.symbol.toLowerCase()}.${table}.csv`);
  const paths = { book: path('book0'), orders: path('inbound'), fills: path('fills') };
  const bookFile = new CsvFile(paths.book, BOOK_COLUMNS);
  const orderFile = new CsvFile(paths.orders, INBOUND_COLUMNS);
  const fillFile = new CsvFile(paths.fills, FILL_COLUMNS);
  const generator = new FlowGenerator(shape, book);
  for (const row of generator.opening()) await bookFile.line(bookLine(row));
  let ordersWithFills = 0;
  for (let done = 0; done < orders; done++) {
    const { row, fills } = generator.next();
    await orderFile.line(inboundLine(row));
    for (const fill of fills) await fillFile.line(fillLine(fill));
    if (fills.length > 0) ordersWithFills += 1;
    if (done % 1000 === 0) onProgress(done);
  }
  await Promise.all([bookFile, orderFile, fillFile].map((file) => file.close()));
  onProgress(orders);
  const counts = { book: bookFile.lines, orders: orderFile.lines, fills: fillFile.lines };
  return { ...paths, counts: { ...counts, orders_with_fills: ordersWithFills } };
}

class CsvFile {
  readonly #stream: WriteStream;
  #pending: string;
  #failed: Error | undefined;
  lines = 0;

  constructor(path: string, header: string) {
    this.#stream = createWriteStream(path);
    this.#stream.on('error', (error) => {
      this.#failed = error;
    });
    this.#pending = `${header}\n`;
  }

  async line(text: string): Promise<void> {
    this.lines += 1;
    this.#pending += text;
    if (this.#pending.length >= FLUSH_AT) await this.#flush();
  }

  async close(): Promise<void> {
    await this.#flush();
    this.#stream.end();
    if (!this.#stream.closed) await once(this.#stream, 'close');
    if (this.#failed !== undefined) throw this.#failed;
  }

  async #flush(): Promise<void> {
    if (this.#failed !== undefined) throw this.#failed;
    const room = this.#stream.write(this.#pending);
    this.#pending = '';
    if (!room) await once(this.#stream, 'drain');
  }
}
