import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { accessSync, chownSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';

const run = promisify(execFile);
const STARTS = 5;
const READY_MS = 60_000;

/** A real PostgreSQL of a test's own: a cluster in a temporary folder, on a free loopback port. */
export interface PostgresServer {
  url: string;
  /** A new empty database of the server. */
  database(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts one, or says why it cannot be had. PostgreSQL refuses to run as root, so root starts it as the user `postgres`.
 * It syncs nothing to disk unless `durable`. Set POSTGRES_BIN where the server's programs are in an unusual place.
 */
export async function startPostgres(options: { durable?: boolean } = {}): Promise<PostgresServer | { notRun: string }> {
  const bin = findBin();
  if (bin === undefined) return { notRun: 'no PostgreSQL server (initdb, postgres) is installed' };
  const owner = serverUser();
  if (owner === 'none') return { notRun: 'root cannot run PostgreSQL and there is no user postgres' };
  const ids = owner === 'self' ? {} : { uid: owner.uid, gid: owner.gid };
  const folder = mkdtempSync(join(tmpdir(), 'supernoba-postgres-'));
  if (owner !== 'self') chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  await run(join(bin, 'initdb'), ['-D', data, '-U', 'supernoba', '-A', 'trust', '-E', 'UTF8', '--no-sync'], {
    ...ids,
    cwd: folder,
  });
  const flags: string[] = ['-D', data, '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${folder}`];
  if (options.durable !== true) flags.push('-c', 'fsync=off');
  const { server, ended, base } = await serve(join(bin, 'postgres'), flags, { ...ids, cwd: folder });
  let databases = 0;
  return {
    url: `${base}/postgres`,
    async database() {
      databases += 1;
      const sql = postgres(`${base}/postgres`, { max: 1 });
      await sql.unsafe(`CREATE DATABASE test_${databases}`);
      await sql.end();
      return `${base}/test_${databases}`;
    },
    async stop() {
      server.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Starts the server and waits until it answers. Between the search for a free port and its use somebody else may take it. */
async function serve(program: string, flags: readonly string[], options: { uid?: number; gid?: number; cwd: string }) {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const server = spawn(program, [...flags, '-p', String(port)], { ...options, stdio: 'ignore' });
    const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
    const base = `postgres://supernoba@127.0.0.1:${port}`;
    if (await ready(`${base}/postgres`, server)) return { server, ended, base };
    server.kill('SIGKILL');
    await ended;
    if (attempt === STARTS) throw new Error(`PostgreSQL did not start, ${STARTS} times`);
  }
}

function findBin(): string | undefined {
  const base = '/usr/lib/postgresql';
  const candidates = [
    process.env.POSTGRES_BIN ?? '',
    ...versions(base).map((version) => join(base, version, 'bin')),
    '/usr/bin',
  ];
  return candidates.find(
    (folder) => folder !== '' && exists(join(folder, 'initdb')) && exists(join(folder, 'postgres')),
  );
}

function versions(base: string): string[] {
  return exists(base) ? readdirSync(base).sort((a, b) => Number(b) - Number(a)) : [];
}

function exists(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}

function serverUser(): 'self' | 'none' | { uid: number; gid: number } {
  if (process.getuid?.() !== 0) return 'self';
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('postgres:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined || gid === undefined ? 'none' : { uid: Number(uid), gid: Number(gid) };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** True once the server answers, false when it has ended or never does. */
async function ready(url: string, server: ChildProcess): Promise<boolean> {
  const patience = performance.now() + READY_MS;
  while (server.exitCode === null && performance.now() < patience) {
    const sql = postgres(url, { max: 1, connect_timeout: 10, onnotice: () => {} });
    try {
      await sql`SELECT 1`;
      // Whoever answers on the port is this server, not the one that took the port from it.
      return server.exitCode === null;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    } finally {
      await sql.end();
    }
  }
  return false;
}
