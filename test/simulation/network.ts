import { ExchangeError } from '../../src/domain/errors.ts';
import { CacheAwayError } from './attached.ts';
import type { SimulatedExchange } from './exchange.ts';
import { type Machine, StoreBrokeError } from './machine.ts';

/** What a caller learns: an answer, a refusal, or nothing (the line or the process died; the effect may be there or not). */
export type Outcome<T> =
  | { kind: 'answer'; value: T }
  | { kind: 'refused'; code: string }
  /** `hungUp`: the client did not wait, and the request is worked on. */
  | { kind: 'nothing'; hungUp?: true };

const PATIENCE_MS = 8_000;
/** Mean time after which a client that hangs up does so. */
const HANG_UP_MS = 1;
/** Mean delay of a request that comes a second time, late. */
const LATE_MS = 300;

/** The line between clients and the exchange: it delays, loses answers and brings requests twice. */
export class Network {
  readonly #machine: Machine;
  /** The exchange that takes calls at the moment. */
  exchange: SimulatedExchange | undefined;
  /** What is still on its way a second time is lost from here on. */
  isQuiet = false;
  /** An error that is no refusal reached a client: always a fault of ours. */
  readonly faults: string[] = [];

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** `idempotent`: the request may arrive twice. */
  async call<T>(
    name: string,
    idempotent: boolean,
    work: (exchange: SimulatedExchange) => Promise<T>,
  ): Promise<Outcome<T>> {
    const { clock, plan } = this.#machine;
    await clock.sleep(this.#machine.spread(plan.networkMs));
    const { exchange } = this;
    const { life } = this.#machine;
    if (!exchange || !life?.alive || this.#machine.chance(plan.lostRequests)) return nothing;
    if (idempotent && this.#machine.chance(plan.doubledRequests)) void this.#again(name, work);
    const answer = this.#answer(name, work(exchange));
    const ended = Promise.race([answer, life.died.then(() => nothing)]);
    const outcome = this.#machine.chance(plan.hangUps)
      ? await this.#withPatience(ended, this.#machine.spread(HANG_UP_MS), hungUp)
      : await this.#withPatience(ended, PATIENCE_MS, nothing);
    if (this.#machine.chance(plan.lostAnswers)) return nothing;
    await clock.sleep(this.#machine.spread(plan.networkMs));
    if (outcome.kind === 'answer') this.#machine.progress++;
    this.#machine.trace.note(`answer ${name} ${JSON.stringify(outcome)}`);
    return outcome;
  }

  /** The same request from a line that delivered it twice, perhaps to the next life of the exchange. */
  async #again<T>(name: string, work: (exchange: SimulatedExchange) => Promise<T>): Promise<void> {
    if (this.#machine.chance(0.5)) await this.#machine.clock.sleep(this.#machine.spread(LATE_MS));
    if (this.exchange && this.#machine.life?.alive && !this.isQuiet)
      void this.#answer(`${name} again`, work(this.exchange));
  }

  async #answer<T>(name: string, work: Promise<T>): Promise<Outcome<T>> {
    try {
      return { kind: 'answer', value: await work };
    } catch (error) {
      if (error instanceof ExchangeError) return { kind: 'refused', code: error.code };
      if (error instanceof StoreBrokeError || error instanceof CacheAwayError)
        return { kind: 'refused', code: 'UNAVAILABLE' };
      this.faults.push(`${name} failed with ${error instanceof Error ? error.stack : String(error)}`);
      return nothing;
    }
  }

  #withPatience<T>(outcome: Promise<Outcome<T>>, patienceMs: number, otherwise: Outcome<T>): Promise<Outcome<T>> {
    return new Promise((resolve) => {
      const timer = this.#machine.clock.setTimeout(() => resolve(otherwise), patienceMs);
      void outcome.then((value) => {
        timer.cancel();
        resolve(value);
      });
    });
  }
}

const nothing = { kind: 'nothing' } as const;
const hungUp = { kind: 'nothing', hungUp: true } as const;

/** Refusals that say: try again. */
export function isTransient(code: string): boolean {
  return code === 'UNAVAILABLE' || code === 'OVERLOADED';
}
