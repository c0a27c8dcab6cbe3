import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { type Flag, helpText, type Program, readFlags, UsageError } from './command-line.ts';

const root = resolve(import.meta.dirname, '..', '..');

const PROGRAM = {
  call: 'npm run example --',
  about: 'An example.',
  flags: {
    rate: { takes: 'whole', usual: 5, about: 'orders a second' },
    seed: { takes: 'whole', least: 0, about: 'one seed' },
    store: { takes: 'text', shown: 'STORE', oneOf: ['memory', 'pglite'], about: 'which store' },
    sound: { takes: 'switch', on: true, about: 'leaves the second half out' },
    json: { takes: 'switch', about: 'one line of JSON' },
  },
} as const satisfies Program<Record<string, Flag>>;

const read = (...args: string[]) => readFlags(PROGRAM, args).values;

test('flags have the values given, or what they mean without', () => {
  assert.deepEqual(read(), { rate: 5, seed: undefined, store: undefined, sound: true, json: false });
  assert.deepEqual(read('--rate', '7', '--seed=0', '--store', 'memory', '--no-sound', '--json'), {
    rate: 7,
    seed: 0,
    store: 'memory',
    sound: false,
    json: true,
  });
});

test('what is unknown or wrong is told in one line', () => {
  const wrong: Record<string, string[]> = {
    "Unknown option '--speed'": ['--speed'],
    '--rate takes a whole number of at least 1, not "0"': ['--rate', '0'],
    '--rate takes a whole number of at least 1, not "1.5"': ['--rate', '1.5'],
    '--rate takes a whole number of at least 1, not ""': ['--rate='],
    '--store takes memory, pglite, not "disk"': ['--store', 'disk'],
    "Unexpected argument 'word'": ['word'],
  };
  for (const [message, args] of Object.entries(wrong)) {
    assert.throws(
      () => read(...args),
      (error) => error instanceof UsageError && error.message.startsWith(message) && !error.message.includes('\n'),
      message,
    );
  }
});

test('words without dashes are taken where a program takes them', () => {
  const program = { ...PROGRAM, operands: { shown: 'STORE', oneOf: ['memory', 'pglite'], most: 2, about: 'stores' } };
  assert.deepEqual(readFlags(program, ['pglite', '--json', 'memory']).operands, ['pglite', 'memory']);
  assert.throws(() => readFlags(program, ['disk']), /STORE takes memory, pglite, not "disk"/);
  assert.throws(() => readFlags(program, ['memory', 'memory', 'memory']), /at most 2 of STORE/);
});

test('the help names every flag, what it takes, and what it means without', () => {
  assert.equal(
    helpText(PROGRAM),
    `An example.

usage: npm run example -- [flags]

  --rate N               orders a second (5)
  --seed N               one seed
  --store memory|pglite  which store
  --no-sound             leaves the second half out
  --json                 one line of JSON
  --help                 this text`,
  );
});

const PROGRAMS = [
  'bench/console.ts',
  'bench/e2e.ts',
  'bench/engine.ts',
  'bench/market-data.ts',
  'bench/matching.ts',
  'bench/store.ts',
  'bench/stream-log.ts',
  'bench/stream.ts',
  'client/generate/main.ts',
  'test/simulation/simulate.ts',
  'test/simulation/planted/test-planted.ts',
];

function run(program: string, ...args: string[]) {
  const command = ['--disable-warning=ExperimentalWarning', join(root, program), ...args];
  return spawnSync(process.execPath, command, { encoding: 'utf8' });
}

test('--help is told by a program before it does anything else', () => {
  const help = run('bench/matching.ts', '--runs', '3', '--help');
  assert.deepEqual([help.status, help.stderr], [0, '']);
  assert.match(help.stdout, /\n\nusage: npm run -s bench:matching -- \[flags\]\n/);
});

for (const program of PROGRAMS) {
  test(`${program} refuses a flag that it does not know, and names its help`, () => {
    const unknown = run(program, '--no-such-flag');
    assert.deepEqual([unknown.status, unknown.stdout], [2, '']);
    assert.match(unknown.stderr, /^Unknown option '--no-such-flag'; see (npm run|node scripts).* --help\n$/);
  });
}
