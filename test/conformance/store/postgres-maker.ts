import { openPostgresStore } from '../../../src/adapters/store/postgres/store.ts';
import type { Store } from '../../../src/ports/store.ts';
import type { PostgresServer } from '../../servers/postgres.ts';
import type { StoreMaker } from './suite.ts';

/** A database of its own for each store, on one server. */
export function postgresMaker(server: PostgresServer): StoreMaker {
  const stores: Store[] = [];
  return {
    start: async () => {},
    async fresh() {
      const store = openPostgresStore({ url: await server.database(), connections: 4 });
      stores.push(store);
      return store;
    },
    async stop() {
      for (const store of stores) await store.close();
      await server.stop();
    },
  };
}
