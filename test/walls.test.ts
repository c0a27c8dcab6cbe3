import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';

/**
 * The walls between the rooms (docs/ARCHITECTURE.md): who may import whom, and where clocks and chance may be read raw.
 * Tests are outside the walls: they put real parts together.
 */
const root = resolve(import.meta.dirname, '..');

interface Wall {
  room: string;
  /** Folders under src/ that its files may import from. */
  mayImport: string[];
  /** Packages it may import besides Node's own modules. */
  packages: string[];
  /** Node's own modules it may import. */
  node: string[] | 'any';
}

const WALLS: Wall[] = [
  { room: 'domain', mayImport: ['domain'], packages: [], node: [] },
  {
    room: 'matching',
    mayImport: ['domain', 'matching'],
    packages: [],
    node: ['fs', 'path', 'url', 'zlib', 'worker_threads', 'v8'],
  },
  { room: 'ledger', mayImport: ['domain', 'ledger'], packages: [], node: [] },
  { room: 'ports', mayImport: ['domain', 'ports', 'matching'], packages: [], node: [] },
  {
    room: 'services',
    mayImport: ['domain', 'matching', 'ledger', 'ports', 'services'],
    packages: ['fastify', '@fastify/', 'typebox', 'ws', 'jose', 'rate-limiter-flexible', 'ajv-formats', '@grpc/'],
    node: 'any',
  },
  { room: 'flow', mayImport: ['domain', 'matching', 'flow'], packages: [], node: 'any' },
  { room: 'audit', mayImport: ['domain', 'matching', 'ports', 'audit'], packages: [], node: 'any' },
  { room: 'adapters', mayImport: ['domain', 'ledger', 'ports', 'adapters', 'services'], packages: ['*'], node: 'any' },
];

const RAW =
  /\b(Date\.now\(|new Date\(\)|Math\.random\(|randomUUID\(|performance\.now\(|[^.\w#](?:setTimeout|setInterval)\()/;

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ['dist', 'assembly', 'testing'].includes(entry.name) ? [] : sources(path);
    return entry.name.endsWith('.ts') && !/\.test(-setup)?\.ts$/.test(entry.name) ? [path] : [];
  });
}

function imports(text: string): string[] {
  return [...text.matchAll(/(?:from|import)\s+'([^']+)'/g)].map((match) => match[1]!);
}

function breach(wall: Wall, file: string, name: string): string | undefined {
  if (name.startsWith('.')) {
    const target = relative(join(root, 'src'), resolve(dirname(file), name)).split('/')[0]!;
    return wall.mayImport.includes(target) ? undefined : `imports the room ${target}`;
  }
  if (name.startsWith('node:')) {
    const module = name.slice(5).split('/')[0]!;
    return wall.node === 'any' || wall.node.includes(module) ? undefined : `imports ${name}`;
  }
  return wall.packages.some((allowed) => allowed === '*' || name === allowed || name.startsWith(allowed))
    ? undefined
    : `imports the package ${name}`;
}

for (const wall of WALLS) {
  test(`the walls of src/${wall.room} hold`, () => {
    const breaches: string[] = [];
    for (const file of sources(join(root, 'src', wall.room))) {
      for (const name of imports(readFileSync(file, 'utf8'))) {
        const what = breach(wall, file, name);
        if (what !== undefined) breaches.push(`${relative(root, file)} ${what}`);
      }
    }
    assert.deepEqual(breaches, []);
  });
}

test('domain, matching, ledger, services and audit read no raw clock and no raw chance', () => {
  const breaches: string[] = [];
  for (const room of ['domain', 'matching', 'ledger', 'services']) {
    for (const file of sources(join(root, 'src', room))) {
      const lines = readFileSync(file, 'utf8').split('\n');
      lines.forEach((line, index) => {
        const code = line.replace(/^\s*(\*|\/\/|\/\*).*/, '');
        if (RAW.test(code)) breaches.push(`${relative(root, file)}:${index + 1} ${line.trim()}`);
      });
    }
  }
  assert.deepEqual(breaches, []);
});
