import { type ChildProcess, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { EXCHANGE_FLAGS, exchangeEnv } from '../../scripts/lib/node24.js';

const root = resolve(import.meta.dirname, '..', '..');

/**
 * A time zone in which it was about noon when this process began. The end of the market's day, which expires DAY orders and is
 * in records and audit log, is hours away from whatever a test does, whenever it is run; who tests it sets MARKET_TIME_ZONE.
 */
const NOON_ZONE = zoneOf(12 - new Date().getUTCHours());

/** @param hours ahead of UTC; in these names ahead is written as minus */
function zoneOf(hours: number): string {
  return hours === 0 ? 'Etc/UTC' : `Etc/GMT${hours > 0 ? '-' : '+'}${Math.abs(hours)}`;
}

/** The real server in a process of its own, as `npm start` runs it. */
export interface RunningExchange {
  url: string;
  process: ChildProcess;
  /** Resolves with the exit code (null after a signal). */
  exited: Promise<number | null>;
  /** What it wrote to standard error so far. */
  stderr(): string;
  /** Milliseconds from spawn to the line that says it is open. */
  startupMs: number;
}

/**
 * Starts `supernoba start` on a free loopback port and waits until it says that it is open.
 * @param options.dataDir folder of log and store; kept, so that a test can start again on it
 * @param options.flags further flags, such as `--no-demo`
 */
export async function startExchange(options: {
  dataDir: string;
  flags?: readonly string[];
  /** Flags of Node itself, such as `--cpu-prof`. */
  nodeFlags?: readonly string[];
  env?: Record<string, string>;
  timeoutMs?: number;
}): Promise<RunningExchange> {
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [
      ...EXCHANGE_FLAGS,
      ...(options.nodeFlags ?? []),
      join(root, 'src', 'entrypoints', 'node', 'main.ts'),
      'start',
      '--port=0',
      `--data-dir=${options.dataDir}`,
      ...(options.flags ?? ['--no-demo']),
    ],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...exchangeEnv(),
        RATE_LIMIT_IP_RPM: '0',
        LOG_LEVEL: 'warn',
        MARKET_TIME_ZONE: NOON_ZONE,
        ...options.env,
      },
    },
  );
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const exited = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
  const url = await new Promise<string>((found, failed) => {
    const timer = setTimeout(
      () => failed(new Error(`the exchange did not open in time\n${stderr}`)),
      options.timeoutMs ?? 180_000,
    );
    let stdout = '';
    child.stdout?.on('data', (chunk) => {
      stdout += chunk;
      const match = /https?:\/\/[\w.[\]:]+:\d+/.exec(stdout);
      if (match !== null) {
        clearTimeout(timer);
        found(match[0]);
      }
    });
    void exited.then((code) => {
      clearTimeout(timer);
      failed(new Error(`the exchange ended at start with code ${code}\n${stderr}`));
    });
  }).catch((error) => {
    child.kill('SIGKILL');
    throw error;
  });
  return { url, process: child, exited, stderr: () => stderr, startupMs: performance.now() - started };
}

/** Runs another `supernoba` command to its end. */
export async function runSupernoba(
  args: readonly string[],
  options: { input?: string; env?: Record<string, string> } = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(root, 'src', 'entrypoints', 'node', 'main.ts'), ...args],
    {
      cwd: root,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, LOG_LEVEL: 'warn', MARKET_TIME_ZONE: NOON_ZONE, ...options.env },
    },
  );
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdin.end(options.input ?? '');
  const code = await new Promise<number | null>((done) => child.once('close', (exit) => done(exit)));
  return { code, stdout, stderr };
}
