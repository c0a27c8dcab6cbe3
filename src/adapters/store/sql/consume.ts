import type { EngineEvent, FillEvent } from '../../../domain/events.ts';
import type { LedgerRecord } from '../../../domain/records.ts';
import { freshEvents } from '../../../ledger/cursor.ts';
import { LedgerInvariantError } from '../../../ledger/invariant.ts';
import { settle } from '../../../ledger/settle.ts';
import type { ConsumerBatch, ConsumerName, LedgerResult } from '../../../ports/store.ts';
import { oneCall, type SqlDriver, SqlError, SqlState, type Statement } from './driver.ts';
import { casts } from './rows.ts';
import { int, intArray, oneOf, orDefault, text, textArray } from './values.ts';

/** Events in one transaction: at most some 10 ms of work, so that order entry never waits long on a single connection. */
const SETTLE_SLICE = 128;
const HISTORY_SLICE = 256;
const TRANSFER_SLICE = 100;
const STALE_RETRIES = 5;

const SETTLE_TYPES = [
  ...['text[]', 'text[]', 'text[]', 'integer[]', 'integer[]', 'bigint[]', 'integer[]', 'integer[]', 'integer[]'],
  ...['bigint[]', 'bigint[]', 'bigint[]', 'text[]'],
];
const SETTLE_ORDERS = `SELECT settle_orders(${casts(SETTLE_TYPES)})`;
const TRADE_TYPES = [
  ...['text[]', 'text[]', 'bigint[]', 'bigint[]', 'integer[]', 'integer[]', 'bigint[]', 'text[]', 'text[]', 'text[]'],
  ...['bigint[]', 'text[]', 'text[]', 'bigint[]'],
];
const SAVE_TRADES = `SELECT save_trades(${casts(TRADE_TYPES)})`;
const ADVANCE_SEQ = `SELECT advance_seq(${casts(['text', 'text[]', 'bigint[]', 'bigint[]'])})`;
const ADVANCE_POSITION = `SELECT advance_position(${casts(['text', 'text', 'integer', 'bigint'])})`;
const SET_INSTRUMENT = 'SELECT set_instrument($1::text::jsonb)';
const CHANGE_INSTRUMENT = 'SELECT change_instrument($1::text, $2::text::jsonb)';
const APPLY_TRANSFERS = `SELECT * FROM apply_transfers(${casts(['text[]', 'text[]', 'text[]', 'text[]', 'bigint[]', 'bigint[]', 'text[]'])})`;

/**
 * The consumers of the fills stream. Which events are new is decided here, from a memory of the applied seqs, and confirmed in
 * the transaction: when another process has moved them, nothing is done, the memory is dropped and the batch looked at again.
 */
export class EventConsumer {
  readonly #driver: SqlDriver;
  readonly #name: ConsumerName;
  readonly #sliceSize: number;
  readonly #effects: (events: readonly EngineEvent[]) => Statement[];
  readonly #applied = new Map<string, number>();

  private constructor(
    driver: SqlDriver,
    name: ConsumerName,
    sliceSize: number,
    effects: (events: readonly EngineEvent[]) => Statement[],
  ) {
    this.#driver = driver;
    this.#name = name;
    this.#sliceSize = sliceSize;
    this.#effects = effects;
  }

  static settling(driver: SqlDriver): EventConsumer {
    return new EventConsumer(driver, 'fill-processor', SETTLE_SLICE, settlement);
  }

  static saving(driver: SqlDriver): EventConsumer {
    return new EventConsumer(driver, 'history-saver', HISTORY_SLICE, (events) => {
      const fills = events.filter((event) => event.event === 'FILL');
      return fills.length === 0 ? [] : [saveTrades(fills)];
    });
  }

  /** Applies a batch in slices, each a transaction of its own; the position moves with the last one. */
  async apply(batch: ConsumerBatch<EngineEvent>): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#applyOnce(batch);
      } catch (error) {
        for (const { symbol } of batch.items) this.#applied.delete(symbol);
        const stale = error instanceof SqlError && error.sqlState === SqlState.SEQ_MOVED;
        if (!stale || attempt === STALE_RETRIES) throw broken(error) ?? error;
      }
    }
  }

  async #applyOnce(batch: ConsumerBatch<EngineEvent>): Promise<void> {
    await this.#remember(batch.items);
    const { events } = freshEvents(batch.items, (symbol) => this.#applied.get(symbol) ?? 0);
    const position = advancePosition(this.#name, batch);
    for (let start = 0; start < events.length || start === 0; start += this.#sliceSize) {
      const slice = events.slice(start, start + this.#sliceSize);
      const { advanced } = freshEvents(slice, (symbol) => this.#applied.get(symbol) ?? 0);
      const last = start + this.#sliceSize >= events.length;
      const calls = [
        ...(advanced.size === 0 ? [] : [advanceSeq(this.#name, advanced)]),
        ...this.#effects(slice),
        ...(last ? [position] : []),
      ];
      if (calls.length > 0) await this.#driver.transaction([oneCall(calls)], 'consumer');
      for (const [symbol, mark] of advanced) this.#applied.set(symbol, mark.to);
    }
  }

  async #remember(events: readonly EngineEvent[]): Promise<void> {
    const unknown = [...new Set(events.map((event) => event.symbol))].filter((symbol) => !this.#applied.has(symbol));
    if (unknown.length === 0) return;
    const sql = 'SELECT symbol, seq FROM applied_seq WHERE consumer = $1::text AND symbol = ANY ($2::text::text[])';
    const [rows = []] = await this.#driver.transaction([{ sql, params: [this.#name, textArray(unknown)] }], 'consumer');
    for (const symbol of unknown) this.#applied.set(symbol, 0);
    for (const row of rows) this.#applied.set(text(row.symbol), int(row.seq));
  }
}

/** What the database refuses because it cannot be true, as the error that says so. */
function broken(error: unknown): LedgerInvariantError | undefined {
  if (!(error instanceof SqlError)) return undefined;
  const { sqlState, message } = error;
  const untrue = sqlState === SqlState.CHECK_VIOLATION || sqlState === SqlState.ORDER_NOT_OPEN;
  return untrue ? new LedgerInvariantError(message, { cause: error }) : undefined;
}

function advanceSeq(consumer: ConsumerName, advanced: ReadonlyMap<string, { from: number; to: number }>): Statement {
  const symbols = [...advanced.keys()].sort();
  const marks = symbols.map((symbol) => advanced.get(symbol)!);
  const froms = intArray(marks.map((mark) => mark.from));
  const tos = intArray(marks.map((mark) => mark.to));
  return { sql: ADVANCE_SEQ, params: [consumer, textArray(symbols), froms, tos] };
}

function advancePosition(consumer: ConsumerName, batch: ConsumerBatch<unknown>): Statement {
  const { topic, partition, next_offset } = batch;
  return { sql: ADVANCE_POSITION, params: [consumer, topic, String(partition), String(next_offset)] };
}

function settlement(events: readonly EngineEvent[]): Statement[] {
  const { orders, replaces } = settle(events);
  const statements: Statement[] = [];
  if (orders.size > 0 || replaces.length > 0) {
    const changes = [...orders.values()];
    const sums = (pick: (change: (typeof changes)[number]) => number) => orDefault(changes.map(pick), 0, intArray);
    const terms = (pick: (change: (typeof changes)[number]) => number | null) =>
      orDefault(changes.map(pick), null, intArray);
    statements.push({
      sql: SETTLE_ORDERS,
      params: [
        textArray(changes.map((c) => c.order_id)),
        textArray(changes.map((c) => c.status)),
        orDefault(
          changes.map((c) => c.reason),
          null,
          textArray,
        ),
        intArray(changes.map((c) => c.filled_qty)),
        intArray(changes.map((c) => c.remaining_qty)),
        intArray(changes.map((c) => c.updated_at)),
        terms((c) => c.price),
        terms((c) => c.quantity),
        sums((c) => c.traded_qty),
        sums((c) => c.traded_notional),
        sums((c) => c.traded_amount),
        sums((c) => c.fees),
        textArray(replaces),
      ],
    });
  }
  return [...statements, ...events.flatMap(instrumentChange)];
}

function instrumentChange(event: EngineEvent): Statement[] {
  if (event.event === 'INSTRUMENT_SET') return [{ sql: SET_INSTRUMENT, params: [JSON.stringify(event.instrument)] }];
  if (event.event === 'STATUS_SET') return [changeInstrument(event.symbol, { status: event.status })];
  if (event.event === 'DAY_CLOSED') return [changeInstrument(event.symbol, { reference_price: event.reference_price })];
  return [];
}

function changeInstrument(symbol: string, fields: Record<string, unknown>): Statement {
  return { sql: CHANGE_INSTRUMENT, params: [symbol, JSON.stringify(fields)] };
}

function saveTrades(fills: readonly FillEvent[]): Statement {
  return {
    sql: SAVE_TRADES,
    params: [
      textArray(fills.map((f) => f.trade_id)),
      textArray(fills.map((f) => f.symbol)),
      intArray(fills.map((f) => f.seq)),
      intArray(fills.map((f) => f.timestamp)),
      intArray(fills.map((f) => f.price)),
      intArray(fills.map((f) => f.quantity)),
      intArray(fills.map((f) => f.amount)),
      textArray(fills.map((f) => f.taker_side)),
      textArray(fills.map((f) => f.buyer.order_id)),
      textArray(fills.map((f) => f.buyer.user_id)),
      orDefault(
        fills.map((f) => f.buyer.fee),
        0,
        intArray,
      ),
      textArray(fills.map((f) => f.seller.order_id)),
      textArray(fills.map((f) => f.seller.user_id)),
      orDefault(
        fills.map((f) => f.seller.fee),
        0,
        intArray,
      ),
    ],
  };
}

/** Deposits and withdrawals, in slices; the position moves with the last one. */
export async function applyLedger(driver: SqlDriver, batch: ConsumerBatch<LedgerRecord>): Promise<LedgerResult[]> {
  const results: LedgerResult[] = [];
  for (let start = 0; start < batch.items.length || start === 0; start += TRANSFER_SLICE) {
    const slice = batch.items.slice(start, start + TRANSFER_SLICE);
    const last = start + TRANSFER_SLICE >= batch.items.length;
    const statements = [applyTransfers(slice), ...(last ? [advancePosition('account-processor', batch)] : [])];
    const [rows = []] = await driver.transaction(statements, 'consumer');
    for (const row of rows) {
      const { transfer_id } = slice[int(row.n) - 1]!;
      const outcome = text(row.outcome);
      if (outcome === 'APPLIED' || outcome === 'DUPLICATE') results.push({ transfer_id, kind: outcome });
      else results.push({ transfer_id, kind: 'REFUSED', code: oneOf(outcome) });
    }
  }
  return results;
}

function applyTransfers(records: readonly LedgerRecord[]): Statement {
  return {
    sql: APPLY_TRANSFERS,
    params: [
      textArray(records.map((r) => r.transfer_id)),
      textArray(records.map((r) => r.action)),
      textArray(records.map((r) => r.user_id)),
      textArray(records.map((r) => r.asset)),
      intArray(records.map((r) => r.amount)),
      intArray(records.map((r) => r.timestamp)),
      textArray(records.map((r) => r.actor)),
    ],
  };
}
