import { test } from 'node:test';
import fc from 'fast-check';
import { BookHost } from '../../src/matching/book-host.ts';
import { NaiveBook } from '../../src/matching/naive-book.ts';
import { commandLists } from '../../src/matching/testing/commands.ts';
import { compareBooks } from '../../src/matching/testing/differential.ts';
import '../support/property-seed.ts';

const RUNS = 10_000;

test(
  `fast and naive book agree on every report and every state, ${RUNS} runs of 200 commands`,
  {
    timeout: 3_600_000,
  },
  () => {
    const host = new BookHost();
    fc.assert(
      fc.property(commandLists(200), (commands) => {
        const book = host.open();
        compareBooks(new NaiveBook(), book, commands);
        book.close();
      }),
      { numRuns: RUNS },
    );
  },
);
