import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'hdr-histogram-js';
import { Random } from '../src/flow/random.ts';
import { runSupernoba, startExchange } from '../test/servers/exchange.ts';
import { commandLine } from '../test/support/command-line.ts';
import { FillSockets } from './e2e/fill-sockets.ts';
import { Load } from './e2e/load.ts';
import { type E2eReport, printReport } from './e2e/report.ts';
import { between, readMetrics } from './e2e/server-metrics.ts';
import { adminOf, openMarket, settlementLag } from './e2e/setup.ts';
import { probeMachine, stolenSeconds } from './lib/machine-noise.ts';
import { origin } from './lib/origin.ts';

const { values: flags } = commandLine({
  call: 'npm run -s bench:e2e --',
  about:
    'The whole exchange under load, from outside: one order per HTTP request from this process, the exchange in its own.',
  flags: {
    rate: { takes: 'whole', usual: 5_000, about: 'orders a second' },
    seconds: { takes: 'whole', usual: 60, about: 'how long they come' },
    connections: { takes: 'whole', usual: 512, about: 'HTTP connections' },
    users: { takes: 'whole', usual: 40, about: 'users who order' },
    symbols: { takes: 'whole', usual: 4, about: 'markets they order in' },
    seed: { takes: 'whole', usual: 1, least: 0, about: 'of prices and quantities' },
    profile: { takes: 'text', shown: 'FOLDER', about: "where to put CPU profiles of the exchange's threads" },
    json: { takes: 'switch', about: 'the report as one line of JSON' },
  },
});

const WARM_UP_S = 3;

const dataDir = mkdtempSync(join(tmpdir(), 'supernoba-e2e-'));
const nodeFlags = flags.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${flags.profile}`];
const noise = await probeMachine(dataDir);
const exchange = await startExchange({ dataDir, flags: ['--no-demo'], nodeFlags });
try {
  const report = await measure(exchange.url);
  exchange.process.kill('SIGTERM');
  await exchange.exited;
  const audit = await runSupernoba(['audit', `--data-dir=${dataDir}`, '--json']);
  report.audit = audit.code === 0 ? 'clean' : `not clean: ${audit.stdout.trim()}${audit.stderr.trim()}`.slice(0, 1_000);
  if (flags.json) console.log(JSON.stringify(report));
  else printReport(report);
  process.exitCode = report.audit === 'clean' && report.faults.length === 0 ? 0 : 1;
} finally {
  exchange.process.kill('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
}

async function measure(url: string): Promise<E2eReport> {
  const symbols = Array.from({ length: flags.symbols }, (_, i) => `BENCH${i + 1}`);
  const users = Array.from({ length: flags.users }, (_, i) => `bench-${i + 1}`);
  const admin = adminOf(url);
  await openMarket(admin, symbols, users);
  const latency = () =>
    build({ lowestDiscernibleValue: 1, highestTrackableValue: 120_000_000, numberOfSignificantValueDigits: 3 });
  const [acks, fills] = [latency(), latency()];
  const sockets = new FillSockets(fills);
  await sockets.open(url, users);
  const { hostname: host, port } = new URL(url);
  const { rate, seconds, connections } = flags;
  const options = { host, port: Number(port), symbols, users, rate, seconds, connections };
  const random = new Random(flags.seed);
  const warmUp = new Load({ ...options, seconds: WARM_UP_S, rate: Math.min(rate, 1_000) }, random, acks, sockets);
  await warmUp.connect();
  await warmUp.seed(200);
  await warmUp.run();
  warmUp.close();
  await settlementLag(admin);
  acks.reset();
  sockets.reset();

  const load = new Load(options, random, acks, sockets);
  await load.connect();
  const before = await readMetrics(admin);
  const cpuBefore = process.cpuUsage();
  const stolenBefore = stolenSeconds();
  const result = await load.run();
  const cpu = process.cpuUsage(cpuBefore);
  const stolen = stolenSeconds() - stolenBefore;
  const lagMs = await settlementLag(admin);
  const after = await readMetrics(admin);
  load.close();
  await pushed(sockets, result.acknowledged);
  sockets.close();
  const ms = (histogram: typeof acks, percentile: number) => histogram.getValueAtPercentile(percentile) / 1000;
  const server = 'process_cpu_seconds_total';
  return {
    ...origin(),
    date: new Date().toISOString(),
    rate,
    seconds,
    connections,
    sent: result.sent,
    acknowledged: result.acknowledged,
    refused: Object.fromEntries(result.refused),
    achieved_per_s: Math.round(result.sent / result.seconds),
    waited_for_connection: result.waited,
    ack_p50_ms: ms(acks, 50),
    ack_p99_ms: ms(acks, 99),
    ack_max_ms: acks.maxValue / 1000,
    fill_p50_ms: ms(fills, 50),
    fill_p99_ms: ms(fills, 99),
    fills_timed: fills.totalCount,
    order_statuses: sockets.statuses,
    fill_messages: sockets.fills,
    settlement_lag_ms: lagMs,
    server_cpu_cores: ((after.values.get(server) ?? 0) - (before.values.get(server) ?? 0)) / result.seconds,
    client_cpu_cores: (cpu.user + cpu.system) / 1e6 / result.seconds,
    stolen_cores: stolen / result.seconds,
    server_memory_mb: Math.round((after.values.get('process_resident_memory_bytes') ?? 0) / 2 ** 20),
    ...noise,
    stages: between(before, after),
    faults: [...sockets.faults, ...unanswered(result.acknowledged, sockets.statuses)],
    audit: 'not run',
  };
}

/** Every acknowledged order or cancel is answered by at least one ORDER_STATUS. */
function unanswered(acknowledged: number, statuses: number): string[] {
  return statuses >= acknowledged ? [] : [`${acknowledged} acknowledged, only ${statuses} order statuses were pushed`];
}

/** Waits for the private messages: until all are there and none has come for half a second, or none for ten. */
async function pushed(sockets: FillSockets, acknowledged: number): Promise<void> {
  for (;;) {
    const silent = performance.now() - sockets.lastMs;
    if (silent > 10_000 || (silent > 500 && sockets.statuses >= acknowledged)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
