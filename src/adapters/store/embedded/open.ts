import { pgliteDriver } from '../pglite/driver.ts';
import { EmbeddedStore, type EmbeddedStoreOptions } from './embedded-store.ts';
import { SqlBacking } from './sql-backing.ts';

/**
 * Money and orders of one machine, in memory with PGlite behind, in a folder of its own. Call `catchUp` before it is used.
 * @param folder undefined: the database is in memory too, for tests
 * @throws DataDirInUseError when another process uses the folder
 */
export async function openEmbedded(folder: string | undefined, options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
  const backing = new SqlBacking(await pgliteDriver(folder));
  try {
    await backing.store.migrate();
    return await EmbeddedStore.open(backing, options);
  } catch (error) {
    await backing.store.close();
    throw error;
  }
}
