import { defaultMaxQuantity, type Instrument } from '../src/domain/instrument.ts';
import type { OrderRecord } from '../src/domain/records.ts';
import type { StreamRecord } from '../src/ports/stream.ts';
import { Random } from './lib/random.ts';

const SYMBOLS = ['ALPHA', 'BETA', 'GAMMA', 'DELTA', 'EPSILON', 'ZETA', 'ETA', 'THETA'];
const USERS = 1_000;
const MID = 50_000;
const TICK = 50;
const START_MS = 1_733_896_438_267;

/** The log of a day: instruments with KRX-like ticks and limits, then 60 % resting orders, 30 % crossing, 10 % cancels; written as the router does. */
export function engineFlow(orders: number, seed: number): StreamRecord[] {
  const random = new Random(seed);
  const open: { symbol: string; order_id: string; user_id: string }[] = [];
  const records: OrderRecord[] = SYMBOLS.map((symbol) => ({
    ...{ v: 1, symbol, timestamp: START_MS, route_epoch: 0 },
    ...{ action: 'SET_INSTRUMENT', instrument: instrumentOf(symbol) },
  }));
  for (let i = 0; i < orders; i += 1) {
    const symbol = SYMBOLS[random.below(SYMBOLS.length)]!;
    const base = { v: 1, symbol, timestamp: START_MS + (i >> 3), route_epoch: 0 } as const;
    const roll = random.next();
    if (roll < 0.1 && open.length > 0) {
      const { symbol: where, ...ids } = open.splice(random.below(open.length), 1)[0]!;
      records.push({ ...base, symbol: where, action: 'CANCEL', ...ids, request_id: idOf(random, i) });
      continue;
    }
    const record = addRecord(random, i, base, roll < 0.4);
    records.push(record);
    if (roll >= 0.4) open.push({ symbol, order_id: record.order_id, user_id: record.user_id });
  }
  return records.map((record, offset) => {
    return { partition: 0, offset, key: record.symbol, value: Buffer.from(JSON.stringify(record)) };
  });
}

/** `orders` orders of one symbol that all rest, and the instrument in front. */
export function* restingFlow(orders: number, seed: number): Generator<Uint8Array> {
  const random = new Random(seed);
  const symbol = SYMBOLS[0]!;
  const base = { v: 1 as const, symbol, timestamp: START_MS, route_epoch: 0 };
  const bytes = (record: OrderRecord) => Buffer.from(JSON.stringify(record));
  yield bytes({ ...base, action: 'SET_INSTRUMENT', instrument: instrumentOf(symbol) });
  for (let i = 0; i < orders; i += 1) yield bytes(addRecord(random, i, base, false));
}

function addRecord(
  random: Random,
  index: number,
  base: { v: 1; symbol: string; timestamp: number; route_epoch: number },
  crosses: boolean,
) {
  const is_buy = random.next() < 0.5;
  const distance = (1 + random.below(20)) * TICK;
  const price = is_buy === crosses ? MID + distance : MID - distance;
  const quantity = 1 + random.below(20);
  return {
    ...base,
    ...{ action: 'ADD' as const, order_id: `ord_${idOf(random, index)}`, user_id: `user_${random.below(USERS)}` },
    ...{ is_buy, price, quantity, order_type: 'LIMIT' as const, time_in_force: 'GTC' as const },
    ...{ hold: is_buy ? price * quantity : quantity, maker_fee_bps: 5, taker_fee_bps: 10 },
  };
}

/** As long as an id of the exchange: 22 characters. */
function idOf(random: Random, index: number): string {
  return (
    index.toString(36).padStart(9, '0') +
    random
      .below(2 ** 32)
      .toString(36)
      .padStart(13, 'x')
  );
}

function instrumentOf(symbol: string): Instrument {
  return {
    ...{ symbol, name: symbol, base: symbol, quote: 'KRW' },
    ...{ base_decimals: 0, quote_decimals: 0, price_decimals: 0, quantity_decimals: 0, amount_scale: 1, base_scale: 1 },
    tick_tables: [
      {
        effective_at: 0,
        bands: [
          { from: 0, tick: 1 },
          { from: 5_000, tick: 10 },
          { from: 20_000, tick: TICK },
        ],
      },
    ],
    ...{ lot_size: 1, max_quantity: defaultMaxQuantity(0), reference_price: MID, price_limit_bps: 3_000 },
    ...{ status: 'ACTIVE', calendar: 'ALWAYS', maker_fee_bps: 5, taker_fee_bps: 10 },
  };
}
