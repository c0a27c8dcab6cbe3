import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHistogram } from 'node:perf_hooks';
import { SystemChance, SystemClock } from '../src/adapters/clock/system.ts';
import { EmbeddedStream } from '../src/adapters/stream/embedded/stream.ts';
import { commandLine } from '../test/support/command-line.ts';

// How fast the embedded log makes records durable, beside the bare disk.
// Every figure is with fdatasync before the acknowledgement. Records are order records of about 330 bytes of JSON.

const { operands } = commandLine({
  call: 'node scripts/run.js bench/stream-log.ts',
  about: 'How fast the embedded log makes records durable, beside the bare disk.',
  flags: {},
  operands: { shown: 'FOLDER', most: 1, about: 'on the disk to measure; without it the folder for temporary files' },
});

const SECONDS = 4;
const TOPIC = 'orders';

const value = Buffer.from(
  JSON.stringify({
    v: 1,
    action: 'ADD',
    symbol: 'TEST',
    timestamp: 1765843200000,
    route_epoch: 0,
    order_id: 'ord_0VqXk3aBcD3fGh1JkLmNoP',
    user_id: 'user_12345',
    is_buy: true,
    price: 15000,
    quantity: 100,
    order_type: 'LIMIT',
    time_in_force: 'GTC',
    stp: 'NONE',
    client_order_id: 'c-000000000001',
    hold: 1500000,
    maker_fee_bps: 0,
    taker_fee_bps: 0,
  }),
);

async function withLog<T>(parent: string, work: (stream: EmbeddedStream) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(parent, 'supernoba-bench-'));
  const stream = await EmbeddedStream.open({ folder, clock: new SystemClock(), chance: new SystemChance() });
  try {
    await stream.ensureTopic(TOPIC, { partitions: 4 });
    return await work(stream);
  } finally {
    await stream.close();
    await rm(folder, { recursive: true });
  }
}

/** `writers` callers, each of which appends `batch` records, waits, and appends again. */
async function measure(
  stream: EmbeddedStream,
  writers: number,
  batch: number,
): Promise<Record<string, string | number>> {
  const latency = createHistogram();
  const end = performance.now() + SECONDS * 1_000;
  let records = 0;
  const writer = async (w: number) => {
    const call = Array.from({ length: batch }, (_, i) => ({ key: `SYM${(w + i) % 50}`, value }));
    while (performance.now() < end) {
      const start = performance.now();
      await stream.append(TOPIC, call);
      latency.record(Math.max(1, Math.round((performance.now() - start) * 1_000)));
      records += batch;
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: writers }, (_, w) => writer(w)));
  const perSecond = Math.round(records / ((performance.now() - start) / 1_000));
  return {
    writers,
    batch,
    'records/s': perSecond,
    'p50 ms': latency.percentile(50) / 1_000,
    'p99 ms': latency.percentile(99) / 1_000,
    'max ms': latency.max / 1_000,
  };
}

/** The same bytes as bare writes and syncs, one after the other: what the disk alone allows. */
async function bareDisk(parent: string, bytes: number): Promise<Record<string, string | number>> {
  const folder = await mkdtemp(join(parent, 'supernoba-bench-'));
  const file = await open(join(folder, 'bare'), 'w');
  const latency = createHistogram();
  const end = performance.now() + 2_000;
  const buffer = Buffer.alloc(bytes, 7);
  for (let position = 0; performance.now() < end; position += bytes) {
    const start = performance.now();
    await file.write(buffer, 0, bytes, position);
    await file.datasync();
    latency.record(Math.max(1, Math.round((performance.now() - start) * 1_000)));
  }
  await file.close();
  await rm(folder, { recursive: true });
  return { bytes, 'p50 ms': latency.percentile(50) / 1_000, 'p99 ms': latency.percentile(99) / 1_000 };
}

async function reading(stream: EmbeddedStream): Promise<Record<string, string | number>> {
  const start = performance.now();
  let records = 0;
  for (let partition = 0; partition < 4; partition++) {
    let { begin: next, end } = await stream.bounds(TOPIC, partition);
    end = Math.min(end, next + 300_000);
    while (next < end) {
      const read = await stream.read(TOPIC, partition, next, 1_000);
      records += read.length;
      next = read.at(-1)!.offset + 1;
    }
  }
  return { records, 'records/s': Math.round(records / ((performance.now() - start) / 1_000)) };
}

/** A start reads and checks the whole log. */
async function opening(parent: string): Promise<Record<string, string | number>> {
  const folder = await mkdtemp(join(parent, 'supernoba-bench-'));
  const init = { folder, clock: new SystemClock(), chance: new SystemChance() };
  const stream = await EmbeddedStream.open(init);
  await stream.ensureTopic(TOPIC, { partitions: 4 });
  const call = Array.from({ length: 1_000 }, (_, i) => ({ key: `SYM${i % 50}`, value }));
  for (let i = 0; i < 1_000; i++) await stream.append(TOPIC, call);
  await stream.close();
  const start = performance.now();
  const again = await EmbeddedStream.open(init);
  const ms = performance.now() - start;
  await again.close();
  await rm(folder, { recursive: true });
  const megabytes = (1_000_000 * (value.length + 10)) / 1e6;
  return {
    records: 1_000_000,
    MB: Math.round(megabytes),
    ms: Math.round(ms),
    'MB/s': Math.round(megabytes / (ms / 1_000)),
  };
}

const parent = operands[0] ?? tmpdir();
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
console.log(
  `${cpus()[0]?.model} x ${cpus().length}, Node ${process.version}, commit ${commit}, ${new Date().toISOString()}`,
);
console.log(`record ${value.length} bytes; folder on ${parent}`);
console.log('\nbare disk: write + fdatasync, one after the other');
console.table([await bareDisk(parent, 400), await bareDisk(parent, 35_000)]);
console.log('append, durable before the answer');
await withLog(parent, async (stream) => {
  const rows = [];
  for (const [writers, batch] of [
    [1, 1],
    [64, 1],
    [1, 100],
    [4, 100],
    [16, 100],
  ] as const) {
    rows.push(await measure(stream, writers, batch));
  }
  console.table(rows);
  console.log('reading from disk');
  console.table([await reading(stream)]);
});
console.log('opening a log (every checksum verified)');
console.table([await opening(parent)]);
