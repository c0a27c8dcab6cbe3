import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MAX_PRICE, MAX_QUANTITY } from '../../src/domain/money.ts';
import { CsvError, readBook, readFills, readInbound } from '../../src/flow/csv.ts';
import { lines } from '../../src/flow/lines.ts';
import { decodeRecord } from '../../src/matching/engine/decode.ts';
import { decodeRecords } from '../../src/matching/engine/decode-batch.ts';
import { type BadLine, LineMatcher } from '../../src/matching/engine/match-lines.ts';
import { NaiveBook } from '../../src/matching/naive-book.ts';
import { runSupernoba } from '../servers/exchange.ts';
import { pick } from './mutate.ts';
import { hold, surface } from './surface.ts';

/** Lines given to one matcher before a fresh one begins. */
const LINES_A_MATCHER = 500;

function newMatcher(bad: BadLine[] = []): LineMatcher {
  return new LineMatcher({ createBook: () => new NaiveBook() }, (line) => bad.push(line));
}

surface({
  name: 'match-lines',
  borrows: ['orders'],
  async run(inputs) {
    let matcher = newMatcher();
    let good: string[] = [];
    const bad: BadLine[] = [];
    let count = 0;
    for (const input of inputs.all()) {
      if (count++ % LINES_A_MATCHER === 0) {
        assert.equal(replayed(good), matcher.shard.stateHash(), 'a bad line has changed something');
        matcher = newMatcher(bad);
        good = [];
      }
      const line = input.toString().replaceAll(/[\r\n]/g, ' ');
      const before = bad.length;
      await hold(inputs, input, () => {
        const events = matcher.match(line);
        for (const event of events.split('\n')) if (event !== '') JSON.parse(event);
        if (bad.length > before) assert.equal(events, '', 'a bad line must say nothing');
      });
      if (bad.length === before) good.push(line);
    }
    assert.equal(replayed(good), matcher.shard.stateHash());
  },
});

/** The state of an engine that saw the good lines only. */
function replayed(good: readonly string[]): string {
  const matcher = newMatcher();
  for (const line of good) matcher.match(line);
  return matcher.shard.stateHash();
}

surface({
  name: 'decode-batch',
  borrows: ['orders'],
  async run(inputs) {
    let batch: Buffer[] = [];
    for (const input of inputs.all()) {
      // Most are sound: the joined reading is only tried where all of a batch look like records.
      batch.push(inputs.chance.random() < 0.8 ? pick(inputs.chance, inputs.corpus) : input);
      if (batch.length < 8) continue;
      const one = batch;
      batch = [];
      await hold(inputs, input, () =>
        assert.deepEqual(
          decodeRecords(one),
          one.map((value) => decodeRecord(value)),
        ),
      );
    }
  },
});

surface({
  name: 'csv',
  share: 0.3,
  async run(inputs) {
    const folder = mkdtempSync(join(tmpdir(), 'supernoba-fuzz-'));
    const path = join(folder, 'flow.csv');
    try {
      for (const input of inputs.all()) {
        writeFileSync(path, input);
        await hold(inputs, input, () => readAs(pick(inputs.chance, [readBook, readInbound, readFills]), path));
        const whole = input.toString();
        const cut = Math.floor(inputs.chance.random() * whole.length);
        await hold(inputs, input, () => sameLines(whole, cut));
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
});

type Reader = typeof readBook | typeof readInbound | typeof readFills;

/** Every row that is read is a sound one; whatever is not comes as one clear line with its place. */
async function readAs(read: Reader, path: string): Promise<void> {
  try {
    for await (const row of read(path)) {
      assert.ok(Number.isSafeInteger(row.price) && row.price >= 0 && row.price <= MAX_PRICE, `price ${row.price}`);
      assert.ok(Number.isSafeInteger(row.quantity) && row.quantity >= 0 && row.quantity <= MAX_QUANTITY);
    }
  } catch (error) {
    assert.ok(error instanceof CsvError, String(error));
    assert.match(error.message, /flow\.csv:\d+: [^\n]+$/);
    assert.ok(error.message.length < path.length + 300, 'the line is not repeated whole');
  }
}

/** Wherever a chunk ends, the lines are the same. */
async function sameLines(text: string, cut: number): Promise<void> {
  async function* chunks(...parts: string[]) {
    yield* parts;
  }
  const read = async (...parts: string[]) => {
    const all: string[] = [];
    for await (const batch of lines(chunks(...parts), 100)) all.push(...batch);
    return all;
  };
  assert.deepEqual(await read(text.slice(0, cut), text.slice(cut)), await read(text));
}

surface({
  name: 'commands',
  borrows: ['orders', 'csv'],
  share: 0.002,
  async run(inputs) {
    const folder = mkdtempSync(join(tmpdir(), 'supernoba-fuzz-'));
    const path = join(folder, 'input');
    try {
      for (const input of inputs.all()) {
        writeFileSync(path, input);
        const runs = [
          () => runSupernoba(['match', '--hash'], { input: input.toString('latin1') }),
          () => runSupernoba(['match', `--snapshot-in=${path}`]),
          () => runSupernoba(['replay', `--book=${path}`, `--orders=${path}`]),
        ];
        const { code, stderr } = await pick(inputs.chance, runs)();
        await hold(inputs, input, () => {
          assert.ok(code === 0 || code === 1 || code === 2, `exit code ${code}\n${stderr}`);
          assert.doesNotMatch(stderr, /^\s+at /m, 'a stack trace is no message');
        });
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
});
