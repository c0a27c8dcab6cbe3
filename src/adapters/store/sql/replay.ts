import type { Instrument } from '../../../domain/instrument.ts';
import type { AddRecord, OrderRecord, ReplaceRecord, SetInstrumentRecord } from '../../../domain/records.ts';
import type { SqlDriver, Statement } from './driver.ts';
import { casts, type OrderTerms, orderParams, REPLAY_ORDERS } from './rows.ts';
import { intArray, text, textArray } from './values.ts';

const REPLAY_REPLACES = `SELECT replay_replaces(${casts(['text[]', 'text[]', 'text[]', 'bigint[]'])})`;

/** Makes orders and their holds again from the orders log, ahead of the events. */
export class Replay {
  readonly #driver: SqlDriver;
  /** Instruments as the log defines them: their events come later. */
  readonly #instruments = new Map<string, Instrument>();

  constructor(driver: SqlDriver) {
    this.#driver = driver;
  }

  async orders(records: readonly OrderRecord[]): Promise<void> {
    const orders: OrderTerms[] = [];
    const replaces = new Map<string, ReplaceRecord>();
    for (const record of records) {
      if (record.action === 'SET_INSTRUMENT') await this.#define(record);
      else if (record.action === 'ADD') orders.push(await this.#terms(record));
      else if (record.action === 'REPLACE' && record.hold_delta > 0) replaces.set(record.request_id, record);
    }
    const statements: Statement[] = [];
    if (orders.length > 0) statements.push({ sql: REPLAY_ORDERS, params: orderParams(orders) });
    if (replaces.size > 0) statements.push(replayReplaces([...replaces.values()]));
    if (statements.length > 0) await this.#driver.transaction(statements, 'consumer');
  }

  /** The first decides: one with other units is poison to the engine, and one with the same changes nothing here. */
  async #define({ symbol, instrument }: SetInstrumentRecord): Promise<void> {
    if ((await this.#known(symbol)) === undefined) this.#instruments.set(symbol, instrument);
  }

  async #terms(record: AddRecord): Promise<OrderTerms> {
    const instrument = await this.#known(record.symbol);
    if (instrument === undefined) throw new Error(`an order is in ${record.symbol}, which was never set`);
    const { base, quote, amount_scale, base_scale } = instrument;
    const [hold_asset, credit_asset] = record.is_buy ? [quote, base] : [base, quote];
    return { record, hold_asset, credit_asset, amount_scale, base_scale, content_hash: record.content_hash ?? '' };
  }

  async #known(symbol: string): Promise<Instrument | undefined> {
    const defined = this.#instruments.get(symbol);
    if (defined !== undefined) return defined;
    const sql = 'SELECT definition::text AS definition FROM instruments WHERE symbol = $1::text';
    const [rows = []] = await this.#driver.transaction([{ sql, params: [symbol] }], 'question');
    if (rows[0] === undefined) return undefined;
    const instrument: Instrument = JSON.parse(text(rows[0].definition));
    this.#instruments.set(symbol, instrument);
    return instrument;
  }
}

function replayReplaces(records: readonly ReplaceRecord[]): Statement {
  return {
    sql: REPLAY_REPLACES,
    params: [
      textArray(records.map((r) => r.request_id)),
      textArray(records.map((r) => r.order_id)),
      textArray(records.map((r) => r.user_id)),
      intArray(records.map((r) => r.hold_delta)),
    ],
  };
}
