import postgres from 'postgres';
import { type Row, type SqlDriver, SqlError, type Statement } from '../sql/driver.ts';

export interface PostgresOptions {
  /** postgres://user:password@host:port/database?sslmode=... */
  url: string;
  /** Connections at most (default 8). */
  connections?: number;
  /** `require` encrypts, `verify-full` also checks the server's certificate (default: what the URL's sslmode says). */
  tls?: 'disable' | 'require' | 'verify-full' | { ca: string };
  /** False behind a pooler that shares connections between transactions (PgBouncer, Supabase's port 6543). Default true. */
  prepare?: boolean;
  onRetry?: (error: Error) => void;
}

const RETRIES = 6;
const CONNECT_TIMEOUT_S = 5;
/** A server that is away is asked again this soon: somebody waits for the answer, and refuses an order rather than let it wait. */
const RECONNECT_S_MAX = 0.25;

/** Serialization failures and deadlocks: nothing was done. Lost connections: the functions of the store may be repeated. */
const RETRYABLE = new Set([
  '40001',
  '40P01',
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'ECONNRESET',
  'ECONNREFUSED',
  '57P01',
]);

/** PostgreSQL by `DATABASE_URL`, with a pool of connections. */
export function postgresDriver(options: PostgresOptions): SqlDriver {
  const sql = postgres(options.url, {
    max: options.connections ?? 8,
    ...(options.tls === undefined ? {} : { ssl: tlsOf(options.tls) }),
    connect_timeout: CONNECT_TIMEOUT_S,
    backoff: (failures) => Math.min(2 ** failures / 100, RECONNECT_S_MAX),
    onnotice: () => {},
    connection: { application_name: 'supernoba' },
  });

  const { prepare = true } = options;

  async function retrying<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        const failure = asSqlError(error);
        if (!RETRYABLE.has(failure.sqlState) || attempt === RETRIES) throw failure;
        options.onRetry?.(failure);
        await new Promise((resolve) => setTimeout(resolve, 2 ** attempt + Math.random() * 10));
      }
    }
  }

  return {
    transaction: (statements) =>
      retrying(async () => {
        const [first] = statements;
        if (first !== undefined && statements.length === 1) return [await run(sql, first, prepare)];
        // Sent together, run in order; an error undoes them all.
        return await sql.begin((transaction) =>
          Promise.all(statements.map((statement) => run(transaction, statement, prepare))),
        );
      }),
    async script(text) {
      await retrying(() => sql.begin((transaction) => transaction.unsafe(text).simple()));
    },
    close: () => sql.end({ timeout: 5 }),
  };
}

async function run(sql: postgres.ISql, statement: Statement, prepare: boolean): Promise<Row[]> {
  const rows = await sql.unsafe<Row[]>(statement.sql, [...statement.params], { prepare });
  return [...rows];
}

function tlsOf(tls: NonNullable<PostgresOptions['tls']>): postgres.Options<Record<string, never>>['ssl'] {
  if (tls === 'disable') return false;
  if (tls === 'require' || tls === 'verify-full') return tls;
  return { ca: tls.ca, rejectUnauthorized: true };
}

function asSqlError(error: unknown): SqlError {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return new SqlError(message, code, { cause: error });
}
