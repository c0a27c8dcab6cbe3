import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { SqlDriver } from './driver.ts';
import { int } from './values.ts';

const FOLDER = fileURLToPath(new URL('./migrations/', import.meta.url));

interface Migration {
  version: number;
  name: string;
  sql: string;
}

function migrations(): Migration[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.sql'));
  return files.sort().map((name) => ({
    version: Number(name.slice(0, 4)),
    name,
    sql: readFileSync(new URL(`./migrations/${name}`, import.meta.url), 'utf8'),
  }));
}

/**
 * Brings the schema to this program's version, all steps in one transaction. Two programs that start at once wait for each
 * other. A schema newer than this program is refused.
 */
export async function migrate(driver: SqlDriver): Promise<void> {
  const steps = migrations();
  const known = await version(driver);
  const newest = steps.at(-1)?.version ?? 0;
  if (known > newest)
    throw new Error(`the database has schema version ${known}, this program knows ${newest}: start a newer program`);
  const missing = steps.filter((step) => step.version > known);
  if (missing.length === 0) return;
  const script = missing.map(
    ({ version: step, name, sql }) =>
      `${sql}\nINSERT INTO schema_migrations (version, name) VALUES (${step}, '${name}');`,
  );
  try {
    await driver.script([LOCK, ...script].join('\n'));
  } catch (error) {
    // Another program has made the same steps meanwhile.
    if ((await version(driver)) !== newest) throw error;
  }
}

const LOCK = 'SELECT pg_advisory_xact_lock(7305810274210);';

async function version(driver: SqlDriver): Promise<number> {
  await driver.script(`${LOCK}
    CREATE TABLE IF NOT EXISTS schema_migrations (
      version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
    ALTER TABLE schema_migrations ENABLE ROW LEVEL SECURITY;`);
  const sql = 'SELECT coalesce(max(version), 0) AS version FROM schema_migrations';
  const [rows = []] = await driver.transaction([{ sql, params: [] }], 'question');
  return int(rows[0]?.version);
}
