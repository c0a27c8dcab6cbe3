import type { PlantedBug } from '../bug.ts';

const LEDGER = 'src/ledger';
const MEMORY = 'src/adapters/store/memory';
const WALLETS = 'Wallets = deposits - withdrawals per asset';
const ONCE = 'Every event takes effect once in the store';

/** Bugs of settlement, history and transfers. */
export const moneyBugs: readonly PlantedBug[] = [
  {
    name: 'price-improvement-kept',
    promise: WALLETS,
    file: `${LEDGER}/settle.ts`,
    find: 'hold: final ? 0 : needOf(order, change.price ?? order.price, change.remaining_qty),',
    replace:
      'hold: final ? 0 : order.is_buy && change.price === null && change.traded_qty > 0 ? order.hold - change.traded_amount - change.fees : needOf(order, change.price ?? order.price, change.remaining_qty),',
    noticedBy: { seeds: 10 },
  },
  {
    name: 'release-forgotten-on-ioc-remainder',
    promise: WALLETS,
    file: `${LEDGER}/settle.ts`,
    find: 'hold: final ? 0 : needOf(order, change.price ?? order.price, change.remaining_qty),',
    replace:
      "hold: change.reason === 'IOC_REMAINDER' && order.is_buy ? order.hold - change.traded_amount - change.fees : final ? 0 : needOf(order, change.price ?? order.price, change.remaining_qty),",
    noticedBy: { seeds: 10 },
  },
  {
    name: 'release-forgotten-on-cancel',
    promise: WALLETS,
    file: `${LEDGER}/settle.ts`,
    find: 'hold: final ? 0 : needOf(order, change.price ?? order.price, change.remaining_qty),',
    replace:
      "hold: change.status === 'CANCELLED' ? order.hold : final ? 0 : needOf(order, change.price ?? order.price, change.remaining_qty),",
    noticedBy: { seeds: 10 },
  },
  {
    name: 'release-of-a-replace-forgotten-at-the-end',
    promise: WALLETS,
    file: `${MEMORY}/consume.ts`,
    find: 'const replaceHold = money.final ? order.replace_hold - sumOf(released, order) : 0;',
    replace: 'const replaceHold = 0;',
    noticedBy: { seeds: 50 },
  },
  {
    name: 'fee-rounded-up',
    promise: WALLETS,
    file: 'src/domain/money.ts',
    find: 'if (Number.isSafeInteger(product)) return Math.floor(product / 10_000);',
    replace: 'if (Number.isSafeInteger(product)) return Math.ceil(product / 10_000);',
    noticedBy: { seeds: 10 },
    isQuick: true,
  },
  {
    name: 'fees-go-nowhere',
    promise: WALLETS,
    file: `${MEMORY}/consume.ts`,
    find: 'balance += money.fees;',
    replace: 'balance += 0;',
    noticedBy: { seeds: 10 },
  },
  {
    name: 'fill-settled-twice-on-replay',
    promise: ONCE,
    file: `${LEDGER}/cursor.ts`,
    find: 'if (event.seq <= applied) continue;',
    replace:
      "if (event.seq <= applied) {\n      if (event.event === 'FILL') fresh.events.push(event);\n      continue;\n    }",
    noticedBy: { seeds: 25 },
  },
  {
    name: 'offset-saved-before-effect',
    promise: ONCE,
    file: 'src/services/projection/projection.ts',
    find: 'try {\n      await this.#apply(batch);',
    replace: 'try {\n      await this.#rules.apply({ ...batch, items: [] });\n      await this.#apply(batch);',
    noticedBy: { seeds: 200 },
  },
  {
    name: 'applied-seq-forgotten-in-sql',
    promise: ONCE,
    file: 'src/adapters/store/sql/consume.ts',
    find: '...(advanced.size === 0 ? [] : [advanceSeq(this.#name, advanced)]),\n        ...this.#effects(slice),',
    replace: '...this.#effects(slice),',
    noticedBy: {
      test: 'test/conformance/store/pglite.test.ts',
      name: 'seed 1: the same answers and the same money as in memory',
    },
  },
  {
    name: 'rebuild-on-a-half-made-store',
    promise: 'A rebuild killed at any moment can be started again',
    file: `${MEMORY}/store.ts`,
    find: "throw new Error('a rebuild needs a fresh store');",
    replace: 'this.#rebuilding = true;',
    noticedBy: {
      test: 'test/conformance/store/rebuild.test.ts',
      name: 'says so when the log does not reach back, when the store is not fresh',
    },
  },
  {
    name: 'damaged-checkpoint-believed',
    promise: 'A damaged log, snapshot, list of topics or checkpoint',
    file: 'src/services/recovery/rebuild.ts',
    find: 'if (await isWhole(archive, manifest)) return manifest;',
    replace: 'await isWhole(archive, manifest);\n    return manifest;',
    noticedBy: {
      test: 'test/conformance/store/rebuild.test.ts',
      name: 'advances from checkpoint to checkpoint, and passes over a damaged one',
    },
  },
  {
    name: 'ended-order-entered-again-by-a-start',
    promise: 'On one machine the store stands where the log says',
    file: 'src/adapters/store/embedded/embedded-store.ts',
    find: 'const ended = await this.#lookUp([], unknown);',
    replace: 'const ended = await this.#lookUp([], []);',
    noticedBy: {
      test: 'test/conformance/store/embedded.test.ts',
      name: 'an order that has ended is not taken for new when its record',
    },
  },
  {
    name: 'cut-that-failed-forgotten',
    promise: 'On one machine the store stands where the log says',
    file: 'src/adapters/store/embedded/cut.ts',
    find: 'for (const key of cut[name]) into.add(key);',
    replace: "for (const key of cut[name]) if (name === 'positions') into.add(key);",
    noticedBy: { seeds: 500 },
  },
  {
    name: 'cut-taken-with-its-answer-lost-taken-again',
    promise: 'On one machine the store stands where the log says',
    file: 'src/adapters/store/embedded/embedded-store.ts',
    find: 'const isTaken = (await this.#backing.lastCut()) === doubtful.number;',
    replace: 'const isTaken = false;',
    noticedBy: { seeds: 20 },
  },
  {
    name: 'refused-cut-believed-taken',
    promise: 'On one machine the store stands where the log says',
    file: 'src/adapters/store/embedded/embedded-store.ts',
    find: 'const isTaken = (await this.#backing.lastCut()) === doubtful.number;',
    replace: 'const isTaken = true;',
    noticedBy: { seeds: 145 },
  },
  {
    name: 'settlement-that-failed-passed-over',
    promise: 'Every event takes effect once in the store',
    file: 'src/services/fill-processor/fill-processor.ts',
    find: 'apply: (batch) => store.applyEvents(batch),',
    replace: 'apply: (batch) => store.applyEvents(batch).catch(() => {}),',
    noticedBy: { seeds: 140 },
  },
  {
    name: 'failed-cut-forgotten',
    promise: 'On one machine the store stands where the log says',
    file: 'src/adapters/store/embedded/cut.ts',
    find: 'for (const key of cut[name]) into.add(key);',
    replace: "for (const key of cut[name]) if (name === 'positions') into.add(key);",
    noticedBy: {
      test: 'test/conformance/store/embedded.test.ts',
      name: 'goes on in memory while the database refuses, and writes all of it down later',
    },
  },
  {
    name: 'cut-ahead-of-its-orders',
    promise: 'On one machine the store stands where the log says',
    file: 'src/adapters/store/embedded/cut.ts',
    find: 'newOrders: [...changes.added],',
    replace: 'newOrders: [...changes.added].slice(1),',
    noticedBy: { test: 'test/conformance/store/embedded.test.ts', name: 'seed 1: stands where the log says' },
  },
  {
    name: 'history-row-lost',
    promise: ONCE,
    file: `${MEMORY}/consume.ts`,
    find: "for (const event of fresh.events) if (event.event === 'FILL') addTrade(state, event);",
    replace:
      "for (const [i, event] of fresh.events.entries()) if (event.event === 'FILL' && i < 15) addTrade(state, event);",
    noticedBy: { seeds: 40 },
  },
  {
    name: 'deposit-applied-twice',
    promise: WALLETS,
    file: `${MEMORY}/consume.ts`,
    find: "if (known !== undefined && known.status !== 'HELD') return resultOf(known, 'DUPLICATE');",
    replace:
      "if (known !== undefined && known.status !== 'HELD' && known.action === 'WITHDRAW') return resultOf(known, 'DUPLICATE');",
    noticedBy: { seeds: 15 },
  },
  {
    name: 'rebuild-forgets-the-ledger',
    promise: 'The store can be made again from the log',
    file: 'src/services/recovery/replay.ts',
    find: 'await store.applyLedger({ topic: topics.ledger, partition, next_offset: nextOf(page), items });',
    replace:
      'await store.applyLedger({ topic: topics.ledger, partition, next_offset: nextOf(page), items: items.slice(1) });',
    noticedBy: { test: 'test/conformance/store/rebuild.test.ts', name: 'makes an equal store from the log alone' },
  },
];
