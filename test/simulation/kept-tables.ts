import type { Backing, ClientKey, Cut } from '../../src/adapters/store/embedded/backing.ts';
import { exportRows } from '../../src/adapters/store/memory/checkpoint.ts';
import { type OrderRow, State, type Transfer } from '../../src/adapters/store/memory/state.ts';
import { MemoryStore } from '../../src/adapters/store/memory/store.ts';
import type { CheckpointRow } from '../../src/ports/store.ts';

/** The database behind an embedded store, for the simulation: tables that outlive the process and take cuts whole or not at all. */
export class KeptTables implements Backing {
  readonly #state: State;
  readonly store: MemoryStore;
  /** What a write passes on its way: time, and perhaps the end of the process before or after its effect. */
  readonly #onWrite: (apply: () => void) => Promise<void>;

  constructor(state: State, onWrite: (apply: () => void) => Promise<void> = async (apply) => apply()) {
    this.#state = state;
    this.store = new MemoryStore(state);
    this.#onWrite = onWrite;
  }

  static empty(): KeptTables {
    return new KeptTables(new State());
  }

  /** The same tables, for the next life. */
  reached(onWrite: (apply: () => void) => Promise<void>): KeptTables {
    return new KeptTables(this.#state, onWrite);
  }

  async *load(): AsyncIterable<CheckpointRow[]> {
    for (const page of exportRows(this.#state)) yield page.filter(isHeld).map(copy);
  }

  write(cut: Cut): Promise<void> {
    const rows = copiesOf(cut);
    return this.#onWrite(() => this.#apply(rows));
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
