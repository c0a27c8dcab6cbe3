// Batches. A consumer of a stream knows the next messages: before it matches a block of them, one tight loop reads what
// the block will need, so that the processor waits for many cache misses at once instead of one by one.
import { cancelOrder, replaceOrder, requeueOrder, submitOrder } from './commands';
import { Command, Op } from './layout';
import { idCell } from './queue';
import { publish } from './reports';

/** Keeps the reads of the look-ahead alive. */
let seen: u32 = 0;

/** Runs `count` commands, `block` at a time, and publishes their reports once per block. */
export function runBlocks(book: u32, commands: u32, count: u32, block: u32): void {
  const end = commands + count * Command.BYTES;
  const step = block * Command.BYTES;
  for (let from = commands; from < end; from += step) {
    const to = min<u32>(from + step, end);
    if (block > 1) lookAhead(book, from, to);
    for (let command = from; command < to; command += Command.BYTES) execute(book, command);
    publish();
  }
}

// @ts-ignore: decorator
@inline
function execute(book: u32, command: u32): void {
  const word = load<u32>(command, Command.OP);
  const op = word & 0xff;
  const id = load<u32>(command, Command.ID);
  if (op == Op.CANCEL) return cancelOrder(book, id);
  const price = load<u32>(command, Command.PRICE);
  const quantity = load<u32>(command, Command.QUANTITY);
  if (op == Op.SUBMIT) return submitOrder(book, id, price, quantity, load<u32>(command, Command.TAG), word >> 8);
  if (op == Op.REQUEUE) return requeueOrder(book, id, price, quantity);
  replaceOrder(book, id, price, quantity);
}

/**
 * Reads the id cells that the block names. The table of ids is the one thing too large for the caches near the processor; the
 * orders it leads to are few enough to be there already, and reading them as well was measured to cost more than it saves.
 */
function lookAhead(book: u32, from: u32, to: u32): void {
  let sum: u32 = 0;
  for (let command = from; command < to; command += Command.BYTES) {
    sum ^= load<u32>(idCell(book, load<u32>(command, Command.ID)));
  }
  seen = sum;
}
