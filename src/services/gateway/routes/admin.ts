import { ExchangeError } from '../../../domain/errors.ts';
import type { FastifyTypeBox } from '../app.ts';
import type { GatewayDeps } from '../deps.ts';
import { callerOf, type Guards } from '../identity.ts';
import {
  AuditAnswer,
  AuditQuery,
  BackupAnswer,
  EnginesAnswer,
  MigrationsAnswer,
  RoutesAnswer,
  SnapshotsAnswer,
} from '../schemas/admin.ts';
import { CallerQuery } from '../schemas/orders.ts';
import { answers } from '../schemas/primitives.ts';
import { adminAccountRoutes } from './admin-accounts.ts';
import { adminStreamRoutes } from './admin-streams.ts';
import { adminSymbolRoutes } from './admin-symbols.ts';

const TAGS = ['Admin'];

/** For admins only. What changes something is in the audit log, and doing it twice does it once. */
export function adminRoutes(app: FastifyTypeBox, deps: GatewayDeps, guards: Guards): void {
  const { admin } = deps;
  const guarded = { preValidation: guards.admin };
  const asked = { querystring: CallerQuery };

  adminSymbolRoutes(app, deps, guards);
  adminAccountRoutes(app, deps, guards);
  adminStreamRoutes(app, deps, guards);

  app.get(
    '/admin/engines',
    { ...guarded, schema: { tags: TAGS, summary: 'Matching engines', ...asked, response: answers(EnginesAnswer) } },
    async () => ({ engines: await admin.engines.list() }),
  );

  app.get(
    '/admin/snapshots',
    { ...guarded, schema: { tags: TAGS, summary: 'Snapshots', ...asked, response: answers(SnapshotsAnswer) } },
    async () => ({ snapshots: await admin.engines.snapshots() }),
  );

  app.post(
    '/admin/snapshots',
    {
      ...guarded,
      schema: { tags: TAGS, summary: 'Snapshot every engine now', ...asked, response: answers(SnapshotsAnswer) },
    },
    async (request) => ({ snapshots: await admin.engines.snapshot(callerOf(request).userId) }),
  );

  app.post(
    '/admin/backups',
    {
      ...guarded,
      schema: {
        tags: TAGS,
        summary: 'Back trades and candles up now',
        description: 'As every 10 minutes by itself: closed candles and trades go to the archive and the candle store.',
        ...asked,
        response: answers(BackupAnswer),
      },
    },
    async (request) => {
      const stored_until = deps.clock.now();
      const act = {
        actor: callerOf(request).userId,
        action: 'RUN_BACKUP',
        target: 'trades',
        before: null,
        after: null,
      };
      await admin.audit.record(act, () => stored(deps));
      return { stored_until };
    },
  );

  app.get(
    '/admin/routes',
    { ...guarded, schema: { tags: TAGS, summary: 'Where symbols trade', ...asked, response: answers(RoutesAnswer) } },
    async () => ({ routes: await admin.routes.list() }),
  );

  app.get(
    '/admin/migrations',
    { ...guarded, schema: { tags: TAGS, summary: 'Moves of symbols', ...asked, response: answers(MigrationsAnswer) } },
    async () => ({ migrations: [] }),
  );

  app.get(
    '/admin/audit',
    {
      ...guarded,
      schema: { tags: TAGS, summary: 'Acts of admins', querystring: AuditQuery, response: answers(AuditAnswer) },
    },
    async ({ query: { limit = 100, cursor } }) => {
      const { entries, next } = await admin.audit.list(limit, cursor === undefined ? undefined : Number(cursor));
      return { entries, ...(next === undefined ? {} : { next_cursor: String(next) }) };
    },
  );
}

/** A run that failed stored nothing twice and is done again by the next. */
async function stored({ backUpTrades, log }: GatewayDeps): Promise<void> {
  try {
    await backUpTrades();
  } catch (err) {
    log.error({ err }, 'a backup that an admin asked for failed');
    throw new ExchangeError(
      'UNAVAILABLE',
      'The backup failed, the log says why; the next one stores what this one did not.',
    );
  }
}
