import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';
import type { GatewaySettings } from './deps.ts';

/** Headers of JSON answers: never a page, never framed, never cached. */
export const API_HEADERS = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const;
const WRITTEN = Object.entries(API_HEADERS);

/** Gives every answer of an API those headers. By hand, because they stand on the order path; pages get helmet's. */
export function apiHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', (_request, reply, done) => {
    for (const [name, value] of WRITTEN) reply.raw.setHeader(name, value);
    done();
  });
}

/** Headers of pages: own scripts only; connections to the exchange itself and to the sign-in service alone. */
export async function pageHeaders(app: FastifyInstance, { supabaseUrl }: GatewaySettings): Promise<void> {
  const signIn = supabaseUrl === undefined ? [] : [new URL(supabaseUrl).origin];
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        baseUri: ["'self'"],
        // It covers the WebSocket of the same host too (CSP 3: Chrome 71, Safari 16, Firefox).
        connectSrc: ["'self'", ...signIn],
        fontSrc: ["'self'", 'data:'],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        objectSrc: ["'none'"],
        scriptSrc: ["'self'"],
        scriptSrcAttr: ["'none'"],
        // Charts and Swagger UI set inline styles; styles cannot run anything.
        styleSrc: ["'self'", "'unsafe-inline'"],
        workerSrc: ["'self'", 'blob:'],
      },
    },
    // Plain HTTP on the local machine must go on working; who ends TLS in front sets this header.
    strictTransportSecurity: false,
    crossOriginEmbedderPolicy: false,
  });
}
