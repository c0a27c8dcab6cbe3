import type { SeededChance } from '../../src/adapters/clock/simulated.ts';
import { MemoryStore } from '../../src/adapters/store/memory/store.ts';
import { silentLog } from '../../src/ports/log.ts';
import type { SymbolTerms } from '../../src/services/admin/build-instrument.ts';
import { advanceCheckpoint } from '../../src/services/recovery/rebuild.ts';
import type { CacheFate } from './attached.ts';
import { type SimulatedExchange, TOPICS } from './exchange.ts';
import type { Machine } from './machine.ts';
import { randomTerms, SYMBOLS, usualTerms } from './market.ts';
import { isTransient, type Network } from './network.ts';

const RETRY_MS = 100;
const MAX_RETRIES = 300;
const FUNDING = { KRW: 3_000_000, USD: 30_000, USDT: 3_000, KRWS: 3_000, USDS: 3_000, COIN: 3_000 } as const;
const ACTOR = 'operator';

/** The admin: makes the instruments, funds the users, then halts, resumes, closes days, moves money. */
export class Operator {
  readonly complaints: string[] = [];
  readonly #machine: Machine;
  readonly #network: Network;
  readonly #chance: SeededChance;
  readonly #cacheFate: CacheFate;
  #transfers = 0;
  /** Symbols that were taken away, with what they were then, until an engine has taken them back. */
  readonly #away = new Map<string, Uint8Array>();
  /** In which life they are on their way. */
  readonly #moving = new Map<string, SimulatedExchange>();

  constructor(machine: Machine, network: Network, chance: SeededChance, cacheFate: CacheFate) {
    this.#cacheFate = cacheFate;
    this.#machine = machine;
    this.#network = network;
    this.#chance = chance;
  }

  async openMarket(users: readonly string[]): Promise<void> {
    const symbols = SYMBOLS.slice(0, this.#machine.plan.symbols);
    for (const symbol of symbols) {
      await this.#persist(`create ${symbol.symbol}`, ({ admin }) => admin.symbols.create(ACTOR, symbol));
    }
    const assets = new Set(symbols.flatMap(({ symbol, quote }) => [symbol, quote ?? 'KRW']));
    const deposits = users.flatMap((userId) =>
      [...assets].map((asset) => this.#transfer('DEPOSIT', userId, asset, FUNDING[asset as keyof typeof FUNDING])),
    );
    await Promise.all(deposits);
  }

  /** Until `isOver`. */
  async work(users: readonly string[], isOver: () => boolean): Promise<void> {
    let isWorking = true;
    // As long as it works itself: a change of a symbol that is away is answered only once the symbol is back.
    void this.#bringBack(() => !isWorking);
    while (!isOver()) {
      await this.#machine.clock.sleep(this.#chance.int(20, 400));
      if (!isOver()) await this.#act(users);
    }
    isWorking = false;
  }

  /** Symbols that a crash left away come back in the next life. */
  async #bringBack(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await this.#machine.clock.sleep(RETRY_MS);
      const { exchange } = this.#network;
      if (exchange === undefined || !this.#machine.life?.alive) continue;
      for (const symbol of this.#away.keys())
        this.#try(
          `${symbol} back`,
          this.#move(exchange, symbol, async () => {}),
        );
    }
  }

  /** Everything is where it belongs and trades again at the end. */
  async reopen(): Promise<void> {
    for (const symbol of [...this.#away.keys()]) {
      while (this.#away.has(symbol)) {
        await this.#persist(`bring ${symbol} back`, (exchange) => this.#move(exchange, symbol, async () => {}));
        // It may be on its way already, in a life that ends before it is there.
        if (this.#away.has(symbol)) await this.#machine.clock.sleep(RETRY_MS);
      }
    }
    for (const { symbol } of SYMBOLS.slice(0, this.#machine.plan.symbols)) {
      await this.#persist(`reopen ${symbol}`, ({ admin }) => admin.symbols.change(ACTOR, symbol, { status: 'ACTIVE' }));
    }
  }

  /** Works on the machines rather than on the market: nobody waits for an answer, and a crash may end it. */
  #maintain(): void {
    const { plan, clock } = this.#machine;
    const { exchange } = this.#network;
    if (exchange === undefined) return;
    const { symbol } = this.#chance.pick(SYMBOLS.slice(0, plan.symbols));
    const draw = this.#chance.random();
    const pauseMs = this.#chance.int(1, 200);
    if (plan.moves && draw < 0.1) this.#try('engine moved', exchange.seat.change());
    else if (plan.moves && draw < 0.2) this.#try('engine restored', exchange.seat.restore());
    else if (plan.moves && draw < 0.4)
      this.#try(
        `${symbol} moved`,
        this.#move(exchange, symbol, () => clock.sleep(pauseMs)),
      );
    else if (draw < 0.5) this.#try('checkpoint', this.#checkpoint(exchange));
    if (this.#machine.chance(plan.ruleChanges)) void this.#changeRules(symbol);
    if (plan.cacheSurvives && this.#machine.chance(plan.wipedCaches * 0.2)) void this.#cacheFate.wipe();
    if (this.#machine.chance(0.3)) clock.skew(Math.round(this.#chance.random() * plan.skewMs));
  }

  /** New terms for a symbol, under which orders that are on their way may be refused and open ones may have to go. */
  async #changeRules(name: string): Promise<void> {
    const symbol = SYMBOLS.find(({ symbol }) => symbol === name);
    if (symbol === undefined) return;
    const terms = randomTerms(this.#chance, symbol);
    const change = (to: SymbolTerms) =>
      this.#network.call(`terms of ${name}`, false, ({ admin }) => admin.symbols.change(ACTOR, name, to));
    await change(terms);
    await this.#machine.clock.sleep(this.#chance.int(1, 100));
    if (this.#chance.chance(0.7)) await change(usualTerms(symbol));
  }

  /** Takes a symbol away and puts it back, if need be in a later life. */
  async #move(exchange: SimulatedExchange, symbol: string, pause: () => Promise<void>): Promise<void> {
    const data = this.#away.get(symbol) ?? (await exchange.seat.engine.snapshotOrderBook(symbol));
    if (data === undefined || this.#moving.get(symbol) === exchange) return;
    this.#moving.set(symbol, exchange);
    this.#away.set(symbol, data);
    await exchange.seat.moveSymbol(symbol, data, pause).finally(() => this.#moving.delete(symbol));
    this.#away.delete(symbol);
  }

  /** Takes the checkpoint forward that a store is made again from. */
  async #checkpoint({ stream, archive }: SimulatedExchange): Promise<void> {
    const deps = { stream, archive, topics: TOPICS, log: silentLog, createdAt: this.#machine.clock.now() };
    await advanceCheckpoint(new MemoryStore(), deps);
  }

  /** What goes wrong on the way (a full disk, an append refused) leaves things as they were, or to the next start. */
  #try(name: string, work: Promise<unknown>): void {
    work.then(
      () => this.#machine.trace.note(name),
      (error: unknown) => this.#machine.trace.note(`${name}: ${error instanceof Error ? error.message : error}`),
    );
  }

  async #act(users: readonly string[]): Promise<void> {
    this.#maintain();
    const { symbol, quote } = this.#chance.pick(SYMBOLS.slice(0, this.#machine.plan.symbols));
    const draw = this.#chance.random();
    const user = this.#chance.pick(users);
    if (draw < 0.25) await this.#transfer('DEPOSIT', user, quote ?? 'KRW', this.#chance.int(1, 1_000));
    else if (draw < 0.55)
      await this.#transfer(
        'WITHDRAW',
        user,
        this.#chance.chance(0.5) ? symbol : (quote ?? 'KRW'),
        this.#chance.int(1, 3_000),
      );
    else if (draw < 0.7)
      await this.#persist(`day close ${symbol}`, ({ admin }) => admin.symbols.dayClose(ACTOR, symbol, undefined));
    else {
      const status = draw < 0.78 ? 'HALTED' : draw < 0.84 ? 'CANCEL_ONLY' : 'ACTIVE';
      await this.#persist(`${status} ${symbol}`, ({ admin }) => admin.symbols.change(ACTOR, symbol, { status }));
      await this.#machine.clock.sleep(this.#chance.int(1, 30));
      await this.#persist(`ACTIVE ${symbol}`, ({ admin }) => admin.symbols.change(ACTOR, symbol, { status: 'ACTIVE' }));
    }
  }

  async #transfer(action: 'DEPOSIT' | 'WITHDRAW', userId: string, asset: string, amount: number): Promise<void> {
    const transfer = { action, userId, asset, amount, transferId: `trf-${++this.#transfers}` };
    await this.#persist(`${action} ${transfer.transferId}`, ({ admin }) => admin.accounts.transfer(ACTOR, transfer));
  }

  async #persist(name: string, work: (exchange: SimulatedExchange) => Promise<unknown>): Promise<void> {
    for (let retry = 0; retry < MAX_RETRIES; retry++) {
      const outcome = await this.#network.call(name, false, work);
      if (outcome.kind === 'answer' || (outcome.kind === 'refused' && !isTransient(outcome.code))) return;
      await this.#machine.clock.sleep(RETRY_MS);
    }
    this.complaints.push(`${name} was never answered`);
  }
}
