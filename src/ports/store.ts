import type { ErrorCode } from '../domain/errors.ts';
import type { EngineEvent } from '../domain/events.ts';
import type { Asset, Instrument } from '../domain/instrument.ts';
import type { OrderStatus, OrderType, SelfTradePrevention, Side, TimeInForce } from '../domain/order.ts';
import type { AddRecord, LedgerRecord, OrderRecord } from '../domain/records.ts';

/**
 * Money and orders: a projection of the streams that can always be made again from them.
 * Adapters: PGlite, PostgreSQL (one schema, SQL functions) and memory (over src/ledger, for the simulator).
 *
 * Promises (test/conformance/store), each call being one transaction (applyEvents, saveHistory and applyLedger may cut a large batch into
 * several, in order: after a crash a prefix is applied, and the next delivery goes on behind it):
 * - conservation: for every asset, sum of wallets = deposits - withdrawals, whatever calls fail half-way;
 * - locked of a wallet = sum of the holds of its owner's open orders and pending withdrawals;
 * - every event and every ledger record takes effect exactly once, however often and in whatever batches it is delivered;
 * - nothing a caller sends makes a half-done effect.
 */
export interface Store {
  /** Brings the schema to this program's version. A newer schema is refused. */
  migrate(): Promise<void>;
  close(): Promise<void>;

  // Order entry (order-router)
  /**
   * One transaction for everything clients asked within a moment: ORDER requests first (in the given order: an order that
   * its wallet no longer covers is refused and the ones after it are still tried), then REPLACE, then CANCEL requests.
   * ORDER: holds funds and records the order as PENDING; the record in the request is what will be published.
   * REPLACE: checks owner and openness and holds what the new terms may need. CANCEL: only checks owner and openness.
   * Results in the order of the requests.
   */
  enter(requests: readonly EntryRequest[]): Promise<EntryResult[]>;
  /**
   * Undoes what `enter` did for records that surely never reached the log: the orders are forgotten, as if they had never
   * been asked for (a retry with the same client order id is a new order), and the replaces' extra holds are released.
   */
  releaseUnpublished(unpublished: {
    orders: readonly string[];
    replaces: readonly { request_id: string; order_id: string; hold_delta: number }[];
  }): Promise<void>;
  /**
   * Replaces that hold something and have no outcome yet. A crash between hold and append leaves one whose record is in no
   * log: once settlement has caught up with the log as it stood at the start, what is left of the list of then may be released.
   */
  pendingReplaces(): Promise<{ request_id: string; order_id: string; hold_delta: number }[]>;
  /** Orders still PENDING and recorded before `beforeMs`, as the records to publish again (outbox sweep). */
  pendingOrders(beforeMs: number, limit: number): Promise<AddRecord[]>;
  /** Locks the amount of a withdrawal; applied and finished by its ledger record. */
  holdWithdrawal(request: {
    transfer_id: string;
    user_id: string;
    asset: string;
    amount: number;
    timestamp: number;
    /** Who ordered it; travels in the ledger record. */
    actor?: string;
  }): Promise<'HELD' | 'DUPLICATE' | 'INSUFFICIENT_FUNDS' | 'ASSET_UNKNOWN'>;
  /** Withdrawals held but not applied, as the records to publish (again) after a crash; applied once by transfer_id. */
  pendingWithdrawals(): Promise<LedgerRecord[]>;
  /** Undoes the hold of a withdrawal whose record surely never reached the log. */
  releaseWithdrawal(transferId: string): Promise<void>;

  // Consumers. `position` is stored in the same transaction as the effect.
  /** fill-processor: orders, both wallets and instruments follow the events. Events of a symbol at or below its applied seq are skipped. */
  applyEvents(batch: ConsumerBatch<EngineEvent>): Promise<void>;
  /** history-saver: trades into trade_history, partitions made as needed. Same rule of seq, own position. */
  saveHistory(batch: ConsumerBatch<EngineEvent>): Promise<void>;
  /**
   * account-processor: deposits and withdrawals. Exactly once by transfer_id. Whether a deposit is refused (BALANCE_LIMIT)
   * depends on the ledger alone - the account's deposits less withdrawals of the asset would pass 2^53 - 1 - so that a rebuild
   * decides the same; that the balance has room is for the caller to see before it writes the record.
   */
  applyLedger(batch: ConsumerBatch<LedgerRecord>): Promise<LedgerResult[]>;
  /** The offset a consumer resumes from (0 when it never ran). */
  position(consumer: ConsumerName, topic: string, partition: number): Promise<number>;
  /** Rebuild: records orders and holds of the log without checking balances; known ids are skipped. */
  replayOrders(records: readonly OrderRecord[]): Promise<void>;

  // Questions
  instruments(): Promise<Instrument[]>;
  assets(): Promise<Asset[]>;
  order(orderId: string): Promise<StoredOrder | undefined>;
  orders(query: OrdersQuery): Promise<{ orders: StoredOrder[]; next_cursor?: string }>;
  /** The order that a client order id stands for, as it is now, and the hash of what was asked for when it was placed. */
  clientOrder(userId: string, clientOrderId: string): Promise<ClientOrder | undefined>;
  fills(query: { user_id: string; symbol?: string; limit: number; cursor?: string }): Promise<{
    fills: StoredFill[];
    next_cursor?: string;
  }>;
  wallets(userId: string): Promise<StoredWallet[]>;
  /** A deposit or withdrawal by its id, for good: who asks again is told apart from who reuses the id for something else. */
  transfer(transferId: string): Promise<StoredTransfer | undefined>;
  /** Symbols in which the user has open or pending orders. */
  openSymbols(userId: string): Promise<string[]>;
  /** Newest trades of a symbol, newest first (the cache lost them, or `/trades` wants more than it keeps). */
  trades(symbol: string, limit: number): Promise<StoredTrade[]>;
  /** Everything the audit compares, streamed in pages so that memory stays flat. */
  dump(): AsyncIterable<StoreRow>;
}

/** What making a store again from the log needs beyond a store. */
export interface RebuildStore extends Store {
  /** Opens a fresh store (anything else is refused) for a replay: until it ends wallets may be short, because the streams come one after the other. */
  beginRebuild(): Promise<void>;
  /** Checks every wallet again. Throws, and leaves the rebuild unfinished, when one does not come out right. */
  endRebuild(): Promise<void>;
  /** True from beginRebuild to endRebuild, also after a crash: such a store must be made again. */
  rebuilding(): Promise<boolean>;
  /** Everything, in pages, for a checkpoint. Nothing may write meanwhile. */
  exportRows(): AsyncIterable<CheckpointRow[]>;
  /** Rows of a checkpoint into a fresh store, between beginRebuild and the replay. */
  importRows(rows: readonly CheckpointRow[]): Promise<void>;
}

/** A row of a table of the schema, by its column names. */
export interface CheckpointRow {
  table: CheckpointTable;
  row: Record<string, unknown>;
}

export const CHECKPOINT_TABLES = [
  'assets',
  'instruments',
  'wallets',
  'supplies',
  'orders',
  'replace_holds',
  'transfers',
  'trade_history',
  'applied_seq',
  'positions',
] as const;

export type CheckpointTable = (typeof CHECKPOINT_TABLES)[number];

export type ConsumerName = 'fill-processor' | 'history-saver' | 'account-processor';

export interface ConsumerBatch<T> {
  topic: string;
  partition: number;
  /** The offset to resume from once this batch is applied: that of its last record + 1. */
  next_offset: number;
  items: readonly T[];
}

export type EntryRequest = OrderEntry | ReplaceEntry | CancelEntry;

export interface OrderEntry {
  kind: 'ORDER';
  record: AddRecord;
  /** Asset that `record.hold` is taken from, and the asset a fill will credit. */
  hold_asset: string;
  credit_asset: string;
  /** Largest credit at the order's own price; refused with BALANCE_LIMIT if the wallet would pass 2^53 - 1 with it. */
  credit: number;
  /** Of the instrument: what settlement and later replaces need to know the order's hold (src/ledger/hold.ts). */
  amount_scale: number;
  base_scale: number;
  /** SHA-256 (base64url) over the client's own content; only kept when the record has a client_order_id. */
  content_hash: string;
}

/**
 * New terms for an open order, exactly one or none of `quantity` (new total) and `remaining` (new open quantity).
 * What is held (`hold_delta`): the whole need of the new terms when the wallet affords it, else the need above the order's
 * own hold, else INSUFFICIENT_FUNDS. The engine refuses a replace that fills in flight have left short; the
 * REPLACED or REPLACE_REJECTED event gives back what the order does not need.
 */
export interface ReplaceEntry {
  kind: 'REPLACE';
  request_id: string;
  order_id: string;
  user_id: string;
  price?: number;
  quantity?: number;
  remaining?: number;
}

export interface CancelEntry {
  kind: 'CANCEL';
  order_id: string;
  user_id: string;
}

export type EntryResult =
  /** ORDER: funds held and recorded. */
  | { kind: 'HELD' }
  /** ORDER: the client order id is known. `same_content`: answer as the first time; else 409. */
  | { kind: 'DUPLICATE'; order: StoredOrder; same_content: boolean }
  /** REPLACE, CANCEL: may be published. `hold_delta` is 0 for a cancel. */
  | { kind: 'OPEN'; order: StoredOrder; hold_delta: number }
  | { kind: 'REFUSED'; code: ErrorCode; details?: Record<string, unknown> };

export type LedgerResult =
  | { transfer_id: string; kind: 'APPLIED' | 'DUPLICATE' }
  | { transfer_id: string; kind: 'REFUSED'; code: ErrorCode };

/** An order as the store knows it: integers, like everything inside. */
export interface StoredOrder {
  order_id: string;
  client_order_id: string | null;
  user_id: string;
  symbol: string;
  side: Side;
  order_type: OrderType;
  time_in_force: TimeInForce;
  price: number;
  /** Total; a replace changes it. */
  quantity: number;
  filled_qty: number;
  remaining_qty: number;
  /** Sum over fills of price x quantity, for the average price. */
  filled_notional: number;
  stop_price: number | null;
  post_only: boolean;
  stp: SelfTradePrevention;
  status: OrderStatus;
  reason: string | null;
  /** Minor units still locked for it (in the quote for BUY, the base for SELL). */
  hold: number;
  created_at: number;
  updated_at: number;
}

export interface ClientOrder {
  order: StoredOrder;
  /** As in OrderEntry: a replace changes the order, not this. */
  content_hash: string;
}

export interface StoredFill {
  trade_id: string;
  order_id: string;
  symbol: string;
  side: Side;
  price: number;
  quantity: number;
  amount: number;
  fee: number;
  liquidity: 'MAKER' | 'TAKER';
  timestamp: number;
}

export interface StoredTrade {
  trade_id: string;
  price: number;
  quantity: number;
  taker_side: Side;
  timestamp: number;
}

export interface StoredWallet {
  asset: string;
  kind: Asset['kind'];
  decimals: number;
  /** balance = locked + available. */
  balance: number;
  locked: number;
  /** Cost of the position in minor units of `cost_asset`, for the average price; display only. null for currencies. */
  cost: number | null;
  cost_asset: string | null;
}

/** HELD: a withdrawal whose amount is locked and whose ledger record is not applied yet. A code: refused, nothing moved. */
export interface StoredTransfer {
  transfer_id: string;
  action: LedgerRecord['action'];
  user_id: string;
  asset: string;
  amount: number;
  status: 'HELD' | 'APPLIED' | 'BALANCE_LIMIT' | 'INSUFFICIENT_FUNDS';
}

export interface OrdersQuery {
  user_id: string;
  symbol?: string;
  status?: readonly OrderStatus[];
  client_order_id?: string;
  limit: number;
  cursor?: string;
}

export type StoreRow =
  | { table: 'asset'; row: Asset }
  | { table: 'instrument'; row: Instrument }
  | { table: 'wallet'; row: { user_id: string; asset: string; balance: number; locked: number } }
  | { table: 'order'; row: StoredOrder }
  | {
      table: 'trade';
      row: StoredTrade & {
        symbol: string;
        seq: number;
        amount: number;
        buyer_order_id: string;
        seller_order_id: string;
      };
    }
  | { table: 'applied_seq'; row: { consumer: ConsumerName; symbol: string; seq: number } };

/** The exchange's own account: fees land here. */
export const EXCHANGE_ACCOUNT = 'exchange';
