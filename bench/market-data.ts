import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderArchive } from '../src/adapters/archive/folder/folder-archive.ts';
import { InProcessCache } from '../src/adapters/cache/in-process/in-process-cache.ts';
import { ValkeyCache } from '../src/adapters/cache/valkey/valkey-cache.ts';
import { SqliteCandleStore } from '../src/adapters/candle-store/sqlite/sqlite-candle-store.ts';
import { SystemChance, SystemClock } from '../src/adapters/clock/system.ts';
import { EmbeddedStream } from '../src/adapters/stream/embedded/stream.ts';
import { type Bar, INTERVALS, type Interval } from '../src/domain/candle.ts';
import { MarketTime } from '../src/domain/market-time.ts';
import type { Cache } from '../src/ports/cache.ts';
import { silentLog } from '../src/ports/log.ts';
import { silentMetrics } from '../src/ports/metrics.ts';
import { aggregateMinutes } from '../src/services/market-data/aggregator.ts';
import { MarketDataReader } from '../src/services/market-data/reader.ts';
import { TradesBackup } from '../src/services/market-data/trades-backup.ts';
import { MarketDataWriter } from '../src/services/market-data/writer.ts';
import { batchOf, fill } from '../test/market-data/events.ts';
import { redisMissing, startRedis } from '../test/servers/redis.ts';
import { commandLine } from '../test/support/command-line.ts';
import { percentile } from './lib/latency.ts';
import { origin } from './lib/origin.ts';
import { Random } from './lib/random.ts';

commandLine({
  call: 'node scripts/run.js bench/market-data.ts',
  about: 'Market data: charts over a year of minutes, and the way from an engine batch into the cache.',
  flags: {},
});

const YEAR_MINUTES = 365 * 24 * 60;
const HOT_MINUTES = 15;
const clock = new SystemClock();
const time = new MarketTime();

function minuteBars(from: number, count: number): Bar[] {
  return Array.from({ length: count }, (_, i) => ({
    time: from + i * 60,
    open: 1000 + (i % 50),
    high: 1100,
    low: 900,
    close: 1000 + (i % 70),
    volume: 1 + (i % 99),
  }));
}

function writer(cache: Cache): MarketDataWriter {
  const recover = async () => undefined;
  return new MarketDataWriter({ cache, clock, time, log: silentLog, metrics: silentMetrics, recover });
}

async function charts(cache: Cache): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'supernoba-bench-'));
  const candles = new SqliteCandleStore(join(folder, 'candles.sqlite'));
  const start = Math.floor(Date.UTC(2025, 0, 1) / 1000);
  for (const symbol of ['AAA', 'BBB']) {
    await candles.putBars([{ symbol, interval: '1m', bars: minuteBars(start, YEAR_MINUTES) }]);
    await aggregateMinutes(candles, time, new Map([[symbol, start]]));
  }
  const end = start + YEAR_MINUTES * 60;
  const tap = writer(cache);
  for (let i = 0; i < HOT_MINUTES; i++)
    tap.onBatch([batchOf('AAA', [fill(i + 1, (end + i * 60) * 1000, 1000, 1, 'AAA')])]);
  await tap.drained();

  const reader = new MarketDataReader({ cache, candles, time });
  const random = new Random(7);
  const ask = async (interval: Interval, at: number | undefined) => {
    const before = clock.monotonic();
    const bars = await reader.chart('AAA', interval, { limit: 1000, end: at });
    return { ms: clock.monotonic() - before, bars: bars.length };
  };
  console.log('| chart, 1,000 bars of a year | p50 ms | p99 ms | bars |\n|---|---|---|---|');
  for (const interval of INTERVALS) {
    for (const where of ['newest', 'anywhere']) {
      const samples = new Float64Array(1_000);
      let bars = 0;
      for (let i = 0; i < samples.length; i++) {
        const at = where === 'newest' ? undefined : start + random.below(YEAR_MINUTES) * 60;
        const one = await ask(interval, at);
        samples[i] = one.ms;
        bars = Math.max(bars, one.bars);
      }
      samples.sort();
      const figures = [percentile(samples, 0.5), percentile(samples, 0.99)].map((ms) => ms.toFixed(2));
      console.log(`| ${interval}, ${where} | ${figures.join(' | ')} | ${bars} |`);
    }
  }
  await candles.close();
  rmSync(folder, { recursive: true });
}

/** Batches as the engine makes them: some symbols, some trades each; one at a time, then as fast as they go. */
async function writes(name: string, cache: Cache): Promise<void> {
  const symbols = Array.from({ length: 10 }, (_, i) => `S${i}`);
  const levels = Array.from({ length: 10 }, (_, i) => [1000 + i, 50] as const);
  const tap = writer(cache);
  let seq = 0;
  const batch = (trades: number) => {
    seq += trades;
    return symbols.map((symbol) => {
      const fills = Array.from({ length: trades }, (_, i) =>
        fill(seq - trades + i + 1, clock.now(), 1000 + (i % 9), 5, symbol),
      );
      return batchOf(symbol, fills, { bids: levels, asks: levels });
    });
  };
  for (let i = 0; i < 200; i++) {
    tap.onBatch(batch(4));
    await tap.drained();
  }
  const samples = new Float64Array(1_000);
  for (let i = 0; i < samples.length; i++) {
    const before = clock.monotonic();
    tap.onBatch(batch(4));
    await tap.drained();
    samples[i] = clock.monotonic() - before;
  }
  samples.sort();
  const rounds = 1_000;
  const before = clock.monotonic();
  let blocked = 0;
  for (let i = 0; i < rounds; i++) {
    const told = clock.monotonic();
    tap.onBatch(batch(4));
    blocked += clock.monotonic() - told;
    if (i % 10 === 9) await tap.drained();
  }
  await tap.drained();
  const rate = (rounds * 40) / ((clock.monotonic() - before) / 1000);
  const p50 = percentile(samples, 0.5).toFixed(2);
  const p99 = percentile(samples, 0.99).toFixed(2);
  console.log(
    `| ${name} | ${p50} | ${p99} | ${Math.round(rate).toLocaleString('en')} | ${((blocked * 1000) / rounds).toFixed(0)} |`,
  );
}

/** CPU time of this thread in each turn of the event loop, in ms, ascending: other programs on the machine are not in it. */
async function turnsDuring(work: () => Promise<void>): Promise<number[]> {
  const cpuMs = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1_000;
  };
  const turns: number[] = [];
  let running = true;
  let last = cpuMs();
  const look = () => {
    const now = cpuMs();
    turns.push(now - last);
    last = now;
    if (running) setImmediate(look);
  };
  setImmediate(look);
  await work();
  running = false;
  return turns.sort((a, b) => a - b);
}

/** One backup of a busy stretch, and how long it keeps the thread from everything else at a time. */
async function backup(symbols: number, fills: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'supernoba-bench-'));
  const stream = await EmbeddedStream.open({ folder: join(folder, 'log'), clock, chance: new SystemChance() });
  await stream.ensureTopic('fills', { partitions: 2 });
  const start = Date.UTC(2025, 0, 1);
  for (let i = 0; i < fills; i += 1_000) {
    const records = Array.from({ length: 1_000 }, (_, j) => {
      const symbol = `S${Math.floor(symbols ** (((i + j) % 997) / 997)) - 1}`;
      const event = fill(i + j + 1, start + (i + j) * 10, 1_000 + (j % 50), 5, symbol);
      return { key: symbol, value: Buffer.from(JSON.stringify(event)) };
    });
    await stream.append('fills', records);
  }
  const cache = new InProcessCache(clock);
  const candles = new SqliteCandleStore(join(folder, 'candles.sqlite'));
  const archive = await FolderArchive.open(join(folder, 'archive'));
  const shared = { stream, cache, candles, archive, clock, time, log: silentLog, metrics: silentMetrics };
  const tradesBackup = new TradesBackup({ ...shared, topic: 'fills' });
  const cpu = process.cpuUsage();
  const before = clock.monotonic();
  const turns = await turnsDuring(() => tradesBackup.run());
  const ms = clock.monotonic() - before;
  const { user, system } = process.cpuUsage(cpu);
  const over = turns.filter((turn) => turn > 5).length;
  console.log(
    `| ${symbols} symbols, ${fills.toLocaleString('en')} trades | ${ms.toFixed(0)} | ${((user + system) / 1_000).toFixed(0)} | ${over} | ${turns.at(-1)?.toFixed(1)} |`,
  );
  await candles.close();
  await stream.close();
  await cache.close();
  rmSync(folder, { recursive: true });
}

console.log(JSON.stringify(origin()));
console.log('| backup | ms | CPU ms | turns over 5 ms | longest turn ms |\n|---|---|---|---|---|');
for (const symbols of [1, 100, 2_000]) await backup(symbols, 50_000);
console.log();
const local = new InProcessCache(clock);
await charts(local);
console.log(
  '\n| 10 symbols x 4 trades a batch | p50 ms to the cache | p99 ms | trades/s | us onBatch |\n|---|---|---|---|---|',
);
await writes('in process', local);
await local.close();
const missing = redisMissing();
if (missing) console.log(`valkey not run: ${missing}`);
else {
  const server = await startRedis();
  const cache = await ValkeyCache.connect({ ...server, log: silentLog });
  await writes('valkey (redis-server 7, loopback)', cache);
  await cache.close();
  await server.stop();
}
