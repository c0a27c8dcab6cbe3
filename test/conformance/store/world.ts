import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { EngineEvent } from '../../../src/domain/events.ts';
import type { Instrument } from '../../../src/domain/instrument.ts';
import type { LedgerRecord, OrderRecord } from '../../../src/domain/records.ts';
import type { EntryRequest, OrderEntry, Store } from '../../../src/ports/store.ts';
import { checkMoney } from './check-money.ts';
import { dumpLines, instrument, MORNING, order, SCALED, Sequencer, transfer } from './make.ts';
import { ModelEngine } from './model-engine.ts';

/** Random numbers that repeat (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const USERS = ['ann', 'bob', 'cyd'];
const INSTRUMENTS: readonly Instrument[] = [
  instrument('TEST'),
  instrument('FREE', { maker_fee_bps: 0, taker_fee_bps: 0 }),
  instrument('COIN', SCALED),
];
const ASSETS = ['KRW', 'USDT', 'TEST', 'FREE', 'COIN'];

/**
 * A random life of an exchange around its store: orders, replaces and cancels of three users in three instruments, appends that
 * fail, deposits and withdrawals, and deliveries in batches of any size that overlap and repeat. Every call goes to every store;
 * they must answer the same, hold the same, and break no promise.
 */
export class World {
  readonly orders: OrderRecord[] = [];
  readonly events: EngineEvent[] = [];
  readonly ledger: LedgerRecord[] = [];
  readonly #stores: readonly Store[];
  readonly #random: () => number;
  readonly #say = new Sequencer();
  readonly #engine = new ModelEngine(INSTRUMENTS, this.#say);
  readonly #entries = new Map<string, OrderEntry>();
  #engineAt = 0;
  #settled = 0;
  #saved = 0;
  #banked = 0;
  #ids = 0;

  constructor(seed: number, stores: readonly Store[]) {
    this.#random = randomOf(seed);
    this.#stores = stores;
  }

  async start(): Promise<void> {
    for (const definition of INSTRUMENTS) {
      const { symbol } = definition;
      const base = { v: 1, symbol, timestamp: MORNING, route_epoch: 0 } as const;
      this.orders.push({ ...base, action: 'SET_INSTRUMENT', instrument: definition });
      this.events.push(this.#say.set(definition));
    }
    this.#engineAt = this.orders.length;
    await this.#settle(this.events.length);
    for (const user of USERS)
      for (const asset of ASSETS) this.ledger.push(transfer('DEPOSIT', this.#id('t'), user, asset, 3_000_000));
    await this.#bank(this.ledger.length);
  }

  /** One random call, and everything checked after it. */
  async step(): Promise<void> {
    const choice = this.#random();
    if (choice < 0.35) await this.#enter();
    else if (choice < 0.55) this.#match();
    else if (choice < 0.75) await this.#settle(this.#upTo(12));
    else if (choice < 0.85) await this.#save(this.#upTo(20));
    else if (choice < 0.92) await this.#move();
    else await this.#bank(this.#upTo(4));
    await this.check();
  }

  /** Everything the engine has said is settled and saved, and the ledger applied. */
  async drain(): Promise<void> {
    await this.#settle(this.events.length);
    await this.#save(this.events.length);
    await this.#bank(this.ledger.length);
  }

  /** Everything that is written gets matched, settled, saved and applied. */
  async finish(): Promise<void> {
    while (this.#engineAt < this.orders.length) this.#match();
    await this.drain();
    for (const { transfer_id } of await this.#stores[0]!.pendingWithdrawals())
      for (const store of this.#stores) await store.releaseWithdrawal(transfer_id);
    const lost = (await this.#stores[0]!.pendingReplaces()).map((replace) => replace);
    for (const store of this.#stores) await store.releaseUnpublished({ orders: [], replaces: lost });
    await this.check();
  }

  async check(): Promise<void> {
    const [first, ...others] = this.#stores;
    const expected = await dumpLines(first!);
    for (const store of others) assert.deepEqual(await dumpLines(store), expected);
    await checkMoney(first!, this.ledger.slice(0, this.#banked), INSTRUMENTS);
  }

  async #call<T>(call: (store: Store) => Promise<T>): Promise<T> {
    const [first, ...others] = this.#stores;
    const answer = await call(first!);
    for (const store of others) {
      const other = await call(store);
      if (!isDeepStrictEqual(other, answer)) assert.deepEqual(other, answer);
    }
    return answer;
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)]!;
  }

  #upTo(most: number): number {
    return 1 + Math.floor(this.#random() * most);
  }

  #id(kind: string): string {
    this.#ids += 1;
    return `${kind}-${String(this.#ids).padStart(6, '0')}`;
  }

  async #enter(): Promise<void> {
    const requests = Array.from({ length: this.#upTo(8) }, () => this.#request());
    const results = await this.#call((store) => store.enter(requests));
    const records = requests.flatMap((request, index): OrderRecord[] => {
      const result = results[index]!;
      if (request.kind === 'ORDER' && result.kind === 'HELD') {
        this.#entries.set(request.record.order_id, request);
        return [request.record];
      }
      if (request.kind === 'ORDER' || result.kind !== 'OPEN') return [];
      const base = { v: 1, symbol: result.order.symbol, timestamp: MORNING, route_epoch: 0 } as const;
      const { kind, ...terms } = request;
      if (kind === 'CANCEL') return [{ ...base, action: kind, ...terms, request_id: this.#id('r') }];
      return [{ ...base, action: kind, request_id: this.#id('r'), ...terms, hold_delta: result.hold_delta }];
    });
    if (this.#random() < 0.1) await this.#unpublish(records);
    else this.orders.push(...records);
    if (this.#random() < 0.1) this.orders.push(...records.filter(({ action }) => action === 'ADD'));
  }

  /** The append of a batch has failed: nothing of it is in the log. */
  async #unpublish(records: OrderRecord[]): Promise<void> {
    const orders = records.filter((record) => record.action === 'ADD').map(({ order_id }) => order_id);
    const replaces = records.filter((record) => record.action === 'REPLACE');
    await this.#call((store) => store.releaseUnpublished({ orders, replaces }));
    records.length = 0;
  }

  #request(): EntryRequest {
    const known = [...this.#entries.values()];
    const choice = this.#random();
    if (known.length === 0 || choice < 0.65) return this.#order();
    const { order_id, user_id } = this.#pick(known.slice(-30)).record;
    const names = { order_id, user_id: this.#random() < 0.95 ? user_id : this.#pick(USERS) };
    if (choice < 0.8) return { kind: 'CANCEL', ...names };
    const terms = this.#random();
    return {
      kind: 'REPLACE',
      request_id: this.#id('r'),
      ...names,
      ...(terms < 0.6 ? { price: this.#price() } : {}),
      ...(terms < 0.4 ? { quantity: this.#upTo(40) } : terms > 0.7 ? { remaining: this.#upTo(40) } : {}),
    };
  }

  #price(): number {
    return 95 + Math.floor(this.#random() * 11);
  }

  #order(): OrderEntry {
    const named = this.#random() < 0.3;
    const big = this.#random() < 0.05 ? 2_000 : 1;
    return order(this.#pick(INSTRUMENTS), {
      order_id: this.#id('ord'),
      user_id: this.#pick(USERS),
      is_buy: this.#random() < 0.5,
      price: this.#price(),
      quantity: this.#upTo(30) * big,
      time_in_force: this.#random() < 0.2 ? 'IOC' : 'GTC',
      timestamp: MORNING + this.#ids * 3_600_000,
      ...(named ? { client_order_id: `c${this.#upTo(60)}`, content_hash: `h${this.#upTo(2)}` } : {}),
    });
  }

  #match(): void {
    const until = Math.min(this.orders.length, this.#engineAt + this.#upTo(20));
    for (; this.#engineAt < until; this.#engineAt += 1) {
      const record = this.orders[this.#engineAt]!;
      const entry = record.action === 'ADD' ? this.#entries.get(record.order_id) : undefined;
      this.events.push(...this.#engine.take(record, entry, this.#random()));
    }
  }

  /** A delivery: it may begin before what is applied, repeat itself, and move the position only as far as it goes. */
  #delivery<T>(log: readonly T[], applied: number, count: number): { until: number; items: T[] } {
    const until = Math.min(log.length, applied + count);
    const start = Math.max(0, applied - (this.#random() < 0.4 ? this.#upTo(10) : 0));
    const items = log.slice(start, until);
    return { until, items: this.#random() < 0.2 ? [...items, ...items] : items };
  }

  async #settle(count: number): Promise<void> {
    const { until, items } = this.#delivery(this.events, this.#settled, count);
    await this.#call((store) => store.applyEvents({ topic: 'fills', partition: 0, next_offset: until, items }));
    this.#settled = until;
  }

  async #save(count: number): Promise<void> {
    const { until, items } = this.#delivery(this.events, this.#saved, count);
    await this.#call((store) => store.saveHistory({ topic: 'fills', partition: 0, next_offset: until, items }));
    this.#saved = until;
  }

  async #move(): Promise<void> {
    const [user_id, asset, amount] = [this.#pick(USERS), this.#pick(ASSETS), this.#upTo(2_000_000)];
    const transfer_id = this.#id('t');
    if (this.#random() < 0.4) {
      this.ledger.push(transfer('DEPOSIT', transfer_id, user_id, asset, amount));
      return;
    }
    const request = { transfer_id, user_id, asset, amount, timestamp: MORNING, actor: 'admin' };
    const held = await this.#call((store) => store.holdWithdrawal(request));
    if (held !== 'HELD') return;
    if (this.#random() < 0.2) await this.#call((store) => store.releaseWithdrawal(transfer_id));
    else this.ledger.push(transfer('WITHDRAW', transfer_id, user_id, asset, amount));
  }

  async #bank(count: number): Promise<void> {
    const { until, items } = this.#delivery(this.ledger, this.#banked, count);
    await this.#call((store) => store.applyLedger({ topic: 'ledger', partition: 0, next_offset: until, items }));
    this.#banked = until;
  }
}
