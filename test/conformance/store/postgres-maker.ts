import { openPostgresStore } from '../../../src/adapters/store/postgres/store.ts';
import type { SqlStore } from '../../../src/adapters/store/sql/store.ts';
import type { PostgresServer } from '../../servers/postgres.ts';
import type { StoreMaker } from './suite.ts';

/** A database of its own for each store, on one server that outlives the suite. */
export function postgresMaker(server: PostgresServer): StoreMaker<SqlStore> {
  const stores: SqlStore[] = [];
  return {
    start: async () => {},
    async fresh() {
      const store = openPostgresStore({ url: await server.database(), connections: 4 });
      stores.push(store);
      return store;
    },
    async stop() {
      for (const store of stores.splice(0)) await store.close();
    },
  };
}
