// npm run check: everything CI checks besides the tests' own long suites: format and lint, types, walls, tests.
import { spawnSync } from 'node:child_process';
import { node24, root } from './lib/node24.js';

const STEPS = [
  ['lint and format', ['node_modules/@biomejs/biome/bin/biome', 'check', '.']],
  ['types', ['node_modules/typescript/bin/tsc', '--noEmit', '-p', '.']],
  ['types of the console', ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'console']],
  ['tests', ['scripts/test.js']],
];

for (const [name, command] of STEPS) {
  console.log(`\n== ${name}`);
  const result = spawnSync(node24(), command, { cwd: root, stdio: 'inherit' });
  if (result.status !== 0) {
    console.error(`check: ${name} failed`);
    process.exit(1);
  }
}
console.log('\ncheck: all clean');
