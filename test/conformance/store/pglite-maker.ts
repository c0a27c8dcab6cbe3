import { pgliteDriver } from '../../../src/adapters/store/pglite/driver.ts';
import type { SqlDriver } from '../../../src/adapters/store/sql/driver.ts';
import { SqlStore } from '../../../src/adapters/store/sql/store.ts';
import type { StoreMaker } from './suite.ts';

/** Brings a migrated schema back to its beginning, which is much faster than making it again. */
const EMPTY = `
  TRUNCATE instruments, wallets, supplies, orders, replace_holds, transfers, trade_history, applied_seq, positions;
  DELETE FROM assets WHERE code NOT IN ('KRW', 'USD', 'USDT');`;

/** One PGlite in memory for a whole suite; each store begins empty. */
export function pgliteMaker(): StoreMaker<SqlStore> & { driver(): SqlDriver } {
  let driver: SqlDriver | undefined;
  let last: SqlStore | undefined;
  return {
    async start() {
      driver = await pgliteDriver(undefined);
    },
    async fresh() {
      if (driver === undefined) throw new Error('the suite has not started');
      const whole = last !== undefined && !(await last.rebuilding());
      await driver.script(whole ? EMPTY : 'DROP SCHEMA public CASCADE; CREATE SCHEMA public;');
      last = new SqlStore(driver);
      if (!whole) await last.migrate();
      return last;
    },
    async stop() {
      await driver?.close();
    },
    driver() {
      if (driver === undefined) throw new Error('the suite has not started');
      return driver;
    },
  };
}
