import type { EngineEvent } from '../../../domain/events.ts';
import type { Asset, Instrument } from '../../../domain/instrument.ts';
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
import { exportRows, importRows } from './checkpoint.ts';
import { applyLedger, EventConsumer } from './consume.ts';
import type { SqlDriver } from './driver.ts';
import { enter } from './entry.ts';
import { migrate } from './migrate.ts';
import { Questions } from './questions.ts';
import { Replay } from './replay.ts';
import { RECORD_COLUMNS, recordOf } from './rows.ts';
import { int, oneOf, text, textArray } from './values.ts';

/** Money and orders in SQL: one schema and its functions, on whatever database the driver reaches. */
export class SqlStore implements RebuildStore {
  readonly #driver: SqlDriver;
  readonly #questions: Questions;
  readonly #settling: EventConsumer;
  readonly #saving: EventConsumer;
  readonly #replay: Replay;

  constructor(driver: SqlDriver) {
    this.#driver = driver;
    this.#questions = new Questions(driver);
    this.#settling = EventConsumer.settling(driver);
    this.#saving = EventConsumer.saving(driver);
    this.#replay = new Replay(driver);
  }

  migrate(): Promise<void> {
    return migrate(this.#driver);
  }

  close(): Promise<void> {
    return this.#driver.close();
  }

  enter(requests: readonly EntryRequest[]): Promise<EntryResult[]> {
    return enter(this.#driver, requests);
  }

  async releaseUnpublished(unpublished: Parameters<Store['releaseUnpublished']>[0]): Promise<void> {
    const sql = 'SELECT release_unpublished($1::text::text[], $2::text::text[])';
    const replaces = unpublished.replaces.map(({ request_id }) => request_id);
    await this.#driver.transaction([{ sql, params: [textArray(unpublished.orders), textArray(replaces)] }], 'entry');
  }

  async pendingReplaces(): Promise<{ request_id: string; order_id: string; hold_delta: number }[]> {
    const rows = await this.#questions.rows(
      'SELECT request_id, order_id, amount FROM replace_holds ORDER BY request_id',
    );
    return rows.map((row) => ({
      request_id: text(row.request_id),
      order_id: text(row.order_id),
      hold_delta: int(row.amount),
    }));
  }

  async pendingOrders(beforeMs: number, limit: number): Promise<AddRecord[]> {
    const rows = await this.#questions.rows(
      `SELECT ${RECORD_COLUMNS} FROM orders WHERE open AND status = 'PENDING' AND created_at < $1::text::bigint
       ORDER BY created_at, order_id LIMIT $2::text::integer`,
      [String(beforeMs), String(limit)],
    );
    return rows.map(recordOf);
  }

  async holdWithdrawal(
    request: Parameters<Store['holdWithdrawal']>[0],
  ): Promise<'HELD' | 'DUPLICATE' | 'INSUFFICIENT_FUNDS' | 'ASSET_UNKNOWN'> {
    const { transfer_id, user_id, asset, amount, timestamp, actor = '' } = request;
    const sql =
      'SELECT hold_withdrawal($1::text, $2::text, $3::text, $4::text::bigint, $5::text::bigint, $6::text) AS outcome';
    const params = [transfer_id, user_id, asset, String(amount), String(timestamp), actor];
    const [rows = []] = await this.#driver.transaction([{ sql, params }], 'entry');
    return oneOf(rows[0]?.outcome);
  }

  async releaseWithdrawal(transferId: string): Promise<void> {
    await this.#driver.transaction([{ sql: 'SELECT release_withdrawal($1::text)', params: [transferId] }], 'entry');
  }

  async pendingWithdrawals(): Promise<LedgerRecord[]> {
    const rows = await this.#questions.rows(
      "SELECT * FROM transfers WHERE status = 'HELD' ORDER BY created_at, transfer_id",
    );
    return rows.map((row) => ({
      v: 1,
      action: 'WITHDRAW',
      transfer_id: text(row.transfer_id),
      user_id: text(row.user_id),
      asset: text(row.asset),
      amount: int(row.amount),
      timestamp: int(row.created_at),
      actor: text(row.actor),
    }));
  }

  applyEvents(batch: ConsumerBatch<EngineEvent>): Promise<void> {
    return this.#settling.apply(batch);
  }

  saveHistory(batch: ConsumerBatch<EngineEvent>): Promise<void> {
    return this.#saving.apply(batch);
  }

  applyLedger(batch: ConsumerBatch<LedgerRecord>): Promise<LedgerResult[]> {
    return applyLedger(this.#driver, batch);
  }

  async position(consumer: ConsumerName, topic: string, partition: number): Promise<number> {
    const [row] = await this.#questions.rows(
      'SELECT next_offset FROM positions WHERE consumer = $1::text AND topic = $2::text AND partition = $3::text::integer',
      [consumer, topic, String(partition)],
    );
    return row === undefined ? 0 : int(row.next_offset);
  }

  replayOrders(records: readonly OrderRecord[]): Promise<void> {
    return this.#replay.orders(records);
  }

  async beginRebuild(): Promise<void> {
    await this.#driver.transaction([{ sql: 'SELECT begin_rebuild()', params: [] }], 'consumer');
  }

  async endRebuild(): Promise<void> {
    await this.#driver.transaction([{ sql: 'SELECT end_rebuild()', params: [] }], 'consumer');
  }

  async rebuilding(): Promise<boolean> {
    return (await this.#questions.rows('SELECT started FROM rebuilds')).length > 0;
  }

  exportRows(): AsyncIterable<CheckpointRow[]> {
    return exportRows(this.#questions);
  }

  importRows(rows: readonly CheckpointRow[]): Promise<void> {
    return importRows(this.#driver, rows);
  }

  instruments(): Promise<Instrument[]> {
    return this.#questions.instruments();
  }

  assets(): Promise<Asset[]> {
    return this.#questions.assets();
  }

  order(orderId: string): Promise<StoredOrder | undefined> {
    return this.#questions.order(orderId);
  }

  transfer(transferId: string): Promise<StoredTransfer | undefined> {
    return this.#questions.transfer(transferId);
  }

  orders(query: OrdersQuery): Promise<{ orders: StoredOrder[]; next_cursor?: string }> {
    return this.#questions.orders(query);
  }

  clientOrder(userId: string, clientOrderId: string): Promise<ClientOrder | undefined> {
    return this.#questions.clientOrder(userId, clientOrderId);
  }

  fills(query: { user_id: string; symbol?: string; limit: number; cursor?: string }) {
    return this.#questions.fills(query);
  }

  wallets(userId: string): Promise<StoredWallet[]> {
    return this.#questions.wallets(userId);
  }

  openSymbols(userId: string): Promise<string[]> {
    return this.#questions.openSymbols(userId);
  }

  trades(symbol: string, limit: number): Promise<StoredTrade[]> {
    return this.#questions.trades(symbol, limit);
  }

  dump(): AsyncIterable<StoreRow> {
    return this.#questions.dump();
  }
}
