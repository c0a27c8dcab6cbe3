import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BookHost } from './book-host.ts';
import { NaiveBook } from './naive-book.ts';
import { BrokenBook, type Fault } from './testing/broken-book.ts';
import { commandLists } from './testing/commands.ts';
import { compareBooks } from './testing/differential.ts';
import '../../test/support/property-seed.ts';

const host = new BookHost();

test('fast and naive book agree on every report and every state, 300 runs of 200 commands', () => {
  fc.assert(
    fc.property(commandLists(200), (commands) => {
      const book = host.open();
      compareBooks(new NaiveBook(), book, commands);
      book.close();
    }),
    { numRuns: 300 },
  );
});

for (const fault of ['priority', 'price', 'quantity'] satisfies Fault[]) {
  test(`the comparison notices a wrong ${fault}`, () => {
    const property = fc.property(commandLists(100), (commands) => {
      compareBooks(new NaiveBook(), new BrokenBook(host.open(), fault), commands);
    });
    assert.ok(fc.check(property, { numRuns: 300, endOnFailure: true }).failed);
  });
}
