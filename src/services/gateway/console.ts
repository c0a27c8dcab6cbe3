import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import type { GatewaySettings } from './deps.ts';

/** Names that the bundler derives from contents never change their meaning. */
const HASHED_NAME = /[-.][A-Za-z0-9_-]{8,}\.(?:js|css|woff2?|svg|png|wasm)$/;

/** The console at `/`, where it is built. */
export async function serveConsole(app: FastifyInstance, { consoleFolder }: GatewaySettings): Promise<void> {
  if (consoleFolder === undefined || !existsSync(join(consoleFolder, 'index.html'))) return;
  await app.register(fastifyStatic, {
    root: consoleFolder,
    prefix: '/',
    // Routes for the files that are there: anything else stays a 404 in the error form.
    wildcard: false,
    index: ['index.html'],
    dotfiles: 'ignore',
    decorateReply: false,
    cacheControl: false,
    setHeaders(reply, path) {
      reply.header('cache-control', HASHED_NAME.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
}
