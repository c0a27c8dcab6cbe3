import type { EngineEvent } from '../../../domain/events.ts';
import { type Asset, CURRENCIES, type Instrument } from '../../../domain/instrument.ts';
import type { AddRecord, LedgerRecord, OrderRecord } from '../../../domain/records.ts';
import type {
  CheckpointRow,
  ClientOrder,
  ConsumerBatch,
  ConsumerName,
  EntryRequest,
  EntryResult,
  LedgerResult,
  OrdersQuery,
  RebuildStore,
  Store,
  StoredOrder,
  StoredTrade,
  StoredTransfer,
  StoredWallet,
  StoreRow,
} from '../../../ports/store.ts';
import { exportRows, importRow } from './checkpoint.ts';
import { applyEvents, applyLedger, forget, releaseReplace, saveHistory } from './consume.ts';
import { addReplaceHold, enter } from './entry.ts';
import * as questions from './questions.ts';
import { fromRecord, State, toRecord, toStored } from './state.ts';

/**
 * Money and orders in memory, over the pure rules of src/ledger: the store of the simulator. Every call runs to its end before
 * the next one starts, which makes it a transaction. Nothing survives the process.
 */
export class MemoryStore implements RebuildStore {
  readonly #state: State;
  /** Instruments as the orders log defines them, while it is replayed ahead of the events. */
  readonly #replayed = new Map<string, Instrument>();
  #rebuilding = false;

  /** @param state tables that somebody else fills or writes down */
  constructor(state = new State()) {
    this.#state = state;
    for (const asset of CURRENCIES) state.assets.set(asset.code, asset);
  }

  async migrate(): Promise<void> {}

  async close(): Promise<void> {}

  async enter(requests: readonly EntryRequest[]): Promise<EntryResult[]> {
    return enter(this.#state, requests);
  }

  async releaseUnpublished(unpublished: Parameters<Store['releaseUnpublished']>[0]): Promise<void> {
    const orders = unpublished.orders.flatMap((orderId) => this.#state.orders.get(orderId) ?? []);
    const published = orders.find((order) => order.status !== 'PENDING');
    if (published) throw new Error(`order ${published.order_id} is ${published.status}: its record reached the log`);
    for (const { request_id } of unpublished.replaces) releaseReplace(this.#state, request_id);
    for (const order of orders) forget(this.#state, order);
  }

  async pendingReplaces(): Promise<{ request_id: string; order_id: string; hold_delta: number }[]> {
    const held = [...this.#state.replaceHolds.values()];
    return held.map(({ request_id, order_id, amount }) => ({ request_id, order_id, hold_delta: amount }));
  }

  async pendingOrders(beforeMs: number, limit: number): Promise<AddRecord[]> {
    return [...this.#state.pending.values()]
      .filter((order) => order.created_at < beforeMs)
      .sort((a, b) => a.created_at - b.created_at || (a.order_id < b.order_id ? -1 : 1))
      .slice(0, limit)
      .map(toRecord);
  }

  async holdWithdrawal(request: {
    transfer_id: string;
    user_id: string;
    asset: string;
    amount: number;
    timestamp: number;
    actor?: string;
  }): Promise<'HELD' | 'DUPLICATE' | 'INSUFFICIENT_FUNDS' | 'ASSET_UNKNOWN'> {
    const { transfer_id, user_id, asset, amount, timestamp, actor = '' } = request;
    if (this.#state.transfers.has(transfer_id)) return 'DUPLICATE';
    if (!this.#state.assets.has(asset)) return 'ASSET_UNKNOWN';
    const wallet = this.#state.wallet(user_id, asset);
    if (wallet === undefined || wallet.balance - wallet.locked < amount) return 'INSUFFICIENT_FUNDS';
    wallet.locked += amount;
    const terms = { transfer_id, user_id, asset, amount, timestamp, actor };
    this.#state.transfers.set(transfer_id, { ...terms, action: 'WITHDRAW', status: 'HELD' });
    this.#state.changes?.wallets.add(wallet);
    this.#state.changes?.transfers.add(transfer_id);
    return 'HELD';
  }

  async releaseWithdrawal(transferId: string): Promise<void> {
    const transfer = this.#state.transfers.get(transferId);
    if (transfer?.status !== 'HELD') return;
    this.#state.walletToChange(transfer.user_id, transfer.asset).locked -= transfer.amount;
    this.#state.transfers.delete(transferId);
    this.#state.changes?.transfers.add(transferId);
  }

  async transfer(transferId: string): Promise<StoredTransfer | undefined> {
    const known = this.#state.transfers.get(transferId);
    if (known === undefined) return undefined;
    const { timestamp: _timestamp, actor: _actor, ...transfer } = known;
    return transfer;
  }

  async pendingWithdrawals(): Promise<LedgerRecord[]> {
    const held = [...this.#state.transfers.values()].filter((transfer) => transfer.status === 'HELD');
    return held.map(({ status: _status, ...transfer }) => ({ v: 1, ...transfer }));
  }

  async applyEvents(batch: ConsumerBatch<EngineEvent>): Promise<void> {
    applyEvents(this.#state, batch, this.#rebuilding);
  }

  async saveHistory(batch: ConsumerBatch<EngineEvent>): Promise<void> {
    saveHistory(this.#state, batch);
  }

  async applyLedger(batch: ConsumerBatch<LedgerRecord>): Promise<LedgerResult[]> {
    return applyLedger(this.#state, batch, this.#rebuilding);
  }

  async position(consumer: ConsumerName, topic: string, partition: number): Promise<number> {
    return this.#state.positions.get(`${consumer} ${topic} ${partition}`) ?? 0;
  }

  async beginRebuild(): Promise<void> {
    const { wallets, orders, positions } = this.#state;
    if (wallets.size + orders.size + positions.size > 0) throw new Error('a rebuild needs a fresh store');
    this.#rebuilding = true;
  }

  /** The streams are replayed from where the store stands: until endRebuild wallets may be short. */
  async beginCatchUp(): Promise<void> {
    this.#rebuilding = true;
  }

  async endRebuild(): Promise<void> {
    for (const wallets of this.#state.wallets.values())
      for (const { user_id, asset, balance, locked } of wallets.values())
        if (locked < 0 || balance < locked)
          throw new Error(`the log leaves ${user_id}/${asset} with ${balance}, ${locked} locked`);
    this.#rebuilding = false;
  }

  async rebuilding(): Promise<boolean> {
    return this.#rebuilding;
  }

  async *exportRows(): AsyncIterable<CheckpointRow[]> {
    yield* exportRows(this.#state);
  }

  async importRows(rows: readonly CheckpointRow[]): Promise<void> {
    if (!this.#rebuilding) throw new Error('rows are imported only while rebuilding');
    for (const row of rows) importRow(this.#state, row);
  }

  async replayOrders(records: readonly OrderRecord[]): Promise<void> {
    for (const record of records) this.#replay(record);
  }

  #replay(record: OrderRecord): void {
    const state = this.#state;
    if (record.action === 'SET_INSTRUMENT') {
      // The first decides: one with other units is poison to the engine, and one with the same changes nothing here.
      const isKnown = this.#replayed.has(record.symbol) || state.instruments.has(record.symbol);
      if (!isKnown) this.#replayed.set(record.symbol, record.instrument);
    } else if (record.action === 'ADD' && !state.orders.has(record.order_id)) {
      const instrument = this.#replayed.get(record.symbol) ?? state.instruments.get(record.symbol);
      if (instrument === undefined)
        throw new Error(`order ${record.order_id} is in ${record.symbol}, which was never set`);
      const { base, quote, amount_scale, base_scale } = instrument;
      const content_hash = record.content_hash ?? '';
      const [hold_asset, credit_asset] = record.is_buy ? [quote, base] : [base, quote];
      state.addOrder(fromRecord(record, { hold_asset, credit_asset, amount_scale, base_scale, content_hash }));
      state.walletToChange(record.user_id, hold_asset).locked += record.hold;
    } else if (record.action === 'REPLACE' && record.hold_delta > 0 && !state.replaceHolds.has(record.request_id)) {
      const order = state.orders.get(record.order_id);
      if (order !== undefined && order.user_id === record.user_id)
        addReplaceHold(state, order, record.request_id, record.hold_delta);
    }
  }

  async instruments(): Promise<Instrument[]> {
    return [...this.#state.instruments.values()].sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
  }

  async assets(): Promise<Asset[]> {
    return [...this.#state.assets.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
  }

  async order(orderId: string): Promise<StoredOrder | undefined> {
    const order = this.#state.orders.get(orderId);
    return order === undefined ? undefined : toStored(order);
  }

  async orders(query: OrdersQuery): Promise<{ orders: StoredOrder[]; next_cursor?: string }> {
    return questions.orders(this.#state, query);
  }

  async clientOrder(userId: string, clientOrderId: string): Promise<ClientOrder | undefined> {
    const order = this.#state.clientOrders.get(userId)?.get(clientOrderId);
    return order === undefined ? undefined : { order: toStored(order), content_hash: order.content_hash };
  }

  async fills(query: { user_id: string; symbol?: string; limit: number; cursor?: string }) {
    return questions.fills(this.#state, query);
  }

  async wallets(userId: string): Promise<StoredWallet[]> {
    return questions.wallets(this.#state, userId);
  }

  async openSymbols(userId: string): Promise<string[]> {
    return questions.openSymbols(this.#state, userId);
  }

  async trades(symbol: string, limit: number): Promise<StoredTrade[]> {
    return questions.trades(this.#state, symbol, limit);
  }

  async *dump(): AsyncIterable<StoreRow> {
    yield* questions.dump(this.#state);
  }
}
