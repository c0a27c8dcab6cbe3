import { LogTruncatedError } from '../../../audit/read-log.ts';
import { readConfig } from '../config.ts';
import { rebuildStore } from '../rebuild.ts';
import { type Command, CommandError } from './command.ts';
import { settingOptions } from './help.ts';
import { openStopped } from './stopped-exchange.ts';

const SETTINGS_USED = ['data-dir', 'database-url', 'orders-topic', 'fills-topic'];

export const command: Command = {
  name: 'rebuild',
  summary: 'make the store again from the log',
  usage: '[--data-dir DIR] [--json]',
  about: [
    'For a stopped exchange. The log is the root of all data; wallets, orders and trades are made from it again, as after a loss of ' +
      'power (a start then does it by itself). The embedded store is thrown away first; with DATABASE_URL the database must be empty.',
  ],
  options: {
    ...Object.fromEntries(Object.entries(settingOptions()).filter(([name]) => SETTINGS_USED.includes(name))),
    json: { type: 'boolean', help: 'Print what was rebuilt as one JSON line' },
  },
  examples: [
    'supernoba rebuild',
    'supernoba rebuild --data-dir /var/lib/supernoba && supernoba audit --data-dir /var/lib/supernoba',
  ],
  async run(values) {
    const { json, ...settings } = values;
    const started = performance.now();
    const exchange = await openStopped(readConfig(process.env, settings), { emptyStore: true });
    try {
      for await (const { table } of exchange.store.dump()) {
        if (table === 'order' || table === 'wallet')
          throw new CommandError('the database of DATABASE_URL is not empty');
      }
      const rebuilt = await rebuildStore(exchange.stream, exchange.store, exchange.topics);
      const seconds = Math.round(performance.now() - started) / 1000;
      if (json === true) process.stdout.write(`${JSON.stringify({ ...rebuilt, seconds })}\n`);
      else {
        const { orders, events, transfers } = rebuilt;
        process.stdout.write(
          `rebuilt from ${orders} orders, ${events} events, ${transfers} transfers in ${seconds} s\n`,
        );
      }
      return 0;
    } catch (error) {
      throw error instanceof LogTruncatedError ? new CommandError(error.message) : error;
    } finally {
      await exchange.close();
    }
  },
};
