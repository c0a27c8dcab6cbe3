import type { PlantedBug } from '../bug.ts';

const CORE = 'src/matching/core/assembly';
const ENGINE = 'src/matching/engine';

/** Bugs of the book and of the engine around it. */
export const matchingBugs: readonly PlantedBug[] = [
  {
    name: 'last-come-first-served',
    promise: 'The fast book equals the naive book',
    file: `${CORE}/queue.ts`,
    find: `  const tail = load<u32>(level, Level.TAIL);
  store<u32>(order, page, Order.PAGE);
  store<u32>(order, 0, Order.NEXT);
  store<u32>(order, tail, Order.PREVIOUS);
  store<u32>(level, order, Level.TAIL);`,
    replace: `  const tail = load<u32>(level, Level.TAIL);
  store<u32>(order, page, Order.PAGE);
  if (tail != 0) {
    const head = load<u32>(level, Level.HEAD);
    store<u32>(order, head, Order.NEXT);
    store<u32>(order, 0, Order.PREVIOUS);
    store<u32>(head, order, Order.PREVIOUS);
    store<u32>(level, order, Level.HEAD);
    store<u64>(level, load<u64>(level, Level.QUANTITY) + <u64>quantity, Level.QUANTITY);
    return;
  }
  store<u32>(order, 0, Order.NEXT);
  store<u32>(order, tail, Order.PREVIOUS);
  store<u32>(level, order, Level.TAIL);`,
    noticedBy: { seeds: 10 },
  },
  {
    name: 'larger-quantity-keeps-its-place',
    promise: 'The fast book equals the naive book',
    file: `${CORE}/commands.ts`,
    find: 'if (load<u32>(order, Order.PRICE) != price || quantity > open) return requeueOrder(book, id, price, quantity);',
    replace: 'if (load<u32>(order, Order.PRICE) != price) return requeueOrder(book, id, price, quantity);',
    noticedBy: { seeds: 25 },
  },
  {
    name: 'self-trade-prevention-off',
    promise: 'The fast book equals the naive book',
    file: `${CORE}/matching.ts`,
    find: 'if (guarded && isOwn(maker, tag)) {',
    replace: 'if (guarded && left == 0 && isOwn(maker, tag)) {',
    noticedBy: { seeds: 10 },
  },
  {
    name: 'fill-or-kill-counts-own-orders',
    promise: 'The fast book equals the naive book',
    file: `${CORE}/matching.ts`,
    find: 'if (!isOwn(maker, tag)) missing -= <i64>load<u32>(maker, Order.QUANTITY);',
    replace: 'if (best != 0) missing -= <i64>load<u32>(maker, Order.QUANTITY);',
    noticedBy: {
      test: 'src/matching/differential.test.ts',
      name: 'fast and naive book agree on every report and every state',
    },
  },
  {
    name: 'price-limit-ignored',
    promise: 'The fast book equals the naive book',
    file: `${ENGINE}/rules.ts`,
    find: "if (limits !== undefined && (price < limits.lower || price > limits.upper)) return 'PRICE_OUT_OF_LIMITS';",
    replace: "if (limits !== undefined && limits.lower > limits.upper) return 'PRICE_OUT_OF_LIMITS';",
    noticedBy: {
      test: `${ENGINE}/engine.test.ts`,
      name: 'tick by price band and by date, lot, quantity and daily limits',
    },
  },
  {
    name: 'order-rests-beyond-new-limits',
    promise: 'The fast book equals the naive book',
    file: `${ENGINE}/symbol-engine.ts`,
    find: 'if (limits === undefined) return;',
    replace: 'if (limits === undefined || limits.lower > 0) return;',
    noticedBy: { test: `${ENGINE}/engine.test.ts`, name: 'a MARKET order never trades past the limits of the day' },
  },
  {
    name: 'record-of-an-order-taken-twice',
    promise: 'An engine that dies at any write goes on',
    file: `${ENGINE}/symbol-engine.ts`,
    find: 'if (orders.find(record.order_id) >= 0) {',
    replace: 'if (orders.find(record.order_id) >= 0 && orders.slab.isLive(orders.find(record.order_id))) {',
    noticedBy: { test: `${ENGINE}/engine.test.ts`, name: 'a duplicate order id changes nothing, live or gone' },
  },
  {
    name: 'replace-taken-twice',
    promise: 'An engine that dies at any write goes on',
    file: `${ENGINE}/symbol-engine.ts`,
    find: '!this.requests.take(record.order_id, record.request_id)) {',
    replace: '!this.requests.take(record.order_id, record.request_id) && isStale) {',
    noticedBy: { test: `${ENGINE}/engine.test.ts`, name: 'a replace whose record comes twice' },
  },
  {
    name: 'old-route-writes-on',
    promise: 'An engine that dies at any write goes on',
    file: `${ENGINE}/symbol-engine.ts`,
    find: 'const isStale = record.route_epoch < this.#routeEpoch;',
    replace: 'const isStale = record.route_epoch < 0;',
    noticedBy: { test: `${ENGINE}/engine.test.ts`, name: 'records of an older route epoch are fenced' },
  },
  {
    name: 'snapshot-turns-queues-round',
    promise: 'The same records give byte-identical events and state',
    file: `${CORE}/snapshot.ts`,
    find: 'for (let order = load<u32>(level, Level.HEAD); order != 0; order = load<u32>(order, Order.NEXT)) {',
    replace: 'for (let order = load<u32>(level, Level.TAIL); order != 0; order = load<u32>(order, Order.PREVIOUS)) {',
    noticedBy: { seeds: 10 },
  },
  {
    name: 'snapshot-loses-a-resting-order',
    promise: 'The same records give byte-identical events and state',
    file: `${ENGINE}/snapshot.ts`,
    find: 'engine.requests.restore(requests);',
    replace: `engine.requests.restore(requests);
  const lost = orders.live(() => true)[5];
  if (lost !== undefined) {
    book.cancel(lost);
    orders.leave(lost, 'CANCELLED');
  }`,
    noticedBy: { seeds: 10 },
  },
  {
    name: 'snapshot-forgets-recent-requests',
    promise: 'The same records give byte-identical events and state',
    file: `${ENGINE}/snapshot.ts`,
    find: 'engine.requests.restore(requests);',
    replace: 'engine.requests.restore([]);',
    noticedBy: { seeds: 10 },
  },
  {
    name: 'snapshot-without-checksum',
    promise: 'Any flipped bit and any cut of a snapshot',
    file: `${ENGINE}/snapshot.ts`,
    find: "if (bytes.readUInt32LE(8) !== crc32(body)) throw new SnapshotError('The snapshot is damaged.');",
    replace: 'crc32(body);',
    noticedBy: { test: `${ENGINE}/replay.test.ts`, name: 'any flipped bit and any cut of a snapshot is detected' },
  },
];
