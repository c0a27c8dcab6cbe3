import { startPostgres } from '../../servers/postgres.ts';
import { postgresMaker } from './postgres-maker.ts';
import { storeSuite } from './suite.ts';

const server = await startPostgres();
if ('notRun' in server) console.log(`not run: store: PostgreSQL (${server.notRun})`);
else storeSuite('PostgreSQL', postgresMaker(server));
