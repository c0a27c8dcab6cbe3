// Renders docs/ERRORS.md from the registry of error codes and docs/asyncapi.yaml from the schemas of the WebSocket's
// messages. `--check` only tells whether they are up to date (exit code 1 if not).
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { root, runNode24 } from './lib/node24.js';

const DOCS = [
  { name: 'ERRORS.md', from: 'src/domain/errors.ts', render: renderErrors },
  { name: 'asyncapi.yaml', from: 'src/services/gateway/websocket/messages.ts', render: renderAsyncApi },
];

async function renderErrors() {
  const source = readFileSync(join(root, 'src', 'domain', 'errors.ts'), 'utf8');
  const { ERRORS } = await import('../src/domain/errors.ts');
  const sections = sectionsOf(source).map(({ title, codes }) => {
    const rows = codes.map((code) => `| \`${code}\` | ${ERRORS[code].status} | ${ERRORS[code].meaning} |`);
    return `## ${title}\n\n| code | status | meaning |\n|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Error codes

Rendered from \`src/domain/errors.ts\` by \`node scripts/render-docs.js\`; a test keeps it up to date.

Every refusal is \`{"error": "one clear sentence", "code": "UPPER_SNAKE", "details": {...}}\` (\`details\` only where there are
any). The same codes are the \`reason\` of orders and of ORDER_STATUS messages, where the engine decided. Answers with status
429 and 503 carry \`Retry-After\` (seconds). A client may rely on codes; sentences may change.

${sections.join('\n')}`;
}

async function renderAsyncApi() {
  const { asyncApiDocument } = await import('../src/services/gateway/asyncapi.ts');
  const head =
    '# Rendered from src/services/gateway/websocket/messages.ts by `node scripts/render-docs.js`; a test keeps it up to date.\n';
  // Schemas that are used in several places are written out in each: a YAML alias is not every reader's.
  return head + stringify(asyncApiDocument(), { lineWidth: 120, aliasDuplicateObjects: false });
}

/** The comments in the registry are its headings. */
function sectionsOf(source) {
  const sections = [];
  for (const line of source.split('\n')) {
    const heading = /^ {2}\/\/ (.+)$/.exec(line);
    const code = /^ {2}([A-Z][A-Z_]+): \{/.exec(line);
    if (heading !== null) sections.push({ title: heading[1], codes: [] });
    if (code !== null) sections.at(-1).codes.push(code[1]);
  }
  return sections;
}

if (process.versions.node.split('.')[0] < 24) {
  process.exitCode = await runNode24([fileURLToPath(import.meta.url), ...process.argv.slice(2)]);
} else {
  for (const { name, from, render } of DOCS) {
    const file = join(root, 'docs', name);
    const text = await render();
    if (!process.argv.includes('--check')) writeFileSync(file, text);
    else if (readFileSync(file, 'utf8') !== text) {
      console.error(`docs/${name} is not what ${from} says: run node scripts/render-docs.js`);
      process.exitCode = 1;
    }
  }
}
