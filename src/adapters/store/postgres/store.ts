import { SqlStore } from '../sql/store.ts';
import { type PostgresOptions, postgresDriver } from './driver.ts';

/** Money and orders in PostgreSQL (or Aurora, or Supabase), durable by its own write-ahead log. */
export function openPostgresStore(options: PostgresOptions): SqlStore {
  return new SqlStore(postgresDriver(options));
}
