import { SYMBOL_PATTERN } from '../../../domain/instrument.ts';
import { MAX_PRICE } from '../../../domain/money.ts';
import { writeFlow } from '../../../flow/write-flow.ts';
import { type Command, integerOf, requiredText, textOf, UsageError } from './command.ts';
import { createBook } from './create-book.ts';
import { progressBar } from './progress.ts';

/** 2 January 2026 09:00 in Seoul: a flow's first moment, the same in every run. */
const START_NS = 1_767_312_000_000_000_000n;

export const command: Command = {
  name: 'generate',
  summary: 'write a seeded, realistic order flow as CSV files',
  usage: '--out DIR [--orders N] [--symbol S] [--seed N] [--price N] [--tick N] [--rate N] [--json]',
  about: [
    'Writes <symbol>.book0.csv (the opening book), <symbol>.inbound.csv (the orders) and <symbol>.fills.csv (the trades of a ' +
      'price-time market): a mid price that walks, arrivals in clusters, sizes, cancels, replaces, immediate-or-cancel orders and ' +
      'icebergs whose id comes back. One seed gives one flow, byte for byte. `supernoba replay` plays it.',
    'Prices and quantities are integers of the instrument: with two price decimals, 480000 is 4800.00.',
  ],
  options: {
    out: { type: 'string', shape: 'DIR', help: 'Folder for the files; made if missing' },
    orders: { type: 'string', shape: 'N', help: 'Inbound orders', fallback: '10000' },
    symbol: { type: 'string', shape: 'S', help: 'Symbol in the files', fallback: 'DEMO' },
    seed: { type: 'string', shape: 'N', help: 'Which of all flows', fallback: '1' },
    price: { type: 'string', shape: 'N', help: 'Opening price', fallback: '480000' },
    tick: { type: 'string', shape: 'N', help: 'Price step', fallback: '25' },
    depth: { type: 'string', shape: 'N', help: 'Orders a side of the opening book', fallback: '500' },
    rate: { type: 'string', shape: 'N', help: 'Mean orders per second of the recorded time', fallback: '20' },
    json: { type: 'boolean', help: 'Print what was written as one JSON line' },
  },
  examples: [
    'supernoba generate --orders 30000 --symbol DEMO --out /tmp/flow',
    'supernoba replay --book /tmp/flow/demo.book0.csv --orders /tmp/flow/demo.inbound.csv --fills /tmp/flow/demo.fills.csv',
  ],
  async run(values) {
    const symbol = textOf(values, 'symbol') ?? 'DEMO';
    if (!SYMBOL_PATTERN.test(symbol)) throw new UsageError(`--symbol: "${symbol}" is not 1 to 10 of A-Z and 0-9`);
    const orders = integerOf(values, 'orders', 10_000, 1, 100_000_000);
    const tick = integerOf(values, 'tick', 25, 1, 1_000_000);
    const price = integerOf(values, 'price', 480_000, tick, MAX_PRICE);
    const shape = {
      symbol,
      seed: integerOf(values, 'seed', 1, 0, Number.MAX_SAFE_INTEGER),
      price,
      tick_bands: [{ from: 0, tick }],
      lot: 1,
      typical_lots: 1,
      opening_orders: integerOf(values, 'depth', 500, 1, 1_000_000),
      orders_per_second: integerOf(values, 'rate', 20, 1, 1_000_000),
      start_ns: START_NS,
      lowest: tick,
      highest: Math.min(MAX_PRICE, price * 4),
    };
    const bar = progressBar('generating', orders);
    const flow = await writeFlow(shape, createBook(), orders, requiredText(values, 'out'), (done) => bar.update(done));
    bar.stop();
    const { counts, ...files } = flow;
    if (values.json === true) process.stdout.write(`${JSON.stringify(flow)}\n`);
    else {
      process.stdout.write(`${files.book}: ${counts.book} resting orders\n${files.orders}: ${counts.orders} orders\n`);
      process.stdout.write(`${files.fills}: ${counts.fills} fills of ${counts.orders_with_fills} orders\n`);
    }
    return 0;
  },
};
