import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SeededChance } from '../adapters/clock/simulated.ts';
import { SystemClock } from '../adapters/clock/system.ts';
import { MemoryStore } from '../adapters/store/memory/store.ts';
import { EmbeddedStream } from '../adapters/stream/embedded/stream.ts';
import type { EngineEvent } from '../domain/events.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { AddRecord, LedgerRecord, OrderRecord } from '../domain/records.ts';
import { DEFAULT_TOPICS, PARTITIONS } from '../domain/topics.ts';
import { needOf } from '../ledger/hold.ts';
import { encodeEvent } from '../matching/engine/encode.ts';
import { EngineShard } from '../matching/engine/shard.ts';
import { NaiveBook } from '../matching/naive-book.ts';
import type { StoreRow } from '../ports/store.ts';
import { audit } from './audit.ts';
import { shardEngine } from './shard-engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'supernoba-audit-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const INSTRUMENT: Instrument = {
  symbol: 'AUD',
  name: 'Audited',
  base: 'AUD',
  quote: 'USDT',
  base_decimals: 4,
  quote_decimals: 6,
  price_decimals: 2,
  quantity_decimals: 3,
  amount_scale: 10,
  base_scale: 10,
  tick_tables: [{ effective_at: 0, bands: [{ from: 0, tick: 1 }] }],
  lot_size: 1,
  max_quantity: 1_000_000,
  reference_price: null,
  price_limit_bps: null,
  status: 'ACTIVE',
  calendar: 'ALWAYS',
  maker_fee_bps: 3,
  taker_fee_bps: 7,
};

/** The parts of the core path in one thread: store, log, engine, settlement, history. */
class SmallExchange {
  readonly stream: EmbeddedStream;
  readonly store = new MemoryStore();
  readonly #shard = new EngineShard({ createBook: () => new NaiveBook() });
  readonly #chance: SeededChance;
  readonly #open: { order_id: string; user_id: string }[] = [];
  #serial = 0;
  #settledTo = 0;
  #ledgerTo = 0;

  private constructor(stream: EmbeddedStream, seed: number) {
    this.stream = stream;
    this.#chance = new SeededChance(seed);
  }

  static async open(seed: number): Promise<SmallExchange> {
    const stream = await EmbeddedStream.open({
      folder: mkdtempSync(join(folder, 'log-')),
      clock: new SystemClock(),
      chance: new SeededChance(seed),
    });
    for (const [key, topic] of Object.entries(DEFAULT_TOPICS)) {
      await stream.ensureTopic(topic, { partitions: PARTITIONS[key as keyof typeof PARTITIONS] });
    }
    const exchange = new SmallExchange(stream, seed);
    await exchange.publish({ ...exchange.#base(), action: 'SET_INSTRUMENT', instrument: INSTRUMENT });
    await exchange.settle();
    for (let user = 0; user < 4; user++) {
      for (const asset of ['USDT', 'AUD']) await exchange.transfer('DEPOSIT', `u${user}`, asset, 10_000_000_000_000);
    }
    await exchange.transfer('WITHDRAW', 'u1', 'USDT', 12_345);
    return exchange;
  }

  async publish(record: OrderRecord): Promise<void> {
    await this.append(DEFAULT_TOPICS.orders, record.symbol, JSON.stringify(record));
    const events: EngineEvent[] = [];
    assert.equal(
      this.#shard.apply(record, (event) => events.push(event)),
      undefined,
    );
    for (const event of events) await this.append(DEFAULT_TOPICS.fills, event.symbol, encodeEvent(event));
  }

  async append(topic: string, key: string, text: string): Promise<void> {
    await this.stream.append(topic, [{ key, value: Buffer.from(text) }]);
  }

  async transfer(action: LedgerRecord['action'], user_id: string, asset: string, amount: number): Promise<void> {
    const transfer_id = `t${this.#serial++}`;
    const transfer = { transfer_id, user_id, asset, amount, timestamp: 1 };
    if (action === 'WITHDRAW') assert.equal(await this.store.holdWithdrawal(transfer), 'HELD');
    const record: LedgerRecord = { v: 1, action, ...transfer, actor: 'ops' };
    await this.append(DEFAULT_TOPICS.ledger, user_id, JSON.stringify(record));
    this.#ledgerTo += 1;
    const batch = { topic: DEFAULT_TOPICS.ledger, partition: 0, next_offset: this.#ledgerTo, items: [record] };
    await this.store.applyLedger(batch);
  }

  /** Random orders, cancels and replaces of four users. */
  async trade(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      const draw = this.#chance.random();
      const order = this.#open[Math.floor(this.#chance.random() * this.#open.length)];
      if (order === undefined || draw < 0.6) await this.#place();
      else if (draw < 0.8) await this.#cancel(order);
      else await this.#replace(order);
      if (this.#chance.random() < 0.3) await this.settle();
    }
  }

  /** Settlement and history take what the engine has said since the last time. */
  async settle(): Promise<void> {
    const partition = this.stream.partitionOf(DEFAULT_TOPICS.fills, 'AUD');
    const records = await this.stream.read(DEFAULT_TOPICS.fills, partition, this.#settledTo, 100_000);
    const last = records.at(-1);
    if (last === undefined) return;
    this.#settledTo = last.offset + 1;
    const items = records.map(({ value }): EngineEvent => JSON.parse(Buffer.from(value).toString()));
    const batch = { topic: DEFAULT_TOPICS.fills, partition, next_offset: this.#settledTo, items };
    await this.store.applyEvents(batch);
    await this.store.saveHistory(batch);
  }

  async #place(): Promise<void> {
    const isBuy = this.#chance.random() < 0.5;
    const price = 10_000 + Math.floor(this.#chance.random() * 20) + (isBuy ? -8 : 8);
    const quantity = 1 + Math.floor(this.#chance.random() * 5_000);
    const fees = { maker_fee_bps: 3, taker_fee_bps: 7 };
    const hold = needOf({ is_buy: isBuy, amount_scale: 10, base_scale: 10, ...fees }, price, quantity);
    const record: AddRecord = {
      ...this.#base(),
      action: 'ADD',
      order_id: `o${this.#serial++}`,
      user_id: `u${Math.floor(this.#chance.random() * 4)}`,
      is_buy: isBuy,
      price,
      quantity,
      order_type: 'LIMIT',
      time_in_force: (['GTC', 'GTC', 'GTC', 'IOC', 'FOK'] as const)[Math.floor(this.#chance.random() * 5)] ?? 'GTC',
      stp: this.#chance.random() < 0.2 ? 'EXPIRE_BOTH' : 'NONE',
      hold,
      ...fees,
    };
    const [result] = await this.store.enter([
      {
        kind: 'ORDER',
        record,
        hold_asset: isBuy ? 'USDT' : 'AUD',
        credit_asset: isBuy ? 'AUD' : 'USDT',
        credit: 1,
        amount_scale: 10,
        base_scale: 10,
        content_hash: '',
      },
    ]);
    assert.equal(result?.kind, 'HELD');
    this.#open.push({ order_id: record.order_id, user_id: record.user_id });
    await this.publish(record);
  }

  async #cancel(order: { order_id: string; user_id: string }): Promise<void> {
    const [result] = await this.store.enter([{ kind: 'CANCEL', ...order }]);
    if (result?.kind !== 'OPEN') return;
    await this.publish({ ...this.#base(), action: 'CANCEL', ...order, request_id: `r${this.#serial++}` });
  }

  async #replace(order: { order_id: string; user_id: string }): Promise<void> {
    const request_id = `r${this.#serial++}`;
    const terms = {
      price: 9_990 + Math.floor(this.#chance.random() * 30),
      remaining: 1 + Math.floor(this.#chance.random() * 9_000),
    };
    const [result] = await this.store.enter([{ kind: 'REPLACE', request_id, ...order, ...terms }]);
    if (result?.kind !== 'OPEN') return;
    const held = { request_id, hold_delta: result.hold_delta };
    await this.publish({ ...this.#base(), action: 'REPLACE', ...order, ...terms, ...held });
  }

  #base() {
    return { v: 1, symbol: 'AUD', timestamp: 1_767_312_000_000 + this.#serial, route_epoch: 0 } as const;
  }
}

function sources(exchange: SmallExchange, quiet = true) {
  const { stream, store } = exchange;
  return { stream, topics: DEFAULT_TOPICS, store, quiet, engine: () => shardEngine(() => new NaiveBook()) };
}

/** The store with one row of its dump changed: what a bug in settlement would leave behind. */
function tampered(exchange: SmallExchange, tamper: () => (row: StoreRow) => StoreRow | undefined) {
  const { store } = exchange;
  async function* dump(): AsyncGenerator<StoreRow> {
    const change = tamper();
    for await (const row of store.dump()) {
      const changed = change(structuredClone(row));
      if (changed !== undefined) yield changed;
    }
  }
  const position: typeof store.position = (...args) => store.position(...args);
  const pendingReplaces = () => store.pendingReplaces();
  const pendingWithdrawals = () => store.pendingWithdrawals();
  return { ...sources(exchange), store: { dump, position, pendingReplaces, pendingWithdrawals } };
}

test('random trading with fees, replaces and withdrawals audits clean, event for event', async () => {
  for (const seed of [1, 2, 3]) {
    const exchange = await SmallExchange.open(seed);
    await exchange.trade(400);
    await exchange.settle();
    const report = await audit(sources(exchange));
    assert.deepEqual(report.first_differences, []);
    assert.ok(report.clean && report.fills > 20 && report.trades === report.fills, JSON.stringify(report));
    assert.equal(report.events_replayed, report.events);
    await exchange.stream.close();
  }
});

test('an exchange stopped on the way audits clean too, and says how far settlement was behind', async () => {
  const exchange = await SmallExchange.open(4);
  await exchange.trade(100);
  await exchange.settle();
  for (let i = 0; i < 40; i++) await exchange.trade(1);
  const report = await audit(sources(exchange, false));
  assert.deepEqual(report.first_differences, []);
  const quiet = await audit(sources(exchange, true));
  assert.equal(quiet.clean, report.unsettled_events === 0);
  await exchange.stream.close();
});

test('every kind of damage is found', async (t) => {
  const exchange = await SmallExchange.open(5);
  await exchange.trade(300);
  await exchange.settle();
  const once = (wanted: (row: StoreRow) => boolean, change: (row: StoreRow) => StoreRow | undefined) => () => {
    let done = false;
    return (row: StoreRow) => {
      if (done || !wanted(row)) return row;
      done = true;
      return change(row);
    };
  };
  const damages: [name: string, change: ReturnType<typeof once>, finding: RegExp][] = [
    [
      'a wallet richer by one unit',
      once(
        ({ table }) => table === 'wallet',
        (row) => (row.table === 'wallet' ? { ...row, row: { ...row.row, balance: row.row.balance + 1 } } : row),
      ),
      /balance is \d+, the log says \d+/,
    ],
    [
      'a release forgotten',
      once(
        ({ table }) => table === 'wallet',
        (row) => (row.table === 'wallet' ? { ...row, row: { ...row.row, locked: row.row.locked + 1 } } : row),
      ),
      /locked is \d+, the log says \d+/,
    ],
    [
      'a fill settled twice on an order',
      once(
        ({ table, row }) => table === 'order' && 'filled_qty' in row && row.filled_qty > 0,
        (row) => (row.table === 'order' ? { ...row, row: { ...row.row, filled_qty: row.row.filled_qty + 1 } } : row),
      ),
      /filled_qty is \d+, the log says \d+/,
    ],
    [
      'an order lost',
      once(
        ({ table }) => table === 'order',
        () => undefined,
      ),
      /in the log and not in the store/,
    ],
    [
      'a trade lost',
      once(
        ({ table }) => table === 'trade',
        () => undefined,
      ),
      /not in the history/,
    ],
    [
      'a wallet lost',
      once(
        ({ table }) => table === 'wallet',
        () => undefined,
      ),
      /wallet of .* is missing/,
    ],
  ];
  for (const [name, change, finding] of damages) {
    await t.test(name, async () => {
      const report = await audit(tampered(exchange, change));
      assert.equal(report.clean, false);
      assert.match(report.first_differences.join('\n'), finding);
    });
  }
  await exchange.stream.close();
});

test('a gap in seq, a changed event and an event nobody caused are found', async () => {
  const exchange = await SmallExchange.open(6);
  await exchange.trade(60);
  await exchange.settle();
  const { last } = await lastEvent(exchange);
  const status = { v: 1, event: 'STATUS_SET', symbol: 'AUD', timestamp: 1, status: 'ACTIVE' };
  await exchange.append(DEFAULT_TOPICS.fills, 'AUD', JSON.stringify({ ...status, seq: last.seq }));
  await exchange.append(DEFAULT_TOPICS.fills, 'AUD', JSON.stringify({ ...status, seq: last.seq + 2 }));
  const report = await audit(sources(exchange, false));
  const text = report.first_differences.join('\n');
  assert.match(text, new RegExp(`seq ${last.seq} says two different things`));
  assert.match(text, new RegExp(`seq jumps from ${last.seq} to ${last.seq + 2}`));
  assert.match(text, /a second engine says/);
  await exchange.stream.close();
});

test('a record of fills or ledger that is none is a finding with its place, and the audit goes on', async () => {
  const exchange = await SmallExchange.open(7);
  await exchange.trade(60);
  await exchange.settle();
  const { last } = await lastEvent(exchange);
  const { fills, ledger, orders } = DEFAULT_TOPICS;
  const fill = {
    v: 1,
    event: 'FILL',
    symbol: 'AUD',
    seq: last.seq + 1,
    timestamp: 1,
    trade_id: 'x',
    price: 1,
    quantity: 1,
  };
  const deposit = {
    v: 1,
    action: 'DEPOSIT',
    transfer_id: 'x',
    user_id: 'u0',
    asset: 'USDT',
    timestamp: 1,
    actor: 'ops',
  };
  const poison: [topic: string, value: string, finding: RegExp][] = [
    [ledger, '{', /supernoba-ledger\/0 offset \d+ is not JSON/],
    [ledger, '\u0000', /supernoba-ledger\/0 offset \d+ is not JSON/],
    [ledger, '[]', /supernoba-ledger\/0 offset \d+ is no JSON object/],
    [ledger, JSON.stringify({ ...deposit, amount: 0.5 }), /supernoba-ledger\/0 offset \d+ has no amount/],
    [ledger, JSON.stringify({ ...deposit, amount: 1, v: 2 }), /offset \d+ has the unknown version 2/],
    [fills, 'null', /supernoba-fills\/\d offset \d+ is no JSON object/],
    [fills, JSON.stringify({ ...fill, amount: 'much' }), /supernoba-fills\/\d offset \d+ \(FILL\) has no amount/],
    [fills, JSON.stringify({ ...fill, amount: 1 }), /supernoba-fills\/\d offset \d+ \(FILL\) has no buyer/],
    [
      fills,
      JSON.stringify({ ...fill, event: 'STATUS_SET', status: 'ACTIVE', seq: 2 ** 52 }),
      /seq jumps from \d+ to 4503599627370496/,
    ],
    [
      fills,
      JSON.stringify({ ...fill, event: 'REPLACED', order_id: 'o', filled_qty: 0, remaining_qty: 1 }),
      /\(REPLACED\) has no request_id/,
    ],
  ];
  for (const [topic, value] of poison) await exchange.append(topic, 'AUD', value);
  // Poison among the orders is no difference: the engine sets it aside, and it has no effect on anything.
  for (const value of ['{', '{"v":1,"action":"ADD","symbol":"AUD"}']) await exchange.append(orders, 'AUD', value);
  const report = await audit(sources(exchange, false));
  const text = report.first_differences.join('\n');
  for (const [, , finding] of poison) assert.match(text, finding);
  assert.equal(report.differences, poison.length, text);
  await exchange.stream.close();
});

async function lastEvent(exchange: SmallExchange): Promise<{ last: EngineEvent }> {
  const partition = exchange.stream.partitionOf(DEFAULT_TOPICS.fills, 'AUD');
  const { end } = await exchange.stream.bounds(DEFAULT_TOPICS.fills, partition);
  const [record] = await exchange.stream.read(DEFAULT_TOPICS.fills, partition, end - 1, 1);
  return { last: JSON.parse(Buffer.from(record?.value ?? '').toString()) };
}
