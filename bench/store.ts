import { execSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryStore } from '../src/adapters/store/memory/store.ts';
import { openPgliteStore } from '../src/adapters/store/pglite/store.ts';
import { openPostgresStore } from '../src/adapters/store/postgres/store.ts';
import type { EngineEvent } from '../src/domain/events.ts';
import type { Instrument } from '../src/domain/instrument.ts';
import type { AddRecord } from '../src/domain/records.ts';
import type { OrderEntry, Store } from '../src/ports/store.ts';
import { startPostgres } from '../test/servers/postgres.ts';
import { commandLine } from '../test/support/command-line.ts';

// What money in SQL costs: microseconds per order held and recorded, per fill settled (two orders, their wallets, and the two
// ACCEPTED events before it), per trade saved.
// Figures to compare with (docs/adr/0003-store.md): hold 13-60 us, settle 50-160 us on PGlite.

const STORES = ['memory', 'pglite', 'postgres'];
const { operands: wanted } = commandLine({
  call: 'node scripts/run.js bench/store.ts',
  about: 'What money in the store costs: microseconds per order held and recorded, per fill settled, per trade saved.',
  flags: {},
  operands: {
    shown: 'STORE',
    oneOf: STORES,
    most: STORES.length,
    about: `${STORES.join(', ')}; without any, all of them`,
  },
});

const USERS = 2_000;
const SYMBOLS = 8;
const FILLS = 6_000;

function instrumentOf(symbol: string): Instrument {
  return {
    symbol,
    name: symbol,
    base: symbol,
    quote: 'KRW',
    base_decimals: 0,
    quote_decimals: 0,
    price_decimals: 0,
    quantity_decimals: 0,
    amount_scale: 1,
    base_scale: 1,
    tick_tables: [{ effective_at: 0, bands: [{ from: 0, tick: 1 }] }],
    lot_size: 1,
    max_quantity: 1_000_000,
    reference_price: null,
    price_limit_bps: null,
    status: 'ACTIVE',
    calendar: 'ALWAYS',
    maker_fee_bps: 5,
    taker_fee_bps: 10,
  };
}

const symbols = Array.from({ length: SYMBOLS }, (_, n) => `S${n}`);

async function open(kind: string, folder: string): Promise<{ store: Store; stop(): Promise<void> }> {
  if (kind === 'memory') return { store: new MemoryStore(), stop: async () => {} };
  if (kind === 'pglite') {
    const store = await openPgliteStore(join(folder, 'pglite'));
    return { store, stop: () => store.close() };
  }
  const server = await startPostgres({ durable: true });
  if ('notRun' in server) throw new Error(server.notRun);
  const store = openPostgresStore({ url: server.url });
  return {
    store,
    async stop() {
      await store.close();
      await server.stop();
    },
  };
}

let lastOrder = 0;

function entry(isBuy: boolean, symbol: string): OrderEntry {
  lastOrder += 1;
  const price = isBuy ? 1_010 : 1_000;
  const quantity = 10;
  const amount = price * quantity;
  const record: AddRecord = {
    v: 1,
    action: 'ADD',
    symbol,
    timestamp: 1_760_000_000_000 + lastOrder,
    route_epoch: 0,
    order_id: `ord_0Kx9mPq2${String(lastOrder).padStart(14, '0')}`,
    user_id: `user_${(lastOrder * 7919) % USERS}`,
    is_buy: isBuy,
    price,
    quantity,
    order_type: 'LIMIT',
    time_in_force: 'GTC',
    ...(lastOrder % 2 === 0 ? { client_order_id: `c-${lastOrder}` } : {}),
    hold: isBuy ? amount + Math.floor(amount / 1_000) : quantity,
    maker_fee_bps: 5,
    taker_fee_bps: 10,
  };
  return {
    kind: 'ORDER',
    record,
    hold_asset: isBuy ? 'KRW' : symbol,
    credit_asset: isBuy ? symbol : 'KRW',
    credit: isBuy ? quantity : amount,
    amount_scale: 1,
    base_scale: 1,
    content_hash: 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA',
  };
}

const seqs = new Map<string, number>();

function next(symbol: string): number {
  const seq = (seqs.get(symbol) ?? 0) + 1;
  seqs.set(symbol, seq);
  return seq;
}

function accepted({ record }: OrderEntry): EngineEvent {
  return {
    v: 1,
    event: 'ACCEPTED',
    symbol: record.symbol,
    seq: next(record.symbol),
    timestamp: record.timestamp,
    order_id: record.order_id,
    user_id: record.user_id,
    side: record.is_buy ? 'BUY' : 'SELL',
    filled_qty: 0,
    remaining_qty: record.quantity,
    order_type: 'LIMIT',
    time_in_force: 'GTC',
    price: record.price,
    quantity: record.quantity,
  };
}

function fill(buy: OrderEntry, sell: OrderEntry): EngineEvent {
  const { symbol } = buy.record;
  const seq = next(symbol);
  const party = ({ record }: OrderEntry, fee: number) => ({
    order_id: record.order_id,
    user_id: record.user_id,
    remaining_qty: 0,
    filled_qty: 10,
    fully_filled: true,
    fee,
  });
  return {
    v: 1,
    event: 'FILL',
    symbol,
    seq,
    timestamp: sell.record.timestamp,
    trade_id: `${symbol}-${seq}`,
    price: 1_005,
    quantity: 10,
    amount: 10_050,
    taker_side: 'SELL',
    buyer: party(buy, 5),
    seller: party(sell, 10),
  };
}

async function prepare(store: Store): Promise<void> {
  await store.migrate();
  const items = symbols.map((symbol): EngineEvent => {
    const instrument = instrumentOf(symbol);
    return { v: 1, event: 'INSTRUMENT_SET', symbol, seq: next(symbol), timestamp: 0, instrument };
  });
  await store.applyEvents({ topic: 'fills', partition: 0, next_offset: 0, items });
  await store.saveHistory({ topic: 'fills', partition: 0, next_offset: 0, items });
  const deposits = Array.from({ length: USERS }, (_, n) =>
    ['KRW', ...symbols].map((asset) => ({
      v: 1 as const,
      action: 'DEPOSIT' as const,
      transfer_id: `t-${n}-${asset}`,
      user_id: `user_${n}`,
      asset,
      amount: 1_000_000_000,
      timestamp: 0,
      actor: 'bench',
    })),
  ).flat();
  await store.applyLedger({ topic: 'ledger', partition: 0, next_offset: 0, items: deposits });
}

interface Cost {
  /** Microseconds a piece by the clock on the wall, and of this process's processors (which other work does not inflate). */
  wall: number;
  cpu: number;
}

async function cost(pieces: number, work: () => Promise<void>): Promise<Cost> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  await work();
  const wall = ((performance.now() - started) * 1_000) / pieces;
  const { user, system } = process.cpuUsage(cpu);
  return { wall, cpu: (user + system) / pieces };
}

async function measure(store: Store, batchSize: number): Promise<Cost[]> {
  const pairs: [OrderEntry, OrderEntry][] = [];
  const fills = batchSize === 1 ? FILLS / 10 : FILLS;
  for (let n = 0; n < fills; n += 1) {
    const symbol = symbols[n % SYMBOLS]!;
    pairs.push([entry(true, symbol), entry(false, symbol)]);
  }
  const entries = pairs.flat();
  const hold = await cost(entries.length, async () => {
    for (let from = 0; from < entries.length; from += batchSize) {
      const results = await store.enter(entries.slice(from, from + batchSize));
      if (results.some((result) => result.kind !== 'HELD')) throw new Error('an order was not held');
    }
  });
  const events = pairs.flatMap(([buy, sell]) => [accepted(buy), accepted(sell), fill(buy, sell)]);
  const eventsPerBatch = batchSize * 3;
  const batches: EngineEvent[][] = [];
  for (let from = 0; from < events.length; from += eventsPerBatch)
    batches.push(events.slice(from, from + eventsPerBatch));
  const settle = await cost(fills, async () => {
    for (const items of batches) await store.applyEvents({ topic: 'fills', partition: 0, next_offset: 0, items });
  });
  const save = await cost(fills, async () => {
    for (const items of batches) await store.saveHistory({ topic: 'fills', partition: 0, next_offset: 0, items });
  });
  return [hold, settle, save];
}

const commit = execSync('git rev-parse --short HEAD').toString().trim();
console.log(`${cpus()[0]?.model} x${cpus().length}, commit ${commit}, ${new Date().toISOString()}`);
console.log('us (of them processor time here)');
console.log('store      batch      hold an order      settle a fill       save a trade');
for (const kind of wanted.length > 0 ? wanted : STORES) {
  const folder = mkdtempSync(join(tmpdir(), 'supernoba-bench-'));
  seqs.clear();
  const { store, stop } = await open(kind, folder);
  try {
    await prepare(store);
    await measure(store, 100);
    for (const batch of [1, 20, 100, 500]) {
      const cells = (await measure(store, batch)).map(({ wall, cpu }) =>
        `${wall.toFixed(1)} (${cpu.toFixed(1)})`.padStart(19),
      );
      console.log(`${kind.padEnd(10)}${String(batch).padStart(6)}${cells.join('')}`);
    }
  } finally {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
