import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PerformanceObserver } from 'node:perf_hooks';
import { InProcessCache } from '../../src/adapters/cache/in-process/in-process-cache.ts';
import { SystemChance, SystemClock } from '../../src/adapters/clock/system.ts';
import type { FillEvent } from '../../src/domain/events.ts';
import { MarketTime } from '../../src/domain/market-time.ts';
import { silentLog } from '../../src/ports/log.ts';
import { type Metrics, silentMetrics } from '../../src/ports/metrics.ts';
import { createAuthenticator } from '../../src/services/auth/authenticator.ts';
import { Hub } from '../../src/services/gateway/websocket/hub.ts';
import { MarketDataWriter } from '../../src/services/market-data/writer.ts';
import type { SymbolBatch } from '../../src/services/matching-engine/tap.ts';
import { Streamer } from '../../src/services/streamer/streamer.ts';
import type { Command, Plan, ServerReport } from './messages.ts';

/**
 * The server under the bench: hub, streamer, cache and market data writer as in an exchange, and instead of the engine a
 * generator that tells the writer batches at a fixed pace (half of them with a trade).
 */
const clock = new SystemClock();
const cache = new InProcessCache(clock);
/** How late each slot began, in ms, since the last report: what the clients' lateness has from the server's own loop. */
let slotsLate: number[] = [];
const metrics: Metrics = {
  ...silentMetrics,
  histogram: (name) => ({
    observe(seconds) {
      if (name === 'streamer_tick_late_seconds') slotsLate.push(seconds * 1_000);
    },
  }),
};
const shared = { clock, log: silentLog, metrics };
const streamer = new Streamer({ cache, ...shared, source: 'signal' });
const writer = new MarketDataWriter({
  cache,
  onWritten: (symbol) => streamer.changed(symbol),
  time: new MarketTime('Asia/Seoul'),
  recover: async () => undefined,
  ...shared,
});
const hub = new Hub({
  authenticator: createAuthenticator({ allowTestMode: true }, shared),
  streamer,
  cache,
  router: { massCancel: async () => ({ symbols: [], request_id: '' }) },
  privateTexts: async () => [],
  lastUseq: () => 0,
  knowsSymbol: (symbol) => /^S\d+$/.test(symbol),
  chance: new SystemChance(clock),
  ...shared,
});
const server = createServer();
let changes = 0;
const states: { symbol: string; seq: number; price: number }[] = [];
let plan: Plan;
let stopGenerator = () => {};

/** Every symbol changes at a steady pace, the symbols spread evenly over it. */
function generate({ symbols, changesPerSecond }: Plan): void {
  for (let i = states.length; i < symbols; i++) states.push({ symbol: `S${i}`, seq: 0, price: 10_000 + i });
  const startedAt = clock.monotonic();
  const changesBefore = changes;
  const timer = setInterval(() => {
    const due = changesBefore + Math.floor(((clock.monotonic() - startedAt) / 1_000) * changesPerSecond * symbols);
    const batch: SymbolBatch[] = [];
    for (; changes < due; changes++) batch.push(change(states[changes % symbols]!));
    if (batch.length > 0) writer.onBatch(batch);
  }, 2);
  stopGenerator = () => clearInterval(timer);
}

function change(state: { symbol: string; seq: number; price: number }): SymbolBatch {
  const { symbol } = state;
  state.seq += 1;
  const seq = state.seq;
  const trades = seq % 2 === 0;
  if (trades) state.price += seq % 4 === 0 ? 5 : -5;
  const { price } = state;
  const side = (step: number) =>
    Array.from({ length: 10 }, (_, i) => [price + step * (i + 1), ((seq * 7 + i * 13) % 900) + 1] as const);
  const timestamp = clock.now();
  return {
    symbol,
    instrument: undefined as never,
    events: trades ? [fill(symbol, seq, price, timestamp)] : [],
    seq,
    bids: side(-5),
    asks: side(5),
    timestamp,
  };
}

function fill(symbol: string, seq: number, price: number, timestamp: number): FillEvent {
  const party = { order_id: `o${seq}`, user_id: 'u', remaining_qty: 0, filled_qty: 1, fully_filled: true, fee: 0 };
  return {
    v: 1,
    event: 'FILL',
    symbol,
    seq,
    timestamp,
    trade_id: `${symbol}-${seq}`,
    price,
    quantity: (seq % 90) + 1,
    amount: price,
    taker_side: seq % 4 === 0 ? 'BUY' : 'SELL',
    buyer: party,
    seller: party,
  };
}

let gcMs = 0;
let gcMaxMs = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) {
    gcMs += duration;
    gcMaxMs = Math.max(gcMaxMs, duration);
  }
}).observe({ entryTypes: ['gc'] });

let rssMax = 0;
setInterval(() => {
  rssMax = Math.max(rssMax, process.memoryUsage.rss());
}, 250);

function report(): ServerReport {
  const cpu = process.cpuUsage();
  const late = Float64Array.from(slotsLate).sort();
  const loop = {
    slotLateP99Ms: late[Math.floor(late.length * 0.99)] ?? 0,
    slotLateMaxMs: late.at(-1) ?? 0,
    gcMs,
    gcMaxMs,
  };
  slotsLate = [];
  gcMs = 0;
  gcMaxMs = 0;
  return {
    ...loop,
    counts: structuredClone(streamer.counts),
    changes,
    connections: hub.size,
    rssMb: Math.round(Math.max(rssMax, process.memoryUsage.rss()) / 1e6),
    heapMb: Math.round(process.memoryUsage().heapUsed / 1e6),
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
  };
}

process.on('message', async (command: Command) => {
  if (command.do === 'start') {
    hub.attach(server);
    await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, resolve));
    streamer.start();
    plan = command.plan;
    generate(plan);
    process.send!({ port: (server.address() as AddressInfo).port });
  } else if (command.do === 'report') process.send!(report());
  else if (command.do === 'market') {
    if (command.on) generate(plan);
    else stopGenerator();
    await writer.drained();
    process.send!('ok');
  } else if (command.do === 'stop') process.exit(0);
});
process.on('disconnect', () => process.exit(0));
