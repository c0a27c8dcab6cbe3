import { FolderArchive } from '../../src/adapters/archive/folder/folder-archive.ts';
import { InProcessCache } from '../../src/adapters/cache/in-process/in-process-cache.ts';
import { SeededChance } from '../../src/adapters/clock/simulated.ts';
import { SystemClock } from '../../src/adapters/clock/system.ts';
import { EmbeddedStream } from '../../src/adapters/stream/embedded/stream.ts';
import { ExchangeError } from '../../src/domain/errors.ts';
import type { LedgerRecord, OrderRecord } from '../../src/domain/records.ts';
import { DEFAULT_TOPICS, PARTITIONS, type Topics } from '../../src/domain/topics.ts';
import { NaiveBook } from '../../src/matching/naive-book.ts';
import { silentLog } from '../../src/ports/log.ts';
import { silentMetrics } from '../../src/ports/metrics.ts';
import type { RebuildStore } from '../../src/ports/store.ts';
import { AccountProcessor } from '../../src/services/account-processor/account-processor.ts';
import { FillProcessor } from '../../src/services/fill-processor/fill-processor.ts';
import { HistorySaver } from '../../src/services/history-saver/history-saver.ts';
import { InstrumentRegistry } from '../../src/services/instruments/registry.ts';
import { MatchingEngineService } from '../../src/services/matching-engine/service.ts';
import { BatchingOrderRouter } from '../../src/services/order-router/router.ts';
import { strictInstrument } from '../engine/random-records.ts';
import { FaultyDisk } from '../faults/faulty-disk.ts';

/** FZ is what the corpus speaks of; FY is there to show that others go on. */
export const SYMBOLS = ['FZ', 'FY'] as const;
export const USERS = ['u1', 'u2'] as const;
export const STARTING_CASH = 1_000_000_000;
const STUCK_MS = 90_000;
const POLL_MS = 2;

/** Router, log, engine and settlement, the real ones, on a disk in memory: a place where strange records can be written. */
export class FuzzCore {
  readonly store: RebuildStore;
  readonly stream: EmbeddedStream;
  readonly router: BatchingOrderRouter;
  readonly #clock = new SystemClock();
  readonly #chance: SeededChance;
  readonly archive: FolderArchive;
  readonly #cache: InProcessCache;
  engine: MatchingEngineService;
  readonly #consumers: (FillProcessor | HistorySaver | AccountProcessor)[];

  private constructor(store: RebuildStore, stream: EmbeddedStream, archive: FolderArchive, chance: SeededChance) {
    const clock = this.#clock;
    this.store = store;
    this.stream = stream;
    this.archive = archive;
    this.#chance = chance;
    this.#cache = new InProcessCache(clock);
    const instruments = new InstrumentRegistry();
    const common = { stream, topics: DEFAULT_TOPICS, clock, log: silentLog, metrics: silentMetrics };
    this.#consumers = [
      new FillProcessor({ ...common, store }),
      new HistorySaver({ ...common, store }),
      new AccountProcessor({ ...common, store }),
    ];
    for (const symbol of SYMBOLS) instruments.put(strictInstrument(symbol));
    this.router = new BatchingOrderRouter({
      ...common,
      store,
      instruments,
      chance,
      ordersTopic: DEFAULT_TOPICS.orders,
      overloaded: () => false,
      marketPrices: async () => ({ last: 100, bestBid: 99, bestAsk: 101 }),
    });
    this.engine = this.#newEngine();
  }

  /** Two instruments, two users with money and goods, everything quiet. */
  static async open(store: RebuildStore, seed: number): Promise<FuzzCore> {
    const disk = new FaultyDisk();
    const clock = new SystemClock();
    const chance = new SeededChance(seed, clock);
    const stream = await EmbeddedStream.open({ folder: '/log', disk: disk.mount(), clock, chance });
    for (const role of Object.keys(DEFAULT_TOPICS) as (keyof Topics)[]) {
      await stream.ensureTopic(DEFAULT_TOPICS[role], { partitions: PARTITIONS[role] });
    }
    const core = new FuzzCore(store, stream, await FolderArchive.open('/archive', disk.mount()), chance);
    for (const consumer of core.#consumers) await consumer.start();
    await core.engine.start();
    for (const symbol of SYMBOLS) {
      const base = { v: 1, symbol, timestamp: 1, route_epoch: 0 } as const;
      const record: OrderRecord = { ...base, action: 'SET_INSTRUMENT', instrument: strictInstrument(symbol) };
      await core.write(DEFAULT_TOPICS.orders, symbol, JSON.stringify(record));
    }
    for (const user of USERS) for (const asset of ['KRW', ...SYMBOLS]) await core.#deposit(user, asset);
    await core.quiet();
    return core;
  }

  async #deposit(user_id: string, asset: string): Promise<void> {
    const record: LedgerRecord = {
      ...{ v: 1, action: 'DEPOSIT', transfer_id: `start-${user_id}-${asset}` },
      ...{ user_id, asset, amount: STARTING_CASH, timestamp: 1, actor: 'ops' },
    };
    await this.write(DEFAULT_TOPICS.ledger, user_id, JSON.stringify(record));
  }

  #newEngine(): MatchingEngineService {
    return new MatchingEngineService({
      stream: this.stream,
      topics: DEFAULT_TOPICS,
      clock: this.#clock,
      log: silentLog,
      metrics: silentMetrics,
      cache: this.#cache,
      archive: this.archive,
      createBook: () => new NaiveBook(),
      taps: [],
    });
  }

  /** Writes bytes to a stream, as nobody should. @returns where they stand */
  async write(topic: string, key: string, value: string | Uint8Array): Promise<{ partition: number; offset: number }> {
    const [position] = await this.stream.append(topic, [{ key, value: Buffer.from(value) }]);
    if (position === undefined) throw new Error('an append without a position');
    return position;
  }

  /** A valid order of a client; a refusal is an answer too. */
  async order(symbol: string): Promise<void> {
    const chance = this.#chance;
    const user = chance.random() < 0.5 ? 'u1' : 'u2';
    const side = chance.random() < 0.5 ? 'BUY' : 'SELL';
    const price = 10 * Math.floor(9 + chance.random() * 4);
    await this.router
      .place(user, { symbol, side, price, quantity: 1 + Math.floor(chance.random() * 9) })
      .catch((error: unknown) => {
        if (!(error instanceof ExchangeError)) throw error;
      });
  }

  /** Waits until everything written is worked through. @throws Error when a record blocks its stream */
  async quiet(): Promise<void> {
    const patience = performance.now() + STUCK_MS;
    while ((await this.#behind()) > 0) {
      if (performance.now() > patience) throw new Error(`a record blocks its stream: ${await this.#behind()} behind`);
      await this.#clock.sleep(POLL_MS);
    }
  }

  async #behind(): Promise<number> {
    const failed = this.engine.failures[0];
    if (failed !== undefined) throw new Error(`the engine stands still: ${failed.error.stack}`);
    const lags = await Promise.all([this.engine.lag(), ...this.#consumers.map((consumer) => consumer.lag())]);
    return this.engine.waitingEvents + lags.reduce((sum, lag) => sum + lag, 0);
  }

  /** Symbols and accounts whose settlement has stopped, loudly. */
  get stopped(): string[] {
    return this.#consumers.flatMap(({ stopped }) => [...stopped.keys()]);
  }

  /** The engine ends without a goodbye (no snapshot) or with one, and another takes over. */
  async restartEngine(): Promise<void> {
    if (this.#chance.random() < 0.5) await this.engine.createSnapshot();
    await this.engine.stop();
    this.engine = this.#newEngine();
    await this.engine.start();
  }

  async deadLetters(): Promise<Record<string, unknown>[]> {
    const letters: Record<string, unknown>[] = [];
    for (let partition = 0; partition < PARTITIONS.deadLetters; partition += 1) {
      const { end } = await this.stream.bounds(DEFAULT_TOPICS.deadLetters, partition);
      for (let offset = 0; offset < end; ) {
        const page = await this.stream.read(DEFAULT_TOPICS.deadLetters, partition, offset, 1_000);
        for (const { value } of page) letters.push(JSON.parse(Buffer.from(value).toString()));
        offset += Math.max(1, page.length);
      }
    }
    return letters;
  }

  async close(): Promise<void> {
    await this.router.close();
    await this.engine.stop();
    for (const consumer of this.#consumers) await consumer.stop();
    await this.stream.close();
    await this.#cache.close();
  }
}
