import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { giveWay } from '../../threads/give-way.ts';
import { Connection } from './connection.ts';
import { Lanes } from './lanes.ts';
import { Maintenance } from './maintenance.ts';
import { OPENED, type WorkerReply, type WorkerRequest, type WorkerSettings } from './messages.ts';

// The thread that PGlite runs in: it takes requests, runs them one after the other in the order of their lanes, and answers.

const port = parentPort;
if (port === null) throw new Error('PGlite runs in a worker thread');
const { folder }: WorkerSettings = workerData;

/** On every other database these are settings of the functions (sql/migrations/0006-plans.sql says why they are needed). */
const SESSION_SETTINGS = `
  SET plan_cache_mode = force_generic_plan;
  SET enable_seqscan = off;
  SET enable_bitmapscan = off;
  SET enable_hashjoin = off;
  SET enable_mergejoin = off;
`;

const lanes = new Lanes<WorkerRequest>();
let busy = false;

function reply(answer: WorkerReply): void {
  port?.postMessage(answer);
}

async function open(): Promise<PGlite | undefined> {
  try {
    const db = await PGlite.create({ ...(folder === undefined ? {} : { dataDir: folder }) });
    await db.exec(SESSION_SETTINGS);
    giveWay();
    reply({ id: OPENED, ok: true, answers: [] });
    return db;
  } catch (error) {
    reply({ id: OPENED, ok: false, ...describe(error) });
    return undefined;
  }
}

const db = await open();
const connection = db === undefined ? undefined : new Connection(db);
const maintenance = db === undefined ? undefined : new Maintenance(db);

port.on('message', (request: WorkerRequest) => {
  lanes.add(request.kind === 'transaction' ? request.lane : 'question', request);
  if (!busy) void drain();
});

async function drain(): Promise<void> {
  busy = true;
  for (let request = lanes.next(); request !== undefined; request = lanes.next()) {
    await answer(request);
    if (request.kind === 'transaction') await upkeep();
    // Lets the requests in that have arrived meanwhile, so that the lanes can choose among all.
    await new Promise((resolve) => setImmediate(resolve));
  }
  busy = false;
}

async function answer(request: WorkerRequest): Promise<void> {
  if (db === undefined || connection === undefined) return;
  try {
    if (request.kind === 'close') {
      await db.close();
      reply({ id: request.id, ok: true, answers: [] });
      port?.close();
    } else if (request.kind === 'script') {
      await db.transaction((transaction) => transaction.exec(request.sql));
      reply({ id: request.id, ok: true, answers: [] });
    } else {
      reply({ id: request.id, ok: true, answers: await connection.run(request.statements) });
    }
  } catch (error) {
    reply({ id: request.id, ok: false, ...describe(error) });
  }
}

/** What goes wrong here is no request's fault; the next look tries again. */
async function upkeep(): Promise<void> {
  try {
    await maintenance?.afterTransaction();
  } catch (error) {
    process.emitWarning(`upkeep of the embedded database: ${describe(error).message}`);
  }
}

function describe(error: unknown): { message: string; sqlState: string } {
  const message = error instanceof Error ? error.message : wordsOf(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return { message, sqlState: code };
}

/** A database that cannot be made throws what its file system or its program ended with, which is no Error. */
function wordsOf(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null
    ? `the database ended: ${JSON.stringify(thrown)}`
    : String(thrown);
}
