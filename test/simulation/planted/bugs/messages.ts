import type { PlantedBug } from '../bug.ts';

const NOTIFIER = 'src/services/notifier';
const NUMBERS = "A user's private messages have gap-free numbers";

/** Bugs of what users are told. */
export const messageBugs: readonly PlantedBug[] = [
  {
    name: 'number-given-twice-after-a-restart',
    promise: NUMBERS,
    file: `${NOTIFIER}/recovery.ts`,
    find: 'lines.sawUser(user, useq + messages.length - 1, record.offset);',
    replace: 'lines.sawUser(user, useq, record.offset);',
    noticedBy: { seeds: 45 },
  },
  {
    name: 'number-given-twice-after-a-kill',
    promise: 'Nothing acknowledged is lost or doubled by `kill -9`',
    file: `${NOTIFIER}/recovery.ts`,
    find: 'lines.sawUser(user, useq + messages.length - 1, record.offset);',
    replace: 'lines.sawUser(user, useq, record.offset);',
    noticedBy: { test: 'test/crash/kill.test.ts', name: 'kill -9 at', env: { CRASH_ROUNDS: '2', CRASH_SEED: '1' } },
  },
  {
    name: 'number-skipped-after-a-restart',
    promise: NUMBERS,
    file: `${NOTIFIER}/recovery.ts`,
    find: 'lines.sawUser(user, useq + messages.length - 1, record.offset);',
    replace: 'lines.sawUser(user, useq + messages.length, record.offset);',
    noticedBy: { seeds: 15 },
  },
  {
    name: 'pushed-before-durable',
    promise: NUMBERS,
    file: `${NOTIFIER}/notifier.ts`,
    find: 'this.#waiting.set(this.#outbox.size);\n    const offset',
    replace:
      'this.#waiting.set(this.#outbox.size);\n    for (const { user, useq, texts } of chunk.entries) this.#deps.push.toUser(user, texts, useq);\n    const offset',
    noticedBy: {
      test: `${NOTIFIER}/notifier.test.ts`,
      name: 'one event, two users: each gets a number of their own line, pushed only when durable',
    },
  },
  {
    name: 'pushed-before-the-append-is-synced',
    promise: NUMBERS,
    file: `${NOTIFIER}/notifier.ts`,
    find: 'this.#waiting.set(this.#outbox.size);\n    const offset',
    replace:
      'this.#waiting.set(this.#outbox.size);\n    for (const { user, useq, texts } of chunk.entries) this.#deps.push.toUser(user, texts, useq);\n    const offset',
    noticedBy: { seeds: 10 },
  },
  {
    name: 'told-again-after-a-restart',
    promise: NUMBERS,
    file: `${NOTIFIER}/recovery.ts`,
    find: 'for (const [symbol, seq] of Object.entries(seqs)) lines.sawSeq(symbol, seq);\n      offset',
    replace: 'for (const [symbol, seq] of Object.entries(seqs)) lines.sawSeq(symbol, seq - 1);\n      offset',
    noticedBy: { seeds: 10 },
  },
  {
    name: 'left-to-a-stream-that-is-not-asked',
    promise: NUMBERS,
    file: `${NOTIFIER}/fills-feeder.ts`,
    find: 'if (event) fresh.push(event);',
    replace: "if (event && event.event !== 'FILL') fresh.push(event);",
    noticedBy: {
      test: `${NOTIFIER}/notifier.test.ts`,
      name: 'useq has no gap under random interleavings, lost words and crashes (seed 1)',
    },
  },
  {
    name: 'unknown-end-of-a-message-tried-blindly',
    promise: NUMBERS,
    file: `${NOTIFIER}/append-once.ts`,
    find: 'const known = mayBeWritten ? await find(stream, topic, from, value) : undefined;',
    replace: 'const known = mayBeWritten && from < 0 ? await find(stream, topic, from, value) : undefined;',
    noticedBy: { test: `${NOTIFIER}/notifier.test.ts`, name: 'a stream that refuses appends delays messages' },
  },
  {
    name: 'resume-skips-a-message',
    promise: 'Resume goes over to live messages',
    file: 'src/services/gateway/websocket/resume.ts',
    find: 'if (page.length > 0) connection.sendTexts(page);',
    replace: 'if (page.length > 0) connection.sendTexts(page.slice(0, -1));',
    noticedBy: {
      test: 'src/services/gateway/websocket/sessions.test.ts',
      name: 'resume sends what was missed and then goes over to live messages',
    },
  },
];
