import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BookHost, COMMAND_WORDS, Op } from './book-host.ts';
import { Flag, REPORT_WORDS } from './order-book.ts';
import { ReportReader } from './report-ring.ts';
import { TAG_OWNER_SHIFT, TAG_POST_ONLY_SHIFT, TAG_STP_SHIFT } from './snapshot-format.ts';
import { apply, type BookCommand, commandLists } from './testing/commands.ts';
import '../../test/support/property-seed.ts';

const RING = 1 << 14;

/** The words of a command in a batch. */
function encode(command: BookCommand): number[] {
  switch (command.kind) {
    case 'submit': {
      const { id, side, price, quantity, flags, owner, stp } = command;
      const postOnly = (flags & Flag.POST_ONLY) !== 0 ? 1 : 0;
      const tag = (owner << TAG_OWNER_SHIFT) | (postOnly << TAG_POST_ONLY_SHIFT) | (stp << TAG_STP_SHIFT) | side;
      return [Op.SUBMIT | (flags << 8), id, price, quantity, tag];
    }
    case 'cancel':
      return [Op.CANCEL, command.id, 0, 0, 0];
    case 'replace':
      return [Op.REPLACE, command.id, command.price, command.quantity, 0];
    case 'requeue':
      return [Op.REQUEUE, command.id, command.price, command.quantity, 0];
    case 'restore':
      throw new Error('A batch has no such command.');
  }
}

test('a batch reports what single commands report, whatever its block', () => {
  const host = new BookHost();
  const reader = new ReportReader(host.openRing(RING), 1);
  const block = host.commandBlock(200 * COMMAND_WORDS);
  const batchOf = (commands: BookCommand[], size: number) => {
    const book = host.open();
    block.words.set(commands.flatMap(encode));
    book.run(block.address, commands.length, size);
    const words: number[] = [];
    reader.drain((first, count) => {
      words.push(...reader.words.subarray(first * REPORT_WORDS, (first + count) * REPORT_WORDS));
    });
    const hash = book.stateHash();
    book.close();
    return { words, hash };
  };
  fc.assert(
    fc.property(commandLists(200), (all) => {
      const commands = all.filter(({ kind }) => kind !== 'restore');
      const book = host.open();
      const words = commands.flatMap((command) => {
        const count = apply(book, command);
        return [...book.reports.subarray(0, count * REPORT_WORDS)];
      });
      for (const size of [1, 7, 32, 64]) assert.deepEqual(batchOf(commands, size), { words, hash: book.stateHash() });
      book.close();
    }),
    { numRuns: 100 },
  );
});

test('batches that end where the ring ends go on at its beginning', () => {
  const host = new BookHost();
  const reader = new ReportReader(host.openRing(64), 1);
  const book = host.open();
  const block = host.commandBlock(COMMAND_WORDS);
  const seen: number[] = [];
  for (let id = 0; id < 200; id++) {
    block.words.set([Op.SUBMIT, id, 100, 1, 0]);
    book.run(block.address, 1, 1);
    const count = reader.drain((first) => seen.push(reader.words[first * REPORT_WORDS + 1]!));
    assert.equal(count, 1);
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 200 }, (_, id) => id),
  );
});
