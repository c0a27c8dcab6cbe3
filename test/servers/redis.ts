import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A real server of the Valkey protocol, for tests: alone on a free loopback port, nothing on disk but its folder. */
export interface RedisServer {
  host: string;
  port: number;
  pid: number;
  stop(): Promise<void>;
}

const BINARIES = ['valkey-server', 'redis-server'];

/** Why the suites that need the server cannot run here; undefined when they can. */
export function redisMissing(): string | undefined {
  return binary() ? undefined : `neither ${BINARIES.join(' nor ')} is installed (Debian: apt-get install redis-server)`;
}

const STARTS = 5;
const READY_MS = 60_000;

/** `at`: a port to come back on after a stop. */
export async function startRedis(at?: number): Promise<RedisServer> {
  const command = binary();
  if (!command) throw new Error(redisMissing());
  // Between the search for a free port and its use somebody else may take it, if only for a moment.
  for (let attempt = 1; ; attempt += 1) {
    const started = await tryStart(command, at ?? (await freePort()));
    if ('pid' in started) return started;
    if (attempt === STARTS) throw new Error(`${command} did not start: ${started.said}`);
    await sleep(500);
  }
}

async function tryStart(command: string, port: number): Promise<RedisServer | { said: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'supernoba-redis-'));
  const settings = { port, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'no', daemonize: 'no' };
  const server = spawn(
    command,
    Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const gone = once(server, 'exit');
  const stop = async () => {
    server.kill('SIGTERM');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  };
  let said = '';
  server.stdout.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  const patience = performance.now() + READY_MS;
  while (!said.includes('Ready to accept connections')) {
    if (server.exitCode !== null || performance.now() > patience) {
      await stop();
      return { said };
    }
    await sleep(20);
  }
  return { host: '127.0.0.1', port, pid: server.pid ?? 0, stop };
}

function binary(): string | undefined {
  return BINARIES.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
