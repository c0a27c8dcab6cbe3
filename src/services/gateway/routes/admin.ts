import type { FastifyTypeBox } from '../app.ts';
import type { GatewayDeps } from '../deps.ts';
import { callerOf, type Guards } from '../identity.ts';
import {
  AuditAnswer,
  AuditQuery,
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
