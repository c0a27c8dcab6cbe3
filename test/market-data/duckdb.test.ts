import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDuckDb } from './duckdb.ts';
import { START, Teller } from './lives.ts';
import { straightBars } from './straight.ts';
import { World } from './world.ts';

const SYMBOLS = ['005930', 'AAA'];

/** The queries of docs/MARKET-DATA.md, in their order. */
function documented(archive: string): string[] {
  const doc = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'MARKET-DATA.md'), 'utf8');
  return [...doc.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, sql = '']) => sql.replaceAll("'archive/", `'${archive}/`));
}

/** Trades of each of the runs; what the last one stores of a symbol is a file of several members of gzip. */
const RUNS = [90, 90, 90, 1_200];

/** Trades of two symbols over midnight, stored in several runs. */
async function traded(): Promise<World> {
  const world = await World.open(START);
  const teller = new Teller();
  for (const length of RUNS) {
    const trades = Array.from({ length }, (_, i) => ({
      symbol: SYMBOLS[i % 2]!,
      afterMs: 360_000 / length,
      price: 1_000 + ((i * 37) % 91),
      quantity: 1 + (i % 7),
      dayEnds: false,
    }));
    await world.tell(await teller.events(world, trades), 9, false);
    await world.finish(world.market.backup.run());
  }
  return world;
}

const duck = await openDuckDb();

if ('missing' in duck) console.log(`reading the archive with DuckDB not run: ${duck.missing}`);
else
  test('DuckDB reads the archive: trades a day, bars from minutes, minutes from trades, a copy in Parquet', async () => {
    const world = await traded();
    const [days = '', fives = '', minutes = '', parquet = ''] = documented(world.archiveFolder);
    const bars = (symbol: string, interval: '1m' | '5m') =>
      straightBars(world.fills(symbol), interval).map(({ time, ...bar }) => ({ symbol, time, ...bar }));
    const numbers = (rows: Record<string, unknown>[], time: string) =>
      rows.map(({ symbol, [time]: at, open, high, low, close, volume }) => {
        const [o, h, l, c, v] = [open, high, low, close, volume].map(Number);
        return { symbol, time: Number(at), open: o, high: h, low: l, close: c, volume: v };
      });

    assert.deepEqual(
      numbers(await duck.query(fives), 'bar'),
      SYMBOLS.flatMap((symbol) => bars(symbol, '5m')),
    );
    assert.deepEqual(
      numbers(await duck.query(minutes), 'minute'),
      SYMBOLS.flatMap((symbol) => bars(symbol, '1m')),
    );
    const daily = await duck.query(days);
    assert.deepEqual(
      daily.map(({ symbol, date }) => [symbol, date]),
      SYMBOLS.flatMap((symbol) => ['2025-12-16', '2025-12-17'].map((date) => [symbol, date])),
    );
    for (const symbol of SYMBOLS) {
      const rows = daily.filter((row) => row.symbol === symbol);
      const total = (field: string) => rows.reduce((sum, row) => sum + Number(row[field]), 0);
      const fills = world.fills(symbol);
      assert.equal(total('trades'), fills.length);
      assert.equal(
        total('volume'),
        fills.reduce((sum, fill) => sum + fill.quantity, 0),
      );
    }

    await duck.query(parquet);
    const file = join(world.archiveFolder, 'trades.parquet');
    assert.ok(existsSync(file));
    const [copied] = await duck.query(`SELECT count(*) AS n, count(DISTINCT trade_id) AS ids FROM '${file}'`);
    assert.deepEqual([Number(copied?.n), Number(copied?.ids)], [1_470, 1_470]);
    duck.close();
    await world.close();
  });
