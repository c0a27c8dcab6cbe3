import type { Market } from './api.ts';

export type TickKind = 'FIXED' | 'KRX' | 'BANDS';

/** The form's fields as text, as they stand in its inputs. */
export interface Terms {
  name: string;
  reference_price: string;
  price_limit_pct: string;
  tick_kind: TickKind;
  tick_size: string;
  bands: string;
  lot_size: string;
  max_quantity: string;
  maker_fee_bps: string;
  taker_fee_bps: string;
  calendar: string;
  status: string;
}

/** What the form of a new market opens with: the exchange's own defaults. */
export const FRESH: Terms = {
  name: '',
  reference_price: '',
  price_limit_pct: '30',
  tick_kind: 'FIXED',
  tick_size: '',
  bands: '',
  lot_size: '',
  max_quantity: '',
  maker_fee_bps: '0',
  taker_fee_bps: '0',
  calendar: 'ALWAYS',
  status: 'ACTIVE',
};

export function termsOf(market: Market): Terms {
  const several = market.tick_table.length > 1;
  return {
    name: market.name,
    reference_price: market.reference_price === null ? '' : String(market.reference_price),
    price_limit_pct: market.price_limit_pct === null ? '' : String(market.price_limit_pct),
    tick_kind: several ? 'BANDS' : 'FIXED',
    tick_size: several ? '' : String(market.tick_size),
    bands: several ? market.tick_table.map(({ from, tick }) => `${from}, ${tick}`).join('\n') : '',
    lot_size: String(market.lot_size),
    max_quantity: String(market.max_quantity),
    maker_fee_bps: String(market.maker_fee_bps),
    taker_fee_bps: String(market.taker_fee_bps),
    calendar: market.calendar,
    status: market.status,
  };
}

/**
 * The terms in which `next` differs from `before`, as the admin API takes them. What was not touched is not sent, so that
 * an edit never undoes a change that somebody else made meanwhile to another term.
 */
export function changedTerms(before: Terms, next: Terms): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const key of ['name', 'lot_size', 'max_quantity', 'calendar', 'status'] as const) {
    if (next[key] !== before[key] && next[key] !== '') body[key] = next[key];
  }
  for (const key of ['reference_price', 'price_limit_pct'] as const) {
    if (next[key] !== before[key]) body[key] = next[key] === '' ? null : next[key];
  }
  for (const key of ['maker_fee_bps', 'taker_fee_bps'] as const) {
    if (next[key] !== before[key]) body[key] = Number(next[key]);
  }
  const sameTick = (['tick_kind', 'tick_size', 'bands'] as const).every((key) => next[key] === before[key]);
  if (sameTick) return body;
  if (next.tick_kind === 'KRX') body.tick_table = 'KRX';
  else if (next.tick_kind === 'BANDS') body.tick_table = bandsOf(next.bands);
  else if (next.tick_size !== '') body.tick_size = next.tick_size;
  return body;
}

/** `from, tick` a line; separators may be spaces, commas, semicolons or colons. */
function bandsOf(text: string): { from: string; tick: string }[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/[\s,;:]+/))
    .filter(([from = '']) => from !== '')
    .map(([from = '', tick = '']) => ({ from, tick }));
}

/** Reads the form's inputs; a field that is not shown keeps what it was. */
export function readTerms(given: FormData, before: Terms): Terms {
  const next = { ...before };
  for (const key of Object.keys(before)) {
    const value = given.get(key);
    if (value !== null) Object.assign(next, { [key]: String(value).trim() });
  }
  return next;
}
