import { type ChildProcess, fork } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandLine } from '../test/support/command-line.ts';
import { origin } from './lib/origin.ts';
import type { ClientReport, Command, Plan, ServerReport, StormReport } from './stream/messages.ts';

/**
 * npm run bench:stream: thousands of real WebSockets over loopback, a server process (or several, each with its own market
 * data, as gateways have), client processes that count and check. Lateness of a tick is its arrival at the client minus its
 * scheduled time on the server's wheel.
 */
const { values: options } = commandLine({
  call: 'npm run -s bench:stream --',
  about:
    "Thousands of real WebSockets over loopback: how late a tick arrives at the client after its time on the server's wheel.",
  flags: {
    connections: { takes: 'whole', usual: 10_000, about: 'sockets' },
    'logged-in': { takes: 'whole', usual: 1_000, least: 0, about: 'of them logged in, served every 50 ms' },
    symbols: { takes: 'whole', usual: 100, about: 'markets they watch' },
    changes: { takes: 'whole', usual: 20, least: 0, about: 'changes a second of each market' },
    seconds: { takes: 'whole', usual: 20, about: 'how long is measured' },
    servers: { takes: 'whole', usual: 1, about: 'server processes' },
    churn: { takes: 'whole', usual: 0, least: 0, about: 'subscribes a second from other connections meanwhile' },
    profile: { takes: 'text', shown: 'FOLDER', usual: '', about: 'where to put a CPU profile of each server' },
    json: { takes: 'switch', about: 'the report as one line of JSON' },
  },
});
const plan: Plan = {
  connections: options.connections,
  loggedIn: options['logged-in'],
  symbols: options.symbols,
  changesPerSecond: options.changes,
};
const seconds = options.seconds;
const churn = options.churn;
const serverCount = options.servers;
/** A process may open `ulimit -n` sockets, and one loopback address has 28,000 ports. */
const CONNECTIONS_A_PROCESS = 15_000;
const clientCount = serverCount * Math.ceil(plan.connections / serverCount / CONNECTIONS_A_PROCESS);

function start(file: string): ChildProcess {
  const execArgv = ['--disable-warning=ExperimentalWarning'];
  if (file === 'server.ts' && options.profile !== '') execArgv.push('--cpu-prof', `--cpu-prof-dir=${options.profile}`);
  return fork(join(import.meta.dirname, 'stream', file), { execArgv });
}

function ask<T>(child: ChildProcess, command: Command): Promise<T> {
  return new Promise((resolve, reject) => {
    const died = (code: number | null) => reject(new Error(`a process of the bench died (${code}) at "${command.do}"`));
    child.once('exit', died);
    child.once('message', (answer) => {
      child.off('exit', died);
      resolve(answer as T);
    });
    child.send(command);
  });
}

async function main(): Promise<void> {
  const { machine, node, commit } = origin();
  console.error(`${machine}; Node ${node}; commit ${commit}; ${new Date().toISOString()}`);
  const servers = Array.from({ length: serverCount }, () => start('server.ts'));
  const clients = Array.from({ length: clientCount }, () => start('clients.ts'));
  process.on('exit', () => {
    for (const child of [...servers, ...clients]) child.kill();
  });
  const all = <T>(group: readonly ChildProcess[], command: Command) =>
    Promise.all(group.map((one) => ask<T>(one, command)));
  const look = async () => ({
    server: addUp(await all<ServerReport>(servers, { do: 'report' })),
    clients: await all<ClientReport>(clients, { do: 'report' }),
  });
  const ports = await all<{ port: number }>(servers, { do: 'start', plan });
  const connectedAt = performance.now();
  await Promise.all(
    clients.map((client, i) => ask(client, { do: 'connect', share: shareOf(i, ports[i % serverCount]!.port) })),
  );
  console.error(`${plan.connections} connected in ${((performance.now() - connectedAt) / 1_000).toFixed(1)} s`);
  await sleep(3_000);

  await all(clients, { do: 'measure', on: true });
  const before = await look();
  const machineBefore = machineCpuSeconds();
  await sleep(seconds * 1_000);
  const machineCpu = machineCpuSeconds() - machineBefore;
  await all(clients, { do: 'measure', on: false });
  const after = await look();

  await all(servers, { do: 'market', on: false });
  await sleep(2_000);
  const last = await look();
  await all(servers, { do: 'market', on: true });
  const storms = await all<StormReport>(clients, { do: 'storm' });
  print({ machineCpu, before, after, last }, storms);
  for (const child of [...servers, ...clients]) child.disconnect();
}

function shareOf(i: number, port: number) {
  const split = (total: number) => Math.floor((total * (i + 1)) / clientCount) - Math.floor((total * i) / clientCount);
  return {
    port,
    from: `127.0.0.${i + 2}`,
    connections: split(plan.connections),
    loggedIn: split(plan.loggedIn),
    symbols: plan.symbols,
    seed: i + 1,
    churnPerSecond: split(churn),
  };
}

function addUp(reports: readonly ServerReport[]): ServerReport {
  const sum = structuredClone(reports[0]!);
  for (const report of reports.slice(1)) {
    for (const outcome of ['sent', 'idle', 'conflated'] as const) {
      for (const tier of ['realtime', 'public'] as const) sum.counts[outcome][tier] += report.counts[outcome][tier];
    }
    for (const name of ['changes', 'connections', 'cpuSeconds', 'heapMb'] as const) sum[name] += report[name];
    for (const name of ['rssMb', 'slotLateP99Ms', 'slotLateMaxMs', 'gcMs', 'gcMaxMs'] as const) {
      sum[name] = Math.max(sum[name], report[name]);
    }
  }
  return sum;
}

/** CPU seconds that anybody on this machine has used. */
function machineCpuSeconds(): number {
  return cpus().reduce((n, { times }) => n + (times.user + times.nice + times.sys + times.irq) / 1_000, 0);
}

interface Look {
  server: ServerReport;
  clients: ClientReport[];
}

interface Result {
  machineCpu: number;
  before: Look;
  after: Look;
  last: Look;
}

function print({ machineCpu, ...looks }: Result, storms: StormReport[]): void {
  const [before, after, last] = [looks.before.server, looks.after.server, looks.last.server];
  const [clientsBefore, reports, lastReports] = [looks.before.clients, looks.after.clients, looks.last.clients];
  const sum = (list: readonly ClientReport[], of: (one: ClientReport) => number) =>
    list.reduce((n, one) => n + of(one), 0);
  const worst = (of: (one: ClientReport) => number) => Math.max(...reports.map(of));
  const goals = { realtime: 25, public: 100 };
  const rows = (['realtime', 'public'] as const).map((tier) => {
    const [sent, idle, conflated] = (['sent', 'idle', 'conflated'] as const).map(
      (outcome) => after.counts[outcome][tier] - before.counts[outcome][tier],
    );
    return {
      tier,
      connections: sum(reports, (one) => one[tier].connections),
      ticks_measured: sum(reports, (one) => one[tier].ticks),
      late_p50_ms: worst((one) => one[tier].p50),
      late_p90_ms: worst((one) => one[tier].p90),
      late_p99_ms: worst((one) => one[tier].p99),
      late_p999_ms: worst((one) => one[tier].p999),
      late_max_ms: worst((one) => one[tier].max),
      goal_p99_ms: goals[tier],
      ticks_sent: sent,
      ticks_idle: idle,
      ticks_conflated: conflated,
      sent_ever: last.counts.sent[tier],
      arrived_ever: sum(lastReports, (one) => one.ticksEver[tier]),
    };
  });
  const messages = sum(reports, (one) => one.messages) - sum(clientsBefore, (one) => one.messages);
  const bytes = sum(reports, (one) => one.bytes) - sum(clientsBefore, (one) => one.bytes);
  const clientCpu = sum(reports, (one) => one.cpuSeconds) - sum(clientsBefore, (one) => one.cpuSeconds);
  const serverCpu = after.cpuSeconds - before.cpuSeconds;
  const summary = {
    changes_per_s: Math.round((after.changes - before.changes) / seconds),
    messages_per_s: Math.round(messages / seconds),
    megabytes_per_s: Number((bytes / seconds / 1e6).toFixed(1)),
    server_cores: Number((serverCpu / seconds).toFixed(2)),
    server_cpu_ms_per_10000_messages: Number(((serverCpu * 1e7) / messages).toFixed(2)),
    server_cpu_us_per_write: Number(
      ((serverCpu * 1e6) / rows.reduce((n, row) => n + (row.ticks_sent ?? 0), 0)).toFixed(1),
    ),
    /** Of the server's own loop: how late its slots began, and its garbage collector's pauses. */
    slot_late_p99_ms: Number(after.slotLateP99Ms.toFixed(1)),
    slot_late_max_ms: Number(after.slotLateMaxMs.toFixed(1)),
    gc_share: Number((after.gcMs / seconds / 1_000).toFixed(3)),
    gc_max_ms: Number(after.gcMaxMs.toFixed(1)),
    client_cores: Number((clientCpu / seconds).toFixed(2)),
    /** Of other programs on the machine while measuring: above 0.1 the figures are theirs as well. */
    other_cores: Number(Math.max(0, (machineCpu - serverCpu - clientCpu) / seconds).toFixed(2)),
    server_rss_mb: last.rssMb,
    server_heap_mb: last.heapMb,
    churn_per_s: Math.round((sum(reports, (one) => one.churned) - sum(clientsBefore, (one) => one.churned)) / seconds),
    sampled: sum(reports, (one) => one.sampled),
    faults: reports.flatMap((one) => one.faults),
    closed_by_server: sum(reports, (one) => one.closed),
  };
  const storm = {
    connections: storms.reduce((n, one) => n + one.connections, 0),
    all_back_s: Number(Math.max(...storms.map((one) => one.seconds)).toFixed(2)),
    p50_ms: Math.round(Math.max(...storms.map((one) => one.p50Ms))),
    p99_ms: Math.round(Math.max(...storms.map((one) => one.p99Ms))),
  };
  const failures = [
    ...rows.flatMap((row) =>
      row.late_p99_ms <= row.goal_p99_ms ? [] : [`${row.tier}: p99 above ${row.goal_p99_ms} ms`],
    ),
    ...rows.flatMap((row) =>
      row.sent_ever === row.arrived_ever ? [] : [`${row.tier}: sent ${row.sent_ever}, arrived ${row.arrived_ever}`],
    ),
    ...(summary.server_rss_mb < 1_000 ? [] : ['server RSS above 1 GB']),
    ...(storm.all_back_s < 10 ? [] : ['the storm took longer than 10 s']),
    ...summary.faults,
  ];
  if (options.json) console.log(JSON.stringify({ ...origin(), plan, rows, summary, storm, failures }));
  else {
    for (const row of rows)
      console.log(
        Object.entries(row)
          .map(([name, value]) => `${name}=${value}`)
          .join(' '),
      );
    console.log(summary);
    console.log('reconnect storm', storm);
    console.log(failures.length === 0 ? 'all goals met' : `NOT met: ${failures.join('; ')}`);
  }
  process.exitCode = failures.length === 0 ? 0 : 1;
}

await main();
