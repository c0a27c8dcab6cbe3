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
const BATCH_MAX = 14;

/**
 * A trader who places, cancels and replaces at random and asks again, under the same client order id, until he is answered or
 * has had enough.
 */
export class Client {
  readonly userId: string;
  readonly told: Told[] = [];
  /** Cancels and replaces that were answered. */
  readonly requests: string[] = [];
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
    if (this.#chance.chance(this.#machine.plan.batches)) return this.#placeBatch(action);
    const told = this.#newOrder(`${this.userId}-${action}`);
    await this.#untilAnswered(() => this.#attempt(told));
    if (told.order_id !== undefined) this.#open.push(told);
    if (this.#chance.chance(0.05)) await this.#attempt(told);
    if (this.#chance.chance(0.03) && told.order_id !== undefined) await this.#abuse(told);
  }

  #newOrder(client_order_id: string): Told {
    const request = { ...randomOrder(this.#chance, this.#machine.plan.symbols), client_order_id };
    const told: Told = { client_order_id, request };
    this.told.push(told);
    return told;
  }

  async #placeBatch(action: number): Promise<void> {
    const size = this.#chance.int(2, BATCH_MAX);
    const batch = Array.from({ length: size }, (_, i) => this.#newOrder(`${this.userId}-${action}.${i}`));
    await this.#untilAnswered(() => this.#attemptBatch(batch));
    for (const told of batch) if (told.order_id !== undefined) this.#open.push(told);
  }

  /** A refusal of one order that asks to try again makes the whole batch come again, as a cautious client would do. */
  async #attemptBatch(batch: readonly Told[]): Promise<Outcome<unknown>> {
    const wasDurable = batch.map((told) => this.#machine.durableClientOrders.has(told.client_order_id));
    const requests = batch.map(({ request }) => request);
    const outcome = await this.#network.call(`place ${batch[0]!.client_order_id} and more`, true, ({ router }) =>
      router.placeBatch(this.userId, requests),
    );
    if (outcome.kind !== 'answer') return outcome;
    let again: Outcome<unknown> = outcome;
    for (const [i, result] of outcome.value.entries()) {
      if ('order_id' in result) this.#acknowledged(batch[i]!, result.order_id);
      else if (isTransient(result.code)) again = { kind: 'refused', code: result.code };
      else this.#refused(batch[i]!, result.code, wasDurable[i]!);
    }
    return again;
  }

  async #attempt(told: Told): Promise<Outcome<unknown>> {
    const wasDurable = this.#machine.durableClientOrders.has(told.client_order_id);
    const outcome = await this.#network.call(`place ${told.client_order_id}`, true, ({ router }) =>
      router.place(this.userId, told.request),
    );
    if (outcome.kind === 'answer') this.#acknowledged(told, outcome.value.order_id);
    if (outcome.kind === 'refused' && !isTransient(outcome.code)) this.#refused(told, outcome.code, wasDurable);
    return outcome;
  }

  #refused(told: Told, code: string, wasDurable: boolean): void {
    if (wasDurable) this.#complain(told, `refused with ${code} while it stood in the log`);
    told.refused = code;
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
    const outcome = await this.#network.call(`cancel ${told.client_order_id}`, true, ({ router }) =>
      router.cancel(this.userId, told.order_id!),
    );
    if (outcome.kind === 'answer') this.requests.push(`CANCEL ${told.order_id}`);
  }

  async #replace(): Promise<void> {
    const told = this.#chance.pick(this.#open);
    const change = randomReplace(this.#chance, told.request);
    const outcome = await this.#network.call(`replace ${told.client_order_id}`, false, ({ router }) =>
      router.replace(this.userId, told.order_id!, change),
    );
    if (outcome.kind === 'answer') this.requests.push(`REPLACE ${told.order_id}`);
  }

  async #massCancel(): Promise<void> {
    // Who has left that to the loss of his connection does not do it himself: so it is plain who did.
    if (this.#machine.disconnects.isWatched(this.userId)) return;
    await this.#network.call(`mass cancel ${this.userId}`, true, ({ router }) => router.massCancel(this.userId));
  }

  async #untilAnswered(attempt: () => Promise<Outcome<unknown>>): Promise<void> {
    for (let retry = 0; retry < MAX_RETRIES; retry++) {
      const outcome = await attempt();
      if (outcome.kind === 'answer' || (outcome.kind === 'refused' && !isTransient(outcome.code))) return;
      if (this.#machine.chance(this.#machine.plan.givenUp)) return;
      // On a new line at once, while the first request may still be worked on.
      if (outcome.kind === 'nothing' && outcome.hungUp && this.#machine.chance(0.5)) continue;
      await this.#machine.clock.sleep(RETRY_MS * (1 + this.#chance.random()));
    }
    this.complaints.push(`${this.userId} was never answered`);
  }

  #complain(told: Told, what: string): void {
    this.complaints.push(`${told.client_order_id}: ${what}`);
  }
}
