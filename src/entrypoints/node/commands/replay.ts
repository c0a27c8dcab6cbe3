import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pinoLog } from '../../../adapters/log/pino.ts';
import { audit } from '../../../audit/audit.ts';
import { shardEngine } from '../../../audit/shard-engine.ts';
import { SYMBOL_PATTERN } from '../../../domain/instrument.ts';
import { CsvError, collect, readBook, readFills, readInbound } from '../../../flow/csv.ts';
import { readConfig } from '../config.ts';
import { createExchange } from '../exchange.ts';
import { type Command, CommandError, type OptionValues, requiredText, textOf, UsageError } from './command.ts';
import { createBook } from './create-book.ts';
import { progressBar } from './progress.ts';
import { reportLine, reportText } from './replay/report.ts';
import { type ReplayInput, type ReplayResult, replaySession } from './replay/session.ts';

export const command: Command = {
  name: 'replay',
  summary: 'play a recorded order flow through a whole exchange and compare its fills',
  usage: '--book B.csv --orders O.csv [--fills F.csv] [--speed max|real|10x] [--json] [--url U]',
  about: [
    'Makes the instrument (limits off) and funded accounts, places the opening book, then sends every recorded order, cancel and ' +
      "replace over HTTP in the recorded order of arrival, as clients would. What trades is collected from the accounts' sockets and " +
      'compared, for each inbound order as a set, with --fills; without it, with what a naive order book trades.',
    'It plays in an exchange of its own in a temporary folder, unless DATA_DIR names a folder to keep or --url a running exchange ' +
      "(in test mode, with RATE_LIMIT_IP_RPM=0). The report's best_bid and best_ask are integers, like price_integer in the files.",
    'Exit code 0: every fill is equal and the audit is clean. 1: any difference.',
  ],
  options: {
    book: { type: 'string', shape: 'FILE', help: 'Opening book: order_id,side,price_integer,qty' },
    orders: { type: 'string', shape: 'FILE', help: 'Inbound orders in the order of arrival' },
    fills: { type: 'string', shape: 'FILE', help: "The recording exchange's own fills" },
    speed: {
      type: 'string',
      shape: 'max|real|Nx',
      help: 'As fast as it goes, at the recorded pace, or N times that',
      fallback: 'max',
    },
    symbol: { type: 'string', shape: 'S', help: 'Trade under this symbol; default: that of the file' },
    json: { type: 'boolean', help: 'Print the report as one JSON line' },
    url: { type: 'string', shape: 'URL', help: 'Play on this running exchange' },
    'data-dir': {
      type: 'string',
      shape: 'DIR',
      help: 'Play on an exchange in this folder, and keep it',
      env: 'DATA_DIR',
    },
  },
  examples: [
    'supernoba generate --out /tmp/flow && supernoba replay --book /tmp/flow/demo.book0.csv --orders /tmp/flow/demo.inbound.csv --fills /tmp/flow/demo.fills.csv',
    'supernoba replay --book book0.csv --orders inbound.csv --speed 10x --url http://127.0.0.1:8080',
  ],
  async run(values) {
    const input = await readInput(values);
    const url = textOf(values, 'url');
    if (url !== undefined && !URL.canParse(url)) throw new UsageError(`--url: "${url}" is not a URL`);
    const bar = progressBar('replaying', input.orders.length);
    const play = { ...input, onProgress: (done: number) => bar.update(done) };
    const outcome = url === undefined ? await playOwn(play, values) : await playAt(new URL(url).origin, play);
    bar.stop();
    const { result, audited } = outcome;
    process.stdout.write(values.json === true ? reportLine(result, audited) : reportText(result, audited));
    return result.fills_different + result.fills_missing === 0 && audited.length === 0 ? 0 : 1;
  },
};

interface Outcome {
  result: ReplayResult;
  /** What the audit found wrong, one line each. */
  audited: string[];
}

/** From outside, the accounts and sockets are all that can be audited. */
async function playAt(url: string, input: ReplayInput): Promise<Outcome> {
  const result = await replaySession(url, input);
  return { result, audited: result.faults };
}

async function playOwn(input: ReplayInput, values: OptionValues): Promise<Outcome> {
  const kept = textOf(values, 'data-dir') ?? (process.env.DATA_DIR || undefined);
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'supernoba-replay-'));
  const flags = { 'data-dir': folder, port: '0', host: '127.0.0.1', 'allow-test-mode': true, 'rate-limit-ip-rpm': '0' };
  const config = { ...readConfig(process.env, flags), apiKeys: [] };
  try {
    const exchange = await createExchange(config, pinoLog(process.env.LOG_LEVEL ? config.logLevel : 'warn'));
    try {
      const result = await replaySession(exchange.url, input);
      await exchange.quiesce();
      const { stream, topics, store } = exchange.storage;
      const report = await audit({ stream, topics, store, quiet: true, engine: () => shardEngine(createBook) });
      return { result, audited: [...result.faults, ...report.first_differences] };
    } finally {
      await exchange.stop();
    }
  } finally {
    if (kept === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

async function readInput(values: OptionValues): Promise<Omit<ReplayInput, 'onProgress'>> {
  const [bookFile, ordersFile] = [requiredText(values, 'book'), requiredText(values, 'orders')];
  const fillsFile = textOf(values, 'fills');
  const pace = paceOf(textOf(values, 'speed') ?? 'max');
  const wanted = textOf(values, 'symbol');
  if (wanted !== undefined && !SYMBOL_PATTERN.test(wanted)) {
    throw new UsageError(`--symbol: "${wanted}" is not 1 to 10 of A-Z and 0-9`);
  }
  try {
    const book = await collect(readBook(bookFile));
    const orders = await collect(readInbound(ordersFile));
    const last = orders.at(-1);
    if (last === undefined) throw new CommandError(`${ordersFile} holds no orders`);
    const all = fillsFile === undefined ? undefined : await collect(readFills(fillsFile));
    // A file of fills may reach further than the orders at hand.
    const fills = all?.filter(({ idx }) => idx <= last.idx);
    return { book, orders, fills, symbol: wanted ?? last.symbol, pace };
  } catch (error) {
    throw error instanceof CsvError ? new CommandError(error.message) : error;
  }
}

function paceOf(speed: string): number | undefined {
  if (speed === 'max') return undefined;
  if (speed === 'real') return 1;
  const times = /^(\d{1,6}(?:\.\d{1,3})?)x$/.exec(speed)?.[1];
  if (times === undefined || Number(times) === 0) throw new UsageError(`--speed: "${speed}" is none of max, real, 10x`);
  return Number(times);
}
