import type { Backing, ClientKey, Cut } from '../../src/adapters/store/embedded/backing.ts';
import { exportRows } from '../../src/adapters/store/memory/checkpoint.ts';
import { type OrderRow, State, type Transfer } from '../../src/adapters/store/memory/state.ts';
import { MemoryStore } from '../../src/adapters/store/memory/store.ts';
import type { CheckpointRow } from '../../src/ports/store.ts';

/** Deposits less withdrawals by asset, as the cuts have added them up: what the database keeps beside the tables in memory. */
const suppliesOf = new WeakMap<State, Map<string, number>>();
/** Where the number of the newest cut stands. */
const CUTS = 'cuts  0';

/** The database behind an embedded store, for the simulation: tables that outlive the process and take cuts whole or not at all. */
export class KeptTables implements Backing {
  readonly #state: State;
  readonly store: MemoryStore;
  /** What a write passes on its way: time, and perhaps the end of the process before or after its effect. */
  readonly #onWrite: (apply: () => void) => Promise<void>;
  readonly #onFault: (fault: string) => void;

  constructor(
    state: State,
    onWrite: (apply: () => void) => Promise<void> = async (apply) => apply(),
    onFault: (fault: string) => void = (fault) => {
      throw new Error(fault);
    },
  ) {
    this.#state = state;
    this.store = new MemoryStore(state);
    this.#onWrite = onWrite;
    this.#onFault = onFault;
    if (!suppliesOf.has(state)) suppliesOf.set(state, depositedOf(state));
  }

  static empty(): KeptTables {
    return new KeptTables(new State());
  }

  async *load(): AsyncIterable<CheckpointRow[]> {
    for (const page of exportRows(this.#state)) yield page.filter(isHeld).map(copy);
  }

  write(cut: Cut): Promise<void> {
    const rows = copiesOf(cut);
    return this.#onWrite(() => this.#apply(rows));
  }

  async lastCut(): Promise<number> {
    return this.#state.positions.get(CUTS) ?? 0;
  }

  async ordersById(ids: readonly string[]): Promise<OrderRow[]> {
    return ids.flatMap((id) => this.#state.orders.get(id) ?? []).map(copy);
  }

  async ordersByClientId(keys: readonly ClientKey[]): Promise<OrderRow[]> {
    const found = keys.flatMap((key) => this.#state.clientOrders.get(key.user_id)?.get(key.client_order_id) ?? []);
    return found.map(copy);
  }

  async transfersById(ids: readonly string[]): Promise<Transfer[]> {
    return ids.flatMap((id) => this.#state.transfers.get(id) ?? []).map(copy);
  }

  async *clientKeys(): AsyncIterable<ClientKey[]> {
    for (const { user_id, client_order_id } of this.#state.orders.values())
      if (client_order_id !== null) yield [{ user_id, client_order_id }];
  }

  #apply(cut: Cut): void {
    const state = this.#state;
    this.#refuseKnown(cut);
    for (const id of cut.forgottenOrders) {
      const order = state.orders.get(id);
      if (order !== undefined) state.forgetOrder(order);
    }
    for (const order of cut.newOrders) state.addOrder(order);
    for (const order of cut.changedOrders) this.#change(order);
    for (const wallet of cut.wallets) Object.assign(state.walletOrNew(wallet.user_id, wallet.asset), wallet);
    for (const id of cut.replaceHolds.gone) state.replaceHolds.delete(id);
    for (const hold of cut.replaceHolds.rows) state.replaceHolds.set(hold.request_id, hold);
    for (const id of cut.transfers.gone) state.transfers.delete(id);
    for (const transfer of cut.transfers.rows) state.transfers.set(transfer.transfer_id, transfer);
    this.#applyTerms(cut);
    this.#addSupplies(cut);
    state.positions.set(CUTS, cut.number);
  }

  /** As the key of the table of orders does, before anything is written. */
  #refuseKnown({ newOrders, forgottenOrders }: Cut): void {
    for (const { order_id } of newOrders) {
      if (!this.#state.orders.has(order_id) || forgottenOrders.includes(order_id)) continue;
      const fault = `a cut enters order ${order_id}, which is there`;
      this.#onFault(fault);
      throw new Error(fault);
    }
  }

  #addSupplies(cut: Cut): void {
    if (cut.supplies.length === 0) return;
    const supplies = suppliesOf.get(this.#state) ?? new Map<string, number>();
    for (const [asset, change] of cut.supplies) supplies.set(asset, (supplies.get(asset) ?? 0) + change);
    const deposited = depositedOf(this.#state);
    for (const [asset, amount] of supplies) {
      const is = deposited.get(asset) ?? 0;
      if (is !== amount) this.#onFault(`cuts add ${amount} ${asset} up where the wallets were given ${is}`);
    }
  }

  #change(order: OrderRow): void {
    const row = this.#state.orders.get(order.order_id);
    if (row === undefined) throw new Error(`a cut changes order ${order.order_id}, which was never written`);
    Object.assign(row, order);
    if (row.status !== 'PENDING') this.#state.pending.delete(row.order_id);
  }

  #applyTerms(cut: Cut): void {
    const state = this.#state;
    for (const asset of cut.assets) state.assets.set(asset.code, asset);
    for (const { symbol, definition } of cut.instruments) state.instruments.set(symbol, definition);
    for (const { consumer, symbol, seq } of cut.applied) state.applied.set(`${consumer} ${symbol}`, seq);
    for (const { consumer, topic, partition, next_offset } of cut.positions)
      state.positions.set(`${consumer} ${topic} ${partition}`, next_offset);
  }
}

function depositedOf({ wallets }: State): Map<string, number> {
  const deposited = new Map<string, number>();
  for (const own of wallets.values())
    for (const { asset, net_deposits } of own.values())
      deposited.set(asset, (deposited.get(asset) ?? 0) + net_deposits);
  return deposited;
}

/** As the database does: what has ended stays behind. */
function isHeld({ table, row }: CheckpointRow): boolean {
  if (table === 'trade_history') return false;
  if (table === 'orders') return row.open === true;
  if (table === 'transfers') return row.status === 'HELD';
  return table !== 'applied_seq' || row.consumer === 'fill-processor';
}

function copy<T extends object>(row: T): T {
  return { ...row };
}

function copiesOf(cut: Cut): Cut {
  return {
    ...cut,
    newOrders: cut.newOrders.map(copy),
    changedOrders: cut.changedOrders.map(copy),
    wallets: cut.wallets.map(copy),
    replaceHolds: { ...cut.replaceHolds, rows: cut.replaceHolds.rows.map(copy) },
    transfers: { ...cut.transfers, rows: cut.transfers.rows.map(copy) },
  };
}
