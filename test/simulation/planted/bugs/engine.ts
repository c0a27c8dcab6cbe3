import type { PlantedBug } from '../bug.ts';

const SERVICE = 'src/services/matching-engine';

/** Bugs of what keeps the engine going: publishing, snapshots, recovery. */
export const engineBugs: readonly PlantedBug[] = [
  {
    name: 'snapshot-ahead-of-its-events',
    promise: 'An engine that dies at any write goes on',
    file: `${SERVICE}/partition-engine.ts`,
    find: 'await this.fills.flush();',
    replace: '',
    noticedBy: { seeds: 215 },
  },
  {
    name: 'events-published-again-after-a-restart',
    promise: 'An engine that dies at any write goes on',
    file: `${SERVICE}/partition-engine.ts`,
    find: 'const unpublished = isNew ? events : events.filter(({ seq }) => seq > published);',
    replace: 'const unpublished = isNew ? events : events.filter(({ seq }) => seq >= published);',
    noticedBy: { seeds: 10 },
  },
  {
    name: 'unknown-end-of-publishing-tried-blindly',
    promise: 'An engine that dies at any write goes on',
    file: `${SERVICE}/outbox.ts`,
    find: 'if (!isKnown) rest = await this.#missing(rest);',
    replace: '',
    noticedBy: { seeds: 25 },
  },
  {
    name: 'records-in-the-snapshot-applied-again',
    promise: 'An engine that dies at any write goes on',
    file: `${SERVICE}/partition-engine.ts`,
    find: 'if (offset <= contained) return true;',
    replace: 'if (offset < contained) return true;',
    noticedBy: { seeds: 65 },
  },
  {
    name: 'replay-begins-one-record-late',
    promise: 'An engine that dies at any write goes on',
    file: `${SERVICE}/recovery.ts`,
    find: 'return Math.min(manifest.offset, ...offsets.values()) + 1;',
    replace: 'return Math.min(manifest.offset, ...offsets.values()) + 2;',
    noticedBy: { test: `${SERVICE}/service.test.ts`, name: 'an engine that dies at any write' },
  },
  {
    name: 'old-snapshot-believed-complete',
    promise: 'The same records give byte-identical events and state',
    file: `${SERVICE}/recovery.ts`,
    find: 'if (manifest === undefined || expected === undefined || offset < expected) return offset;',
    replace: 'if (manifest === undefined || expected === undefined) return offset;',
    noticedBy: { test: `${SERVICE}/service.test.ts`, name: 'a damaged snapshot is passed over' },
  },
  {
    name: 'engine-writes-on-in-a-symbol-it-gave-up',
    promise: 'An engine that dies at any write goes on',
    file: `${SERVICE}/partition-engine.ts`,
    find: 'if (this.#removed.size > 0 && this.#removed.has(symbol)) return true;',
    replace: '',
    noticedBy: { test: `${SERVICE}/service.test.ts`, name: 'one symbol is snapshotted, removed and restored' },
  },
  {
    name: 'whoever-waits-for-more-events-forgotten',
    promise: 'The whole exchange survives seeded storms',
    file: `${SERVICE}/outbox.ts`,
    find: 'else this.#waiters.push(waiter);',
    replace: '',
    noticedBy: { seeds: 35 },
  },
  {
    name: 'poison-told-again-after-a-restart',
    promise: 'A poison record goes to the dead letters',
    file: `${SERVICE}/partition-engine.ts`,
    find: 'if (record.offset <= this.#deadLettered) return;',
    replace: '',
    noticedBy: { test: `${SERVICE}/service.test.ts`, name: 'a poison record goes to the dead letters once' },
  },
  {
    name: 'batch-of-the-log-taken-twice',
    promise: 'The whole exchange survives seeded storms',
    file: `${SERVICE}/partition-engine.ts`,
    find: 'if (record.offset <= this.#applied) return;',
    replace: '',
    noticedBy: { seeds: 25 },
  },
];
