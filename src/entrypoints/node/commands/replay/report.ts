import { formatDecimal } from '../../../../domain/money.ts';
import { PRICE_DECIMALS } from './market.ts';
import type { ReplayResult } from './session.ts';

/** One JSON line. Prices are integers, like price_integer of the recording; `audit` is "clean" or what is wrong. */
export function reportLine(result: ReplayResult, audited: readonly string[]): string {
  const line = {
    orders: result.orders,
    orders_with_fills: result.orders_with_fills,
    fills_expected: result.fills_expected,
    fills_equal: result.fills_equal,
    fills_different: result.fills_different,
    fills_missing: result.fills_missing,
    orders_per_s: result.orders_per_s,
    ack_p50_ms: result.ack_p50_ms,
    ack_p99_ms: result.ack_p99_ms,
    fill_p50_ms: result.fill_p50_ms,
    fill_p99_ms: result.fill_p99_ms,
    best_bid: result.best_bid,
    best_ask: result.best_ask,
    audit: audited.length === 0 ? 'clean' : audited.join('; '),
  };
  return `${JSON.stringify(line)}\n`;
}

export function reportText(result: ReplayResult, audited: readonly string[]): string {
  const price = (units: number | null) => (units === null ? 'none' : formatDecimal(units, PRICE_DECIMALS));
  const refused = Object.entries(result.refused).map(([code, count]) => `${count} ${code}`);
  const lines = [
    `orders           ${result.orders} in ${(result.orders / result.orders_per_s).toFixed(1)} s, ${result.orders_per_s}/s`,
    `refused          ${refused.length === 0 ? 'none' : refused.join(', ')}`,
    `fills            ${result.fills_equal} of ${result.fills_expected} equal (${result.orders_with_fills} orders with fills), ` +
      `${result.fills_different} different, ${result.fills_missing} missing`,
    `acknowledgement  p50 ${result.ack_p50_ms} ms, p99 ${result.ack_p99_ms} ms`,
    `order to fill    p50 ${result.fill_p50_ms ?? '-'} ms, p99 ${result.fill_p99_ms ?? '-'} ms`,
    `best bid, ask    ${price(result.best_bid)}, ${price(result.best_ask)}`,
    `audit            ${audited.length === 0 ? 'clean' : `${audited.length} findings`}`,
    ...audited.map((line) => `  ${line}`),
    ...result.differences.map((line) => `difference: ${line}`),
  ];
  return `${lines.join('\n')}\n`;
}
