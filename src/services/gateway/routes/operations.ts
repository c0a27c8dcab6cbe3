import { Type } from 'typebox';
import { ExchangeError } from '../../../domain/errors.ts';
import type { FastifyTypeBox } from '../app.ts';
import type { GatewayDeps } from '../deps.ts';
import { answers } from '../schemas/primitives.ts';

const TAGS = ['Operations'];

const Health = Type.Object(
  { status: Type.String({ examples: ['ok'] }), version: Type.String({ examples: ['0.1.0'] }) },
  { title: 'Health' },
);
const Ready = Type.Object(
  {
    status: Type.String({ examples: ['ready'] }),
    checks: Type.Unsafe<Record<string, string>>({ type: 'object', additionalProperties: { type: 'string' } }),
  },
  { title: 'Readiness' },
);

/** For whoever runs the exchange. */
export function operationRoutes(app: FastifyTypeBox, deps: GatewayDeps): void {
  app.get(
    '/healthz',
    { schema: { tags: TAGS, summary: 'The process lives', response: answers(Health) } },
    async () => ({ status: 'ok', version: deps.settings.version }),
  );

  app.get(
    '/readyz',
    { schema: { tags: TAGS, summary: 'The exchange takes orders', response: answers(Ready) } },
    async () => {
      const { ready, checks } = await deps.readiness();
      if (!ready) throw new ExchangeError('UNAVAILABLE', 'The exchange is not ready.', { checks }, 1);
      return { status: 'ready', checks };
    },
  );

  app.get(
    '/metrics',
    {
      schema: {
        tags: TAGS,
        summary: 'Prometheus metrics',
        produces: ['text/plain'],
        response: { 200: { content: { 'text/plain': { schema: Type.String() } } } },
      },
    },
    async (_request, reply) => {
      reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8');
      return deps.metricsText();
    },
  );
}
