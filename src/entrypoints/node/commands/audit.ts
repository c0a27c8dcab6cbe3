import { type AuditReport, audit } from '../../../audit/audit.ts';
import { LogTruncatedError } from '../../../audit/read-log.ts';
import { shardEngine } from '../../../audit/shard-engine.ts';
import { readConfig } from '../config.ts';
import { type Command, CommandError } from './command.ts';
import { createBook } from './create-book.ts';
import { settingOptions } from './help.ts';
import { openStopped } from './stopped-exchange.ts';

const SETTINGS_USED = ['data-dir', 'database-url', 'orders-topic', 'fills-topic'];

export const command: Command = {
  name: 'audit',
  summary: 'recompute all money from the log and compare',
  usage: '[--data-dir DIR] [--json]',
  about: [
    'For a stopped exchange. Recomputes everything from the streams with code that shares nothing with settlement: wallets = ' +
      'deposits - withdrawals +- fills and fees, locked = what open orders need, filled quantity = fills, history = fills, the ' +
      'sequence of events without a gap, and every event once more by a second engine, byte for byte.',
    'Exit code 0: everything agrees. 1: the first differences are printed.',
  ],
  options: {
    ...Object.fromEntries(Object.entries(settingOptions()).filter(([name]) => SETTINGS_USED.includes(name))),
    json: { type: 'boolean', help: 'Print the report as one JSON line' },
  },
  examples: ['supernoba audit', 'supernoba audit --data-dir /var/lib/supernoba --json'],
  async run(values) {
    const { json, ...settings } = values;
    const exchange = await openStopped(readConfig(process.env, settings));
    try {
      const { stream, topics, store } = exchange;
      const report = await audit({ stream, topics, store, quiet: false, engine: () => shardEngine(createBook) });
      process.stdout.write(json === true ? `${JSON.stringify(report)}\n` : auditText(report));
      return report.clean ? 0 : 1;
    } catch (error) {
      throw error instanceof LogTruncatedError ? new CommandError(error.message) : error;
    } finally {
      await exchange.close();
    }
  },
};

/** The report for people. */
export function auditText(report: AuditReport): string {
  const { orders, events, fills, wallets, trades, events_replayed: replayed } = report;
  const lines = [
    `${orders} orders, ${events} events, ${fills} fills in the log; ${wallets} wallets, ${trades} trades in the store`,
    `${replayed} events said again by a second engine`,
  ];
  if (report.unsettled_events > 0) lines.push(`${report.unsettled_events} events wait for settlement (the next start)`);
  if (report.unpublished_orders > 0)
    lines.push(`${report.unpublished_orders} orders wait to be published (the next start)`);
  if (report.clean) lines.push('audit: clean');
  else {
    lines.push(...report.first_differences.map((line) => `difference: ${line}`));
    lines.push(`audit: ${report.differences} ${report.differences === 1 ? 'difference' : 'differences'}`);
  }
  return `${lines.join('\n')}\n`;
}
