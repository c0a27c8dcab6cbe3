import { isFinal } from '../../../domain/order.ts';
import type { OrderRecord } from '../../../domain/records.ts';
import type { Clock, Timer } from '../../../ports/clock.ts';
import type { Log } from '../../../ports/log.ts';
import type { ConsumerName, EntryRequest, EntryResult, OrdersQuery, Store, StoredOrder } from '../../../ports/store.ts';
import { importRow } from '../memory/checkpoint.ts';
import { Changes, type OrderRow, State, toStored } from '../memory/state.ts';
import { MemoryStore } from '../memory/store.ts';
import type { Backing, ClientKey } from './backing.ts';
import { ClientIds } from './client-ids.ts';
import { cutOf, mergeBack } from './cut.ts';
import { RecentOrders } from './recent-orders.ts';

export interface EmbeddedStoreOptions {
  clock: Clock;
  log: Log;
  /** The orders stream: what is in it was entered here before. */
  orders: {
    topic: string;
    /** Where each partition ends now. */
    ends(): Promise<ReadonlyMap<number, number>>;
  };
  /** Time between two cuts while there is something to write. */
  writeEveryMs?: number;
  /** Orders that have ended and stay in memory, for whoever asks about them or cancels them too late. */
  recentOrders?: number;
  /** Size of the filter of client order ids, as a power of two. */
  clientIdLog2Bits?: number;
}

/** What was to be written down, and where the orders stream ended then. */
interface TakenCut {
  number: number;
  changes: Changes;
  ends: ReadonlyMap<number, number>;
}

/** The name under which the database keeps how much of the orders stream it has entered. */
const ENTRY = 'order-entry';
const WRITE_EVERY_MS = 100;
const RETRY_MS = 1_000;
const RECENT_ORDERS = 50_000;
/** 16 MiB, enough for 13 million client order ids. */
const CLIENT_ID_LOG2_BITS = 27;
/** Orders not written down past which none is taken: the database has been failing for long. */
const MAX_UNWRITTEN = 500_000;

/**
 * Money and orders of one machine: tables in memory decide (the rules of src/ledger, as in the memory store), a database behind
 * them keeps. What has changed is written down every 100 ms in one transaction, together with the positions of the streams
 * that led there: a cut. After the death of the process the database stands at its last cut, and the log makes the rest again
 * (`catchUp`). So an order waits for no database, and nothing that was acknowledged depends on what was not written down
 * (docs/adr/0013-memory-first-store.md).
 */
export class EmbeddedStore implements Store {
  readonly #backing: Backing;
  readonly #options: EmbeddedStoreOptions;
  readonly #state = new State();
  readonly #hot = new MemoryStore(this.#state);
  readonly #clientIds: ClientIds;
  readonly #recent: RecentOrders;
  #changes = new Changes();
  /** The changes of the cut that is being written, or is doubtful. */
  #inWriting: Changes | undefined;
  /** A cut whose writing failed: whether the database has it all the same is asked before the next is taken. */
  #doubtful: TakenCut | undefined;
  /** Number of the newest cut. */
  #cuts = 0;
  /** Ends of the orders stream at the last cut: from there it is replayed into this state. */
  #entered: ReadonlyMap<number, number> = new Map();
  /** Closed while a cut is prepared, so that no record beyond its ends can have had its outcome in it. */
  #gate: Promise<void> | undefined;
  #writing: Promise<void> | undefined;
  #timer: Timer | undefined;
  #failed = 0;
  #lookUps = 0;
  /** What leaves the memory when nothing is looked up any more. */
  readonly #leaving: (() => void)[] = [];
  /** Nothing is written meanwhile: wallets may be short until the replay has come to its end. */
  #isCatchingUp = false;
  #isClosing = false;

  private constructor(backing: Backing, options: EmbeddedStoreOptions) {
    this.#backing = backing;
    this.#options = options;
    this.#clientIds = new ClientIds(options.clientIdLog2Bits ?? CLIENT_ID_LOG2_BITS);
    this.#recent = new RecentOrders(this.#state, options.recentOrders ?? RECENT_ORDERS);
  }

  /** @param backing migrated */
  static async open(backing: Backing, options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
    const store = new EmbeddedStore(backing, options);
    await store.#load();
    void store.#learnClientIds();
    return store;
  }

  async #load(): Promise<void> {
    const entered = new Map<number, number>();
    for await (const page of this.#backing.load()) {
      for (const entry of page) {
        if (entry.table === 'positions' && entry.row.consumer === ENTRY)
          entered.set(Number(entry.row.partition), Number(entry.row.next_offset));
        importRow(this.#state, entry);
      }
    }
    this.#entered = entered;
    this.#cuts = await this.#backing.lastCut();
    this.#state.changes = this.#changes;
    // A database without this mark was written by order entry itself, or made from the log: it has all that the log has now.
    if (entered.size === 0) await this.#write();
  }

  async #learnClientIds(): Promise<void> {
    try {
      for await (const page of this.#backing.clientKeys()) for (const key of page) this.#clientIds.add(key);
      this.#clientIds.complete();
    } catch (error) {
      if (!this.#isClosing) this.#options.log.warn({ err: error }, 'client order ids are looked up one by one');
    }
  }

  /**
   * Brings the tables from the last cut to where the log ends.
   * @param replay replays the orders stream from the given offsets, then ledger and events from their positions, into this store
   * @throws Error when the log does not come out right: the database cannot be trusted
   */
  async catchUp(replay: (from: Readonly<Record<number, number>>) => Promise<void>): Promise<void> {
    this.#isCatchingUp = true;
    await this.#hot.beginCatchUp();
    await replay(Object.fromEntries(this.#entered));
    await this.#hot.endRebuild();
    this.#isCatchingUp = false;
    await this.written();
  }

  /** Orders and transfers that are not written down yet. */
  get unwritten(): number {
    return sizeOf(this.#changes) + (this.#doubtful === undefined ? 0 : sizeOf(this.#doubtful.changes));
  }

  /** Attempts to write down that have failed since the last that did not. */
  get failedWrites(): number {
    return this.#failed;
  }

  async migrate(): Promise<void> {}

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#timer?.cancel();
    try {
      if (!this.#isCatchingUp) await this.written();
    } finally {
      await this.#backing.store.close();
    }
  }

  // Order entry

  async enter(requests: readonly EntryRequest[]): Promise<EntryResult[]> {
    if (this.unwritten > MAX_UNWRITTEN) throw new Error('the database takes nothing: too much is not written down');
    const { clientKeys, orderIds } = this.#unknown(requests);
    const isAllKnown = clientKeys.length + orderIds.length === 0;
    const results = await (isAllKnown
      ? this.#hot.enter(requests)
      : this.#lookingUp(async () => {
          const recalled = await this.#lookUp(clientKeys, orderIds);
          this.#letGo(() => this.#keepRecent(recalled));
          return this.#hot.enter(requests);
        }));
    this.#schedule();
    return results;
  }

  /**
   * While something is looked up, nothing leaves the memory: what was found there before the question would else be missed
   * after the answer, and a client order id or a transfer taken for new.
   */
  async #lookingUp<T>(work: () => Promise<T>): Promise<T> {
    this.#lookUps += 1;
    try {
      return await work();
    } finally {
      this.#lookUps -= 1;
      if (this.#lookUps === 0) for (const leave of this.#leaving.splice(0)) leave();
    }
  }

  #letGo(leave: () => void): void {
    if (this.#lookUps > 0) this.#leaving.push(leave);
    else leave();
  }

  #keepRecent(orders: Iterable<OrderRow>): void {
    for (const order of orders)
      if (isFinal(order.status) && !this.#changes.changed.has(order)) this.#recent.keep(order);
  }

  /** What the requests name that memory does not hold and the database may. */
  #unknown(requests: readonly EntryRequest[]): { clientKeys: ClientKey[]; orderIds: string[] } {
    const clientKeys: ClientKey[] = [];
    const orderIds: string[] = [];
    for (const request of requests) {
      if (request.kind !== 'ORDER') {
        if (!this.#state.orders.has(request.order_id)) orderIds.push(request.order_id);
        continue;
      }
      const { user_id, client_order_id } = request.record;
      if (client_order_id === undefined || this.#state.clientOrders.get(user_id)?.has(client_order_id)) continue;
      const key = { user_id, client_order_id };
      if (this.#clientIds.mayHave(key)) clientKeys.push(key);
      this.#clientIds.add(key);
    }
    return { clientKeys, orderIds };
  }

  async #lookUp(clientKeys: readonly ClientKey[], orderIds: readonly string[]): Promise<OrderRow[]> {
    const found = await Promise.all([
      clientKeys.length === 0 ? [] : this.#backing.ordersByClientId(clientKeys),
      orderIds.length === 0 ? [] : this.#backing.ordersById(orderIds),
    ]);
    return found.flat().filter((order) => this.#recall(order));
  }

  /** Back into memory, where it is no change. Only what has ended was ever dropped from it. */
  #recall(order: OrderRow): boolean {
    if (this.#state.orders.has(order.order_id) || !isFinal(order.status)) return false;
    this.#state.changes = undefined;
    this.#state.addOrder(order);
    this.#state.changes = this.#changes;
    return true;
  }

  /** Resolves when it is written down: the caller tells a client that its order was never taken. */
  async releaseUnpublished(unpublished: Parameters<Store['releaseUnpublished']>[0]): Promise<void> {
    await this.#hot.releaseUnpublished(unpublished);
    await this.written();
  }

  pendingReplaces() {
    return this.#hot.pendingReplaces();
  }

  pendingOrders(beforeMs: number, limit: number) {
    return this.#hot.pendingOrders(beforeMs, limit);
  }

  async holdWithdrawal(request: Parameters<Store['holdWithdrawal']>[0]) {
    const ids = [request.transfer_id];
    const outcome = await this.#knowingTransfers(ids, () => this.#hot.holdWithdrawal(request));
    this.#schedule();
    return outcome;
  }

  pendingWithdrawals() {
    return this.#hot.pendingWithdrawals();
  }

  /** Resolves when it is written down, for the same reason. */
  async releaseWithdrawal(transferId: string): Promise<void> {
    await this.#hot.releaseWithdrawal(transferId);
    await this.written();
  }

  // Consumers

  async applyEvents(batch: Parameters<Store['applyEvents']>[0]): Promise<void> {
    while (this.#gate !== undefined) await this.#gate;
    await this.#hot.applyEvents(batch);
    this.#schedule();
  }

  /** Trades are in no table of the memory: they go to the database, which keeps their position with them. */
  saveHistory(batch: Parameters<Store['saveHistory']>[0]): Promise<void> {
    return this.#backing.store.saveHistory(batch);
  }

  async applyLedger(batch: Parameters<Store['applyLedger']>[0]) {
    const ids = batch.items.map((record) => record.transfer_id);
    const results = await this.#knowingTransfers(ids, () => this.#hot.applyLedger(batch));
    this.#schedule();
    return results;
  }

  #knowingTransfers<T>(ids: readonly string[], work: () => Promise<T>): Promise<T> {
    return this.#lookingUp(async () => {
      const unknown = ids.filter((id) => !this.#state.transfers.has(id));
      const found = unknown.length === 0 ? [] : await this.#backing.transfersById(unknown);
      for (const transfer of found)
        if (!this.#state.transfers.has(transfer.transfer_id)) this.#state.transfers.set(transfer.transfer_id, transfer);
      this.#letGo(() => this.#dropTransfers(ids));
      return work();
    });
  }

  /** What is done and written down need not stay in memory. */
  #dropTransfers(ids: Iterable<string>): void {
    for (const id of ids) {
      const isDone = this.#state.transfers.get(id)?.status !== 'HELD';
      const isWritten = !this.#changes.transfers.has(id) && !this.#inWriting?.transfers.has(id);
      if (isDone && isWritten) this.#state.transfers.delete(id);
    }
  }

  position(consumer: ConsumerName, topic: string, partition: number): Promise<number> {
    const keeper = consumer === 'history-saver' ? this.#backing.store : this.#hot;
    return keeper.position(consumer, topic, partition);
  }

  async replayOrders(records: readonly OrderRecord[]): Promise<void> {
    // A record that came into the log twice: its order may have ended before the cut, and is no new one.
    const unknown = records.flatMap((record) =>
      record.action === 'ADD' && !this.#state.orders.has(record.order_id) ? [record.order_id] : [],
    );
    const ended = await this.#lookUp([], unknown);
    await this.#hot.replayOrders(records);
    this.#keepRecent(ended);
    for (const record of records) {
      if (record.action !== 'ADD' || record.client_order_id === undefined) continue;
      this.#clientIds.add({ user_id: record.user_id, client_order_id: record.client_order_id });
    }
    this.#schedule();
  }

  // Questions

  instruments() {
    return this.#hot.instruments();
  }

  assets() {
    return this.#hot.assets();
  }

  async order(orderId: string): Promise<StoredOrder | undefined> {
    const order = this.#state.orders.get(orderId);
    return order === undefined ? this.#backing.store.order(orderId) : toStored(order);
  }

  async transfer(transferId: string) {
    return (await this.#hot.transfer(transferId)) ?? this.#backing.store.transfer(transferId);
  }

  async orders(query: OrdersQuery) {
    await this.written();
    return this.#backing.store.orders(query);
  }

  async clientOrder(userId: string, clientOrderId: string) {
    const known = await this.#hot.clientOrder(userId, clientOrderId);
    if (known !== undefined) return known;
    const mayBe = this.#clientIds.mayHave({ user_id: userId, client_order_id: clientOrderId });
    return mayBe ? this.#backing.store.clientOrder(userId, clientOrderId) : undefined;
  }

  fills(query: Parameters<Store['fills']>[0]) {
    return this.#backing.store.fills(query);
  }

  wallets(userId: string) {
    return this.#hot.wallets(userId);
  }

  openSymbols(userId: string) {
    return this.#hot.openSymbols(userId);
  }

  trades(symbol: string, limit: number) {
    return this.#backing.store.trades(symbol, limit);
  }

  async *dump() {
    await this.written();
    yield* this.#backing.store.dump();
  }

  // Writing down

  #schedule(): void {
    if (this.#timer !== undefined || this.#isCatchingUp || this.#isClosing) return;
    const delay = this.#failed > 0 ? RETRY_MS : (this.#options.writeEveryMs ?? WRITE_EVERY_MS);
    this.#timer = this.#options.clock.setTimeout(() => void this.#onTimer(), delay);
  }

  /** The next cut is taken so long after this one is written: a slow database gets larger cuts, not more of them. */
  async #onTimer(): Promise<void> {
    try {
      await this.written();
    } catch (error) {
      this.#options.log.error(
        { err: error, unwritten: this.unwritten },
        'the database refused a cut; it is tried again',
      );
    }
    this.#timer = undefined;
    if (this.#isBehind()) this.#schedule();
  }

  /**
   * Resolves when everything that had changed before the call is written down.
   * @throws Error when it cannot be
   */
  async written(): Promise<void> {
    await this.#writing?.catch(() => {});
    if (this.#isBehind()) await this.#write();
  }

  #isBehind(): boolean {
    return this.#doubtful !== undefined || this.#hasChanges();
  }

  #hasChanges(): boolean {
    return Object.values(this.#changes).some((part) => part.size > 0);
  }

  /** One cut after the other, never two at once. */
  #write(): Promise<void> {
    const before = this.#writing ?? Promise.resolve();
    const writing = before
      .catch(() => {})
      .then(() => this.#writeCut())
      .finally(() => {
        if (this.#writing === writing) this.#writing = undefined;
      });
    this.#writing = writing;
    return writing;
  }

  async #writeCut(): Promise<void> {
    if (this.#doubtful !== undefined) await this.#clearUp(this.#doubtful);
    if (!this.#hasChanges() && this.#entered.size > 0) return;
    const { cut, written } = await this.#takeCut();
    try {
      await written;
    } catch (error) {
      this.#failed += 1;
      this.#doubtful = cut;
      throw error;
    }
    this.#isWritten(cut);
  }

  /**
   * A write may fail after it took effect. What was taken is not to be taken again: new orders would be there already, and
   * deposits would be added twice.
   */
  async #clearUp(doubtful: TakenCut): Promise<void> {
    const isTaken = (await this.#backing.lastCut()) === doubtful.number;
    this.#doubtful = undefined;
    if (isTaken) return this.#isWritten(doubtful);
    this.#inWriting = undefined;
    mergeBack(doubtful.changes, this.#changes);
  }

  #isWritten({ changes, ends }: TakenCut): void {
    this.#inWriting = undefined;
    this.#failed = 0;
    this.#entered = ends;
    this.#forgetWritten(changes);
  }

  /**
   * What is in the log before `ends` was entered before, so it is in the cut. What comes after `ends` has no outcome in the
   * cut, because no event is applied between the question and the cut: so the replay of it repeats nothing.
   */
  async #takeCut() {
    const { topic, ends: endsOf } = this.#options.orders;
    let open = () => {};
    this.#gate = new Promise((resolve) => {
      open = resolve;
    });
    try {
      const ends = await endsOf();
      const entered = [...ends].map(([partition, next_offset]) => ({ consumer: ENTRY, topic, partition, next_offset }));
      const cut = { number: ++this.#cuts, changes: this.#changes, ends };
      this.#inWriting = cut.changes;
      this.#changes = new Changes();
      this.#state.changes = this.#changes;
      return { cut, written: this.#backing.write(cutOf(this.#state, cut.changes, cut.number, entered)) };
    } finally {
      this.#gate = undefined;
      open();
    }
  }

  /** What has ended and is written down need not stay in memory, except for the most recent. */
  #forgetWritten(written: Changes): void {
    this.#letGo(() => {
      this.#keepRecent(written.added);
      this.#keepRecent(written.changed);
      this.#dropTransfers(written.transfers);
    });
  }
}

/** Orders and transfers. */
function sizeOf({ added, changed, transfers }: Changes): number {
  return added.size + changed.size + transfers.size;
}
