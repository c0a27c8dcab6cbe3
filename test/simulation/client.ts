import type { SeededChance } from '../../src/adapters/clock/simulated.ts';
import type { PlaceRequest } from '../../src/services/order-router/types.ts';
import type { Machine } from './machine.ts';
import { randomOrder, randomReplace } from './market.ts';
import { isTransient, type Network, type Outcome } from './network.ts';

/** What a client was finally told about one client order id. */
export interface Told {
  client_order_id: string;
  request: PlaceRequest;
  /** Of the first acknowledgement. */
  order_id?: string;
  /** Code of the last refusal that was final: an order that was refused has left no trace, and may be tried again. */
  refused?: string;
}

const RETRY_MS = 50;
const MAX_RETRIES = 400;

/** A trader who places, cancels and replaces at random and asks again, under the same client order id, until he is answered. */
export class Client {
  readonly userId: string;
  readonly told: Told[] = [];
  /** Contradictions: what no client may ever see. */
  readonly complaints: string[] = [];
  readonly #machine: Machine;
  readonly #network: Network;
  readonly #chance: SeededChance;
  readonly #open: Told[] = [];

  constructor(userId: string, machine: Machine, network: Network, chance: SeededChance) {
    this.userId = userId;
    this.#machine = machine;
    this.#network = network;
    this.#chance = chance;
  }

  async run(): Promise<void> {
    for (let action = 0; action < this.#machine.plan.actions; action++) {
      await this.#machine.clock.sleep(-Math.log(1 - this.#chance.random()) * this.#machine.plan.thinkMs);
      const draw = this.#chance.random();
      if (draw < 0.7 || this.#open.length === 0) await this.#place(action);
      else if (draw < 0.85) await this.#cancel();
      else if (draw < 0.98) await this.#replace();
      else await this.#massCancel();
    }
  }

  async #place(action: number): Promise<void> {
    const client_order_id = `${this.userId}-${action}`;
    const request = { ...randomOrder(this.#chance, this.#machine.plan.symbols), client_order_id };
    const told: Told = { client_order_id, request };
    this.told.push(told);
    await this.#untilAnswered(() => this.#attempt(told));
    if (told.order_id !== undefined) this.#open.push(told);
    if (this.#chance.chance(0.05)) await this.#attempt(told);
    if (this.#chance.chance(0.03) && told.order_id !== undefined) await this.#abuse(told);
  }

  async #attempt(told: Told): Promise<Outcome<unknown>> {
    const wasDurable = this.#machine.durableClientOrders.has(told.client_order_id);
    const outcome = await this.#network.call(`place ${told.client_order_id}`, true, ({ router }) =>
      router.place(this.userId, told.request),
    );
    if (outcome.kind === 'answer') this.#acknowledged(told, outcome.value.order_id);
    if (outcome.kind === 'refused' && !isTransient(outcome.code)) {
      if (wasDurable) this.#complain(told, `refused with ${outcome.code} while it stood in the log`);
      told.refused = outcome.code;
    }
    return outcome;
  }

  #acknowledged(told: Told, orderId: string): void {
    if (!this.#machine.durableOrders.has(orderId))
      this.#complain(told, `acknowledged ${orderId} before it was durable`);
    if (told.order_id !== undefined && told.order_id !== orderId) {
      this.#complain(told, `acknowledged as ${told.order_id} and as ${orderId}`);
    }
    told.order_id ??= orderId;
  }

  /** The same client order id for another order must be refused. */
  async #abuse(told: Told): Promise<void> {
    const other = { ...told.request, quantity: Number(told.request.quantity) + 1 };
    const outcome = await this.#network.call(`abuse ${told.client_order_id}`, true, ({ router }) =>
      router.place(this.userId, other),
    );
    if (outcome.kind === 'answer') this.#complain(told, 'another order under the same client order id was taken');
  }

  async #cancel(): Promise<void> {
    const told = this.#chance.pick(this.#open);
    await this.#network.call(`cancel ${told.client_order_id}`, true, ({ router }) =>
      router.cancel(this.userId, told.order_id!),
    );
  }

  async #replace(): Promise<void> {
    const told = this.#chance.pick(this.#open);
    const change = randomReplace(this.#chance, told.request);
    await this.#network.call(`replace ${told.client_order_id}`, false, ({ router }) =>
      router.replace(this.userId, told.order_id!, change),
    );
  }

  async #massCancel(): Promise<void> {
    await this.#network.call(`mass cancel ${this.userId}`, true, ({ router }) => router.massCancel(this.userId));
  }

  async #untilAnswered(attempt: () => Promise<Outcome<unknown>>): Promise<void> {
    for (let retry = 0; retry < MAX_RETRIES; retry++) {
      const outcome = await attempt();
      if (outcome.kind === 'answer' || (outcome.kind === 'refused' && !isTransient(outcome.code))) return;
      await this.#machine.clock.sleep(RETRY_MS * (1 + this.#chance.random()));
    }
    this.complaints.push(`${this.userId} was never answered`);
  }

  #complain(told: Told, what: string): void {
    this.complaints.push(`${told.client_order_id}: ${what}`);
  }
}
