import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, test } from 'node:test';
import { NaiveBook } from '../matching/naive-book.ts';
import { compareFills } from './compare.ts';
import { CsvError, collect, readBook, readFills, readInbound } from './csv.ts';
import { ExpectedMarket } from './expected.ts';
import { FlowGenerator, type FlowShape } from './generator.ts';
import { lines } from './lines.ts';
import { BOOK_COLUMNS, INBOUND_COLUMNS } from './rows.ts';
import { writeFlow } from './write-flow.ts';

const folder = mkdtempSync(join(tmpdir(), 'supernoba-flow-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function shape(seed: number): FlowShape {
  return {
    symbol: 'TEST',
    seed,
    price: 480_000,
    tick_bands: [{ from: 0, tick: 25 }],
    lot: 1,
    typical_lots: 1,
    opening_orders: 100,
    orders_per_second: 20,
    start_ns: 1_765_843_200_000_000_000n,
    lowest: 25,
    highest: 2 ** 31 - 1,
  };
}

test('one seed writes one flow, another seed another', () => {
  const rows = (seed: number) => {
    const generator = new FlowGenerator(shape(seed), new NaiveBook());
    return JSON.stringify(
      [generator.opening(), Array.from({ length: 500 }, () => generator.next())],
      (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
    );
  };
  assert.equal(rows(1), rows(1));
  assert.notEqual(rows(1), rows(2));
});

test('the flow looks like a market: all actions, trades, bursts, its mean rate, prices on the tick', () => {
  const generator = new FlowGenerator(shape(3), new NaiveBook());
  generator.opening();
  const steps = Array.from({ length: 5_000 }, () => generator.next());
  const share = (action: string) => steps.filter(({ row }) => row.action === action).length / steps.length;
  assert.ok(share('new') > 0.4 && share('new') < 0.65);
  assert.ok(share('cancel') > 0.15 && share('replace') > 0.15);
  assert.ok(steps.filter(({ fills }) => fills.length > 0).length > 200);
  assert.ok(steps.every(({ row }) => row.price % 25 === 0 && row.price > 0));
  const times = steps.map(({ row }) => Number(row.ts_ns - shape(3).start_ns) / 1e9);
  assert.ok(times.every((time, i) => i === 0 || time >= (times[i - 1] ?? 0)));
  const rate = steps.length / (times.at(-1) ?? 0);
  assert.ok(rate > 10 && rate < 40, `rate ${rate}`);
  const ids = steps.filter(({ row }) => row.action === 'new').map(({ row }) => row.order_id);
  assert.ok(new Set(ids).size < ids.length, 'iceberg ids come back');
});

test('what generate writes is read back, and a price-time book trades exactly its fills', async () => {
  const flow = await writeFlow(shape(5), new NaiveBook(), 2_000, folder);
  const market = new ExpectedMarket(new NaiveBook());
  for await (const row of readBook(flow.book)) market.open(row);
  const actual = [];
  for await (const row of readInbound(flow.orders)) actual.push(...market.apply(row));
  const expected = await collect(readFills(flow.fills));
  const result = compareFills(expected, actual);
  assert.equal(result.fills_equal, flow.counts.fills);
  assert.ok(flow.counts.fills > 100);
  assert.deepEqual([result.fills_different, result.fills_missing], [0, 0]);
  assert.equal(result.orders_with_fills, flow.counts.orders_with_fills);
});

test('comparison counts fills as a multiset per inbound order', () => {
  const fill = (idx: number, quantity: number) => ({
    idx,
    aggressor_id: 'a',
    resting_id: 'b',
    aggressor_side: 'BUY' as const,
    price: 100,
    quantity,
  });
  const equal = compareFills([fill(1, 5), fill(1, 7), fill(2, 5)], [fill(1, 7), fill(1, 5), fill(2, 5)]);
  assert.deepEqual([equal.fills_equal, equal.fills_different, equal.fills_missing], [3, 0, 0]);
  const off = compareFills([fill(1, 5), fill(1, 5)], [fill(1, 5), fill(2, 5)]);
  assert.deepEqual([off.fills_equal, off.fills_different, off.fills_missing], [1, 1, 1]);
  assert.equal(off.differences.length, 2);
});

test('a broken CSV is refused with file and line', async () => {
  const cases: [name: string, text: string, reason: RegExp][] = [
    ['empty', '', /:1: the header must be/],
    ['header', 'a,b\n', /:1: the header must be/],
    ['fields', `${BOOK_COLUMNS}\n1,B,100\n`, /:2: 3 fields where 4/],
    ['side', `${BOOK_COLUMNS}\n1,X,100,1\n`, /:2: side "X"/],
    ['price', `${BOOK_COLUMNS}\n1,B,1e3,1\n`, /:2: price_integer "1e3"/],
    ['zero', `${BOOK_COLUMNS}\n1,B,100,1\n2,S,101,0\n`, /:3: qty "0"/],
    ['long', `${BOOK_COLUMNS}\n${'9'.repeat(10_000)}\n`, /:2: the line is too long/],
  ];
  for (const [name, text, reason] of cases) {
    const path = join(folder, `${name}.csv`);
    writeFileSync(path, text);
    await assert.rejects(
      collect(readBook(path)),
      (error: Error) => error instanceof CsvError && reason.test(error.message),
    );
  }
  const path = join(folder, 'symbol.csv');
  writeFileSync(path, `${INBOUND_COLUMNS}\n0,1,esh4,new,1,B,GTC,1,1,\n`);
  await assert.rejects(collect(readInbound(path)), /:2: symbol "esh4"/);
});

test('lines: any chunking gives the same lines, and an endless line does not grow', async () => {
  const text = 'one\r\ntwo\n\nthree';
  for (const size of [1, 2, 3, 100]) {
    const chunks = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
    const got = await collect(lines(Readable.from(chunks), 10));
    assert.deepEqual(got.flat(), ['one', 'two', '', 'three']);
  }
  const cut = await collect(lines(Readable.from(['x'.repeat(50), 'y'.repeat(50), '\nok']), 10));
  assert.deepEqual(
    cut.flat().map((line) => line.length),
    [11, 2],
  );
});
