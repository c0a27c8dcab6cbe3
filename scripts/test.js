// npm test: every suite that fits in five minutes. `npm test -- src/ledger` runs the test files below a path;
// other arguments go to Node's test runner. A suite whose server cannot be had prints "not run: why".
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root, runNode24 } from './lib/node24.js';

/** Folders of long suites, which have their own commands (README, "Commands"). */
const LONG = ['test/long', 'test/crash', 'test/fuzz', 'test/abuse', 'test/e2e'];

function testFiles(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.name === 'node_modules' || entry.name === 'dist') return [];
    if (entry.isDirectory()) return testFiles(path);
    return entry.name.endsWith('.test.ts') ? [path] : [];
  });
}

const args = process.argv.slice(2);
const paths = args.filter((arg) => !arg.startsWith('-')).map((arg) => arg.replace(/\/$/, ''));
const flags = args.filter((arg) => arg.startsWith('-'));
const files =
  paths.length === 0
    ? ['src', 'test', 'client', 'console', 'bench', 'scripts']
        .flatMap(testFiles)
        .filter((f) => !LONG.some((l) => f.startsWith(`${l}/`)))
    : paths.flatMap((path) => (statSync(join(root, path)).isDirectory() ? testFiles(path) : [path]));

if (files.length === 0) {
  console.error('No test files found.');
  process.exit(1);
}
/**
 * A suite that neither ends nor fails is a failure: the run is stopped then. Who asks for hundreds of rounds or a million inputs
 * by hand has hours; each of those tests has a limit of its own, measured by its rounds.
 */
const BY_HAND = process.env.CRASH_ROUNDS !== undefined || process.env.FUZZ_RUNS !== undefined;
const PATIENCE_MS = (BY_HAND ? 24 * 60 : 25) * 60_000;

process.exitCode = await runNode24(
  [
    '--test',
    '--test-concurrency=2',
    '--test-timeout=600000',
    '--disable-warning=ExperimentalWarning',
    ...flags,
    ...files,
  ],
  { cwd: root, timeout: PATIENCE_MS, env: { ...process.env, NODE_ENV: 'test' } },
);
