import { pgliteDriver } from '../../../src/adapters/store/pglite/driver.ts';
import type { SqlDriver } from '../../../src/adapters/store/sql/driver.ts';
import { SqlStore } from '../../../src/adapters/store/sql/store.ts';
import type { StoreMaker } from './suite.ts';

/** One PGlite in memory for a whole suite; each store begins with an empty schema. */
export function pgliteMaker(): StoreMaker<SqlStore> {
  let driver: SqlDriver | undefined;
  return {
    async start() {
      driver = await pgliteDriver(undefined);
    },
    async fresh() {
      if (driver === undefined) throw new Error('the suite has not started');
      await driver.script('DROP SCHEMA public CASCADE; CREATE SCHEMA public;');
      return new SqlStore(driver);
    },
    async stop() {
      await driver?.close();
    },
  };
}
