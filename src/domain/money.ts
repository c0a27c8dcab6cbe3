/**
 * Exact conversion between human decimals ("250.5") and the integers the exchange computes with.
 * An integer is always in the unit of its own scale: 10^-decimals. Nothing here passes through a float.
 */

/** No wallet, order amount or notional passes this: the largest integer a JSON number carries exactly. */
export const MAX_AMOUNT = Number.MAX_SAFE_INTEGER;

/** Prices and quantities of one order fit a signed 32-bit word, the width of a slot in the order book. */
export const MAX_PRICE = 2 ** 31 - 1;
export const MAX_QUANTITY = 2 ** 31 - 1;

const DECIMAL = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?(?:[eE]([+-]?\d{1,3}))?$/;

export type DecimalError = 'NOT_A_DECIMAL' | 'TOO_MANY_DECIMALS' | 'OUT_OF_RANGE';

/**
 * Reads a human decimal as an integer number of 10^-decimals.
 * A JSON number is read by its shortest decimal text (what the client wrote, for every value a double can tell apart);
 * "1e3" is accepted because JavaScript clients print large and small numbers so.
 * @returns the integer, or the reason it is none. Trailing zeros past `decimals` are fine, other digits are not.
 */
export function parseDecimal(input: unknown, decimals: number): number | DecimalError {
  if (typeof input !== 'string' && typeof input !== 'number') return 'NOT_A_DECIMAL';
  const match = DECIMAL.exec(String(input));
  if (match === null) return 'NOT_A_DECIMAL';
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  let digits = whole + fraction;
  let shift = decimals - fraction.length + Number(exponent);
  while (shift < 0 && digits.endsWith('0') && digits.length > 1) {
    digits = digits.slice(0, -1);
    shift += 1;
  }
  if (/^0+$/.test(digits)) return 0;
  if (shift < 0) return 'TOO_MANY_DECIMALS';
  if (digits.length + shift > 40) return 'OUT_OF_RANGE';
  const value = Number(`${sign}${digits}${'0'.repeat(shift)}`);
  return Number.isSafeInteger(value) ? value : 'OUT_OF_RANGE';
}

/** Writes an integer of 10^-decimals as a human decimal without trailing zeros: (25050, 2) -> "250.5". */
export function formatDecimal(units: number | bigint, decimals: number): string {
  const negative = units < 0;
  const digits = String(negative ? -units : units).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/**
 * A human decimal as a JSON number, for REST bodies. Exact as long as the value has at most 15 significant digits, as
 * every price and quantity has.
 */
export function toDecimalNumber(units: number, decimals: number): number {
  return decimals === 0 ? units : Number(formatDecimal(units, decimals));
}

/** A number of a JSON body; beyond 15 significant digits, where doubles lie wider apart than units, as its exact text. */
export type Decimal = number | RawJson;

/** An amount of up to 2^53 - 1 units as a human decimal, exact to the unit. To be written by JSON.stringify. */
export function toDecimal(units: number, decimals: number): Decimal {
  const text = formatDecimal(units, decimals);
  const number = Number(text);
  return String(number) === text ? number : JSON.rawJSON(text);
}

/** price x quantity x scale in minor units of the quote asset, or undefined where it would pass MAX_AMOUNT. */
export function notional(price: number, quantity: number, amountScale: number): number | undefined {
  const amount = price * quantity * amountScale;
  return Number.isSafeInteger(amount) ? amount : undefined;
}

/** fee = floor(amount x bps / 10,000), exact over the whole amount range (contract, section 1). */
export function feeOf(amount: number, bps: number): number {
  if (bps === 0) return 0;
  const product = amount * bps;
  if (Number.isSafeInteger(product)) return Math.floor(product / 10_000);
  return Number((BigInt(amount) * BigInt(bps)) / 10_000n);
}
