import { after } from 'node:test';
import { startPostgres } from '../../servers/postgres.ts';
import { postgresMaker } from './postgres-maker.ts';
import { randomLives, seeds } from './random-life.ts';
import { storeSuite } from './suite.ts';

const server = await startPostgres();
if ('notRun' in server) {
  console.log(`not run: store: PostgreSQL (${server.notRun})`);
} else {
  after(() => server.stop());
  storeSuite('PostgreSQL', postgresMaker(server));
  randomLives('PostgreSQL', postgresMaker(server), seeds(3), 60);
}
