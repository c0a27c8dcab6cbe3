import type { PlantedBug } from '../bug.ts';

const LOG = 'src/adapters/stream/embedded';

/** Bugs of the log on the disk. */
export const logBugs: readonly PlantedBug[] = [
  {
    name: 'acknowledged-before-sync',
    promise: 'A log that acknowledges before its sync',
    file: `${LOG}/writer.ts`,
    find: 'if (this.#options.unsafeAcknowledgeBeforeSync) acknowledge();',
    replace: 'acknowledge();',
    noticedBy: { seeds: 90 },
  },
  {
    name: 'sync-forgotten',
    promise: 'An acknowledged append survives power loss',
    file: `${LOG}/writer.ts`,
    find: 'await segment.file.sync();\n      return undefined;',
    replace: 'return undefined;',
    noticedBy: { test: 'test/faults/power-loss.test.ts', name: 'an acknowledged append survives power loss' },
  },
  {
    name: 'new-segment-without-folder-sync',
    promise: 'An acknowledged append survives power loss',
    file: `${LOG}/segment.ts`,
    find: 'await file.sync();\n    await disk.syncFolder(folder);',
    replace: 'await file.sync();',
    noticedBy: { test: 'test/faults/power-loss.test.ts', name: 'an acknowledged append survives power loss' },
  },
  {
    name: 'torn-group-accepted',
    promise: 'An acknowledged append survives power loss',
    file: `${LOG}/segment.ts`,
    find: "if (crc32(body) !== header.bodyCrc) return { broken: 'a group does not match its checksum' };",
    replace: 'crc32(body);',
    noticedBy: { test: 'test/simulation/planted/holes.test.ts', name: 'a group of several sectors' },
    isQuick: true,
  },
  {
    name: 'damage-passed-over',
    promise: 'Damage in the log is never passed over',
    file: `${LOG}/recovery.ts`,
    find: 'if (next !== undefined)\n      throw',
    replace: 'if (next !== undefined && next < 0)\n      throw',
    noticedBy: { test: 'test/faults/damaged-log.test.ts', name: 'any byte damaged in a closed log refuses the start' },
  },
  {
    name: 'half-written-group-stays',
    promise: 'The same when the disk fills up under load',
    file: `${LOG}/writer.ts`,
    find: 'await segment.file.truncate(segment.bytes);\n      await segment.file.sync();',
    replace: 'segment.bytes = await segment.file.size();',
    noticedBy: { test: 'test/faults/failing-disk.test.ts', name: 'a full disk refuses the append whole' },
  },
  {
    name: 'start-that-waits-for-ever',
    promise: 'The same when the disk fills up under load',
    file: 'src/entrypoints/node/catch-up.ts',
    find: 'if (left === 0 || looks * POLL_MS >= patienceMs) return left;',
    replace: 'if (left === 0) return left;',
    noticedBy: { test: 'src/entrypoints/node/catch-up.test.ts', name: 'a start on which nothing moves ends' },
  },
  {
    name: 'goes-on-after-a-failed-sync',
    promise: 'A full or failing disk refuses the append whole',
    file: `${LOG}/writer.ts`,
    find: 'this.#failure = new Error(message, { cause });',
    replace: 'if (this.#closing) this.#failure = new Error(message, { cause });',
    noticedBy: { test: 'test/faults/failing-disk.test.ts', name: 'after a failed sync the log refuses every append' },
  },
  {
    name: 'consumer-moves-on-before-its-work',
    promise: 'Every event takes effect once in the store',
    file: `${LOG}/subscription.ts`,
    find: 'await this.#consumer.onBatch(feed.partition.partition, feed.batch);\n    feed.next = feed.batch.at(-1)!.offset + 1;\n    feed.batch = [];',
    replace:
      'const { batch } = feed;\n    feed.next = batch.at(-1)!.offset + 1;\n    feed.batch = [];\n    await this.#consumer.onBatch(feed.partition.partition, batch);',
    noticedBy: {
      test: 'test/conformance/stream/embedded.test.ts',
      name: 'a batch that its consumer refuses comes again',
    },
  },
];
