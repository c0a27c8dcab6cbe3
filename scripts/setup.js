// Makes a fresh clone ready: installs dependencies when node_modules is missing or older than the lock file, and builds
// what must be built (the WebAssembly core, the console) when its sources are newer. npm start, npm test and the other
// scripts run it first, so that no user needs to know it. --quiet prints only what takes time; --build builds regardless.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { node24, root } from './lib/node24.js';

const force = process.argv.includes('--build');

/** What must be built: its sources (folders or files), what shows it is there, and how. */
const BUILDS = [
  {
    name: 'matching core (WebAssembly)',
    sources: ['src/matching/core'],
    product: 'src/matching/core/dist',
    command: ['src/matching/core/build.js'],
  },
  {
    name: 'console',
    sources: ['console/src', 'console/index.html', 'console/vite.config.ts', 'client/src'],
    product: 'console/dist',
    command: ['node_modules/vite/bin/vite.js', 'build', 'console', '--logLevel', 'warn'],
  },
];

function run(command, args, what) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) {
    console.error(`supernoba: ${what} failed (${result.error?.message ?? `exit code ${result.status}`}).`);
    process.exit(1);
  }
}

function install() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  const stamp = join(root, 'node_modules', '.supernoba-lock');
  const wanted = createHash('sha256').update(lock).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error('supernoba: installing dependencies (once)...');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], 'npm ci');
  writeFileSync(stamp, wanted);
}

/** Contents, not times, decide: a fresh clone gives every file the same age. */
function fingerprint(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    const full = join(root, path);
    if (!existsSync(full)) continue;
    const files = statSync(full).isDirectory() ? listFiles(full) : [full];
    for (const file of files) hash.update(file.slice(root.length)).update(readFileSync(file));
  }
  return hash.digest('hex');
}

function listFiles(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.name === 'dist' || entry.name === 'node_modules') return [];
      const path = join(folder, entry.name);
      return entry.isDirectory() ? listFiles(path) : [path];
    });
}

function build({ name, sources, product, command }) {
  if (!existsSync(join(root, command[0])) || !existsSync(join(root, sources[0]))) return;
  const stamp = join(root, product, '.sources');
  const wanted = fingerprint(sources);
  if (!force && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error(`supernoba: building the ${name}...`);
  run(node24(), command, `building the ${name}`);
  mkdirSync(join(root, product), { recursive: true });
  writeFileSync(stamp, wanted);
}

install();
for (const item of BUILDS) build(item);
