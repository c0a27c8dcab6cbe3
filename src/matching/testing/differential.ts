import assert from 'node:assert/strict';
import { BUY, type OrderBook, REPORT_WORDS, SELL } from '../order-book.ts';
import { apply, type BookCommand } from './commands.ts';

const DEPTH = 8;

/** Drives two books with the same commands and compares all that can be seen of them after every one. */
export function compareBooks(expected: OrderBook, actual: OrderBook, commands: readonly BookCommand[]): void {
  commands.forEach((command, i) => {
    const where = `after command ${i}: ${JSON.stringify(command)}`;
    assert.deepEqual(reportsOf(actual, apply(actual, command)), reportsOf(expected, apply(expected, command)), where);
    assert.deepEqual(stateOf(actual, command), stateOf(expected, command), where);
  });
}

function reportsOf(book: OrderBook, count: number): number[] {
  return [...book.reports.subarray(0, count * REPORT_WORDS)];
}

function stateOf(book: OrderBook, command: BookCommand) {
  const price = 'price' in command ? command.price : 1;
  return {
    best: [book.bestBid(), book.bestAsk()],
    size: book.size,
    depth: [book.depth(BUY, DEPTH), book.depth(SELL, DEPTH)],
    at: [book.quantityAt(BUY, price), book.quantityAt(SELL, price)],
    open: 'id' in command ? book.openQuantity(command.id) : 0,
    hash: book.stateHash(),
    snapshot: Buffer.from(book.snapshot()).toString('base64'),
  };
}
