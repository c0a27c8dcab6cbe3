import type { Instrument } from '../../src/domain/instrument.ts';
import type { OrderRecord } from '../../src/domain/records.ts';
import { permissiveInstrument } from '../../src/matching/engine/instrument-check.ts';

/** A small seeded generator (mulberry32), so that a failing run can be had again. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An instrument with daily limits, a tick table that changes by price and by date, lots and fees. */
export function strictInstrument(symbol: string, change: Partial<Instrument> = {}): Instrument {
  return {
    ...permissiveInstrument(symbol),
    tick_tables: [
      {
        effective_at: 0,
        bands: [
          { from: 0, tick: 1 },
          { from: 100, tick: 5 },
        ],
      },
      {
        effective_at: 1_000,
        bands: [
          { from: 0, tick: 1 },
          { from: 110, tick: 10 },
        ],
      },
    ],
    max_quantity: 1_000,
    reference_price: 100,
    price_limit_bps: 3_000,
    maker_fee_bps: 5,
    taker_fee_bps: 10,
    ...change,
  };
}

const pick = <T>(random: () => number, values: readonly T[]): T => values[Math.floor(random() * values.length)]!;

/**
 * A stream of records of all actions over a few symbols, users and prices, so that much meets: crossing orders, own
 * orders, cancels and replaces of live, gone, foreign and unknown orders, duplicates, halts, day closes.
 */
export function randomRecords(seed: number, count: number, symbols: readonly string[]): OrderRecord[] {
  const random = randomOf(seed);
  const records: OrderRecord[] = symbols.map((symbol) => ({
    ...{ v: 1, symbol, timestamp: 1, route_epoch: 0 },
    ...{ action: 'SET_INSTRUMENT', instrument: strictInstrument(symbol) },
  }));
  for (let i = records.length; i < count; i += 1) records.push(randomRecord(random, i, pick(random, symbols)));
  return records;
}

function randomRecord(random: () => number, index: number, symbol: string): OrderRecord {
  const base = { v: 1, symbol, timestamp: 2 * index, route_epoch: index > 150 && random() < 0.9 ? 1 : 0 } as const;
  const user_id = `user_${Math.floor(random() * 5)}`;
  const order_id = `ord_${Math.floor(Math.max(0, index - random() * 60))}`;
  const ids = { order_id, user_id, request_id: `req_${index}` };
  const roll = random();
  if (roll < 0.1) return { ...base, ...ids, action: 'CANCEL' };
  if (roll < 0.22)
    return { ...base, ...ids, action: 'REPLACE', ...newTerms(random), hold_delta: pick(random, [0, 500]) };
  if (roll < 0.24) return { ...base, action: 'MASS_CANCEL', user_id, request_id: `req_${index}` };
  if (roll < 0.27) {
    const status = pick(random, ['ACTIVE', 'ACTIVE', 'ACTIVE', 'HALTED', 'CANCEL_ONLY', 'DELISTED'] as const);
    return { ...base, action: 'SET_STATUS', status };
  }
  if (roll < 0.29) return { ...base, action: 'DAY_CLOSE' };
  if (roll < 0.3) return { ...base, action: 'SET_INSTRUMENT', instrument: strictInstrument(symbol) };
  return {
    ...base,
    action: 'ADD',
    order_id: random() < 0.05 ? order_id : `ord_${index}`,
    user_id,
    is_buy: random() < 0.5,
    price: 90 + Math.floor(random() * 25),
    quantity: 1 + Math.floor(random() * 40),
    order_type: random() < 0.1 ? 'MARKET' : 'LIMIT',
    time_in_force: pick(random, ['GTC', 'GTC', 'GTC', 'DAY', 'IOC', 'FOK']),
    post_only: random() < 0.1,
    stp: pick(random, ['NONE', 'EXPIRE_TAKER', 'EXPIRE_MAKER', 'EXPIRE_BOTH']),
    ...(random() < 0.3 ? { client_order_id: `c "${index}" é` } : {}),
    hold: 0,
    maker_fee_bps: 5,
    taker_fee_bps: 10,
  };
}

function newTerms(random: () => number): { price?: number; quantity?: number; remaining?: number } {
  const terms: { price?: number; quantity?: number; remaining?: number } = {};
  if (random() < 0.5) terms.price = 90 + Math.floor(random() * 25);
  if (random() < 0.4) terms.quantity = Math.floor(random() * 40);
  else if (random() < 0.5) terms.remaining = Math.floor(random() * 40);
  return terms;
}
