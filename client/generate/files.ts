import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { type OpenApi, restTypes } from './rest.ts';
import { type AsyncApi, websocketTypes } from './websocket.ts';

const root = resolve(import.meta.dirname, '..', '..');
const folder = join(root, 'client', 'src', 'generated');

/** The generated files of the client: path and text, formatted as the project's formatter wants them. */
export function generatedFiles(openApi: OpenApi, asyncApi: AsyncApi): { path: string; text: string }[] {
  const head = (from: string) =>
    `// Generated from the exchange's ${from} document by "npm run generate:client"; a test keeps it up to date.\n\n`;
  return [
    { path: join(folder, 'rest.ts'), text: head('OpenAPI') + restTypes(openApi) },
    { path: join(folder, 'websocket.ts'), text: head('AsyncAPI') + websocketTypes(asyncApi) },
  ].map(({ path, text }) => ({ path, text: formatted(path, text) }));
}

function formatted(path: string, text: string): string {
  const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  const run = spawnSync(process.execPath, [biome, 'format', `--stdin-file-path=${path}`], {
    cwd: root,
    input: text,
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`the formatter refused ${path}: ${run.stderr}`);
  return run.stdout;
}
