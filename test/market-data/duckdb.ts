import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A real DuckDB to read the archive with. It is no dependency of the project (70 MB for one test): it is installed into a folder
 * for temporary files, in CI or when DUCKDB=install is set, and used again when it is there.
 */
const PACKAGE = '@duckdb/node-api@1.5.6-r.1';
const FOLDER = join(tmpdir(), `supernoba-${PACKAGE.replace(/[^a-z0-9.]+/g, '-')}`);
const INSTALL_TIMEOUT_MS = 120_000;

export interface DuckDb {
  /** Rows of one statement; integers past 2^53 and decimals come as texts. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  close(): void;
}

/** The part of @duckdb/node-api that is used here. */
interface DuckDbApi {
  DuckDBInstance: {
    create(path: string): Promise<{
      connect(): Promise<{
        runAndReadAll(sql: string): Promise<{ getRowObjectsJson(): Record<string, unknown>[] }>;
        closeSync(): void;
      }>;
      closeSync(): void;
    }>;
  };
}

/** DuckDB in memory, or the reason why there is none. */
export async function openDuckDb(): Promise<DuckDb | { missing: string }> {
  const missing = install();
  if (missing !== undefined) return { missing };
  let api: DuckDbApi;
  try {
    // The package is not there at the time of the type check.
    api = createRequire(join(FOLDER, 'package.json'))('@duckdb/node-api') as DuckDbApi;
  } catch (error) {
    // The platform's part of it is optional to npm, which may not have got it.
    return { missing: `${PACKAGE} in ${FOLDER} cannot be used: ${String(error).split('\n')[0]}` };
  }
  const instance = await api.DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  return {
    query: async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson(),
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

function install(): string | undefined {
  if (existsSync(join(FOLDER, 'node_modules', '@duckdb', 'node-api', 'package.json'))) return undefined;
  const { CI, DUCKDB } = process.env;
  if (!CI && DUCKDB !== 'install') return `${PACKAGE} is not in ${FOLDER} (CI=true or DUCKDB=install puts it there)`;
  try {
    mkdirSync(FOLDER, { recursive: true });
    const flags = ['install', '--prefix', FOLDER, '--no-audit', '--no-fund', '--ignore-scripts'];
    // `npm` is a script on Windows, which only a shell starts.
    execFileSync('npm', [...flags, PACKAGE], {
      stdio: 'pipe',
      timeout: INSTALL_TIMEOUT_MS,
      shell: process.platform === 'win32',
    });
    return undefined;
  } catch (error) {
    return `${PACKAGE} could not be installed: ${String(error).split('\n')[0]}`;
  }
}
