import type { FastifyInstance } from 'fastify';
import type { GatewayDeps } from './deps.ts';

const FLUSH_MS = 1_000;

/** Requests by route and status. Counted in a map and handed on once a second: labels cost more than the request's count. */
export function countRequests(app: FastifyInstance, { metrics, clock }: Pick<GatewayDeps, 'metrics' | 'clock'>): void {
  const counter = metrics.counter('supernoba_http_requests_total', 'HTTP requests answered', [
    'method',
    'route',
    'status',
  ]);
  const counts = new Map<string, number>();
  app.addHook('onResponse', (request, reply, done) => {
    const key = `${request.method} ${request.routeOptions.url ?? 'none'} ${reply.statusCode}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    done();
  });
  const flush = () => {
    for (const [key, count] of counts) {
      const [method = '', route = '', status = ''] = key.split(' ');
      counter.add(count, { method, route, status });
    }
    counts.clear();
  };
  const timer = clock.setInterval(flush, FLUSH_MS);
  app.addHook('onClose', (_app, done) => {
    timer.cancel();
    flush();
    done();
  });
}
