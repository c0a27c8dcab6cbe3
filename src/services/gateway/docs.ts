import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { asyncApiDocument } from './asyncapi.ts';
import type { GatewaySettings } from './deps.ts';
import type { Guards } from './identity.ts';
import { describeAnswer, nameSchemas, securityOf } from './openapi.ts';
import { API_HEADERS, pageHeaders } from './security-headers.ts';

const DESCRIPTION = `REST interface of the Supernoba exchange. Prices, quantities and amounts are human decimals (\`250.5\`), as JSON
numbers or strings, converted exactly. Times are integer epoch milliseconds, except the chart's \`time\` and \`end\` (seconds).
Every refusal is \`{error, code, details?}\` with a code of the registry (docs/ERRORS.md). Unknown fields are ignored.
Market data needs no login. WebSocket: \`/ws\`, described by \`/asyncapi.json\`.`;

/**
 * The OpenAPI document, made from the routes' own schemas, at /openapi.json, and rendered at /docs from local files; beside
 * it the AsyncAPI document of the WebSocket at /asyncapi.json.
 */
export async function serveDocs(app: FastifyInstance, settings: GatewaySettings, guards: Guards): Promise<void> {
  const keyed = settings.apiKeys.length > 0;
  const neededBy = ({ preValidation }: RouteOptions) =>
    preValidation === guards.admin ? 'admin' : preValidation === guards.user ? 'user' : undefined;

  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Supernoba', version: settings.version, description: DESCRIPTION },
      servers: [{ url: '/' }],
      tags: ['Orders', 'Account', 'Market data', 'Admin', 'Operations'].map((name) => ({ name })),
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
          apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'Where the exchange asks for keys.' },
          testUser: { type: 'apiKey', in: 'header', name: 'x-user-id', description: 'Test mode: who calls.' },
          testRole: { type: 'apiKey', in: 'header', name: 'x-user-role', description: 'Test mode: `admin`.' },
        },
      },
    },
    transform({ schema, url, route }) {
      const security = securityOf(neededBy(route), keyed && isOfOrders(url));
      const answers = Object.entries(schema?.response ?? {}).map(([status, answer]) => [
        status,
        describeAnswer(status, Object(answer), security.length === 0),
      ]);
      return { url, schema: { ...schema, security, response: Object.fromEntries(answers) } };
    },
    transformObject: (document) => ('openapiObject' in document ? nameSchemas(document.openapiObject) : {}),
  });
  await app.register(async (pages) => {
    await pageHeaders(pages, settings);
    await pages.register(swaggerUi, { routePrefix: '/docs', uiConfig: { deepLinking: true, tryItOutEnabled: true } });
  });
  let document: string | undefined;
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    document ??= JSON.stringify(app.swagger());
    return reply.headers(API_HEADERS).type('application/json; charset=utf-8').send(document);
  });
  const asyncApi = JSON.stringify(asyncApiDocument());
  app.get('/asyncapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.headers(API_HEADERS).type('application/json; charset=utf-8').send(asyncApi),
  );
}

/** The calls that need an API key where keys are set. */
function isOfOrders(url: string): boolean {
  return url === '/orders' || url.startsWith('/orders/');
}
