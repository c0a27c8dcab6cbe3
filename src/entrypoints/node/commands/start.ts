import { resolve } from 'node:path';
import { SystemChance, SystemClock } from '../../../adapters/clock/system.ts';
import { pinoLog } from '../../../adapters/log/pino.ts';
import type { Log } from '../../../ports/log.ts';
import { version } from '../about.ts';
import { isLoopback, readConfig } from '../config.ts';
import { DemoMarket } from '../demo/demo.ts';
import { createExchange, type Exchange } from '../exchange.ts';
import type { Command } from './command.ts';
import { createBook } from './create-book.ts';
import { settingOptions } from './help.ts';
import { stopSignal } from './stop-signal.ts';

/** Who the demo's admin acts are signed by in the audit log. */
const DEMO_ADMIN = 'demo';

export const command: Command = {
  name: 'start',
  summary: 'run an exchange',
  usage: '[--port N] [--data-dir DIR] [--no-demo] [...]',
  about: [
    'Runs the whole exchange in one process: order entry, matching, settlement, market data, WebSocket. By default it opens with a ' +
      'small live market and keeps everything in ./data. The first line on standard output names its address; logs are JSON lines on ' +
      'standard error. SIGINT (Ctrl-C), SIGTERM or SIGHUP finishes what was taken and stops; another one a second later ends at once.',
    'Every option is also an environment variable; the option wins.',
  ],
  options: settingOptions(),
  examples: [
    'supernoba start',
    'supernoba start --port 9000 --data-dir /var/lib/supernoba --no-demo',
    'PORT=0 LOG_LEVEL=warn supernoba start',
  ],
  async run(values) {
    const config = readConfig(process.env, values);
    const log = pinoLog(config.logLevel);
    const exchange = await createExchange(config, log, endWithLog(log));
    // Before the line that says so: whoever reads it may stop the exchange at once.
    const stopped = stopSignal(
      process,
      () => performance.now(),
      (code) => process.exit(code),
    );
    process.stdout.write(`Supernoba is open at ${exchange.url}\n`);
    tellWhatRuns(exchange, log);
    const demo = config.demo ? demoOf(exchange, log) : undefined;
    let stopping = false;
    demo?.start().catch((error) => {
      // Stopped while it opens, the demo is refused like any client.
      if (!stopping) log.error({ err: error }, 'the demo market could not start');
    });
    await stopped;
    stopping = true;
    log.info({}, 'stopping: what was taken is finished first');
    demo?.stop();
    await exchange.stop();
    return 0;
  },
};

/** What an operator wants to find in the log of an old day: which program ran, on what, and who was believed. */
function tellWhatRuns({ url, config }: Exchange, log: Log): void {
  const { allowTestMode: test_mode, demo, cache, marketTimeZone: market_time_zone } = config;
  const database = config.databaseUrl === '' ? 'embedded' : 'postgresql';
  const facts = { url, version: version(), node: process.version, data_dir: resolve(config.dataDir), database, cache };
  log.info({ ...facts, market_time_zone, test_mode, demo }, 'the exchange is open');
  if (test_mode && !isLoopback(config.host)) {
    log.warn(
      { host: config.host },
      'test mode on an address that others reach: whoever says Host: localhost is believed to be anybody',
    );
  }
}

function demoOf(exchange: Exchange, log: Log): DemoMarket {
  const { admin, instruments, router, storage, lastPrice } = exchange;
  return new DemoMarket({
    router,
    instruments,
    lastPrice,
    store: storage.store,
    createSymbol: (terms) => admin.symbols.create(DEMO_ADMIN, terms),
    deposit: (userId, asset, amount) =>
      admin.accounts.transfer(DEMO_ADMIN, {
        action: 'DEPOSIT',
        userId,
        asset,
        amount,
        transferId: `demo-${userId}-${asset}`,
      }),
    createBook,
    clock: new SystemClock(),
    chance: new SystemChance(),
    log,
  });
}

/** After a failed sync nobody knows what is on the disk until the log is read again: this process ends, the next start reads. */
function endWithLog(log: Log): (error: Error) => void {
  return (error) => {
    log.error({ err: error }, 'the log failed and takes nothing any more; start again when the disk is well');
    process.stderr.write(`supernoba: the log failed: ${error.message}\n`, () => process.exit(1));
  };
}
