import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BookHost, COMMAND_WORDS, Op } from '../../src/matching/book-host.ts';
import { NaiveBook } from '../../src/matching/naive-book.ts';
import { type OrderBook, REPORT_WORDS, Stp } from '../../src/matching/order-book.ts';
import { canonicalLines } from './canonical.ts';
import { generate, SCENARIOS, type ScenarioName } from './generator.ts';
import { DEFAULTS, MatchingRig } from './matching-rig.ts';
import { reportText } from './report-text.ts';
import type { Workload } from './workload.ts';

/** The report text of a workload, one command at a time. */
function textOf(book: OrderBook, { commands, count, sequences }: Workload): string {
  const lines: string[] = [];
  for (let i = 0; i < count; i++) {
    const [word = 0, id = 0, price = 0, quantity = 0, side = 0] = commands.subarray(i * COMMAND_WORDS);
    const reported = run(book, word, id, price, quantity, side === 0 ? 0 : 1);
    lines.push(...canonicalLines(sequences[i]!, word & 0xff, book.reports, 0, reported));
  }
  return lines.join('\n');
}

function run(book: OrderBook, word: number, id: number, price: number, quantity: number, side: 0 | 1): number {
  if ((word & 0xff) === Op.CANCEL) return book.cancel(id);
  if ((word & 0xff) === Op.REQUEUE) return book.requeue(id, price, quantity);
  return book.submit(id, side, price, quantity, word >> 8, 0, Stp.NONE);
}

describe('generated workloads', () => {
  for (const scenario of Object.keys(SCENARIOS)) {
    test(`${scenario}: naive book, fast book and the benchmark's rig report the same`, async () => {
      const workload = generate(scenario as ScenarioName, 2_000, 5);
      const expected = textOf(new NaiveBook(), workload);
      assert.equal(textOf(new BookHost().open(), workload), expected);
      const rig = await MatchingRig.start(workload, DEFAULTS);
      const { drained } = await rig.run(true);
      await rig.stop();
      assert.equal([...reportText(workload, drained.kept ?? new Int32Array())].join(''), expected);
    });
  }

  test('one seed gives one workload, another seed another', () => {
    assert.deepEqual(generate('normal', 500, 1), generate('normal', 500, 1));
    assert.notDeepEqual(generate('normal', 500, 1).commands, generate('normal', 500, 2).commands);
  });

  test('the writer waits for the reader when one order says more than the ring holds', async () => {
    const makers = Array.from({ length: 3_000 }, (_, i) => [Op.SUBMIT, i, 100, 1, 1]);
    const commands = Int32Array.from([...makers, [Op.SUBMIT, 3_000, 100, 3_000, 0]].flat());
    const count = commands.length / COMMAND_WORDS;
    const sequences = Float64Array.from({ length: count }, (_, i) => i);
    const workload = { name: 'sweep', count, commands, sequences, maxId: 3_000, offsets: { id: 0, price: 0 } };
    const rig = await MatchingRig.start(workload, { block: 32, ring: 256, batch: 64 });
    const { drained } = await rig.run(true);
    await rig.stop();
    assert.equal(drained.reports, 6_001);
    assert.equal(drained.kept?.at(-REPORT_WORDS + 5), 2_999);
  });
});
