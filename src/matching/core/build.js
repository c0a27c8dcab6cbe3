// Compiles the matching core (assembly/, AssemblyScript) to dist/book.wasm. scripts/setup.js runs it when the sources are
// newer. The module imports its memory, which is shared, so that another thread can read its reports.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const here = import.meta.dirname;
const dist = join(here, 'dist');
mkdirSync(dist, { recursive: true });

const { error, stderr } = await asc.main(
  [
    'index.ts',
    ...[
      '--baseDir',
      join(here, 'assembly'),
      '--outFile',
      join(dist, 'book.wasm'),
      '--textFile',
      join(dist, 'book.wat'),
    ],
    ...['--runtime', 'stub', '--optimizeLevel', '3', '--converge', '--noAssert'],
    ...['--enable', 'threads', '--enable', 'simd', '--enable', 'bulk-memory'],
    ...['--importMemory', '--sharedMemory', '--initialMemory', '16', '--maximumMemory', '65536', '--zeroFilledMemory'],
    ...['--memoryBase', '1024'],
  ],
  { writeFile: (name, contents) => writeFileSync(name, contents) },
);
if (error) {
  console.error(`${error.message}\n${stderr}`);
  process.exit(1);
}
