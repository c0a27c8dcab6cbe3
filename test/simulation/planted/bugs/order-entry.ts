import type { PlantedBug } from '../bug.ts';

const ROUTER = 'src/services/order-router';
const MEMORY = 'src/adapters/store/memory';

/** Bugs between the client's request and the record in the log. */
export const orderEntryBugs: readonly PlantedBug[] = [
  {
    name: 'acknowledged-before-append',
    promise: 'Nothing acknowledged is lost or doubled by `kill -9`',
    file: `${ROUTER}/router.ts`,
    find: 'await durable;\n      for (const { command, result } of sent)',
    replace: 'durable.catch(() => {});\n      for (const { command, result } of sent)',
    noticedBy: { seeds: 10 },
  },
  {
    name: 'cancel-acknowledged-before-append',
    promise: 'Nothing acknowledged is lost or doubled by `kill -9`',
    file: `${ROUTER}/router.ts`,
    find: 'const durable = this.#append(records);',
    replace:
      "const appended = this.#append(records);\n    appended.catch(() => {});\n    const durable = records.every(({ action }) => action === 'CANCEL') ? Promise.resolve() : appended;",
    noticedBy: { seeds: 70 },
  },
  {
    name: 'client-order-id-taken-twice',
    promise: 'An order recorded but not published is published',
    file: `${MEMORY}/entry.ts`,
    find: 'if (known !== undefined)\n      return',
    replace: 'if (known !== undefined && known.order_id === record.order_id)\n      return',
    noticedBy: { seeds: 10 },
  },
  {
    name: 'batch-given-up-when-its-client-hangs-up',
    promise: 'A request whose client hangs up',
    file: 'src/services/gateway/routes/orders.ts',
    find: 'const placed = await inFlight.count(good.length, () => router.placeBatch(callerOf(request).userId, good));',
    replace:
      'const placed = await inFlight.count(good.length, async () => {\n        const done = [];\n        for (const order of good) {\n          if (request.raw.socket.destroyed) break;\n          done.push(...(await router.placeBatch(callerOf(request).userId, [order])));\n        }\n        return done;\n      });',
    noticedBy: { test: 'test/gateway/hang-ups.test.ts', name: 'a batch whose client hangs up is worked on to its end' },
  },
  {
    name: 'place-in-work-kept-by-who-hung-up',
    promise: 'A request whose client hangs up',
    file: 'src/services/gateway/routes/orders.ts',
    find: 'const placed = await inFlight.count(good.length, () => router.placeBatch(callerOf(request).userId, good));',
    replace:
      'const placed = await inFlight.count(good.length, () => router.placeBatch(callerOf(request).userId, good));\n      if (request.raw.socket.destroyed) void inFlight.count(good.length, () => new Promise(() => {}));',
    noticedBy: { test: 'test/gateway/hang-ups.test.ts', name: 'a batch whose client hangs up is worked on to its end' },
  },
  {
    name: 'order-in-work-acknowledged-to-who-hung-up-and-asks-again',
    promise: 'A request whose client hangs up',
    file: `${ROUTER}/router.ts`,
    find: 'if (publishing !== undefined) await publishing;',
    replace: 'if (publishing !== undefined) publishing.catch(() => {});',
    // Requests that come twice find it too: without them, only hang-ups do.
    noticedBy: { seeds: 50, plan: { doubledRequests: 0 } },
  },
  {
    name: 'another-order-under-the-same-client-order-id',
    promise: 'An order recorded but not published is published',
    file: `${ROUTER}/router.ts`,
    find: "if (!isSame) throw new ExchangeError('DUPLICATE_ORDER');",
    replace: '',
    noticedBy: { seeds: 10 },
  },
  {
    name: 'unknown-append-tried-blindly',
    promise: 'An order recorded but not published is published',
    file: `${ROUTER}/orders-log.ts`,
    find: 'if (mayBeWritten) rest = await this.#missing(rest, from);',
    replace: '',
    noticedBy: { seeds: 70 },
  },
  {
    name: 'hold-released-though-the-record-may-stand',
    promise: 'An order recorded but not published is published',
    file: `${ROUTER}/orders-log.ts`,
    find: 'if (surelyNot && !mayBeWritten) throw error;',
    replace: 'if (surelyNot) throw error;',
    noticedBy: {
      test: 'test/faults/router-recovery.test.ts',
      name: 'a refusal after an append of unknown end releases no hold',
    },
  },
  {
    name: 'hold-of-a-refused-append-kept',
    promise: 'Wallets = deposits - withdrawals per asset',
    file: `${ROUTER}/router.ts`,
    find: 'if (error instanceof StreamWriteError && error.written === false) await this.#undo(records);',
    replace: '',
    noticedBy: {
      test: 'test/faults/router-recovery.test.ts',
      name: 'a refusal that proves that nothing was written releases the hold',
    },
  },
  {
    name: 'unpublished-order-forgotten',
    promise: 'An order recorded but not published is published',
    file: `${ROUTER}/router.ts`,
    find: 'await this.#deps.stream.append(this.#deps.ordersTopic, records.map(encode));\n      for (const record of records) seen.add(record.order_id);',
    replace: 'for (const record of records) seen.add(record.order_id);',
    noticedBy: {
      test: 'test/simulation/planted/holes.test.ts',
      name: 'a start puts an order into the log',
    },
  },
  {
    name: 'order-that-nobody-asks-for-again-forgotten',
    promise: 'An order recorded but not published is published',
    file: `${ROUTER}/router.ts`,
    find: 'await this.#deps.stream.append(this.#deps.ordersTopic, records.map(encode));\n      for (const record of records) seen.add(record.order_id);',
    replace: 'for (const record of records) seen.add(record.order_id);',
    noticedBy: { seeds: 260 },
  },
  {
    name: 'replace-asks-the-store-first',
    promise: 'Commands reach the stream in the order of the calls',
    file: `${ROUTER}/router.ts`,
    find: 'this.#recent.get(orderId) ?? (await this.#asked(this.#deps.store.order(orderId)))',
    replace: 'await this.#deps.store.order(orderId)',
    noticedBy: {
      test: 'src/services/order-router/call-order.test.ts',
      name: 'commands called in one moment reach the stream in the order of the calls',
    },
    isQuick: true,
  },
  {
    name: 'more-held-than-there-is',
    promise: 'Wallets = deposits - withdrawals per asset',
    file: `${MEMORY}/entry.ts`,
    find: 'if (wallet === undefined || available < record.hold)',
    replace: 'if (wallet === undefined || wallet.balance < record.hold)',
    noticedBy: { seeds: 15 },
  },
  {
    name: 'withdrawal-without-balance-check',
    promise: 'Wallets = deposits - withdrawals per asset',
    file: `${MEMORY}/store.ts`,
    find: "if (wallet === undefined || wallet.balance - wallet.locked < amount) return 'INSUFFICIENT_FUNDS';",
    replace: "if (wallet === undefined) return 'INSUFFICIENT_FUNDS';",
    noticedBy: { seeds: 105 },
  },
];
