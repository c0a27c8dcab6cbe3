import { marketClock } from './market-clock.ts';

/** Units of 10^-decimals as text with thousands separators and all its decimals: (1234500, 2) -> "12,345.00". */
export function unitsText(units: number, decimals: number): string {
  return decimalText(units / 10 ** decimals, decimals);
}

/** A decimal with a fixed number of places and thousands separators. For display only. */
export function decimalText(value: number, decimals: number): string {
  return formatter(decimals, decimals).format(value);
}

/** At most `decimals` places, trailing zeros cut. */
export function shortText(value: number, decimals: number): string {
  return formatter(0, decimals).format(value);
}

/** Making a formatter costs far more than using it, and the ladder formats hundreds of numbers a second. */
const formatters = new Map<number, Intl.NumberFormat>();

function formatter(least: number, most: number): Intl.NumberFormat {
  const key = least * 100 + most;
  let known = formatters.get(key);
  if (known === undefined) {
    known = new Intl.NumberFormat('en-US', { minimumFractionDigits: least, maximumFractionDigits: most });
    formatters.set(key, known);
  }
  return known;
}

/** Two places and a sign; what rounds to nothing has no sign. */
export function percentText(change: number): string {
  const text = change.toFixed(2);
  if (Number(text) === 0) return '0.00%';
  return `${change > 0 ? '+' : ''}${text}%`;
}

/** "up", "down" or "flat": the class that colours a change. */
export function trend(change: number): 'up' | 'down' | 'flat' {
  if (change > 0) return 'up';
  return change < 0 ? 'down' : 'flat';
}

/** The time of day in market time, as the chart shows it. */
export function clockText(epochMs: number): string {
  return marketClock().timeText(epochMs);
}

/** The time of day in market time; of another day than `nowMs`'s the day and the minute: "11-20 14:05". */
export function momentText(epochMs: number, nowMs: number): string {
  const [date, today] = [marketClock().dateText(epochMs), marketClock().dateText(nowMs)];
  if (date === today) return clockText(epochMs);
  const shown = date.slice(0, 4) === today.slice(0, 4) ? date.slice(5) : date;
  return `${shown} ${clockText(epochMs).slice(0, 5)}`;
}

/** Whether a text is a number above zero. */
export function isAmount(text: string): boolean {
  return Number(text) > 0;
}

/** What was typed, as the exchange reads it: no separators, no spaces, and the digits of a Korean keyboard's wide mode plain. */
export function typedNumber(text: string): string {
  return text.normalize('NFKC').replaceAll(',', '').trim();
}

export interface TickBand {
  from: number;
  tick: number;
}

/** A decimal in units of 10^-decimals; a whole number of them where it is one as exactly as a double can tell. */
export function unitsOf(value: number, decimals: number): number {
  const units = value * 10 ** decimals;
  const whole = Math.round(units);
  return Math.abs(units - whole) <= 1e-9 + Math.abs(units) * 4 * Number.EPSILON ? whole : units;
}

/** A decimal as somebody would type it, never with an exponent. */
export function inputText(value: number | null): string {
  if (value === null) return '';
  const text = String(value);
  return text.includes('e-') ? value.toFixed(20).replace(/0+$/, '') : text;
}

/** Moves a price by one tick of its band, in human decimals, without leaving the grid. Counted in units, so that none is missed. */
export function stepPrice(price: number, bands: readonly TickBand[], direction: 1 | -1, decimals: number): number {
  const units = unitsOf(price, decimals);
  const at = direction === 1 ? units : units - 0.5;
  let tick = unitsOf(bands[0]?.tick ?? 1, decimals);
  for (const band of bands) if (at >= unitsOf(band.from, decimals)) tick = unitsOf(band.tick, decimals);
  const steps = direction === 1 ? Math.floor(units / tick) + 1 : Math.ceil(units / tick) - 1;
  return Number((Math.max(tick, steps * tick) / 10 ** decimals).toFixed(decimals));
}
