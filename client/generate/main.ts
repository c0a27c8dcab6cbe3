import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startExchange } from '../../test/servers/exchange.ts';
import { commandLine } from '../../test/support/command-line.ts';
import { generatedFiles } from './files.ts';

commandLine({
  call: 'npm run generate:client --',
  about:
    "Starts an exchange on an empty folder and writes the client's types (client/src/generated) from the documents it serves.",
  flags: {},
});

const dataDir = mkdtempSync(join(tmpdir(), 'supernoba-generate-'));
const exchange = await startExchange({ dataDir });
try {
  const document = async (path: string) => (await fetch(exchange.url + path)).text();
  const files = generatedFiles(
    JSON.parse(await document('/openapi.json')),
    JSON.parse(await document('/asyncapi.json')),
  );
  for (const { path, text } of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    console.log(path);
  }
} finally {
  exchange.process.kill('SIGTERM');
  await exchange.exited;
  rmSync(dataDir, { recursive: true, force: true });
}
