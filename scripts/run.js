// Runs a TypeScript program of the project under the pinned Node 24: `node scripts/run.js bench/matching.ts --json`.
import { join } from 'node:path';
import { root, runNode24 } from './lib/node24.js';

const [program, ...args] = process.argv.slice(2);
const nodeFlags = [];
while (args[0]?.startsWith('--node:')) nodeFlags.push(`--${args.shift().slice('--node:'.length)}`);
process.exitCode = await runNode24([
  '--disable-warning=ExperimentalWarning',
  ...nodeFlags,
  join(root, program),
  ...args,
]);
