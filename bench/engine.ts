// npm run -s bench:engine -- --help
// Orders per second of one core from log record to event record: bytes -> JSON -> rules and book -> event bytes, depth of each
// touched symbol after each batch included, in the code that `npm start` runs; then the same work stage by stage. The log itself is not in it
// (bench:stream measures that): the stream here takes the events and keeps nothing.
import { SystemClock } from '../src/adapters/clock/system.ts';
import type { EngineEvent } from '../src/domain/events.ts';
import { BookHost } from '../src/matching/book-host.ts';
import { Poison } from '../src/matching/engine/decode.ts';
import { encodeEvents } from '../src/matching/engine/encode.ts';
import { EngineShard } from '../src/matching/engine/shard.ts';
import { silentLog } from '../src/ports/log.ts';
import { silentMetrics } from '../src/ports/metrics.ts';
import type { Stream, StreamRecord } from '../src/ports/stream.ts';
import { EngineMetrics } from '../src/services/matching-engine/engine-metrics.ts';
import { PartitionEngine } from '../src/services/matching-engine/partition-engine.ts';
import { SlicedPress } from '../src/services/matching-engine/press.ts';
import { commandLine } from '../test/support/command-line.ts';
import { engineFlow, restingFlow } from './engine-flow.ts';
import { timeEngineSnapshot } from './lib/engine-snapshot.ts';
import { median } from './lib/latency.ts';
import { origin } from './lib/origin.ts';

const { values } = commandLine({
  call: 'npm run -s bench:engine --',
  about: 'Orders a second of one core from log record to event record, and the same work stage by stage.',
  flags: {
    orders: { takes: 'whole', usual: 300_000, about: 'orders in the log' },
    runs: { takes: 'whole', usual: 5, about: 'runs; the median counts' },
    batch: { takes: 'whole', usual: 1_000, about: 'records handed over at once' },
    snapshot: { takes: 'whole', about: 'instead: snapshot and restore with N resting orders, as one line of JSON' },
    json: { takes: 'switch', about: 'one line of JSON' },
  },
});
if (values.snapshot !== undefined) {
  const flow = [...restingFlow(values.snapshot, 1)];
  const figures = timeEngineSnapshot(flow, values.runs);
  console.log(JSON.stringify({ ...figures, ...origin(), date: new Date().toISOString() }));
  process.exit();
}
const orders = values.orders;
const batchSize = values.batch;
const log = engineFlow(orders, 1);
const batches: StreamRecord[][] = [];
for (let from = 0; from < log.length; from += batchSize) batches.push(log.slice(from, from + batchSize));

const newShard = () => {
  const host = new BookHost();
  return new EngineShard({ createBook: () => host.open() });
};

/** Takes what is appended and keeps nothing of it. */
function bottomlessStream(): Stream & { records: number; bytes: number } {
  const refuse = () => Promise.reject(new Error('the benchmark only appends'));
  const stream = {
    records: 0,
    bytes: 0,
    append: (_topic: string, records: readonly { value: Uint8Array }[]) => {
      stream.records += records.length;
      for (const { value } of records) stream.bytes += value.length;
      return Promise.resolve(records.map((_, i) => ({ partition: 0, offset: i })));
    },
    ...{ ensureTopic: refuse, topics: refuse, deleteTopic: refuse, read: refuse, bounds: refuse, consume: refuse },
    partitionOf: () => 0,
    close: () => Promise.resolve(),
  };
  return stream;
}

const clock = new SystemClock();

/** The whole path, as the service runs it. */
async function wholePath(): Promise<{
  seconds: number;
  coreSeconds: number;
  events: number;
  bytes: number;
  depths: number;
}> {
  const stream = bottomlessStream();
  const none = { published: new Map(), contained: new Map(), removed: new Map(), deadLettered: -1 };
  const recovered = { ...none, shard: newShard(), start: 0, fillsNext: [0], deadLettersNext: [0], end: 0 };
  let depths = 0;
  const engine = new PartitionEngine(0, recovered, {
    ...{ stream, clock, log: silentLog, metrics: new EngineMetrics(silentMetrics), maxWaiting: 20_000 },
    press: new SlicedPress(clock),
    taps: [
      {
        onBatch: (told) =>
          told.forEach(({ bids, asks }) => {
            depths += bids.length + asks.length;
          }),
      },
    ],
    topics: { orders: 'o', fills: 'f', deadLetters: 'd' },
  });
  const began = clock.monotonic();
  const busyBefore = process.threadCpuUsage();
  for (const batch of batches) await engine.onBatch(batch);
  await engine.flush();
  const busy = process.threadCpuUsage(busyBefore);
  const seconds = (clock.monotonic() - began) / 1_000;
  return { seconds, coreSeconds: (busy.user + busy.system) / 1e6, events: stream.records, bytes: stream.bytes, depths };
}

/** Microseconds of this thread's core per order for each stage, batch by batch. */
function stages(): Record<string, number> {
  const shard = newShard();
  const spent: Record<string, number> = { decode: 0, apply: 0, encode: 0 };
  const timed = <T>(stage: string, work: () => T): T => {
    const before = process.threadCpuUsage();
    const result = work();
    const { user, system } = process.threadCpuUsage(before);
    spent[stage] = (spent[stage] ?? 0) + (user + system) / log.length;
    return result;
  };
  for (const batch of batches) {
    const records = timed('decode', () => shard.decodeAll(batch.map(({ value }) => value)));
    const events: EngineEvent[] = [];
    timed('apply', () => {
      for (const record of records) {
        if (record instanceof Poison) throw new Error(record.reason);
        shard.apply(record, (event) => events.push(event));
      }
    });
    timed('encode', () => encodeEvents(events));
  }
  return spent;
}

const NAMES: Record<string, string> = {
  decode: 'bytes -> checked record (UTF-8, JSON.parse, checks)',
  apply: 'rules, ids, book, event objects',
  encode: 'event objects -> event bytes',
  rest: 'grouping, depth for taps, hand-over to the stream, memory',
  whole: 'whole',
};

const rates: number[] = [];
/** Per second that this thread had the core: what a machine with other work on it would give were it quiet. */
const perCore: number[] = [];
let outcome = { seconds: 0, coreSeconds: 0, events: 0, bytes: 0, depths: 0 };
for (let run = 0; run < values.runs; run += 1) {
  outcome = await wholePath();
  rates.push(Math.round(log.length / outcome.seconds));
  perCore.push(Math.round(log.length / outcome.coreSeconds));
}
const parts: Record<string, number>[] = [];
for (let run = 0; run < 3; run += 1) parts.push(stages());
const where = Object.fromEntries(
  ['decode', 'apply', 'encode'].map((name) => [name, median(parts.map((p) => p[name]!))]),
);
const result = {
  orders: log.length,
  events: outcome.events,
  event_bytes: outcome.bytes,
  runs: rates,
  first: rates[0]!,
  median: median(rates),
  median_per_core_second: median(perCore),
};
if (values.json) {
  console.log(JSON.stringify({ ...result, us_per_order: where, ...origin() }));
} else {
  const { node, machine, commit } = origin();
  console.log(`${machine}; Node ${node}; commit ${commit}; ${new Date().toISOString()}`);
  console.log(
    `${result.orders} records in batches of ${batchSize}, ${result.events} events, ${(outcome.bytes / 1e6).toFixed(0)} MB`,
  );
  console.log(`whole path, orders/s: first ${result.first}, median ${result.median}, runs ${rates.join(' ')}`);
  console.log(`per second of its core: ${result.median_per_core_second}`);
  const total = 1e6 / result.median_per_core_second;
  const rest = total - Object.values(where).reduce((sum, us) => sum + us, 0);
  for (const [name, us] of [...Object.entries(where), ['rest', rest] as const, ['whole', total] as const]) {
    console.log(`  ${(NAMES[name] ?? name).padEnd(62)} ${us.toFixed(2).padStart(6)} us/order`);
  }
}
