/** The thin part in which PGlite and PostgreSQL differ: how statements get to the database and rows come back. */
export interface SqlDriver {
  /** Runs the statements in order in one transaction and answers the rows of each. Any error undoes all of them. */
  transaction(statements: readonly Statement[], lane: Lane): Promise<Row[][]>;
  /** Runs a script of many statements in one transaction. */
  script(sql: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Parameters travel as text and are cast in the statement ($1::text::bigint[]), which is exact for every type and the same for
 * both databases.
 */
export interface Statement {
  sql: string;
  params: readonly (string | null)[];
}

/**
 * Calls of functions (each `SELECT f($1, ...)`) as one statement, which runs them from left to right: one round trip and no
 * explicit transaction, which is most of the cost of a small batch.
 */
export function oneCall(calls: readonly Statement[]): Statement {
  const params: (string | null)[] = [];
  const functions = calls.map((call) => {
    const offset = params.length;
    params.push(...call.params);
    return call.sql.slice('SELECT '.length).replace(/\$(\d+)/g, (_, n) => `$${Number(n) + offset}`);
  });
  return { sql: `SELECT ${functions.join(', ')}`, params };
}

export type Row = Record<string, unknown>;

/** Where there is one connection (PGlite): who waits for whom. Order entry goes first, but starves nobody. */
export type Lane = 'entry' | 'question' | 'consumer';

/** An error that the database reported, with its SQLSTATE. */
export class SqlError extends Error {
  readonly sqlState: string;
  constructor(message: string, sqlState: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SqlError';
    this.sqlState = sqlState;
  }
}

/** SQLSTATEs that the store knows. SN... are raised by its own functions. */
export const SqlState = {
  UNIQUE_VIOLATION: '23505',
  CHECK_VIOLATION: '23514',
  SEQ_MOVED: 'SN001',
  ORDER_NOT_OPEN: 'SN002',
  NOT_FRESH: 'SN003',
  NEAR_LIMIT: 'SN004',
} as const;
