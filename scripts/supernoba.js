#!/usr/bin/env node
// The command `supernoba`: hands over to the TypeScript entry point under the pinned Node 24.
import { join } from 'node:path';
import { EXCHANGE_FLAGS, exchangeEnv, root, runNode24 } from './lib/node24.js';

process.exitCode = await runNode24(
  [...EXCHANGE_FLAGS, join(root, 'src', 'entrypoints', 'node', 'main.ts'), ...process.argv.slice(2)],
  { env: exchangeEnv() },
);
