import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { canonicalLines } from '../../bench/lib/canonical.ts';
import { absent, sharedPath } from '../../bench/lib/shared-folder.ts';
import { MessageType } from '../../bench/lib/workload.ts';
import { BookHost } from './book-host.ts';
import { NaiveBook } from './naive-book.ts';
import { BUY, Flag, type OrderBook, SELL, Stp } from './order-book.ts';

interface Message {
  seq: number;
  type: 'new' | 'cancel' | 'modify';
  side?: 'BUY' | 'SELL';
  quantity?: number;
  price?: number;
  ioc?: boolean;
  order_id: number;
}

interface Case {
  case: string;
  messages: Message[];
  reports: string[];
}

const TYPES = { new: MessageType.NEW, cancel: MessageType.CANCEL, modify: MessageType.MODIFY };

function run(book: OrderBook, message: Message): number {
  const { order_id: id, side = 'BUY', price = 0, quantity = 0, ioc = false } = message;
  if (message.type === 'cancel') return book.cancel(id);
  if (message.type === 'modify') return book.requeue(id, price, quantity);
  return book.submit(id, side === 'BUY' ? BUY : SELL, price, quantity, ioc ? Flag.IOC : 0, id, Stp.NONE);
}

const file = sharedPath('matching', 'conformance.json');
const missing = absent(file);
const host = new BookHost();
const BOOKS: [string, () => OrderBook][] = [
  ['naive book', () => new NaiveBook()],
  ['fast book', () => host.open()],
];

if (missing !== undefined) console.log(`not run: conformance cases of the public benchmark: ${missing}`);
else {
  const cases: Case[] = JSON.parse(readFileSync(file, 'utf8'));
  for (const [name, make] of BOOKS) {
    describe(`${name}: the public benchmark's edge cases`, () => {
      for (const { case: title, messages, reports } of cases) {
        test(title, () => {
          const book = make();
          const lines = messages.flatMap((m) => {
            const count = run(book, m);
            return canonicalLines(m.seq, TYPES[m.type], book.reports, 0, count);
          });
          assert.deepEqual(lines, reports);
        });
      }
    });
  }
}
