import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';
import type { GatewaySettings } from './deps.ts';

/**
 * Headers of JSON answers: never a page, never framed, never cached. Written by hand because they are few and stand on the
 * order path; pages get helmet's.
 */
export function apiHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.raw.setHeader('x-content-type-options', 'nosniff');
    reply.raw.setHeader('cache-control', 'no-store');
    reply.raw.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
    done();
  });
}

/** Headers of pages: own scripts only; connections to the exchange itself and to the sign-in service. */
export async function pageHeaders(app: FastifyInstance, { supabaseUrl }: GatewaySettings): Promise<void> {
  const signIn = supabaseUrl === undefined ? [] : [new URL(supabaseUrl).origin];
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        baseUri: ["'self'"],
        connectSrc: ["'self'", 'ws:', 'wss:', ...signIn],
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
