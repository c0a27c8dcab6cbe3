import type { FastifyRequest } from 'fastify';
import { refuseUnlessLocal } from '../../auth/test-mode.ts';
import type { FastifyTypeBox } from '../app.ts';
import type { GatewayDeps } from '../deps.ts';
import { answers } from '../schemas/primitives.ts';
import { SettingsAnswer } from '../schemas/settings.ts';

/** `GET /config`: what a page needs to offer the right ways to sign in. */
export function settingsRoutes(app: FastifyTypeBox, { settings }: GatewayDeps): void {
  app.get(
    '/config',
    { schema: { tags: ['Operations'], summary: 'Public settings', response: answers(SettingsAnswer) } },
    async (request) => ({
      version: settings.version,
      test_mode: settings.testMode === true && isLocal(request),
      supabase_url: settings.supabaseUrl ?? null,
      supabase_anon_key: settings.supabaseAnonKey ?? null,
      market_time_zone: settings.marketTimeZone,
      api_key_required: settings.apiKeys.length > 0,
    }),
  );
}

/** Whether test mode would serve this caller: the same guard that it would meet there. */
function isLocal({ headers }: FastifyRequest): boolean {
  try {
    refuseUnlessLocal(headers);
    return true;
  } catch {
    return false;
  }
}
