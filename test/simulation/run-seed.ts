import './synchronous-zlib.ts';
import { InProcessCache } from '../../src/adapters/cache/in-process/in-process-cache.ts';
import { SqliteCandleStore } from '../../src/adapters/candle-store/sqlite/sqlite-candle-store.ts';
import { SeededChance } from '../../src/adapters/clock/simulated.ts';
import { errorCode } from '../../src/adapters/disk/disk.ts';
import { State } from '../../src/adapters/store/memory/state.ts';
import { MemoryStore } from '../../src/adapters/store/memory/store.ts';
import type { EmbeddedStream } from '../../src/adapters/stream/embedded/stream.ts';
import { PARTITIONS } from '../../src/domain/topics.ts';
import { type Log, silentLog } from '../../src/ports/log.ts';
import type { Store } from '../../src/ports/store.ts';
import { StreamWriteError } from '../../src/ports/stream.ts';
import { CacheAwayError, CacheFate } from './attached.ts';
import { Client } from './client.ts';
import { openLog, openOverTables, type SimulatedExchange, type Surroundings, startExchange } from './exchange.ts';
import { ruleFaults } from './judge/judge.ts';
import { Life, never } from './life.ts';
import { logCopy } from './log-copy.ts';
import { Machine, StoreBrokeError } from './machine.ts';
import { SYMBOLS } from './market.ts';
import { marketFaults } from './market-oracles.ts';
import { MarketSights } from './market-sights.ts';
import { NaiveReplay } from './naive-replay.ts';
import { Network } from './network.ts';
import { Operator } from './operator.ts';
import { auditFaults, effectFaults, leftovers, stateFaults } from './oracles.ts';
import { requestFaults, toldFaults } from './oracles-told.ts';
import { openSimulatedPglite } from './pglite.ts';
import { drawPlan, type Plan } from './plan.ts';
import { PrivateLines } from './private-lines.ts';
import { Watcher } from './watcher.ts';

export interface SeedResult {
  seed: number;
  /** Hash over everything that happened: the same for the same seed and program. */
  trace: string;
  failures: string[];
  plan: Plan;
  /** Fields of it that were given instead of drawn. */
  given: Partial<Plan>;
  orders: number;
  crashes: number;
  powerLosses: number;
  effects: number;
  virtualMs: number;
  /** Stores that were made again after a loss of power. */
  rebuilds: number;
  store: 'memory' | 'pglite';
}

export interface RunOptions {
  /** Every traced event, one line at a time. */
  onTrace?: (line: string) => void;
  log?: Log;
  /** Fields of the plan that take the place of what the seed draws: smaller, for the shrinking of a failure. */
  plan?: Partial<Plan>;
  /** Where money is kept: tables in memory, or PGlite as on a real machine. */
  store?: 'memory' | 'pglite';
  /** A bug to put in, to see that the judgement notices. */
  plant?: 'ACKNOWLEDGE_BEFORE_SYNC';
}

/** In so long something is appended or answered; where nothing is, nothing ever will be. */
const STANDSTILL_MS = 60_000;
/** Nothing takes this long: what has not settled by then never will. */
const VIRTUAL_LIMIT_MS = 600_000;
const MAX_FAILURES = 20;
/** At the end every watcher has been here long enough to hear everything. */
const LAST_LOOK_MS = 6_000;

/** Runs one seed: storm, healing, settling, judgement. */
export async function runSeed(seed: number, options: RunOptions = {}): Promise<SeedResult> {
  const run = new Run(seed, options);
  const { machine } = run;
  let over = false;
  // In a real process it would be the end: nobody has said what to do when this goes wrong.
  const unheard = (error: unknown) => void run.failures.push(`unhandled: ${textOf(error)}`);
  process.on('unhandledRejection', unheard);
  const story = run.story().then(
    () => {
      over = true;
    },
    (error: unknown) => {
      run.failures.push(textOf(error));
      over = true;
    },
  );
  if (await getsAnywhere(machine, () => over)) await story;
  else
    run.failures.push(
      `it came to a standstill ${run.scene}, ${Math.round(machine.clock.monotonic())} ms from the beginning`,
    );
  process.off('unhandledRejection', unheard);
  await run.close();
  return {
    seed,
    plan: run.plan,
    given: options.plan ?? {},
    failures: [...run.failures, ...run.complaints()].slice(0, MAX_FAILURES),
    orders: run.clients.reduce((sum, { told }) => sum + told.length, 0),
    crashes: machine.crashes,
    powerLosses: machine.powerLosses,
    effects: machine.effects,
    virtualMs: Math.round(machine.clock.monotonic()),
    rebuilds: machine.rebuilds,
    store: options.store ?? 'memory',
    trace: machine.trace.digest(),
  };
}

/** Goes on until it is over; false as soon as it is plain that it never will be. */
async function getsAnywhere(machine: Machine, isOver: () => boolean): Promise<boolean> {
  while (machine.clock.monotonic() < VIRTUAL_LIMIT_MS) {
    const before = machine.progress;
    if (await machine.clock.runUntil(isOver, STANDSTILL_MS)) return true;
    if (machine.progress === before) return false;
  }
  return false;
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** What may stop a start without being a fault of the exchange: the process ends and is started again. */
function isWeather(error: unknown): boolean {
  const code = errorCode(error);
  return (
    code === 'ENOSPC' ||
    code === 'EIO' ||
    error instanceof StreamWriteError ||
    error instanceof StoreBrokeError ||
    error instanceof CacheAwayError
  );
}

class Run {
  readonly plan: Plan;
  readonly machine: Machine;
  readonly network: Network;
  readonly clients: Client[];
  readonly failures: string[] = [];
  /** Where the story is. */
  scene = 'in the storm';
  readonly #chance: SeededChance;
  readonly #around: Surroundings;
  readonly #operator: Operator;
  readonly #lines: PrivateLines;
  readonly #sights = new MarketSights();
  readonly #watchers: Watcher[];
  readonly #log: Log;
  #over = false;

  constructor(seed: number, options: RunOptions) {
    this.#chance = new SeededChance(seed);
    this.plan = { ...drawPlan(this.#chance.fork()), ...options.plan };
    this.machine = new Machine(this.plan, this.#chance.fork());
    this.machine.trace.listener = options.onTrace;
    this.machine.acknowledgesBeforeSync = options.plant === 'ACKNOWLEDGE_BEFORE_SYNC';
    this.#log = options.log ?? silentLog;
    this.#lines = new PrivateLines(this.machine.durableMessages);
    this.network = new Network(this.machine);
    this.clients = Array.from(
      { length: this.plan.users },
      (_, i) => new Client(`u${i}`, this.machine, this.network, this.#chance.fork()),
    );
    this.#watchers = Array.from({ length: this.plan.watchers }, (_, i) => this.#watcher(i));
    const cache = new InProcessCache(this.machine.clock);
    const cacheFate = new CacheFate(cache, this.machine, this.#chance.fork());
    this.#operator = new Operator(this.machine, this.network, this.#chance.fork(), cacheFate);
    this.#around = {
      machine: this.machine,
      chance: this.#chance.fork(),
      store: new MemoryStore(),
      newStore: async () => {
        if (options.store === 'pglite') return openSimulatedPglite(this.machine.clock);
        const tables = new State();
        if (this.plan.writeEveryMs > 0) this.#around.tables = tables;
        return new MemoryStore(tables);
      },
      tables: undefined,
      candles: new SqliteCandleStore(':memory:'),
      newCandles: () => new SqliteCandleStore(':memory:'),
      cache,
      cacheFate,
      onPush: (userId, messages, firstUseq) => {
        this.machine.trace.note(`push ${userId} ${firstUseq}+${messages.length}`);
        this.#lines.hear(userId, messages, firstUseq);
      },
    };
  }

  complaints(): string[] {
    return [
      ...this.network.faults,
      ...this.machine.faults,
      ...this.#lines.faults,
      ...this.#operator.complaints,
      ...this.#watchers.flatMap(({ complaints }) => complaints),
      ...this.clients.flatMap(({ complaints }) => complaints),
    ];
  }

  /** The last of them speaks for nobody. Where the loss of a connection cancels orders, users have two connections if they can. */
  #watcher(i: number): Watcher {
    const user = this.plan.cancelOnDisconnect > 0 ? i >> 1 : i % this.plan.users;
    const symbols = SYMBOLS.slice(0, this.plan.symbols).map(({ symbol }) => symbol);
    return new Watcher({
      userId: i === this.plan.watchers - 1 && i > 0 ? undefined : `u${user}`,
      symbols: [...symbols.slice(i % symbols.length), ...symbols.slice(0, i % symbols.length)],
      machine: this.machine,
      network: this.network,
      chance: this.#chance.fork(),
      sights: this.#sights,
      lines: this.#lines,
    });
  }

  async close(): Promise<void> {
    await this.#around.store.close();
    await this.#around.candles.close();
  }

  async story(): Promise<void> {
    this.#around.store = await this.#around.newStore();
    const power = this.#keepRunning();
    await Promise.race([this.#scenes(power), power.then(never)]);
  }

  async #scenes(power: Promise<void>): Promise<void> {
    const users = this.clients.map(({ userId }) => userId);
    await this.#operator.openMarket(users);
    for (const watcher of this.#watchers) void watcher.run();
    let trading = true;
    const operator = this.#operator.work(users, () => !trading);
    await Promise.all(this.clients.map((client) => client.run()));
    trading = false;
    await operator;
    this.machine.heal();
    this.scene = 'in the healing';
    await this.#operator.reopen();
    await this.#settle();
    await power;
    this.scene = 'after the last restart';
    // A last restart: its sweep finds whatever the storm has left behind.
    const last = await startExchange(this.#around, this.machine.boot(), this.#log);
    await last.quiesce();
    // Only to be looked at: who judges must find what was settled.
    this.network.isQuiet = true;
    this.network.exchange = last;
    if (this.#watchers.length > 0) await this.machine.clock.sleep(LAST_LOOK_MS);
    for (const watcher of this.#watchers) watcher.end();
    this.network.exchange = undefined;
    await this.#judge(last, users);
    await last.stop();
  }

  /** The storm is over, but a log that failed in it may still end this life; the one that gets everything settled is stopped. */
  async #settle(): Promise<void> {
    for (;;) {
      const exchange = await this.#running();
      const { life } = this.machine;
      const isSettled = await Promise.race([exchange.quiesce().then(() => true), life?.died.then(() => false)]);
      if (!isSettled || this.network.exchange !== exchange) continue;
      this.#over = true;
      await this.#stop(exchange);
      return;
    }
  }

  /** Boots, and boots again after every crash and stop, until the storm is over. */
  async #keepRunning(): Promise<void> {
    while (!this.#over) {
      const life = this.machine.boot();
      const exchange = await this.#start(life);
      if (exchange) {
        this.network.exchange = exchange;
        if (this.plan.stopBetween && !this.#over && this.#chance.chance(0.5)) void this.#stopSometime(exchange, life);
        await life.died;
        this.network.exchange = undefined;
        this.failures.push(...exchange.broken());
      }
      if (this.#over) return;
      await this.#around.cacheFate.keepCopy();
      await this.machine.clock.sleep(this.#chance.int(1, 300));
      this.machine.clock.skew(Math.round((this.#chance.random() * 2 - 1) * this.machine.plan.skewMs));
      await this.#inspect();
    }
  }

  async #start(life: Life): Promise<SimulatedExchange | undefined> {
    const gone = life.died.then(() => undefined);
    try {
      return await Promise.race([startExchange(this.#around, life, this.#log), gone]);
    } catch (error) {
      if (!isWeather(error)) {
        this.failures.push(`a start failed: ${textOf(error)}`);
      }
      life.end();
      this.machine.disk.crash();
      return undefined;
    }
  }

  async #stopSometime(exchange: SimulatedExchange, life: Life): Promise<void> {
    await this.machine.clock.sleep(this.#chance.int(50, 1_000));
    if (life.alive && !this.#over) await this.#stop(exchange);
  }

  async #stop(exchange: SimulatedExchange): Promise<void> {
    const { life } = this.machine;
    this.network.exchange = undefined;
    try {
      await Promise.race([exchange.stop(), life?.died]);
      this.machine.trace.note('stopped');
    } catch (error) {
      if (!isWeather(error)) throw error;
      this.machine.trace.note('ended while stopping');
      this.machine.disk.crash();
    }
    this.failures.push(...exchange.broken());
    life?.end();
  }

  async #running(): Promise<SimulatedExchange> {
    while (!this.network.exchange) await this.machine.clock.sleep(1);
    return this.network.exchange;
  }

  /** Between two lives, now and then: what the store and the log hold must agree at any moment. */
  async #inspect(): Promise<void> {
    if (!this.#chance.chance(0.3)) return;
    // The next start makes such tables again before anybody asks them.
    if (this.#around.tables !== undefined && this.machine.powerFailed) return;
    const stream = await openLog(this.machine, new Life(0, this.machine.clock), this.#chance.fork(), this.#log).catch(
      (error: unknown) => {
        if (!isWeather(error)) throw error;
        return undefined;
      },
    );
    if (!stream) return;
    this.failures.push(...(await auditFaults(stream, await this.#storeAsOpened(stream))));
    this.machine.disk.crash();
  }

  /** As the command `audit` would open it. */
  async #storeAsOpened(stream: EmbeddedStream): Promise<Store> {
    const { tables, store } = this.#around;
    if (tables === undefined) return store;
    return openOverTables(this.#around, tables, new Life(0, this.machine.clock), stream);
  }

  async #judge(exchange: SimulatedExchange, users: readonly string[]): Promise<void> {
    const { store } = this.#around;
    const { notifier } = exchange;
    const log = await logCopy(exchange.stream);
    const naive = new NaiveReplay(PARTITIONS.orders, this.#sights);
    this.failures.push(
      ...exchange.broken(),
      ...(await auditFaults(log.stream, store, naive)),
      ...effectFaults(log, this.clients),
      ...ruleFaults(log.orders, log.bySymbol),
      ...(await stateFaults(exchange, naive, this.#sights)),
      ...(await leftovers(log.stream, store)),
    );
    const lines = new Map<string, string[]>();
    for (const userId of users) lines.set(userId, await notifier.eventTexts(userId, 1, Number.MAX_SAFE_INTEGER));
    this.failures.push(
      ...(await marketFaults(exchange, log, this.#sights)),
      ...toldFaults(log, lines),
      ...this.machine.disconnects.faults(log),
      ...requestFaults(log, this.clients),
    );
    for (const [userId, line] of lines) this.#lines.compare(userId, line);
    for (const { userId = '', heardUpTo } of this.#watchers) {
      const { length } = lines.get(userId) ?? [];
      if (length > heardUpTo) this.failures.push(`${userId} has heard ${heardUpTo} of ${length} messages`);
    }
  }
}
