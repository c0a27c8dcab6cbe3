import type { PlantedBug } from '../bug.ts';

const ENGINE = 'src/matching/engine';
const RULES = 'The rules of the contract hold for every event';

/**
 * Bugs in what the engine and the audit's second engine share: the same records give the same wrong events in both. Only the
 * judge of the simulator, who shares nothing with them, can tell.
 */
export const ruleBugs: readonly PlantedBug[] = [
  {
    name: 'price-past-the-limits-taken',
    promise: RULES,
    file: `${ENGINE}/rules.ts`,
    find: "if (limits !== undefined && (price < limits.lower || price > limits.upper)) return 'PRICE_OUT_OF_LIMITS';",
    replace: "if (limits !== undefined && limits.lower > limits.upper) return 'PRICE_OUT_OF_LIMITS';",
    noticedBy: { seeds: 300, from: 50 },
  },
  {
    name: 'price-off-the-tick-taken',
    promise: RULES,
    file: `${ENGINE}/rules.ts`,
    find: "if (!isOnTick(terms.bandsAt(timestamp), price)) return 'OFF_TICK';",
    replace: "if (!isOnTick(terms.bandsAt(timestamp), 1)) return 'OFF_TICK';",
    noticedBy: { seeds: 130 },
  },
  {
    name: 'quantity-off-the-lot-taken',
    promise: RULES,
    file: `${ENGINE}/rules.ts`,
    find: "if (quantity % instrument.lot_size !== 0) return 'OFF_LOT';",
    replace: '',
    noticedBy: { seeds: 300, from: 90 },
  },
  {
    name: 'order-goes-on-resting-beyond-new-limits',
    promise: RULES,
    file: `${ENGINE}/symbol-engine.ts`,
    find: 'if (limits === undefined) return;',
    replace: 'if (limits === undefined || limits.lower > 0) return;',
    noticedBy: { seeds: 180 },
  },
  {
    name: 'own-order-expires-the-taker-always',
    promise: RULES,
    file: `${ENGINE}/symbol-engine.ts`,
    find: "Stp[record.stp ?? 'NONE'],",
    replace: "record.stp === undefined || record.stp === 'NONE' ? Stp.NONE : Stp.EXPIRE_TAKER,",
    noticedBy: { seeds: 10 },
  },
  {
    name: 'smaller-quantity-loses-its-place',
    promise: RULES,
    file: `${ENGINE}/symbol-engine.ts`,
    find: 'const count = this.book.replace(order, judged.price, judged.open);',
    replace: 'const count = this.book.requeue(order, judged.price, judged.open);',
    noticedBy: { seeds: 300 },
  },
  {
    name: 'fill-or-kill-takes-a-part',
    promise: RULES,
    file: `${ENGINE}/symbol-engine.ts`,
    find: "if (record.time_in_force === 'FOK') return Flag.FOK;",
    replace: "if (record.time_in_force === 'FOK') return Flag.IOC;",
    noticedBy: { seeds: 10 },
  },
  {
    name: 'post-only-takes',
    promise: RULES,
    file: `${ENGINE}/symbol-engine.ts`,
    find: 'return record.post_only === true ? Flag.POST_ONLY : 0;',
    replace: 'return 0;',
    noticedBy: { seeds: 10 },
  },
  {
    name: 'day-order-outlives-its-day',
    promise: RULES,
    file: `${ENGINE}/symbol-engine.ts`,
    find: 'this.orders.live((one) => slab.isDay(one))',
    replace: 'this.orders.live((one) => slab.isDay(one) && slab.filled(one) === 0)',
    noticedBy: { seeds: 75 },
  },
  {
    name: 'second-record-of-an-ended-order-taken',
    promise: RULES,
    file: `${ENGINE}/symbol-engine.ts`,
    find: 'if (orders.find(record.order_id) >= 0) {',
    replace: 'if (orders.find(record.order_id) >= 0 && orders.slab.isLive(orders.find(record.order_id))) {',
    noticedBy: { seeds: 25 },
  },
];
