import type { SelfTradePrevention, TimeInForce } from '../../domain/order.ts';
import {
  type AddRecord,
  type CancelRecord,
  type OrderRecord,
  RECORD_VERSION,
  type ReplaceRecord,
} from '../../domain/records.ts';
import { ByteScanner, pattern } from './byte-scanner.ts';
import { MAX_FEE_BPS, MAX_ID_LENGTH } from './decode.ts';

const HEAD = pattern('{"v":1,"symbol":"');
const TIMESTAMP = pattern(',"timestamp":');
const ROUTE_EPOCH = pattern(',"route_epoch":');
const ADD = pattern(',"action":"ADD","order_id":"');
const CANCEL = pattern(',"action":"CANCEL","order_id":"');
const REPLACE = pattern(',"action":"REPLACE","order_id":"');
const USER_ID = pattern(',"user_id":"');
const IS_BUY = pattern(',"is_buy":true,"price":');
const IS_SELL = pattern(',"is_buy":false,"price":');
const PRICE = pattern(',"price":');
const QUANTITY = pattern(',"quantity":');
const REMAINING = pattern(',"remaining":');
const LIMIT = pattern(',"order_type":"LIMIT","time_in_force":"');
const MARKET = pattern(',"order_type":"MARKET","time_in_force":"');
const POST_ONLY = pattern(',"post_only":true');
const CLIENT_ORDER_ID = pattern(',"client_order_id":"');
const CONTENT_HASH = pattern(',"content_hash":"');
const HOLD = pattern(',"hold":');
const MAKER_FEE = pattern(',"maker_fee_bps":');
const TAKER_FEE = pattern(',"taker_fee_bps":');
const REQUEST_ID = pattern(',"request_id":"');
const HOLD_DELTA = pattern(',"hold_delta":');

const TIMES_IN_FORCE: readonly TimeInForce[] = ['GTC', 'IOC', 'FOK', 'DAY'];
const TIME_IN_FORCE = TIMES_IN_FORCE.map((code) => [code, pattern(`${code}"`)] as const);
const STPS: readonly SelfTradePrevention[] = ['EXPIRE_TAKER', 'EXPIRE_MAKER', 'EXPIRE_BOTH', 'NONE'];
const STP = STPS.map((code) => [code, pattern(`,"stp":"${code}"`)] as const);

/**
 * Reads ADD, CANCEL and REPLACE records just as the router writes them (JSON.stringify of src/domain/records.ts, fields in that
 * order, plain ASCII), in a third of the time that parsing and checking takes. Whatever is written otherwise, however slightly, is left
 * to decodeRecord. What both read, they read alike: a test holds them to it.
 */
export class CanonicalReader {
  readonly #in = new ByteScanner();

  /** Takes the values in; `read` then takes them one by one. */
  load(values: readonly Uint8Array[]): void {
    this.#in.load(values);
  }

  /** The record in [from, to) of the values loaded, or undefined for one that is written otherwise. */
  read(from: number, to: number): OrderRecord | undefined {
    const scan = this.#in;
    scan.begin(from, to);
    if (!scan.skip(HEAD)) return undefined;
    const symbol = scan.symbol();
    if (symbol === undefined || !scan.skip(TIMESTAMP)) return undefined;
    const timestamp = scan.count();
    if (timestamp < 0 || !scan.skip(ROUTE_EPOCH)) return undefined;
    const route_epoch = scan.count();
    if (route_epoch < 0) return undefined;
    if (scan.skip(ADD)) return this.#add(symbol, timestamp, route_epoch);
    if (scan.skip(CANCEL)) return this.#cancel(symbol, timestamp, route_epoch);
    return scan.skip(REPLACE) ? this.#replace(symbol, timestamp, route_epoch) : undefined;
  }

  #add(symbol: string, timestamp: number, route_epoch: number): AddRecord | undefined {
    const scan = this.#in;
    const order_id = scan.text(MAX_ID_LENGTH);
    if (order_id === undefined || !scan.skip(USER_ID)) return undefined;
    const user_id = scan.repeatedText(MAX_ID_LENGTH);
    if (user_id === undefined) return undefined;
    const is_buy = scan.skip(IS_BUY);
    if (!is_buy && !scan.skip(IS_SELL)) return undefined;
    const price = scan.count();
    if (price < 0 || !scan.skip(QUANTITY)) return undefined;
    const quantity = scan.count();
    if (quantity < 0) return undefined;
    const isLimit = scan.skip(LIMIT);
    if (!isLimit && !scan.skip(MARKET)) return undefined;
    const time_in_force = this.#code(TIME_IN_FORCE);
    if (time_in_force === undefined) return undefined;
    const record: AddRecord = {
      v: RECORD_VERSION,
      symbol,
      timestamp,
      route_epoch,
      action: 'ADD',
      order_id,
      user_id,
      is_buy,
      price,
      quantity,
      order_type: isLimit ? 'LIMIT' : 'MARKET',
      time_in_force,
      hold: 0,
      maker_fee_bps: 0,
      taker_fee_bps: 0,
    };
    return (scan.isAt(HOLD) || this.#options(record)) && this.#money(record) ? record : undefined;
  }

  /** What most orders do without. */
  #options(record: AddRecord): boolean {
    const scan = this.#in;
    if (scan.skip(POST_ONLY)) record.post_only = true;
    const stp = this.#code(STP);
    if (stp !== undefined) record.stp = stp;
    if (!scan.skip(CLIENT_ORDER_ID)) return true;
    const clientOrderId = scan.text(MAX_ID_LENGTH);
    if (clientOrderId === undefined || !scan.skip(CONTENT_HASH)) return false;
    const contentHash = scan.text(MAX_ID_LENGTH);
    if (contentHash === undefined) return false;
    record.client_order_id = clientOrderId;
    record.content_hash = contentHash;
    return true;
  }

  #money(record: AddRecord): boolean {
    const scan = this.#in;
    if (!scan.skip(HOLD)) return false;
    record.hold = scan.count();
    if (record.hold < 0 || !scan.skip(MAKER_FEE)) return false;
    record.maker_fee_bps = scan.count();
    if (!isFee(record.maker_fee_bps) || !scan.skip(TAKER_FEE)) return false;
    record.taker_fee_bps = scan.count();
    return isFee(record.taker_fee_bps) && scan.end();
  }

  #code<T>(codes: readonly (readonly [code: T, written: ReturnType<typeof pattern>])[]): T | undefined {
    for (const [code, written] of codes) if (this.#in.skip(written)) return code;
    return undefined;
  }

  #cancel(symbol: string, timestamp: number, route_epoch: number): CancelRecord | undefined {
    const ids = this.#ids();
    if (ids === undefined || !this.#in.end()) return undefined;
    return { v: RECORD_VERSION, symbol, timestamp, route_epoch, action: 'CANCEL', ...ids };
  }

  #replace(symbol: string, timestamp: number, route_epoch: number): ReplaceRecord | undefined {
    const scan = this.#in;
    const ids = this.#ids();
    if (ids === undefined) return undefined;
    const record: ReplaceRecord = {
      ...{ v: RECORD_VERSION, symbol, timestamp, route_epoch, action: 'REPLACE', ...ids, hold_delta: 0 },
    };
    if (scan.skip(PRICE)) record.price = scan.count();
    if (scan.skip(QUANTITY)) record.quantity = scan.count();
    if (scan.skip(REMAINING)) record.remaining = scan.count();
    if ((record.price ?? 0) < 0 || (record.quantity ?? 0) < 0 || (record.remaining ?? 0) < 0) return undefined;
    if (!scan.skip(HOLD_DELTA)) return undefined;
    record.hold_delta = scan.count();
    return record.hold_delta >= 0 && scan.end() ? record : undefined;
  }

  #ids(): { order_id: string; user_id: string; request_id: string } | undefined {
    const scan = this.#in;
    const order_id = scan.text(MAX_ID_LENGTH);
    if (order_id === undefined || !scan.skip(USER_ID)) return undefined;
    const user_id = scan.repeatedText(MAX_ID_LENGTH);
    if (user_id === undefined || !scan.skip(REQUEST_ID)) return undefined;
    const request_id = scan.text(MAX_ID_LENGTH);
    return request_id === undefined ? undefined : { order_id, user_id, request_id };
  }
}

function isFee(value: number): boolean {
  return value >= 0 && value <= MAX_FEE_BPS;
}
