import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import type { GatewaySettings } from './deps.ts';

/** Names that the bundler derives from contents never change their meaning. */
const HASHED_NAME = /[-.][A-Za-z0-9_-]{8,}\.(?:js|css|woff2?|svg|png|wasm)$/;
/** Where the bundler puts everything that the page loads. */
const BUNDLES = 'assets';

/** The console at `/`, where it is built. */
export async function serveConsole(app: FastifyInstance, { consoleFolder }: GatewaySettings): Promise<void> {
  if (consoleFolder === undefined || !existsSync(join(consoleFolder, 'index.html'))) return;
  const common = {
    dotfiles: 'ignore',
    decorateReply: false,
    cacheControl: false,
    setHeaders(reply: { header(name: string, value: string): unknown }, path: string) {
      reply.header('cache-control', HASHED_NAME.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  } as const;
  // A route for the page alone: anything else stays a 404 in the error form.
  await app.register(fastifyStatic, {
    ...common,
    root: consoleFolder,
    prefix: '/',
    wildcard: false,
    globIgnore: [`${BUNDLES}/**`],
    index: ['index.html'],
  });
  // Bundles are looked up at each request: a console that is built anew needs no restart.
  await app.register(fastifyStatic, {
    ...common,
    root: join(consoleFolder, BUNDLES),
    prefix: `/${BUNDLES}/`,
    index: false,
  });
}
