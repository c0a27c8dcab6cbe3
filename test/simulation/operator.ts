import type { SeededChance } from '../../src/adapters/clock/simulated.ts';
import type { SimulatedExchange } from './exchange.ts';
import type { Machine } from './machine.ts';
import { SYMBOLS } from './market.ts';
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
  #transfers = 0;

  constructor(machine: Machine, network: Network, chance: SeededChance) {
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
    while (!isOver()) {
      await this.#machine.clock.sleep(this.#chance.int(20, 400));
      if (isOver()) return;
      await this.#act(users);
    }
  }

  /** Everything trades again at the end. */
  async reopen(): Promise<void> {
    for (const { symbol } of SYMBOLS.slice(0, this.#machine.plan.symbols)) {
      await this.#persist(`reopen ${symbol}`, ({ admin }) => admin.symbols.change(ACTOR, symbol, { status: 'ACTIVE' }));
    }
  }

  async #act(users: readonly string[]): Promise<void> {
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
