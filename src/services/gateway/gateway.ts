import cors from '@fastify/cors';
import Fastify, { type FastifyInstance } from 'fastify';
import type { FastifyTypeBox } from './app.ts';
import { serveConsole } from './console.ts';
import type { GatewayDeps, Patience } from './deps.ts';
import { serveDocs } from './docs.ts';
import { answerErrors, clientErrorHandler, frameworkErrors } from './errors.ts';
import { createGuards, limitAddresses } from './identity.ts';
import { parseJsonBodies } from './json.ts';
import { countRequests } from './request-metrics.ts';
import { accountRoutes } from './routes/accounts.ts';
import { adminRoutes } from './routes/admin.ts';
import { marketRoutes } from './routes/market.ts';
import { operationRoutes } from './routes/operations.ts';
import { orderRoutes } from './routes/orders.ts';
import { settingsRoutes } from './routes/settings.ts';
import { apiHeaders, pageHeaders } from './security-headers.ts';
import { storeAnswers } from './store-answers.ts';
import { validatorCompiler } from './validation.ts';

const BODY_LIMIT = 64 * 1024;
const HEADERS_LIMIT = 16 * 1024;
const MAX_PARAM_LENGTH = 200;

/** A client that is slower than this loses its connection. Milliseconds. */
const USUAL_PATIENCE: Patience = { headers: 10_000, request: 15_000, idle: 60_000 };
const KEEP_ALIVE_MS = 65_000;
/** How often Node looks for requests that are too slow, as a share of the shortest patience. */
const LOOKS = 5;

const CORS = {
  methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
  exposedHeaders: ['ETag', 'X-Request-Id', 'Retry-After', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'],
  maxAge: 600,
};

/**
 * The HTTP side of the exchange: every REST call, OpenAPI at /openapi.json and /docs, the console at `/`. It
 * listens nowhere yet; the WebSocket hub hangs itself on its `server`. Nothing is logged per request.
 */
export async function createGateway(deps: GatewayDeps): Promise<FastifyInstance> {
  const { settings, log } = deps;
  const patience = settings.patience ?? USUAL_PATIENCE;
  const app: FastifyTypeBox = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, ignoreTrailingSlash: true },
    requestTimeout: patience.request,
    connectionTimeout: patience.idle,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: {
      maxHeaderSize: HEADERS_LIMIT,
      headersTimeout: patience.headers,
      connectionsCheckingInterval: Math.ceil(Math.min(patience.headers, patience.request) / LOOKS),
      requireHostHeader: false,
    },
    trustProxy: settings.trustedProxies.length === 0 ? false : [...settings.trustedProxies],
    frameworkErrors,
    clientErrorHandler: (error, socket) => clientErrorHandler(error, socket),
  });
  app.setValidatorCompiler(validatorCompiler);
  parseJsonBodies(app);
  answerErrors(app, log);
  countRequests(app, deps);
  limitAddresses(app, deps.limits);
  if (settings.corsOrigins.length > 0) {
    await app.register(cors, { origin: [...settings.corsOrigins], ...CORS });
  }
  const guards = createGuards(app, deps.auth);
  await serveDocs(app, settings, guards);

  await app.register(async (api: FastifyTypeBox) => {
    apiHeaders(api);
    const asking = { ...deps, store: storeAnswers(deps) };
    orderRoutes(api, asking, guards);
    accountRoutes(api, asking, guards);
    marketRoutes(api, deps);
    adminRoutes(api, deps, guards);
    operationRoutes(api, deps);
    settingsRoutes(api, deps);
  });
  await app.register(async (pages) => {
    await pageHeaders(pages, settings);
    await serveConsole(pages, settings);
  });
  return app;
}
