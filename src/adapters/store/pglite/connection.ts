import type { PGlite } from '@electric-sql/pglite';
import type { Row, Statement } from '../sql/driver.ts';

/** Statements kept prepared; questions are put together from few parts, so there are not many. */
const MAX_PREPARED = 200;

/**
 * Runs statements on the one connection of PGlite. Each text is prepared once and then executed by name, and all statements of a
 * transaction go as one message, which PostgreSQL runs as one transaction: most of the cost of a small batch was parsing and
 * passing messages (docs/adr/0003-store.md).
 */
export class Connection {
  readonly #db: PGlite;
  readonly #names = new Map<string, string>();
  #prepared = 0;

  constructor(db: PGlite) {
    this.#db = db;
  }

  async run(statements: readonly Statement[]): Promise<Row[][]> {
    if (this.#names.size + statements.length > MAX_PREPARED) {
      await this.#db.exec('DEALLOCATE ALL');
      this.#names.clear();
    }
    const calls: string[] = [];
    for (const { sql, params } of statements) {
      const name = await this.#prepare(sql, params.length);
      calls.push(params.length === 0 ? `EXECUTE ${name}` : `EXECUTE ${name}(${params.map(literal).join(',')})`);
    }
    const results = await this.#db.exec(calls.join(';'));
    return results.map(({ rows }) => rows);
  }

  async #prepare(sql: string, params: number): Promise<string> {
    const known = this.#names.get(sql);
    if (known !== undefined) return known;
    this.#prepared += 1;
    const name = `s${this.#prepared}`;
    const types = params === 0 ? '' : `(${Array(params).fill('text').join(',')})`;
    await this.#db.exec(`PREPARE ${name}${types} AS ${sql}`);
    this.#names.set(sql, name);
    return name;
  }
}

/** A string literal: with standard_conforming_strings (the default) only quotes are special. NUL cannot be in a text at all. */
function literal(param: string | null): string {
  if (param === null) return 'NULL';
  return param.includes("'") ? `'${param.replaceAll("'", "''")}'` : `'${param}'`;
}
