import { SqlStore } from '../sql/store.ts';
import { pgliteDriver } from './driver.ts';

/**
 * Money and orders in an embedded PostgreSQL, in a folder of its own. PGlite never calls fsync: the folder survives the death of
 * the process but not a loss of power, after which the store is rebuilt from the log (docs/adr/0003-store.md).
 * @param folder undefined: in memory, for tests
 * @throws DataDirInUseError when another process uses the folder
 */
export async function openPgliteStore(folder?: string): Promise<SqlStore> {
  return new SqlStore(await pgliteDriver(folder));
}
