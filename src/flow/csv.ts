import { createReadStream } from 'node:fs';
import { SYMBOL_PATTERN } from '../domain/instrument.ts';
import { MAX_PRICE, MAX_QUANTITY } from '../domain/money.ts';
import type { Side } from '../domain/order.ts';
import { lines } from './lines.ts';
import { BOOK_COLUMNS, type BookRow, FILL_COLUMNS, type FillRow, INBOUND_COLUMNS, type InboundRow } from './rows.ts';

/** A file that does not hold what it should; the message names file and line. */
export class CsvError extends Error {
  constructor(file: string, line: number, reason: string) {
    super(`${file}:${line}: ${reason}`);
    this.name = 'CsvError';
  }
}

/** Longest line accepted; a longer one is no order flow, whatever it is. */
const MAX_LINE = 4096;

class Row {
  readonly fields: string[];
  readonly fail: (reason: string) => never;

  constructor(fields: string[], fail: (reason: string) => never) {
    this.fields = fields;
    this.fail = fail;
  }

  text(column: number, what: string): string {
    const value = this.fields[column] ?? '';
    return /^[\w.:-]{1,64}$/.test(value) ? value : this.fail(`${what} "${value.slice(0, 40)}" is not an identifier`);
  }

  integer(column: number, what: string, min: number, max: number): number {
    const value = this.fields[column] ?? '';
    const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max))
      return this.fail(`${what} "${value.slice(0, 40)}" is not an integer from ${min} to ${max}`);
    return number;
  }

  nanoseconds(column: number): bigint {
    const value = this.fields[column] ?? '';
    return /^\d{1,20}$/.test(value) ? BigInt(value) : this.fail(`ts_ns "${value.slice(0, 40)}" is not a time`);
  }

  side(column: number): Side {
    const value = this.fields[column];
    if (value === 'B') return 'BUY';
    return value === 'S' ? 'SELL' : this.fail(`side "${value}" is neither B nor S`);
  }

  oneOf<T extends string>(column: number, what: string, values: readonly T[]): T {
    const value = values.find((v) => v === this.fields[column]);
    return (
      value ?? this.fail(`${what} "${(this.fields[column] ?? '').slice(0, 40)}" is not one of ${values.join(', ')}`)
    );
  }
}

/** Rows of a file, one at a time: memory stays flat however long the file is. The header must be `columns`. */
async function* rows<T>(path: string, columns: string, read: (row: Row) => T): AsyncGenerator<T> {
  const width = columns.split(',').length;
  let line = 0;
  const fail = (reason: string): never => {
    throw new CsvError(path, line, reason);
  };
  const input = createReadStream(path, 'utf8');
  try {
    for await (const batch of lines(input, MAX_LINE)) {
      for (const raw of batch) {
        line += 1;
        if (raw.length > MAX_LINE) fail('the line is too long');
        const text = line === 1 ? raw.replace(/^\uFEFF/, '') : raw;
        if (line === 1) {
          if (text.trim() !== columns) fail(`the header must be ${columns}`);
        } else if (text.trim() !== '') {
          const fields = text.split(',');
          if (fields.length !== width) fail(`${fields.length} fields where ${width} are expected (${columns})`);
          yield read(new Row(fields, fail));
        }
      }
    }
  } finally {
    input.destroy();
  }
  if (line === 0) throw new CsvError(path, 1, `the header must be ${columns}`);
}

/** Opening book, in priority order. */
export function readBook(path: string): AsyncGenerator<BookRow> {
  return rows(path, BOOK_COLUMNS, (row) => ({
    order_id: row.text(0, 'order_id'),
    side: row.side(1),
    price: row.integer(2, 'price_integer', 1, MAX_PRICE),
    quantity: row.integer(3, 'qty', 1, MAX_QUANTITY),
  }));
}

/** Inbound orders, in the order of their arrival. */
export function readInbound(path: string): AsyncGenerator<InboundRow> {
  return rows(path, INBOUND_COLUMNS, (row) => {
    const action = row.oneOf(3, 'action', ['new', 'replace', 'cancel'] as const);
    const symbol = row.fields[2] ?? '';
    if (!SYMBOL_PATTERN.test(symbol)) row.fail(`symbol "${symbol.slice(0, 40)}" is not 1 to 10 of A-Z and 0-9`);
    return {
      idx: row.integer(0, 'idx', 0, Number.MAX_SAFE_INTEGER),
      ts_ns: row.nanoseconds(1),
      symbol,
      action,
      order_id: row.text(4, 'order_id'),
      side: row.side(5),
      tif: row.oneOf(6, 'tif', ['GTC', 'IOC', ''] as const),
      price: row.integer(7, 'price_integer', action === 'cancel' ? 0 : 1, MAX_PRICE),
      quantity: row.integer(8, 'qty', action === 'cancel' ? 0 : 1, MAX_QUANTITY),
      note: row.fields[9] ?? '',
    };
  });
}

/** What the recording exchange traded. */
export function readFills(path: string): AsyncGenerator<FillRow> {
  return rows(path, FILL_COLUMNS, (row) => ({
    idx: row.integer(0, 'idx', 0, Number.MAX_SAFE_INTEGER),
    ts_ns: row.nanoseconds(1),
    aggressor_id: row.text(2, 'aggressor_id'),
    resting_id: row.text(3, 'resting_id'),
    aggressor_side: row.side(4),
    price: row.integer(5, 'price_integer', 1, MAX_PRICE),
    quantity: row.integer(6, 'qty', 1, MAX_QUANTITY),
  }));
}

export async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const row of rows) all.push(row);
  return all;
}
