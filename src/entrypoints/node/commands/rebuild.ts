import type { RebuildReport } from '../../../services/recovery/rebuild.ts';
import type { ReplayCounts } from '../../../services/recovery/replay.ts';
import { readConfig } from '../config.ts';
import type { Command } from './command.ts';
import { settingOptions } from './help.ts';
import { rebuildStopped } from './stopped-exchange.ts';

const SETTINGS_USED = ['data-dir', 'archive', 'database-url', 'orders-topic', 'fills-topic'];

export const command: Command = {
  name: 'rebuild',
  summary: 'make the store again from the log',
  usage: '[--data-dir DIR] [--json]',
  about: [
    'For a stopped exchange. The log is the root of all data; wallets, orders and trades are made from it again, as after a loss of ' +
      'power (a start then does it by itself). The embedded store is replaced when the new one is whole; with DATABASE_URL the database must be empty.',
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
    const bar = progressLine();
    const report = await rebuildStopped(readConfig(process.env, settings), bar.show).finally(() => bar.end());
    const seconds = Math.round(performance.now() - started) / 1000;
    process.stdout.write(`${json === true ? JSON.stringify({ ...report, seconds }) : inWords(report, seconds)}\n`);
    return 0;
  },
};

function inWords({ checkpoint, ...counts }: RebuildReport, seconds: number): string {
  const from = checkpoint === null ? 'the log' : `the checkpoint of ${new Date(checkpoint).toISOString()} and the log`;
  const { orders, events, transfers, poison } = counts;
  const done = [`${orders} order records`, `${events} events`, `${transfers} transfers`, `${poison} poison records`];
  return `rebuilt from ${from}: ${done.join(', ')} in ${seconds} s`;
}

/** One line on a terminal that tells how far the replay has come. */
function progressLine(): { show(done: ReplayCounts): void; end(): void } {
  const terminal = process.stderr.isTTY;
  return {
    show(done) {
      const counts = Object.entries(done).map(([what, count]) => `${what} ${count}`);
      if (terminal) process.stderr.write(`\rreplaying the log: ${counts.join(', ')}`);
    },
    end() {
      if (terminal) process.stderr.write('\n');
    },
  };
}
