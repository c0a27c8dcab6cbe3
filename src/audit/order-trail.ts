import type { EngineEvent, FillEvent, FillParty } from '../domain/events.ts';
import type { OrderStatus } from '../domain/order.ts';
import type { AddRecord, ReplaceRecord } from '../domain/records.ts';
import type { StoredOrder } from '../ports/store.ts';
import { lockNeeded, type Scales } from './arithmetic.ts';
import type { Findings } from './findings.ts';

/** An order as the log makes it. */
export class OrderTrail {
  readonly record: AddRecord;
  readonly scales: Scales;
  status: OrderStatus = 'PENDING';
  price: number;
  quantity: number;
  filled = 0;
  notional = 0n;
  reason: string | null = null;
  /** Replaces in the log that have no outcome yet, and what each has locked on top. */
  readonly asked = new Map<string, bigint>();
  /** Whether a stored order was compared with it. */
  seen = false;

  constructor(record: AddRecord, scales: Scales) {
    this.record = record;
    this.scales = scales;
    this.price = record.price;
    this.quantity = record.quantity;
  }

  get final(): boolean {
    return ['FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED'].includes(this.status);
  }

  get open(): number {
    return this.final ? 0 : this.quantity - this.filled;
  }

  get lockedAsset(): string {
    return this.record.is_buy ? this.scales.quote : this.scales.base;
  }

  /** What must be locked for it now. With the order's end go the locks of replaces that are still on their way. */
  get locked(): bigint {
    if (this.open === 0) return 0n;
    let sum = lockNeeded(this.record, this.scales, this.price, this.open);
    for (const delta of this.asked.values()) sum += delta;
    return sum;
  }

  ask(record: ReplaceRecord): void {
    this.asked.set(record.request_id, BigInt(record.hold_delta));
  }

  /** Follows one event about this order, and checks what the event claims. */
  follow(
    event: Exclude<EngineEvent, { event: 'FILL' | 'INSTRUMENT_SET' | 'STATUS_SET' | 'DAY_CLOSED' }>,
    findings: Findings,
  ): void {
    const name = `${event.symbol} seq ${event.seq} (${event.event}, ${this.record.order_id})`;
    findings.expect(`${name}: user_id`, event.user_id, this.record.user_id);
    if (event.event === 'DUPLICATE') return;
    const request = event.event === 'CANCEL_REJECTED' || event.event === 'REPLACE_REJECTED';
    if (!request && this.final) findings.add(`${name} comes after the order was ${this.status}`);
    switch (event.event) {
      case 'ACCEPTED':
        if (this.status !== 'PENDING') findings.add(`${name} comes when the order is already ${this.status}`);
        findings.expect(`${name}: price`, event.price, this.price);
        findings.expect(`${name}: quantity`, event.quantity, this.quantity);
        this.status = 'ACCEPTED';
        break;
      case 'REJECTED':
        if (this.status !== 'PENDING') findings.add(`${name} comes when the order is already ${this.status}`);
        this.#end('REJECTED', event.reason);
        break;
      case 'CANCELLED':
      case 'EXPIRED':
        this.#end(event.event, event.reason);
        break;
      case 'REPLACED':
        this.#answer(event.request_id, event.hold_delta, name, findings);
        this.price = event.price;
        this.quantity = event.quantity;
        if (this.open <= 0) findings.add(`${name} leaves nothing open`);
        break;
      case 'REPLACE_REJECTED':
        this.#answer(event.request_id, event.hold_delta, name, findings);
        return;
      case 'CANCEL_REJECTED':
        return;
    }
    findings.expect(`${name}: filled_qty`, event.filled_qty, this.filled);
    findings.expect(`${name}: remaining_qty`, event.remaining_qty, this.open);
  }

  /** One side of a trade. @param fee what the audit itself finds due */
  fill(event: FillEvent, party: FillParty, fee: bigint, findings: Findings): void {
    const name = `${event.symbol} seq ${event.seq} (FILL, ${this.record.order_id})`;
    if (this.final || this.status === 'PENDING') findings.add(`${name} fills an order that is ${this.status}`);
    const better = this.record.is_buy ? event.price <= this.price : event.price >= this.price;
    if (!better) findings.add(`${name} trades at ${event.price}, past the order's limit ${this.price}`);
    if (event.quantity > this.open) findings.add(`${name} fills ${event.quantity} of an open ${this.open}`);
    this.filled += event.quantity;
    this.notional += BigInt(event.price) * BigInt(event.quantity);
    this.status = this.filled === this.quantity ? 'FILLED' : 'PARTIALLY_FILLED';
    findings.expect(`${name}: user_id`, party.user_id, this.record.user_id);
    findings.expect(`${name}: filled_qty`, party.filled_qty, this.filled);
    findings.expect(`${name}: remaining_qty`, party.remaining_qty, this.open);
    findings.expect(`${name}: fully_filled`, party.fully_filled, this.status === 'FILLED');
    findings.expect(`${name}: fee`, BigInt(party.fee), fee);
  }

  compare(row: StoredOrder, findings: Findings): void {
    if (this.seen) findings.add(`order ${row.order_id} is stored twice`);
    this.seen = true;
    const { record } = this;
    const expected: [keyof StoredOrder, unknown][] = [
      ['client_order_id', record.client_order_id ?? null],
      ['user_id', record.user_id],
      ['symbol', record.symbol],
      ['side', record.is_buy ? 'BUY' : 'SELL'],
      ['order_type', record.order_type],
      ['time_in_force', record.time_in_force],
      ['price', this.price],
      ['quantity', this.quantity],
      ['filled_qty', this.filled],
      ['remaining_qty', this.open],
      ['status', this.status],
      ...(this.final ? ([['reason', this.reason]] as [keyof StoredOrder, unknown][]) : []),
    ];
    for (const [field, value] of expected) findings.expect(`order ${row.order_id}: ${field}`, row[field], value);
    findings.expect(`order ${row.order_id}: filled_notional`, BigInt(row.filled_notional), this.notional);
    findings.expect(`order ${row.order_id}: hold`, BigInt(row.hold), this.locked);
  }

  #end(status: OrderStatus, reason: string): void {
    this.status = status;
    this.reason = reason;
  }

  #answer(requestId: string, holdDelta: number, name: string, findings: Findings): void {
    const delta = this.asked.get(requestId);
    if (delta === undefined) findings.add(`${name} answers the replace ${requestId}, which is not in the log`);
    else findings.expect(`${name}: hold_delta`, BigInt(holdDelta), delta);
    this.asked.delete(requestId);
  }
}
