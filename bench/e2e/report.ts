import type { MachineNoise } from '../lib/machine-noise.ts';
import type { Origin } from '../lib/origin.ts';
import { quantileBound, type ServerHistogram } from './server-metrics.ts';

export interface E2eReport extends Origin, MachineNoise {
  date: string;
  rate: number;
  seconds: number;
  connections: number;
  sent: number;
  acknowledged: number;
  refused: Record<string, number>;
  achieved_per_s: number;
  /** Orders that found no free connection when they were due. */
  waited_for_connection: number;
  ack_p50_ms: number;
  ack_p99_ms: number;
  ack_max_ms: number;
  /** From the time a crossing order was due to its first FILL on its owner's socket. */
  fill_p50_ms: number;
  fill_p99_ms: number;
  fills_timed: number;
  order_statuses: number;
  fill_messages: number;
  /** From the last acknowledgement until every consumer had caught up. */
  settlement_lag_ms: number;
  server_cpu_cores: number;
  client_cpu_cores: number;
  /** Resident at the end of the run. */
  server_memory_mb: number;
  /** What the host kept to itself during the run. */
  stolen_cores: number;
  /** The server's own histograms over the run. */
  stages: ServerHistogram[];
  faults: string[];
  audit: string;
}

export function printReport(report: E2eReport): void {
  const ms = (value: number) => `${value.toFixed(2)} ms`;
  const refused = Object.entries(report.refused).map(([code, count]) => `${code} ${count}`);
  console.log(`Supernoba end to end: ${report.rate} orders/s offered for ${report.seconds} s, one HTTP request each`);
  console.log(`${report.machine}, Node ${report.node}, commit ${report.commit}, ${report.date}\n`);
  table([
    ['orders sent', `${report.sent} (${report.achieved_per_s}/s)`],
    ['acknowledged', `${report.acknowledged}${refused.length > 0 ? `, refused: ${refused.join(', ')}` : ''}`],
    ['ack p50 / p99 / max', [report.ack_p50_ms, report.ack_p99_ms, report.ack_max_ms].map(ms).join(' / ')],
    [
      'order to own FILL p50 / p99',
      `${[report.fill_p50_ms, report.fill_p99_ms].map(ms).join(' / ')} (${report.fills_timed})`,
    ],
    ['pushed', `${report.order_statuses} order statuses, ${report.fill_messages} fills`],
    ['settlement lag at the end', ms(report.settlement_lag_ms)],
    ['CPU, server / client', `${report.server_cpu_cores.toFixed(2)} / ${report.client_cpu_cores.toFixed(2)} cores`],
    ['memory of the server at the end', `${report.server_memory_mb} MB`],
    [
      'the machine alone, p99',
      `a timer ${ms(report.timer_p99_ms)} late, a sync ${ms(report.sync_p99_ms)}; stolen during the run ${report.stolen_cores.toFixed(2)} cores`,
    ],
    ['waited for a free connection', String(report.waited_for_connection)],
    ['audit', report.audit],
  ]);
  for (const fault of report.faults) console.log(`FAULT ${fault}`);
  console.log('\nWhere the time goes (server histograms; quantiles are bucket bounds)');
  const seconds = (value: number) => (Number.isFinite(value) ? ms(value * 1000) : 'over');
  const rows = report.stages.map((stage) => [
    stage.name,
    String(stage.count),
    ms((stage.sum / stage.count) * 1000),
    `<= ${seconds(quantileBound(stage, 0.5))}`,
    `<= ${seconds(quantileBound(stage, 0.99))}`,
    `${((100 * stage.sum) / report.seconds).toFixed(1)} %`,
  ]);
  table([['stage', 'count', 'mean', 'p50', 'p99', 'of the run'], ...rows]);
}

function table(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}
